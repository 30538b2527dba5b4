//! One round of a race: two hosts, and who of two goes ahead.

use std::ops::Index;
use std::pin::{Pin, pin};

use assay::app::gate::Gate;

use super::ground::Host;

/// The two hosts of one round, and how it is begun.
pub(super) struct Round {
    hosts: [Host; 2],
    /// Whether the second goes ahead of the first.
    pub(super) swapped: bool,
    /// Whether who goes ahead has decided before the other one looks. Without it both begin at
    /// once, and then whoever has less to read is always the first.
    ahead: bool,
}

impl Index<usize> for Round {
    type Output = Host;

    fn index(&self, host: usize) -> &Host {
        &self.hosts[host]
    }
}

impl Round {
    /// The same bits in every run, heads as often as tails.
    pub(super) fn of(hosts: &[Host; 2], number: usize) -> Self {
        let bits = (number as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self { hosts: hosts.clone(), swapped: bits >> 63 == 1, ahead: (bits >> 62) & 1 == 1 }
    }

    /// Both at once.
    pub(super) fn both<'r, A: 'r, B: 'r>(
        &'r self,
        one: impl Future<Output = A> + 'r,
        other: impl Future<Output = B> + 'r,
    ) -> Pin<Box<dyn Future<Output = (A, B)> + 'r>> {
        let (one, other) = (Box::pin(one), Box::pin(other));
        Box::pin(async move {
            if self.swapped {
                let (other, one) = self.begin(other, one).await;
                return (one, other);
            }
            self.begin(one, other).await
        })
    }

    async fn begin<A, B>(&self, first: impl Future<Output = A>, second: impl Future<Output = B>) -> (A, B) {
        let gate = Gate::default();
        let mut first = pin!(gate.clone().around(first));
        if self.ahead {
            tokio::select! {
                biased;
                said = &mut first => return (said, second.await),
                () = gate.arrival() => {}
            }
        }
        gate.let_pass(usize::MAX >> 4);
        tokio::join!(first, second)
    }
}
