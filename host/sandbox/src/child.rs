//! Child processes of the same program, for code that nobody trusts: one compiles a
//! component and ends, another runs components until it is told to stop.
//!
//! Each shuts itself in before it reads a byte ([`cage`]): no files, no network, no
//! programs, no signals to others, another user where the parent is root. It has no
//! environment and no descriptor but a pipe from the parent and one to it. What it
//! answers is held against the host's rules by the parent, as a component's answer is.
//!
//! - `wire`: frames, and what is asked and answered in them.
//! - `cage`: how a child shuts itself in, and trying to get out.
//! - `compiling`, `running`: what the two children do.
//! - [`crate::compiler`], [`crate::runner`]: the parent's side.

pub mod cage;
mod compiling;
mod running;
pub(crate) mod wire;

use std::env;
use std::process::ExitCode;

/// The first argument of a child, which no command of a person is called.
pub(crate) const ARGUMENT: &str = "sandbox-child";

/// What a child is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Compiles one component, tries it and certifies it.
    Compile,
    /// Runs components.
    Run,
}

impl Role {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Run => "run",
        }
    }

    /// The role this process was started for, if it is a child.
    pub fn asked() -> Option<Self> {
        let mut arguments = env::args().skip(1);
        if arguments.next()? != ARGUMENT {
            return None;
        }
        let word = arguments.next()?;
        [Self::Compile, Self::Run].into_iter().find(|role| role.word() == word)
    }
}

/// Does the work of a child until the parent closes the pipe. To be called before the
/// process has a second thread.
pub fn serve(role: Role) -> ExitCode {
    let mechanisms = cage::enter(role);
    let served = match role {
        Role::Compile => compiling::serve(mechanisms),
        Role::Run => running::serve(mechanisms),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        // The parent is gone, or speaks another version of the same words.
        Err(_) => ExitCode::FAILURE,
    }
}
