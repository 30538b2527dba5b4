//! What a component writes for people: log lines, standard output, standard error.
//! Kept up to a limit and dropped beyond it, because a chatty judge is no worse a judge.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// Most a run's notes may weigh, all of them together.
const CONSOLE_BYTES_MAX: usize = 64 << 10;

/// Most a guest may hand over in one write.
const WRITE_BYTES_MAX: usize = 64 << 10;

/// One run's notes.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Pages>>);

#[derive(Default)]
struct Pages {
    lines: Vec<String>,
    output: Vec<u8>,
    error: Vec<u8>,
    bytes: usize,
}

#[derive(Clone, Copy)]
enum Page {
    Output,
    Error,
}

impl Console {
    /// A line the component logged.
    pub(crate) fn log(&self, level: &str, message: &str) {
        let mut pages = self.pages();
        if let Some(message) = fitting(message, CONSOLE_BYTES_MAX - pages.bytes) {
            pages.bytes += message.len();
            let line = format!("{level}: {message}");
            pages.lines.push(line);
        }
    }

    /// Everything that was kept: the log's lines, then standard output's, then standard error's.
    pub(crate) fn into_lines(self) -> Vec<String> {
        let pages = std::mem::take(&mut *self.pages());
        let mut lines = pages.lines;
        for (name, bytes) in [("stdout", pages.output), ("stderr", pages.error)] {
            lines.extend(String::from_utf8_lossy(&bytes).lines().map(|line| format!("{name}: {line}")));
        }
        lines
    }

    pub(crate) fn output(&self) -> impl StdoutStream + use<> {
        Printer { console: self.clone(), page: Page::Output }
    }

    pub(crate) fn error(&self) -> impl StdoutStream + use<> {
        Printer { console: self.clone(), page: Page::Error }
    }

    fn print(&self, page: Page, bytes: &[u8]) {
        let mut pages = self.pages();
        let count = bytes.len().min(CONSOLE_BYTES_MAX - pages.bytes);
        pages.bytes += count;
        match page {
            Page::Output => pages.output.extend_from_slice(&bytes[..count]),
            Page::Error => pages.error.extend_from_slice(&bytes[..count]),
        }
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The start of a text that fits, nothing when no room is left. An empty line weighs
/// something too, or a guest could log them without end.
fn fitting(text: &str, room: usize) -> Option<&str> {
    if room == 0 {
        return None;
    }
    let text = if text.is_empty() { " " } else { text };
    Some(&text[..text.floor_char_boundary(room)])
}

struct Printer {
    console: Console,
    page: Page,
}

impl IsTerminal for Printer {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Printer {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only interfaces of WASI 0.3 ask for it, and none is linked.
        Box::new(tokio::io::sink())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(Self { console: self.console.clone(), page: self.page })
    }
}

#[async_trait]
impl Pollable for Printer {
    async fn ready(&mut self) {}
}

impl OutputStream for Printer {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if bytes.len() > WRITE_BYTES_MAX {
            return Err(StreamError::trap("wrote more than the stream said it takes"));
        }
        self.console.print(self.page, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}
