//! A writer that is alone works a group ahead. While the engine writes one group, the next
//! is judged, change by change as they come, by the cells as the first will leave them; the
//! engine waits for nothing but what must be read for some of them.
//!
//! Nobody is answered before their own group has landed. A group that does not land goes
//! the long way ([`Committer::settle`]), and what was judged after it is judged anew behind
//! it.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::OnceLock;
use std::task::Poll;

use futures_util::future::{MaybeDone, maybe_done};
use sqlx::AnyConnection;
use tokio::sync::oneshot;

use crate::batch::Transaction;
use crate::committer::{Committer, Doubt, Message, Waiting};
use crate::error::Failure;
use crate::group;
use crate::plan::{Answer, Group, Head, Known, Needs, Plan, Setting, State};
use crate::postings::Pending;
use crate::prepared::Prepared;
use crate::sole;
use crate::sql::Engine;

/// A group and what its changes are to be told.
struct Judged {
    group: Vec<Waiting>,
    answers: Vec<Answer>,
    /// Where the journal is once it has landed.
    head: Head,
}

/// A group that the engine is writing.
struct Flight {
    judged: Judged,
    /// How many pages of the log it takes at most.
    pages: usize,
    sending: MaybeDone<Pin<Box<dyn Future<Output = Landing> + Send>>>,
}

/// The connection, back again, and what came of the group.
type Landing = (AnyConnection, Result<(), sqlx::Error>);

/// What a round of judging leaves.
struct Round {
    flight: Option<Flight>,
    /// What came meanwhile and has no part in any round.
    apart: Option<Message>,
}

/// Changes that are being judged.
struct Judging<'c, 's> {
    group: Group<'c, 's>,
    /// Nothing for those that something must be read for first, and those behind them.
    answers: Vec<Option<Answer>>,
    late: Vec<(usize, &'c Prepared)>,
    bytes: usize,
}

/// A group as it goes to the engine.
struct Ready {
    answers: Vec<Answer>,
    head: Head,
    known: Known,
    /// Whether there is anything to write.
    landed: bool,
    /// The postings that are to come then.
    pending: Pending,
    /// Nothing where it is too large for one text.
    transaction: Option<Transaction>,
}

impl<'c> Judging<'c, '_> {
    fn take(&mut self, prepared: &'c Prepared) {
        self.bytes += prepared.bytes();
        // In the order they came: behind one that has to wait everybody waits.
        let known = self.late.is_empty() && (prepared.storable.is_err() || self.group.knows(prepared));
        if !known {
            self.late.push((self.answers.len(), prepared));
        }
        self.answers.push(known.then(|| self.group.take(prepared)));
    }

    /// Reads what is not known and judges those who waited for it.
    async fn catch_up(&mut self, connection: &mut AnyConnection) -> Result<(), Failure> {
        let mut needs = Needs::of(self.late.iter().map(|(_, prepared)| *prepared));
        needs.cells.retain(|key| !self.group.known().has_cell(key));
        let read = sole::read(connection, &needs).await?;
        self.group.learn(read);
        for (place, prepared) in std::mem::take(&mut self.late) {
            self.answers[place] = Some(self.group.take(prepared));
        }
        Ok(())
    }

    fn ready(self) -> Ready {
        let plan = self.group.finish(self.answers.into_iter().flatten().collect());
        let transaction = plan.batch.as_transaction(Engine::Sqlite);
        let Plan { answers, head, landed, pending, known, .. } = plan;
        Ready { answers, head, known, landed: landed > 0, pending, transaction }
    }
}

