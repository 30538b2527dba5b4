//! The parent's side of running what nobody trusts: one child that several runs share,
//! and a new one when it died.

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader};
use std::iter;
use std::process::{self, Child, ChildStdin, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, SyncSender, channel, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::child::Role;
use crate::child::cage::{Attempt, Mechanism};
use crate::child::wire::{self, Ask, Cost, Say};
use crate::component::Facts;
use crate::digest::Digest;
use crate::input::Input;
use crate::outcome::{Reason, Run};
use crate::parent::{self, Nursery};
use crate::run;
use crate::state::Attachments;

/// Components a child keeps loaded.
const LOADED_MAX: usize = 256;

/// Gives machine code to send, and what is known of its component.
pub(crate) type Code = Arc<dyn Fn() -> Option<(Facts, Vec<u8>)> + Send + Sync>;

/// Why a component cannot be sent to a child: its file was lost, or altered.
pub(crate) fn code_gone() -> Reason {
    Reason::Host("its compiled code is gone".to_owned())
}

/// The shared child, started when it is needed.
pub(crate) struct Runners {
    nursery: Nursery,
    shared: Mutex<Option<Arc<Runner>>>,
}

impl Runners {
    pub(crate) fn new(nursery: Nursery) -> Self {
        Self { nursery, shared: Mutex::default() }
    }

    /// Runs a component in the shared child. When the child dies, every run it holds
    /// ends as [`Reason::RunnerLost`].
    pub(crate) fn run(&self, digest: &Digest, code: &Code, input: &Input, files: &Attachments) -> Run {
        self.answer(self.shared(), digest, code, input, files)
    }

    /// The same in a child of its own, which ends with the run.
    pub(crate) fn run_alone(&self, digest: &Digest, code: &Code, input: &Input, files: &Attachments) -> Run {
        self.answer(Runner::start(&self.nursery).map(Arc::new), digest, code, input, files)
    }

    fn answer(
        &self,
        runner: io::Result<Arc<Runner>>,
        digest: &Digest,
        code: &Code,
        input: &Input,
        files: &Attachments,
    ) -> Run {
        let lost = |text: String| run::failed_because(input, Reason::RunnerLost(text));
        let runner = match runner {
            Ok(runner) => runner,
            Err(error) => return lost(format!("it does not start: {error}")),
        };
        match runner.run(&self.nursery, digest, code, input.canonical(), files) {
            Ok((reason, cost, output)) => run::received(input, &self.nursery.limits, reason, cost, &output),
            Err(text) => lost(text),
        }
    }

    /// The names of what keeps the shared child in, and what is missing of it.
    pub(crate) fn mechanisms(&self) -> io::Result<Vec<Mechanism>> {
        Ok(self.shared()?.mechanisms.clone())
    }

    /// What became of the shared child's tries to get out.
    pub(crate) fn escape(&self, port: u16) -> io::Result<Vec<Attempt>> {
        self.shared()?.escape(port)
    }

    /// Kills the shared child, as the system does when it is out of memory.
    pub(crate) fn kill(&self) {
        if let Some(runner) = lock(&self.shared).take() {
            runner.kill();
        }
    }

    /// Stops the shared child where it is.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        parent::freeze(&lock(&self.shared()?.child))
    }

    fn shared(&self) -> io::Result<Arc<Runner>> {
        let mut shared = lock(&self.shared);
        if let Some(runner) = shared.as_ref().filter(|runner| runner.lives()) {
            return Ok(Arc::clone(runner));
        }
        let runner = Arc::new(Runner::start(&self.nursery)?);
        *shared = Some(Arc::clone(&runner));
        Ok(runner)
    }
}

type Ran = (Option<Reason>, Cost, Vec<u8>);

/// One child.
struct Runner {
    child: Mutex<Child>,
    asking: Sender<Question>,
    waiting: Arc<Mutex<Waiting>>,
    number: AtomicU64,
    mechanisms: Vec<Mechanism>,
}

/// What the writing thread is to ask. It has a thread, because a child may stop reading.
enum Question {
    Run { number: u64, digest: Digest, code: Code, input: Vec<u8>, files: Attachments },
    Escape { port: u16 },
}

struct Pipe {
    to: ChildStdin,
    /// What the child has loaded, the longest unused first.
    loaded: VecDeque<Digest>,
    waiting: Arc<Mutex<Waiting>>,
}

