//! What starting a child takes, whatever it is for.

use std::io;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::child::{ARGUMENT, Role};
use crate::settings::Limits;

/// How children of this sandbox are started.
#[derive(Clone)]
pub(crate) struct Nursery {
    /// The program that calls [`crate::child::serve`] first of all.
    pub(crate) program: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) runs_max: usize,
    /// The engine profile a child must have: its verdicts carry this host's name.
    pub(crate) profile: String,
}

impl Nursery {
    /// A child with nothing of this process but two pipes.
    pub(crate) fn start(&self, role: Role) -> io::Result<Child> {
        Command::new(&self.program)
            .args([ARGUMENT, role.word()])
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
    }
}

/// Ends a child and leaves no trace of it in the system's tables.
pub(crate) fn end(child: &mut Child) {
    // Both fail only when it is over already.
    drop(child.kill());
    drop(child.wait());
}