impl Committer {
    /// Works until nothing waits and nothing is being written, or somebody closes the
    /// database, who is given back.
    pub(crate) async fn work_ahead(&mut self, first: Message) -> Option<oneshot::Sender<()>> {
        let (mut next, mut flight) = (Some(first), None);
        loop {
            if next.is_none() {
                let under_way = flight.as_mut()?;
                next = self.next_before(under_way).await;
            }
            match next.take() {
                Some(Message::Commit(waiting)) if has_a_part(&waiting) => {
                    let round = self.round(waiting, flight).await;
                    (flight, next) = (round.flight, round.apart);
                }
                apart => {
                    self.arrive(flight.take()).await;
                    match apart {
                        Some(Message::Commit(waiting)) => self.settle(vec![waiting], Vec::new()).await,
                        Some(Message::CatchUp) => self.catch_up().await,
                        Some(Message::Close(closed)) => return Some(closed),
                        None => {}
                    }
                }
            }
        }
    }

    /// The next message, if one comes before a group has landed.
    async fn next_before(&mut self, flight: &mut Flight) -> Option<Message> {
        tokio::select! {
            biased;
            () = &mut flight.sending => None,
            message = self.queue.recv() => message,
        }
    }

    /// Judges what comes until the group before it has landed, then sends it off.
    async fn round(&mut self, first: Waiting, mut flight: Option<Flight>) -> Round {
        let slots: Vec<OnceLock<Waiting>> = (0..self.limits.group_max).map(|_| OnceLock::new()).collect();
        let Ok(setting) = self.setting(flight.is_some()).await else {
            self.arrive(flight).await;
            self.settle(vec![first], Vec::new()).await;
            return Round { flight: None, apart: None };
        };
        let known = State { pending: std::mem::take(&mut self.pending), ..self.sole.lend() };
        let group = Group::new(known, &setting);
        let mut judging = Judging { group, answers: Vec::new(), late: Vec::new(), bytes: 0 };
        let apart = self.gather_ahead(first, &slots, &mut judging, flight.as_mut()).await;
        let mut before = match self.landed(flight).await {
            Ok(before) => before,
            Err(fallen) => {
                drop(judging);
                self.go_the_long_way(fallen.0, fallen.1).await;
                self.settle(waiting_in(slots), Vec::new()).await;
                return Round { flight: None, apart };
            }
        };
        if self.log.is_nearly_copied() {
            self.tell(before.take());
            if let Some(connection) = &mut self.connection {
                self.log.copy_rest(connection).await;
            }
        }
        let mut whole = true;
        if !judging.late.is_empty() {
            // The engine has to wait for the reading anyway.
            self.tell(before.take());
            whole = match &mut self.connection {
                Some(connection) => judging.catch_up(connection).await.is_ok(),
                None => false,
            };
        }
        let ready = whole.then(|| judging.ready());
        let sent = match ready {
            Some(ready) => self.send_off(ready, waiting_in(slots)).await,
            None => Err(waiting_in(slots)),
        };
        self.tell(before);
        let flight = match sent {
            Ok(flight) => flight,
            Err(group) => {
                self.sole.forget();
                self.head = None;
                self.settle(group, Vec::new()).await;
                None
            }
        };
        Round { flight, apart }
    }

    /// The circumstances of the next group, which begins where the one under way will end.
    async fn setting(&mut self, under_way: bool) -> Result<Setting, Failure> {
        if self.connection.is_none() && !under_way {
            self.connection = Some(self.address.writer().await.map_err(Failure::Lost)?);
        }
        let head = match (self.head.clone(), &mut self.connection) {
            (Some(head), _) => head,
            (None, Some(connection)) => group::head(connection, self.lane).await?,
            (None, None) => return Err(Failure::Lost(sqlx::Error::WorkerCrashed)),
        };
        Ok(self.setting_at(head))
    }