/// Who waits for which run; nobody may any more once the child is gone.
#[derive(Default)]
struct Waiting {
    runs: HashMap<u64, SyncSender<Ran>>,
    escape: Option<SyncSender<Vec<Attempt>>>,
    gone: bool,
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Runner {
    fn start(nursery: &Nursery) -> io::Result<Self> {
        let mut child = nursery.start(Role::Run)?;
        let begun = Self::begin(nursery, &mut child);
        if begun.is_err() {
            parent::end(&mut child);
        }
        let (to, mut from, mechanisms) = begun?;
        let waiting = Arc::new(Mutex::new(Waiting::default()));
        let told = Arc::clone(&waiting);
        thread::Builder::new().name("assay-runner-in".to_owned()).spawn(move || {
            while let Ok((say, body)) = wire::read(&mut from) {
                deliver(&told, say, body);
            }
            // Whoever waits hears of it when the sender goes.
            *lock(&told) = Waiting { gone: true, ..Waiting::default() };
        })?;
        let (asking, questions) = channel();
        let mut pipe = Pipe { to, loaded: VecDeque::new(), waiting: Arc::clone(&waiting) };
        thread::Builder::new()
            .name("assay-runner-out".to_owned())
            .spawn(move || while questions.recv().is_ok_and(|question| pipe.ask(question).is_ok()) {})?;
        Ok(Self { child: Mutex::new(child), asking, waiting, number: AtomicU64::new(0), mechanisms })
    }

    fn begin(
        nursery: &Nursery,
        child: &mut Child,
    ) -> io::Result<(ChildStdin, BufReader<ChildStdout>, Vec<Mechanism>)> {
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (mut to, from) = pipes.ok_or_else(|| io::Error::other("a child without pipes"))?;
        let mut from = BufReader::new(from);
        let begin = Ask::Begin { limits: nursery.limits.clone(), runs_max: nursery.runs_max };
        wire::write(&mut to, &begin, &[])?;
        match wire::read(&mut from)? {
            (Say::Ready { profile, mechanisms }, _) if profile == nursery.profile => {
                Ok((to, from, mechanisms))
            }
            (Say::Ready { .. }, _) => {
                Err(io::Error::other("the program was replaced while it runs: restart it"))
            }
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    fn lives(&self) -> bool {
        !lock(&self.waiting).gone
    }

    fn kill(&self) {
        parent::end(&mut lock(&self.child));
    }

    /// Waits for the answer, for as long as a run may take and a little longer.
    fn run(
        &self,
        nursery: &Nursery,
        digest: &Digest,
        code: &Code,
        input: Vec<u8>,
        files: &Attachments,
    ) -> Result<Ran, String> {
        let died = || "it died".to_owned();
        let (sender, receiver) = sync_channel(1);
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        {
            let mut waiting = lock(&self.waiting);
            if waiting.gone {
                return Err(died());
            }
            waiting.runs.insert(number, sender);
        }
        let (code, files) = (Arc::clone(code), files.clone());
        let question = Question::Run { number, digest: *digest, code, input, files };
        self.asking.send(question).map_err(|_| died())?;
        let wall = Duration::from_millis(nursery.limits.wall_ms_max.saturating_add(nursery.grace_ms));
        receiver.recv_timeout(wall).map_err(|error| match error {
            RecvTimeoutError::Timeout => {
                self.kill();
                "it was killed because the run did not end".to_owned()
            }
            RecvTimeoutError::Disconnected => died(),
        })
    }

    fn escape(&self, port: u16) -> io::Result<Vec<Attempt>> {
        let (sender, receiver) = sync_channel(1);
        lock(&self.waiting).escape = Some(sender);
        self.asking.send(Question::Escape { port }).map_err(|_| io::Error::other("it died"))?;
        receiver.recv().map_err(io::Error::other)
    }
}

impl Pipe {
    fn ask(&mut self, question: Question) -> io::Result<()> {
        let (number, digest, code, input, files) = match question {
            Question::Escape { port } => {
                return wire::write(&mut self.to, &Ask::Escape { parent: process::id(), port }, &[]);
            }
            Question::Run { number, digest, code, input, files } => (number, digest, code, input, files),
        };
        if !self.load(&digest, &code)? {
            let reason = Some(code_gone());
            deliver(&self.waiting, Say::Ran { number, reason, cost: Cost::default() }, Vec::new());
            return Ok(());
        }
        let listed: Vec<_> = files.iter().map(|(digest, bytes)| (*digest, bytes.len())).collect();
        let body: Vec<&[u8]> =
            iter::once(input.as_slice()).chain(files.iter().map(|(_, bytes)| &**bytes)).collect();
        wire::write(
            &mut self.to,
            &Ask::Run { number, digest, input_bytes: input.len(), files: listed },
            &body,
        )
    }

    /// Sends the component's machine code unless the child has it; false when there is none.
    fn load(&mut self, digest: &Digest, code: &Code) -> io::Result<bool> {
        if let Some(place) = self.loaded.iter().position(|loaded| loaded == digest) {
            self.loaded.remove(place);
        } else {
            let Some((facts, code)) = code() else { return Ok(false) };
            wire::write(&mut self.to, &Ask::Load { facts }, &[&code])?;
        }
        self.loaded.push_back(*digest);
        if self.loaded.len() > LOADED_MAX
            && let Some(digest) = self.loaded.pop_front()
        {
            wire::write(&mut self.to, &Ask::Unload { digest }, &[])?;
        }
        Ok(true)
    }
}

/// Hands what the child said to whoever waits for it. Words nobody asked for are
/// dropped: the child is not believed.
fn deliver(waiting: &Mutex<Waiting>, say: Say, body: Vec<u8>) {
    match say {
        Say::Ran { number, reason, cost } => {
            if let Some(sender) = lock(waiting).runs.remove(&number) {
                drop(sender.try_send((reason, cost, body)));
            }
        }
        Say::Escaped(attempts) => {
            if let Some(sender) = lock(waiting).escape.take() {
                drop(sender.try_send(attempts));
            }
        }
        Say::NotLoaded { digest, text } => {
            tracing::warn!(component = %digest, text, "a component does not load in the runner");
        }
        Say::Ready { .. } | Say::Compiled { .. } | Say::Rejected(_) => {}
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
