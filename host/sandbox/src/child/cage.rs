//! How a child shuts itself in, and what becomes of trying to get out.
//!
//! Each mechanism is asked of the kernel by itself. One that is missing leaves the
//! others in place, and the server says so when it starts.

use std::fs;
use std::io;
use std::net::{TcpStream, UdpSocket};
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

/// Shuts this process in. What could not be done is told, not fatal: the sandbox of
/// wasmtime holds without it.
pub(super) fn enter(role: Role) -> Vec<Mechanism> {
    let mechanism =
        |name: &str, done: Result<(), String>| Mechanism { name: name.to_owned(), fault: done.err() };
    // The order matters: the last one takes away what the others need.
    vec![
        mechanism("resource limits", kernel::limit_resources(role)),
        mechanism("unprivileged user", kernel::become_nobody()),
        mechanism("landlock", kernel::close_files_and_network()),
        mechanism("seccomp", kernel::filter_system_calls()),
    ]
}

/// Everything a component that got out of wasmtime would try first.
pub(super) fn escape(parent: u32, port: u16) -> Vec<Attempt> {
    let attempt = |what: &str, done: io::Result<String>| Attempt {
        what: what.to_owned(),
        worked: done.is_ok(),
        said: done.unwrap_or_else(|error| error.to_string()),
    };
    let done = |what: &str| what.to_owned();
    vec![
        attempt("read a file", fs::read_to_string("/etc/hostname")),
        attempt("read the parent's environment", fs::read_to_string(format!("/proc/{parent}/environ"))),
        attempt("list a folder", fs::read_dir("/").map(|_| done("listed"))),
        attempt("write a file", fs::write("/tmp/assay-escape", "out").map(|()| done("written"))),
        attempt("connect", TcpStream::connect(("127.0.0.1", port)).map(|_| done("connected"))),
        attempt("open a socket", UdpSocket::bind("127.0.0.1:0").map(|_| done("bound"))),
        attempt("start a program", Command::new("/bin/true").status().map(|status| status.to_string())),
        attempt("signal the parent", kernel::signal(parent).map(|()| done("signalled"))),
        attempt("become root again", kernel::become_root().map(|()| done("became root"))),
    ]
}

#[cfg(target_os = "linux")]
mod kernel {
    use std::collections::BTreeMap;
    use std::io;

    use landlock::{
        ABI, Access, AccessFs, AccessNet, RestrictionStatus, Ruleset, RulesetAttr, RulesetStatus, Scope,
    };
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    use nix::sys::signal::kill;
    use nix::unistd::{Gid, Pid, Uid, setgid, setgroups, setuid};
    use seccompiler::{
        BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
        SeccompRule,
    };

    use super::Role;

    /// The user and group that own nothing, by their usual number.
    const NOBODY: u32 = 65_534;

    /// Processor time of one compilation, seconds. An interpreter takes about ten.
    const COMPILE_CPU_SECONDS_MAX: u64 = 120;

    /// Memory that a compilation may write to, bytes. An interpreter takes about one
    /// gibibyte. Runs have a limit of their own, whose sum depends on the machine.
    const COMPILE_DATA_BYTES_MAX: u64 = 4 << 30;

    /// Descriptors: the two pipes, and one for each component's initial memory.
    const FILES_MAX: u64 = 4_096;

    /// What runs of components and the allocator below them ask of the kernel.
    const SYSTEM_CALLS: [i64; 34] = [
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
        if role == Role::Compile {
            limit(Resource::RLIMIT_DATA, COMPILE_DATA_BYTES_MAX)?;
            limit(Resource::RLIMIT_CPU, COMPILE_CPU_SECONDS_MAX)?;
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
            Ok(RestrictionStatus { ruleset: RulesetStatus::NotEnforced, .. }) => {
                Err("this kernel does not offer it".to_owned())
            }
            Ok(_) => Ok(()),
            Err(error) => Err(error.to_string()),
        }
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