    /// Takes changes, each as it comes, until the group under way has landed; where none is,
    /// those that wait. Gives the first message that has no part in it, which ends it.
    async fn gather_ahead<'c>(
        &mut self,
        first: Waiting,
        slots: &'c [OnceLock<Waiting>],
        judging: &mut Judging<'c, '_>,
        mut flight: Option<&mut Flight>,
    ) -> Option<Message> {
        let mut next = Some(Message::Commit(first));
        for slot in slots {
            match next.take() {
                Some(Message::Commit(waiting)) if has_a_part(&waiting) => {
                    judging.take(&slot.get_or_init(|| waiting).prepared);
                }
                other => return other,
            }
            if judging.bytes >= self.limits.group_bytes_max {
                return None;
            }
            next = self.queue.try_recv().ok();
            if next.is_none()
                && let Some(under_way) = flight.as_mut()
            {
                next = self.next_before(under_way).await;
            }
        }
        next
    }

    /// Waits for a group under way.
    async fn landed(&mut self, flight: Option<Flight>) -> Result<Option<Judged>, (Judged, Failure)> {
        let Some(Flight { judged, pages, mut sending }) = flight else { return Ok(None) };
        (&mut sending).await;
        let landing = Pin::new(&mut sending).take_output();
        let failure = match landing {
            Some((connection, Ok(()))) => {
                self.connection = Some(connection);
                self.log.grows(pages);
                return Ok(Some(judged));
            }
            Some((mut connection, Err(error))) => {
                if sole::end(&mut connection).await {
                    self.connection = Some(connection);
                }
                Failure::from(error)
            }
            None => Failure::Lost(sqlx::Error::WorkerCrashed),
        };
        Err((judged, failure))
    }

    /// Waits for a group under way, and answers it.
    async fn arrive(&mut self, flight: Option<Flight>) {
        match self.landed(flight).await {
            Ok(judged) => self.tell(judged),
            Err((judged, failure)) => self.go_the_long_way(judged, failure).await,
        }
    }

    /// A group that did not land, or may have.
    async fn go_the_long_way(&mut self, judged: Judged, failure: Failure) {
        tracing::warn!(%failure, changes = judged.group.len(), "a group is tried again");
        self.sole.forget();
        self.head = None;
        self.pending = Pending::default();
        let Judged { group, answers, head } = judged;
        let lost = matches!(failure, Failure::Lost(_));
        let doubts = if lost { vec![Doubt { head, answers }] } else { Vec::new() };
        self.settle(group, doubts).await;
    }

    /// Starts writing a group. Gives it back where it cannot go this way.
    async fn send_off(&mut self, ready: Ready, group: Vec<Waiting>) -> Result<Option<Flight>, Vec<Waiting>> {
        let Ready { answers, head, known, landed, pending, transaction } = ready;
        let judged = Judged { group, answers, head: head.clone() };
        if !landed {
            self.sole.keep(known);
            self.head = Some(head);
            self.pending = pending;
            self.tell(Some(judged));
            return Ok(None);
        }
        let Some(Transaction { query, pages }) = transaction else { return Err(judged.group) };
        let Some(mut connection) = self.connection.take() else { return Err(judged.group) };
        let sending = async move {
            let outcome = query.execute(&mut connection).await.map(drop);
            (connection, outcome)
        };
        let mut sending = maybe_done(Box::pin(sending) as Pin<Box<dyn Future<Output = Landing> + Send>>);
        // The driver's thread begins with the first look at it.
        poll_fn(|context| Poll::Ready(Pin::new(&mut sending).poll(context).is_ready())).await;
        self.sole.keep(known);
        self.head = Some(head);
        self.pending = pending;
        Ok(Some(Flight { judged, pages, sending }))
    }

    /// Answers everyone in a group that landed.
    fn tell(&self, judged: Option<Judged>) {
        let Some(Judged { group, answers, .. }) = judged else { return };
        self.told(&group);
        crate::committer::answer(group, answers);
    }
}

/// Whether a change can be judged ahead. One that drops old answers goes the long way.
fn has_a_part(waiting: &Waiting) -> bool {
    waiting.prepared.change.forget_once_before.is_none()
}

fn waiting_in(slots: Vec<OnceLock<Waiting>>) -> Vec<Waiting> {
    slots.into_iter().map_while(OnceLock::into_inner).collect()
}
