//! HTTP/1.1 over one kept connection, with as little work as it takes: whoever measures a
//! server on the same machine takes its processors away from it.

use std::io;

use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::net::TcpStream;

/// Longest head and body of an answer; more is no answer of this server's.
const ANSWER_BYTES_MAX: usize = 16 << 20;

/// A connection.
pub(super) struct Wire {
    stream: TcpStream,
    address: String,
    buffer: Vec<u8>,
}

/// An answer: its status, and its body, which lies in the connection's buffer.
pub(super) struct Answer<'w> {
    pub(super) status: u16,
    pub(super) body: &'w [u8],
}

impl Answer<'_> {
    /// What is wanted of the body of a success; anything else is an error with the server's
    /// own words.
    pub(super) fn good<T: DeserializeOwned>(&self) -> Result<T, String> {
        let words = || String::from_utf8_lossy(self.body);
        if !(200..300).contains(&self.status) {
            return Err(format!("answered {}: {}", self.status, words()));
        }
        serde_json::from_slice(self.body).map_err(|error| format!("{error}: {}", words()))
    }
}

/// A request as its bytes, which are the same however often it is sent.
pub(super) fn request(method: &str, path: &str, key: &str, body: &str) -> Vec<u8> {
    let authorization =
        if key.is_empty() { String::new() } else { format!("authorization: Bearer {key}\r\n") };
    format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{authorization}\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

impl Wire {
    /// Connects to `HOST:PORT`.
    pub(super) async fn connect(address: &str) -> Result<Self, String> {
        let failed = |error: io::Error| format!("{address}: {error}");
        let stream = TcpStream::connect(address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        Ok(Self { stream, address: address.into(), buffer: Vec::with_capacity(4_096) })
    }

    /// Sends a request and waits for the whole of its answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>, String> {
        self.exchange(request).await.map_err(|error| format!("{}: {error}", self.address))?;
        let head = head_bytes(&self.buffer).unwrap_or(self.buffer.len());
        Ok(Answer { status: status(&self.buffer).unwrap_or(0), body: &self.buffer[head..] })
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<()> {
        let mut rest = request;
        while !rest.is_empty() {
            match self.stream.try_write(rest) {
                Ok(sent) => rest = &rest[sent..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.stream.writable().await?,
                Err(error) => return Err(error),
            }
        }
        self.buffer.clear();
        let mut wanted = None;
        while wanted.is_none_or(|wanted| self.buffer.len() < wanted) {
            self.read_some().await?;
            if wanted.is_none()
                && let Some(head) = head_bytes(&self.buffer)
            {
                wanted = Some(head + content_bytes(&self.buffer[..head])?);
            }
        }
        Ok(())
    }

    async fn read_some(&mut self) -> io::Result<()> {
        let mut piece = [0; 4_096];
        loop {
            self.stream.readable().await?;
            match self.stream.try_read(&mut piece) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) if self.buffer.len() > ANSWER_BYTES_MAX => {
                    return Err(io::Error::other("an answer without end"));
                }
                Ok(read) => {
                    self.buffer.extend_from_slice(&piece[..read]);
                    return Ok(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The same in one call, for what is asked seldom.
    pub(super) async fn call<T: DeserializeOwned>(
        &mut self,
        method: &str,
        path: &str,
        key: &str,
        body: &Value,
    ) -> Result<T, String> {
        let request = request(method, path, key, &body.to_string());
        let answer = self.ask(&request).await?;
        answer.good().map_err(|error| format!("{path} {error}"))
    }
}

fn head_bytes(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|place| place + 4)
}

fn status(bytes: &[u8]) -> Option<u16> {
    std::str::from_utf8(bytes.get(9..12)?).ok()?.parse().ok()
}

fn content_bytes(head: &[u8]) -> io::Result<usize> {
    let lines = head.split(|byte| *byte == b'\n');
    let name = b"content-length:";
    let given = lines.filter(|line| line.len() > name.len()).find_map(|line| {
        let (start, value) = line.split_at(name.len());
        start.eq_ignore_ascii_case(name).then(|| String::from_utf8_lossy(value).trim().parse().ok())?
    });
    given.ok_or_else(|| io::Error::other("an answer that does not say how long it is"))
}
