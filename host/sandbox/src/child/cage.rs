//! How a child shuts itself in, and what becomes of trying to get out.
//!
//! Each mechanism is asked of the kernel by itself. One that is missing leaves the
//! others in place, and the server says so when it starts.

use std::fs;
use std::io;
use std::net::{TcpStream, UdpSocket};
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use serde::{Deserialize, Serialize};

use super::Role;

/// One thing that keeps a child in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mechanism {
    /// Its name.
    pub name: String,
    /// Why it is not in force; nothing when it is.
    pub fault: Option<String>,
}

/// What a kernel grants of a wish to be shut in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Granted {
    /// All of it.
    Whole,
    /// What its version of the mechanism knows.
    Part {
        /// The kernel's version.
        has: String,
        /// The one that knows it all.
        wanted: String,
    },
    /// None of it.
    Nothing,
}

impl Granted {
    /// What is missing, if anything.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Part { has, wanted } => Some(format!(
                "only in part: this kernel has version {has} of it, and files, network and signals take {wanted}"
            )),
            Self::Nothing => Some("this kernel does not offer it".to_owned()),
        }
    }
}

/// One try to get out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What was tried.
    pub what: String,
    /// Whether it worked.
    pub worked: bool,
    /// What the system said.
    pub said: String,
}

/// What keeps a child in, in the order it is put up: the last one takes away what the
/// others need.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layer {
    /// Processor time, memory, descriptors.
    Resources,
    /// Another user, where the parent is root.
    User,
    /// No files, no network, no signals to others.
    Landlock,
    /// No system calls but those that a run takes.
    Seccomp,
}

impl Layer {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Resources, Self::User, Self::Landlock, Self::Seccomp];

    /// Its name, as the server says it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resources => "resource limits",
            Self::User => "unprivileged user",
            Self::Landlock => "landlock",
            Self::Seccomp => "seccomp",
        }
    }

    fn put_up(self, role: Role) -> Mechanism {
        let done = match self {
            Self::Resources => kernel::limit_resources(role),
            Self::User => kernel::become_nobody(),
            Self::Landlock => kernel::close_files_and_network(),
            Self::Seccomp => kernel::filter_system_calls(),
        };
        Mechanism { name: self.name().to_owned(), fault: done.err() }
    }
}

/// Shuts this process in. What could not be done is told, not fatal: the sandbox of
/// wasmtime holds without it.
pub(super) fn enter(role: Role) -> Vec<Mechanism> {
    Layer::ALL.map(|layer| layer.put_up(role)).into()
}

/// Puts up one layer alone and tries to get out, for seeing what holds when the others do
/// not. Each try is said once it is over: the last one, where it works, says nothing more.
pub(super) fn try_alone(layer: Layer, parent: u32, port: u16, mut say: impl FnMut(&Attempt)) {
    if let Some(fault) = layer.put_up(Role::Run).fault {
        return say(&Attempt { what: "put it up".to_owned(), worked: false, said: fault });
    }
    for attempt in TRIES {
        say(&attempt(parent, port));
    }
}

/// Everything a component that got out of wasmtime would try first.
pub(super) fn escape(parent: u32, port: u16) -> Vec<Attempt> {
    TRIES.iter().map(|attempt| attempt(parent, port)).collect()
}

type Try = fn(u32, u16) -> Attempt;

const TRIES: [Try; 10] = [
    |_, _| tried("read a file", fs::read_to_string("/etc/hostname")),
    |parent, _| {
        let environment = fs::read_to_string(format!("/proc/{parent}/environ"));
        tried("read the parent's environment", environment)
    },
    |_, _| tried("list a folder", fs::read_dir("/").map(|_| "listed".to_owned())),
    |_, _| tried("write a file", fs::write("/tmp/assay-escape", "out").map(|()| "written".to_owned())),
    |_, port| tried("connect", TcpStream::connect(("127.0.0.1", port)).map(|_| "connected".to_owned())),
    |_, _| tried("open a socket", UdpSocket::bind("127.0.0.1:0").map(|_| "bound".to_owned())),
    |_, _| tried("start a program", Command::new("/bin/true").status().map(|status| status.to_string())),
    |parent, _| tried("signal the parent", kernel::signal(parent).map(|()| "signalled".to_owned())),
    |_, _| tried("become root again", kernel::become_root().map(|()| "became root".to_owned())),
    // Starting one fails before that where no process may be started. There is nobody left
    // to answer where this works.
    |_, _| tried("become a program", Err(Command::new("/bin/true").exec())),
];

