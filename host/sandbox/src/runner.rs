//! The parent's side of running what nobody trusts: one child that several runs share,
//! and a new one when it died.
//!
//! No thread stands between a run and the child, since waking one takes as long as a short
//! run: whoever wants a run writes its question, and one of those who wait reads for all.

mod pipes;

use std::collections::{HashMap, VecDeque};
use std::io::{self, BufReader};
use std::iter;
use std::mem;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{self, Child, ChildStdout};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::cache::Kept;
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

use self::pipes::{Patient, after, left_until};

/// How long a child may take to shut itself in, on a machine that does much else.
const START_MAX: Duration = Duration::from_mins(1);

/// Components a child keeps loaded.
const LOADED_MAX: usize = 256;

/// Gives machine code to send, and what is known of its component.
pub(crate) type Code = Arc<dyn Fn() -> Option<(Facts, Machine)> + Send + Sync>;

/// Machine code on its way to a child.
pub(crate) enum Machine {
    Bytes(Vec<u8>),
    /// In a file, which the child is handed: an interpreter's is some seventy megabytes.
    Kept(Kept),
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
        match runner.run(&self.nursery, digest, code, &input.canonical(), files) {
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
    asking: Mutex<Asking>,
    from: Mutex<From>,
    answers: Mutex<Answers>,
    /// Something was heard, or nobody listens any more.
    heard: Condvar,
    number: AtomicU64,
    mechanisms: Vec<Mechanism>,
}

type From = BufReader<Patient<ChildStdout>>;

/// What is asked, one question at a time.
struct Asking {
    to: Patient<UnixStream>,
    /// What the child has loaded, the longest unused first.
    loaded: VecDeque<Digest>,
}

/// What the child answered, for those who wait for it.
#[derive(Default)]
struct Answers {
    /// Of each question that waits, its answer once it is there.
    of: HashMap<u64, Option<Answer>>,
    /// One of those who wait reads what the child says.
    heeded: bool,
    /// The child says no more.
    gone: bool,
    /// What the child could not load. Whoever wants it next sends it again: memory may have
    /// been short for a moment.
    not_loaded: Vec<Digest>,
}

enum Answer {
    Ran(Ran),
    Escaped(Vec<Attempt>),
}

/// Why there is no answer.
enum Silence {
    Died,
    Late,
}

impl std::convert::From<io::Error> for Silence {
    fn from(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::TimedOut { Self::Late } else { Self::Died }
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        self.kill();
    }
}

impl Runner {
    fn start(nursery: &Nursery) -> io::Result<Self> {
        // A socket, since files can be sent through it.
        let (ours, theirs) = UnixStream::pair()?;
        ours.shutdown(Shutdown::Read)?;
        parent::widen_socket(&ours);
        let mut child = nursery.start(Role::Run, OwnedFd::from(theirs).into())?;
        let begun = Self::begin(nursery, ours, &mut child);
        if begun.is_err() {
            parent::end(&mut child);
        }
        let (to, from, mechanisms) = begun?;
        Ok(Self {
            child: Mutex::new(child),
            asking: Mutex::new(Asking { to, loaded: VecDeque::new() }),
            from: Mutex::new(from),
            answers: Mutex::default(),
            heard: Condvar::new(),
            number: AtomicU64::new(0),
            mechanisms,
        })
    }

    fn begin(
        nursery: &Nursery,
        to: UnixStream,
        child: &mut Child,
    ) -> io::Result<(Patient<UnixStream>, From, Vec<Mechanism>)> {
        let from = child.stdout.take().ok_or_else(|| io::Error::other("a child without a pipe"))?;
        let until = after(START_MAX);
        let (mut to, mut from) = (Patient::new(to, until)?, BufReader::new(Patient::new(from, until)?));
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
        !lock(&self.answers).gone && matches!(lock(&self.child).try_wait(), Ok(None))
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
        input: &[u8],
        files: &Attachments,
    ) -> Result<Ran, String> {
        // A file is read and hashed before anybody waits for it: a first load takes nothing
        // of another run's time.
        let at_hand = if lock(&self.asking).has(digest) { None } else { Some(code()) };
        if matches!(at_hand, Some(None)) {
            return Ok((Some(Reason::code_gone()), Cost::default(), Vec::new()));
        }
        let until = after(Duration::from_millis(nursery.limits.wall_ms_max.saturating_add(nursery.grace_ms)));
        let answer = self.answer(until, |asking, number| {
            // What was loaded a moment ago may have made room for another since.
            let machine = || at_hand.unwrap_or_else(|| code());
            if !asking.load(digest, machine)? {
                return Ok(Some(Answer::Ran((Some(Reason::code_gone()), Cost::default(), Vec::new()))));
            }
            asking.run(number, *digest, input, files)?;
            Ok(None)
        });
        match answer {
            Ok(Answer::Ran(ran)) => Ok(ran),
            Ok(Answer::Escaped(_)) | Err(Silence::Died) => Err("it died".to_owned()),
            Err(Silence::Late) => Err("it was killed because the run did not end".to_owned()),
        }
    }

