//! One end of a pipe to a child that may stop reading, or writing: it is waited for until
//! a moment and no longer.

use std::fs::File;
use std::io::{self, IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};

/// The moment that is so far from now.
#[expect(clippy::disallowed_methods, reason = "a run that does not end decides nothing but its own end")]
pub(super) fn after(time: Duration) -> Instant {
    Instant::now() + time
}

/// How far a moment is from now; nothing when it is over.
pub(super) fn left_until(moment: Instant) -> Option<Duration> {
    Some(moment.saturating_duration_since(after(Duration::ZERO))).filter(|left| !left.is_zero())
}

/// A pipe that waits until a moment, then fails with [`io::ErrorKind::TimedOut`].
pub(super) struct Patient<Pipe> {
    pipe: Pipe,
    until: Instant,
}

impl<Pipe: AsFd> Patient<Pipe> {
    pub(super) fn new(pipe: Pipe, until: Instant) -> io::Result<Self> {
        fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK))?;
        Ok(Self { pipe, until })
    }

    pub(super) fn wait_until(&mut self, moment: Instant) {
        self.until = moment;
    }

    fn left(&self) -> io::Result<Duration> {
        left_until(self.until).ok_or_else(|| io::ErrorKind::TimedOut.into())
    }

    fn wait_for(&self, what: PollFlags) -> io::Result<()> {
        let timeout = PollTimeout::try_from(self.left()?).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(self.pipe.as_fd(), what)], timeout) {
            Ok(_) | Err(Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

impl Patient<UnixStream> {
    /// Sends one byte, and an open file with it.
    pub(super) fn send_file(&self, file: &File) -> io::Result<()> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let files = [file.as_fd()];
        loop {
            self.left()?;
            let mut control = SendAncillaryBuffer::new(&mut room);
            control.push(SendAncillaryMessage::ScmRights(&files));
            match sendmsg(&self.pipe, &[IoSlice::new(&[0])], &mut control, SendFlags::empty()) {
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::AGAIN) => self.wait_for(PollFlags::POLLOUT)?,
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<Pipe: Read + AsFd> Read for Patient<Pipe> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Who never stops writing is late as well.
        self.left()?;
        loop {
            match self.pipe.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_for(PollFlags::POLLIN)?;
                }
                done => return done,
            }
        }
    }
}

impl<Pipe: Write + AsFd> Write for Patient<Pipe> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left()?;
        loop {
            match self.pipe.write(bytes) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.wait_for(PollFlags::POLLOUT)?;
                }
                done => return done,
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pipe.flush()
    }
}
