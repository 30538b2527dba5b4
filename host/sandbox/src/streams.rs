//! Streams of the virtual world: standard input that is empty, standard output and
//! error that are kept as notes. wasmtime-wasi does the work; waiting is driven by the
//! run's own clock, so that no run needs an async runtime.

use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::io::streams as waiting;
use wasmtime_wasi::p2::bindings::sync::io::streams;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, DynPollable, StreamError, StreamResult};

use crate::clock::WaitsForEver;
use crate::state::State;

impl From<WaitsForEver> for StreamError {
    fn from(error: WaitsForEver) -> Self {
        Self::Trap(error.into())
    }
}

impl State {
    fn charge_stream(&mut self, bytes: usize) -> StreamResult<()> {
        self.charge(bytes as u64).map_err(StreamError::Trap)
    }
}

impl streams::Host for State {
    fn convert_stream_error(&mut self, error: StreamError) -> Result<streams::StreamError> {
        Ok(waiting::Host::convert_stream_error(&mut self.table, error)?.into())
    }
}

impl streams::HostInputStream for State {
    fn read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        self.charge_stream(0)?;
        waiting::HostInputStream::read(&mut self.table, stream, len)
    }

    fn blocking_read(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<Vec<u8>> {
        self.charge_stream(0)?;
        self.clock.drive(waiting::HostInputStream::blocking_read(&mut self.table, stream, len))?
    }

    fn skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        self.charge_stream(0)?;
        waiting::HostInputStream::skip(&mut self.table, stream, len)
    }

    fn blocking_skip(&mut self, stream: Resource<DynInputStream>, len: u64) -> StreamResult<u64> {
        self.charge_stream(0)?;
        self.clock.drive(waiting::HostInputStream::blocking_skip(&mut self.table, stream, len))?
    }

    fn subscribe(&mut self, stream: Resource<DynInputStream>) -> Result<Resource<DynPollable>> {
        waiting::HostInputStream::subscribe(&mut self.table, stream)
    }

    fn drop(&mut self, stream: Resource<DynInputStream>) -> Result<()> {
        self.clock.drive(waiting::HostInputStream::drop(&mut self.table, stream))?
    }
}

impl streams::HostOutputStream for State {
    fn check_write(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<u64> {
        waiting::HostOutputStream::check_write(&mut self.table, stream)
    }

    fn write(&mut self, stream: Resource<DynOutputStream>, bytes: Vec<u8>) -> StreamResult<()> {
        self.charge_stream(bytes.len())?;
        waiting::HostOutputStream::write(&mut self.table, stream, bytes)
    }

    fn blocking_write_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        bytes: Vec<u8>,
    ) -> StreamResult<()> {
        self.charge_stream(bytes.len())?;
        self.clock.drive(waiting::HostOutputStream::blocking_write_and_flush(
            &mut self.table,
            stream,
            bytes,
        ))?
    }

    fn flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.charge_stream(0)?;
        waiting::HostOutputStream::flush(&mut self.table, stream)
    }

    fn blocking_flush(&mut self, stream: Resource<DynOutputStream>) -> StreamResult<()> {
        self.charge_stream(0)?;
        self.clock.drive(waiting::HostOutputStream::blocking_flush(&mut self.table, stream))?
    }

    fn subscribe(&mut self, stream: Resource<DynOutputStream>) -> Result<Resource<DynPollable>> {
        waiting::HostOutputStream::subscribe(&mut self.table, stream)
    }

    fn write_zeroes(&mut self, stream: Resource<DynOutputStream>, len: u64) -> StreamResult<()> {
        self.charge(len).map_err(StreamError::Trap)?;
        waiting::HostOutputStream::write_zeroes(&mut self.table, stream, len)
    }

    fn blocking_write_zeroes_and_flush(
        &mut self,
        stream: Resource<DynOutputStream>,
        len: u64,
    ) -> StreamResult<()> {
        self.charge(len).map_err(StreamError::Trap)?;
        self.clock.drive(waiting::HostOutputStream::blocking_write_zeroes_and_flush(
            &mut self.table,
            stream,
            len,
        ))?
    }

    fn splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        self.charge_stream(0)?;
        waiting::HostOutputStream::splice(&mut self.table, to, from, len)
    }

    fn blocking_splice(
        &mut self,
        to: Resource<DynOutputStream>,
        from: Resource<DynInputStream>,
        len: u64,
    ) -> StreamResult<u64> {
        self.charge_stream(0)?;
        self.clock.drive(waiting::HostOutputStream::blocking_splice(&mut self.table, to, from, len))?
    }

    fn drop(&mut self, stream: Resource<DynOutputStream>) -> Result<()> {
        self.clock.drive(waiting::HostOutputStream::drop(&mut self.table, stream))?
    }
}