    fn escape(&self, port: u16) -> io::Result<Vec<Attempt>> {
        let answer = self.answer(after(START_MAX), |asking, number| {
            wire::write(&mut asking.to, &Ask::Escape { number, parent: process::id(), port }, &[])?;
            Ok(None)
        });
        match answer {
            Ok(Answer::Escaped(attempts)) => Ok(attempts),
            _ => Err(io::Error::other("it died")),
        }
    }

    /// Asks a question and waits for its answer, unless it is known at once. A child that
    /// does not answer in time is killed: what it holds is lost either way.
    fn answer(
        &self,
        until: Instant,
        ask: impl FnOnce(&mut Asking, u64) -> io::Result<Option<Answer>>,
    ) -> Result<Answer, Silence> {
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        lock(&self.answers).of.insert(number, None);
        let asked = {
            let mut asking = lock(&self.asking);
            let not_loaded = mem::take(&mut lock(&self.answers).not_loaded);
            asking.loaded.retain(|loaded| !not_loaded.contains(loaded));
            asking.to.wait_until(until);
            ask(&mut asking, number)
        };
        let answer = match asked {
            Ok(Some(known)) => Ok(known),
            Ok(None) => self.hear(number, until),
            Err(error) => Err(Silence::from(error)),
        };
        let mut answers = lock(&self.answers);
        answers.of.remove(&number);
        if answer.is_err() {
            answers.gone = true;
            drop(answers);
            self.heard.notify_all();
            self.kill();
        }
        answer
    }

    /// Waits for one answer. Whoever finds nobody listening listens for all.
    fn hear(&self, number: u64, until: Instant) -> Result<Answer, Silence> {
        let mut answers = lock(&self.answers);
        loop {
            if let Some(answer) = answers.of.get_mut(&number).and_then(Option::take) {
                return Ok(answer);
            }
            if answers.gone {
                return Err(Silence::Died);
            }
            if answers.heeded {
                let left = left_until(until).ok_or(Silence::Late)?;
                let woken = self.heard.wait_timeout(answers, left);
                answers = woken.unwrap_or_else(PoisonError::into_inner).0;
                continue;
            }
            answers.heeded = true;
            drop(answers);
            let said = {
                let mut from = lock(&self.from);
                from.get_mut().wait_until(until);
                wire::read(&mut *from)
            };
            answers = lock(&self.answers);
            answers.heeded = false;
            match said {
                Ok((say, body)) => answers.take(say, body),
                Err(error) => {
                    answers.gone = true;
                    self.heard.notify_all();
                    return Err(error.into());
                }
            }
            self.heard.notify_all();
        }
    }
}

impl Asking {
    fn run(&mut self, number: u64, digest: Digest, input: &[u8], files: &Attachments) -> io::Result<()> {
        let listed = files.iter().map(|(digest, bytes)| (*digest, bytes.len())).collect();
        let body: Vec<&[u8]> = iter::once(input).chain(files.iter().map(|(_, bytes)| &**bytes)).collect();
        let ask = Ask::Run { number, digest, input_bytes: input.len(), files: listed };
        wire::write(&mut self.to, &ask, &body)
    }

    fn has(&self, digest: &Digest) -> bool {
        self.loaded.contains(digest)
    }

    /// Sends the component's machine code unless the child has it; false when there is none.
    fn load(&mut self, digest: &Digest, code: impl FnOnce() -> Option<(Facts, Machine)>) -> io::Result<bool> {
        if let Some(place) = self.loaded.iter().position(|loaded| loaded == digest) {
            self.loaded.remove(place);
        } else {
            let Some((facts, code)) = code() else { return Ok(false) };
            match code {
                Machine::Bytes(code) => {
                    wire::write(&mut self.to, &Ask::Load { facts, file: None }, &[&code])?;
                }
                Machine::Kept(kept) => {
                    wire::write(&mut self.to, &Ask::Load { facts, file: Some(kept.code_bytes) }, &[])?;
                    self.to.send_file(&kept.file)?;
                }
            }
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

impl Answers {
    /// Keeps what the child said for whoever waits for it. Words nobody asked for are
    /// dropped: the child is not believed.
    fn take(&mut self, say: Say, body: Vec<u8>) {
        let (number, answer) = match say {
            Say::Ran { number, reason, cost } => (number, Answer::Ran((reason, cost, body))),
            Say::Escaped { number, attempts } => (number, Answer::Escaped(attempts)),
            Say::NotLoaded { digest, text } => {
                tracing::warn!(component = %digest, text, "a component does not load in the runner");
                self.not_loaded.push(digest);
                return;
            }
            Say::Ready { .. } | Say::Compiled { .. } | Say::Rejected(_) => return,
        };
        if let Some(place) = self.of.get_mut(&number) {
            *place = Some(answer);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
