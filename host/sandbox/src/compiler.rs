//! The parent's side of compiling what nobody trusts: a child for each component.

use std::io::{self, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::certify::Certification;
use crate::child::Role;
use crate::child::wire::{self, Ask, Say};
use crate::component::Rejected;
use crate::parent::{self, Nursery};

/// Compiles components, each in a child that ends with it.
pub(crate) struct Compiler(Nursery);

impl Compiler {
    pub(crate) fn new(nursery: Nursery) -> Self {
        Self(nursery)
    }

    /// The machine code of a component that passed its trial. It was made by a process
    /// that met hostile bytes, so it is only ever run by another one.
    pub(crate) fn compile(&self, component: &[u8], certify: bool) -> Result<Compiled, Rejected> {
        let fault = |error: io::Error| Rejected::Host(format!("no child to compile in: {error}"));
        let mut child = self.0.start(Role::Compile(self.0.limits.compile), Stdio::piped()).map_err(fault)?;
        let answer = self.converse(&mut child, component, certify);
        parent::end(&mut child);
        answer
    }

    /// The child is read on a thread of its own, so that it can be given up on.
    fn converse(&self, child: &mut Child, component: &[u8], certify: bool) -> Result<Compiled, Rejected> {
        let (Some(mut to), Some(from)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(Rejected::Host("a child without pipes".to_owned()));
        };
        let (sender, receiver) = channel();
        let reading = thread::Builder::new().name("assay-compiler".to_owned()).spawn(move || {
            // Nobody listens any more when it took too long.
            drop(sender.send(listen(from)));
        });
        reading.map_err(|error| Rejected::Host(error.to_string()))?;
        // A child that ends early closes the pipe; its last word says why.
        drop(self.ask(&mut to, component, certify));
        match receiver.recv_timeout(Duration::from_millis(self.0.limits.compile.wall_ms_max)) {
            Ok(Ok((profile, compiled))) if profile == self.0.profile => compiled,
            Ok(Ok(_)) => Err(Rejected::Host("the program was replaced while it runs: restart it".to_owned())),
            Ok(Err(_)) => Err(Rejected::Compilation("it took more processor time or memory".to_owned())),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                Err(Rejected::Compilation("it took longer".to_owned()))
            }
        }
    }

    fn ask(&self, to: &mut ChildStdin, component: &[u8], certify: bool) -> io::Result<()> {
        let Nursery { limits, .. } = &self.0;
        wire::write(to, &Ask::Begin { limits: limits.clone(), runs_max: 1 }, &[])?;
        wire::write(to, &Ask::Compile { certify }, &[component])?;
        to.flush()
    }
}

/// Machine code, and what a trial of it found, if one was asked for.
pub(crate) type Compiled = (Vec<u8>, Option<Certification>);

type Answer = (String, Result<Compiled, Rejected>);

fn listen(from: ChildStdout) -> io::Result<Answer> {
    let mut from = BufReader::new(from);
    let (Say::Ready { profile, .. }, _) = wire::read(&mut from)? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    match wire::read(&mut from)? {
        (Say::Compiled { certification }, code) => Ok((profile, Ok((code, certification)))),
        (Say::Rejected(rejected), _) => Ok((profile, Err(rejected))),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}
