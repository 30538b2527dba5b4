//! Child processes of the same program, for code that nobody trusts: one compiles a
//! component and ends, another runs components until it is told to stop.
//!
//! Each shuts itself in before it reads a byte ([`cage`]): no files, no network, no
//! programs, no signals to others, another user where the parent is root. It has no
//! environment and no descriptor but one to read from the parent and a pipe to it. What it
//! answers is held against the host's rules by the parent, as a component's answer is.
//!
//! - `wire`: frames, and what is asked and answered in them.
//! - `cage`: how a child shuts itself in, and trying to get out.
//! - `compiling`, `running`: what the two children do; `inbox`: how files reach the second.
//! - [`crate::compiler`], [`crate::runner`]: the parent's side.

pub mod cage;
mod compiling;
mod inbox;
mod running;
pub(crate) mod wire;

use std::env;
use std::io::{self, Write as _};
use std::iter;
use std::process::ExitCode;

use self::cage::Layer;
use crate::settings::CompileLimits;

/// The first argument of a child, which no command of a person is called.
pub(crate) const ARGUMENT: &str = "sandbox-child";

/// What a child is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Compiles one component, tries it and certifies it, within these limits.
    Compile(CompileLimits),
    /// Runs components.
    Run,
    /// Puts up one layer of the cage alone, tries to get out past it, at this parent and
    /// this port, and prints what became of each try.
    Try(Layer, u32, u16),
}

impl Role {
    /// As arguments of a child. Its limits are there before it reads a byte.
    pub(crate) fn words(self) -> Vec<String> {
        match self {
            Self::Compile(limits) => {
                let CompileLimits { cpu_seconds_max, memory_bytes_max, wall_ms_max } = limits;
                let numbers =
                    [cpu_seconds_max, memory_bytes_max, wall_ms_max].map(|number| number.to_string());
                iter::once("compile".to_owned()).chain(numbers).collect()
            }
            Self::Run => vec!["run".to_owned()],
            Self::Try(layer, parent, port) => {
                vec!["try".to_owned(), layer.name().to_owned(), parent.to_string(), port.to_string()]
            }
        }
    }

    /// The role this process was started for, if it is a child.
    pub fn asked() -> Option<Self> {
        let mut arguments = env::args().skip(1);
        if arguments.next()? != ARGUMENT {
            return None;
        }
        match arguments.next()?.as_str() {
            "run" => Some(Self::Run),
            "compile" => {
                let mut number = || arguments.next()?.parse().ok();
                Some(Self::Compile(CompileLimits {
                    cpu_seconds_max: number()?,
                    memory_bytes_max: number()?,
                    wall_ms_max: number()?,
                }))
            }
            "try" => {
                let name = arguments.next()?;
                let layer = Layer::ALL.into_iter().find(|layer| layer.name() == name)?;
                Some(Self::Try(layer, arguments.next()?.parse().ok()?, arguments.next()?.parse().ok()?))
            }
            _ => None,
        }
    }
}

/// Does the work of a child until the parent closes the pipe. To be called before the
/// process has a second thread.
pub fn serve(role: Role) -> ExitCode {
    let served = match role {
        Role::Compile(_) => compiling::serve(cage::enter(role)),
        Role::Run => running::serve(cage::enter(role)),
        Role::Try(layer, parent, port) => {
            let mut to = io::stdout().lock();
            cage::try_alone(layer, parent, port, |attempt| {
                // Whoever reads it sees that it is missing.
                drop(serde_json::to_writer(&mut to, attempt));
                drop(to.write_all(b"\n").and_then(|()| to.flush()));
            });
            Ok(())
        }
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        // The parent is gone, or speaks another version of the same words.
        Err(_) => ExitCode::FAILURE,
    }
}
