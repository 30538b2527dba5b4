//! A proxy before a database that cuts connections in the middle of what is said.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// It; gone with the runtime.
pub(crate) struct Cutter {
    pub(crate) address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// Bytes the server may still be sent; below zero there is no limit.
    left: AtomicI64,
    cuts: AtomicU64,
}

impl Cutter {
    /// Passes everything on, until it is told to cut.
    pub(crate) async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::new(State { left: AtomicI64::new(-1), cuts: AtomicU64::new(0) });
        let (shared, target) = (Arc::clone(&state), target.to_owned());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (state, target) = (Arc::clone(&shared), target.clone());
                tokio::spawn(async move {
                    // Whatever breaks is what it is here for.
                    let _ = pass(client, &target, &state).await;
                });
            }
        });
        Self { address, state }
    }

    /// Cuts a connection when so many bytes more were sent to the database by all.
    pub(crate) fn cut_after(&self, bytes: u64) {
        self.state.left.store(i64::try_from(bytes).unwrap_or(i64::MAX), Ordering::SeqCst);
    }

    /// How often it did.
    pub(crate) fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::SeqCst)
    }
}

async fn pass(mut client: TcpStream, target: &str, state: &State) -> std::io::Result<()> {
    let mut server = TcpStream::connect(target).await?;
    let (mut asked, mut answered) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                let Some(part) = state.cut(read) else {
                    server.write_all(&asked[..read]).await?;
                    continue;
                };
                // The database gets a part of it, and the answer to it gets lost.
                server.write_all(&asked[..part]).await?;
                state.cuts.fetch_add(1, Ordering::SeqCst);
                return Ok(());
            }
            read = server.read(&mut answered) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                client.write_all(&answered[..read]).await?;
            }
        }
    }
}

impl State {
    /// How much of these bytes is passed on before the cut, if it is here.
    fn cut(&self, bytes: usize) -> Option<usize> {
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let left = self.left.load(Ordering::SeqCst);
        if left < 0 {
            return None;
        }
        if left > bytes {
            self.left.fetch_sub(bytes, Ordering::SeqCst);
            return None;
        }
        self.left.store(-1, Ordering::SeqCst);
        usize::try_from(left).ok()
    }
}