fn tried(what: &str, done: io::Result<String>) -> Attempt {
    Attempt {
        what: what.to_owned(),
        worked: done.is_ok(),
        said: done.unwrap_or_else(|error| error.to_string()),
    }
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::collections::BTreeMap;
    use std::io;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, LandlockStatus, RestrictionStatus, Ruleset, RulesetAttr,
        RulesetStatus, Scope,
    };
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    use nix::sys::signal::kill;
    use nix::unistd::{Gid, Pid, Uid, setgid, setgroups, setuid};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    use super::{Granted, Role};

    /// The user and group that own nothing, by their usual number.
    const NOBODY: u32 = 65_534;

    /// Descriptors: what is read and written, one for each component's initial memory, and
    /// one for a file of machine code until it is in memory.
    const FILES_MAX: u64 = 4_096;

    /// What runs of components and the allocator below them ask of the kernel.
    const SYSTEM_CALLS: [i64; 35] = [
        libc::SYS_brk,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_clone3,
        libc::SYS_close,
        libc::SYS_exit,
        libc::SYS_exit_group,
        libc::SYS_fcntl,
        libc::SYS_fstat,
        libc::SYS_ftruncate,
        libc::SYS_futex,
        libc::SYS_getpid,
        libc::SYS_getrandom,
        libc::SYS_gettid,
        libc::SYS_madvise,
        libc::SYS_membarrier,
        libc::SYS_memfd_create,
        libc::SYS_mmap,
        libc::SYS_mprotect,
        libc::SYS_mremap,
        libc::SYS_munmap,
        libc::SYS_nanosleep,
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_recvmsg,
        libc::SYS_rseq,
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sched_getaffinity,
        libc::SYS_sched_yield,
        libc::SYS_set_robust_list,
        libc::SYS_sigaltstack,
        libc::SYS_write,
        libc::SYS_writev,
    ];

    pub(super) fn limit_resources(role: Role) -> Result<(), String> {
        let limit = |resource, most: u64| {
            let (_, hard) = getrlimit(resource).map_err(|error| error.to_string())?;
            let most = most.min(hard);
            setrlimit(resource, most, most).map_err(|error| format!("{resource:?}: {error}"))
        };
        limit(Resource::RLIMIT_CORE, 0)?;
        limit(Resource::RLIMIT_NOFILE, FILES_MAX)?;
        // Runs have limits of their own, whose sum depends on the machine.
        if let Role::Compile(limits) = role {
            limit(Resource::RLIMIT_DATA, limits.memory_bytes_max)?;
            limit(Resource::RLIMIT_CPU, limits.cpu_seconds_max)?;
        }
        // No signal asks for its death with the parent's: the kernel means the thread that
        // started it. A runner ends when its pipe does, a compilation by its own limits.
        nix::sys::prctl::set_dumpable(false).map_err(|error| error.to_string())
    }

    pub(super) fn become_nobody() -> Result<(), String> {
        if !Uid::effective().is_root() {
            // Whoever started the server is the user that it has.
            return Ok(());
        }
        let failed = |what: &'static str| move |error| format!("{what}: {error}");
        setgroups(&[]).map_err(failed("setgroups"))?;
        setgid(Gid::from_raw(NOBODY)).map_err(failed("setgid"))?;
        setuid(Uid::from_raw(NOBODY)).map_err(failed("setuid"))
    }

    pub(super) fn close_files_and_network() -> Result<(), String> {
        let abi = ABI::V6;
        let closed = Ruleset::default()
            .handle_access(AccessFs::from_all(abi))
            .and_then(|rules| rules.handle_access(AccessNet::from_all(abi)))
            .and_then(|rules| rules.scope(Scope::from_all(abi)))
            .and_then(landlock::Ruleset::create)
            .and_then(landlock::RulesetCreated::restrict_self);
        match closed {
            Ok(status) => in_force(&status, abi),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A kernel grants of a wish what it knows, and says that it was less.
    fn in_force(status: &RestrictionStatus, abi: ABI) -> Result<(), String> {
        let granted = match (&status.ruleset, &status.landlock) {
            (RulesetStatus::FullyEnforced, _) => Granted::Whole,
            (RulesetStatus::PartiallyEnforced, LandlockStatus::Available { effective_abi, .. }) => {
                Granted::Part { has: format!("{effective_abi:?}"), wanted: format!("{abi:?}") }
            }
            (RulesetStatus::PartiallyEnforced, _) => {
                Granted::Part { has: "none".to_owned(), wanted: format!("{abi:?}") }
            }
            (RulesetStatus::NotEnforced, _) => Granted::Nothing,
        };
        granted.fault().map_or(Ok(()), Err)
    }

    /// Everything but the calls above is refused. Threads may be started, processes not:
    /// that shows in the flags of `clone`, and not of `clone3`, which is said not to exist.
    pub(super) fn filter_system_calls() -> Result<(), String> {
        let mut allowed: BTreeMap<i64, Vec<SeccompRule>> =
            SYSTEM_CALLS.into_iter().map(|call| (call, Vec::new())).collect();
        let thread = flag(libc::CLONE_THREAD)?;
        allowed.insert(libc::SYS_clone, vec![thread]);
        let name = SeccompCondition::new(
            0,
            SeccompCmpArgLen::Dword,
            SeccompCmpOp::Eq,
            u64::try_from(libc::PR_SET_NAME).map_err(|error| error.to_string())?,
        );
        let name = name.and_then(|condition| SeccompRule::new(vec![condition]));
        allowed.insert(libc::SYS_prctl, vec![name.map_err(|error| error.to_string())?]);
        let unknown = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
        // The second filter needs what the first would refuse, so it comes first.
        apply(unknown, SeccompAction::Allow, refuse(libc::ENOSYS)?)?;
        apply(allowed, refuse(libc::EPERM)?, SeccompAction::Allow)
    }

    fn apply(
        calls: BTreeMap<i64, Vec<SeccompRule>>,
        otherwise: SeccompAction,
        matched: SeccompAction,
    ) -> Result<(), String> {
        let architecture = std::env::consts::ARCH.try_into().map_err(|_| "not known on this machine")?;
        let filter = SeccompFilter::new(calls, otherwise, matched, architecture);
        let program = filter.and_then(BpfProgram::try_from).map_err(|error| error.to_string())?;
        seccompiler::apply_filter(&program).map_err(|error| error.to_string())
    }

    fn flag(flag: libc::c_int) -> Result<SeccompRule, String> {
        let flag = u64::try_from(flag).map_err(|error| error.to_string())?;
        SeccompCondition::new(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)
            .and_then(|condition| SeccompRule::new(vec![condition]))
            .map_err(|error| error.to_string())
    }

    fn refuse(error: libc::c_int) -> Result<SeccompAction, String> {
        u32::try_from(error).map(SeccompAction::Errno).map_err(|error| error.to_string())
    }

    pub(super) fn signal(parent: u32) -> io::Result<()> {
        let parent = i32::try_from(parent).map_err(io::Error::other)?;
        Ok(kill(Pid::from_raw(parent), None)?)
    }

    pub(super) fn become_root() -> io::Result<()> {
        Ok(setuid(Uid::from_raw(0))?)
    }
}

#[cfg(not(target_os = "linux"))]
mod kernel {
    use std::io;

    use super::Role;

    const UNKNOWN: &str = "not known on this system";

    pub(super) fn limit_resources(_role: Role) -> Result<(), String> {
        Err(UNKNOWN.to_owned())
    }

    pub(super) fn become_nobody() -> Result<(), String> {
        Err(UNKNOWN.to_owned())
    }

    pub(super) fn close_files_and_network() -> Result<(), String> {
        Err(UNKNOWN.to_owned())
    }

    pub(super) fn filter_system_calls() -> Result<(), String> {
        Err(UNKNOWN.to_owned())
    }

    pub(super) fn signal(_parent: u32) -> io::Result<()> {
        Err(io::Error::other(UNKNOWN))
    }

    pub(super) fn become_root() -> io::Result<()> {
        Err(io::Error::other(UNKNOWN))
    }
}
