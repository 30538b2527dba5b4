//! A proxy before a database that cuts connections in the middle of what is said, or lets
//! them stand and says nothing more.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// It; gone with the runtime.
pub(crate) struct Cutter {
    pub(crate) address: String,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    /// What is to happen, and after how many bytes more that the server is sent.
    next: Mutex<Option<(u64, Way)>>,
    /// Whether the next commit is the last that its connection is heard of.
    at_commit: AtomicBool,
    cuts: AtomicU64,
    /// Whether nothing passes any more, on any connection.
    mute: AtomicBool,
}

/// How a connection ends.
#[derive(Clone, Copy)]
enum Way {
    /// It is closed, on both sides.
    Cut,
    /// For whoever asked it stays open and is silent.
    Silence,
}

impl Cutter {
    /// Passes everything on, until it is told to cut.
    pub(crate) async fn before(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let state = Arc::<State>::default();
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
        *self.state.next() = Some((bytes, Way::Cut));
    }

    /// The same, but the connection stays open: the database's machine is gone, and whoever
    /// asked never hears of it again.
    pub(crate) fn silent_after(&self, bytes: u64) {
        *self.state.next() = Some((bytes, Way::Silence));
    }

    /// The same, right after the next commit has landed.
    pub(crate) fn silent_at_commit(&self) {
        self.state.at_commit.store(true, Ordering::SeqCst);
    }

    /// From now on nobody who asks is answered, and new connections are not either.
    pub(crate) fn fall_silent(&self) {
        self.state.mute.store(true, Ordering::SeqCst);
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
                if state.ends_with(&asked[..read]) {
                    server.write_all(&asked[..read]).await?;
                    let landed = server.read(&mut answered).await? > 0;
                    drop(server);
                    if !landed {
                        return Ok(());
                    }
                    state.cuts.fetch_add(1, Ordering::SeqCst);
                    return std::future::pending().await;
                }
                let Some((part, way)) = state.ends_within(read) else {
                    state.unless_mute().await;
                    server.write_all(&asked[..read]).await?;
                    continue;
                };
                // The database gets a part of it, and the answer to it gets lost.
                server.write_all(&asked[..part]).await?;
                drop(server);
                state.cuts.fetch_add(1, Ordering::SeqCst);
                return match way {
                    Way::Cut => Ok(()),
                    Way::Silence => std::future::pending().await,
                };
            }
            read = server.read(&mut answered) => {
                let read = read?;
                if read == 0 {
                    return Ok(());
                }
                state.unless_mute().await;
                client.write_all(&answered[..read]).await?;
            }
        }
    }
}

impl State {
    fn next(&self) -> std::sync::MutexGuard<'_, Option<(u64, Way)>> {
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether these bytes are the commit after which this connection is silent.
    fn ends_with(&self, asked: &[u8]) -> bool {
        const COMMIT: &[u8] = b"COMMIT";
        asked.windows(COMMIT.len()).any(|words| words == COMMIT)
            && self.at_commit.swap(false, Ordering::SeqCst)
    }

    /// How much of these bytes is passed on before this connection ends, if it is here.
    fn ends_within(&self, bytes: usize) -> Option<(usize, Way)> {
        let mut next = self.next();
        let (left, way) = (*next)?;
        let part = usize::try_from(left).unwrap_or(usize::MAX);
        if part > bytes {
            *next = Some((u64::try_from(part - bytes).unwrap_or(u64::MAX), way));
            return None;
        }
        *next = None;
        Some((part, way))
    }

    /// Never over once nothing passes any more.
    async fn unless_mute(&self) {
        if self.mute.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}
