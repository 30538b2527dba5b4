//! What the child that runs reads: bytes, and now and then a file that comes with them.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSliceMut, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd as _, OwnedFd};

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

/// The socket from the parent, which is this process's standard input.
pub(super) struct Inbox {
    socket: OwnedFd,
    /// Files that came and were not asked for yet.
    files: VecDeque<File>,
}

impl Inbox {
    pub(super) fn open() -> io::Result<Self> {
        Ok(Self { socket: io::stdin().as_fd().try_clone_to_owned()?, files: VecDeque::new() })
    }

    /// The file that came first, once the byte it came with was read.
    pub(super) fn file(&mut self) -> Option<File> {
        self.files.pop_front()
    }
}

impl Read for Inbox {
    /// The kernel ends a read behind the byte that a file came with, so there is one at most.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut room = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = RecvAncillaryBuffer::new(&mut room);
        let into = &mut [IoSliceMut::new(buffer)];
        let got = recvmsg(&self.socket, into, &mut control, RecvFlags::empty())?;
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(files) = message {
                self.files.extend(files.map(File::from));
            }
        }
        Ok(got.bytes)
    }
}
