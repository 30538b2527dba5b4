//! What starting a child takes, whatever it is for.

use std::io;
use std::os::unix::net::UnixStream;
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
    /// Milliseconds that a run may take beyond its wall limit.
    pub(crate) grace_ms: u64,
    /// The engine profile a child must have: its verdicts carry this host's name.
    pub(crate) profile: String,
}

impl Nursery {
    /// A child with nothing of this process but what it reads from and a pipe to write to.
    pub(crate) fn start(&self, role: Role, reads: Stdio) -> io::Result<Child> {
        let child = Command::new(&self.program)
            .arg(ARGUMENT)
            .args(role.words())
            .env_clear()
            .current_dir("/")
            .stdin(reads)
            .stdout(Stdio::piped())
            .spawn()?;
        widen(&child);
        Ok(child)
    }
}

/// Room in a pipe or a socket to a child, bytes.
const ROOM_BYTES: i32 = 1 << 20;

/// Components, inputs and files go through a pipe: with more room in it, both sides wait
/// less often. A system that does not allow it has slower ones.
#[cfg(target_os = "linux")]
fn widen(child: &Child) {
    use nix::fcntl::{FcntlArg, fcntl};
    if let Some(to) = &child.stdin {
        fcntl(to, FcntlArg::F_SETPIPE_SZ(ROOM_BYTES)).ok();
    }
    if let Some(from) = &child.stdout {
        fcntl(from, FcntlArg::F_SETPIPE_SZ(ROOM_BYTES)).ok();
    }
}

#[cfg(not(target_os = "linux"))]
fn widen(_child: &Child) {}

/// The same for a socket. It is the sender's side that has the room.
pub(crate) fn widen_socket(to: &UnixStream) {
    rustix::net::sockopt::set_socket_send_buffer_size(to, ROOM_BYTES.unsigned_abs() as usize).ok();
}

/// Stops a child without its say.
#[cfg(target_os = "linux")]
pub(crate) fn freeze(child: &Child) -> io::Result<()> {
    use nix::sys::signal::{Signal, kill};
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    Ok(kill(nix::unistd::Pid::from_raw(pid), Signal::SIGSTOP)?)
}

#[cfg(not(target_os = "linux"))]
pub(crate) fn freeze(_child: &Child) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Ends a child and leaves no trace of it in the system's tables.
pub(crate) fn end(child: &mut Child) {
    // Both fail only when it is over already.
    drop(child.kill());
    drop(child.wait());
}
