//! A throw-away `PostgreSQL` for the tests: one cluster a test process, one database a
//! test, durable as in production, gone when the process is, however that ends.

use std::io::{self, Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};
use std::{env, fs, process};

/// A running cluster, or why there is none. Said once, past the capture of test output.
static CLUSTER: LazyLock<Option<Cluster>> = LazyLock::new(|| match Cluster::start() {
    Ok(cluster) => Some(cluster),
    Err(reason) => {
        let _ = writeln!(io::stderr(), "SKIPPED postgres: {reason}");
        None
    }
});

static DATABASES: AtomicU32 = AtomicU32::new(0);
static CLUSTERS: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database; nothing where there is no `PostgreSQL`.
pub(crate) fn database() -> Option<String> {
    let cluster = CLUSTER.as_ref()?;
    let name = format!("assay_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    cluster.create(&name);
    Some(format!("postgres://postgres@127.0.0.1:{}/{name}", cluster.port))
}

/// A cluster that a test may stop.
pub(crate) fn own_cluster() -> Option<Cluster> {
    // Where the shared one does not run, neither would this, and that was said once.
    CLUSTER.as_ref()?;
    Some(Cluster::start().expect("a second cluster"))
}

/// A running `PostgreSQL`; gone when it is dropped.
pub(crate) struct Cluster {
    binaries: PathBuf,
    folder: PathBuf,
    port: u16,
    /// Databases are created one at a time: they are copies of one template.
    creating: Mutex<()>,
    /// Closed by the kernel when the process ends, which is what the watcher waits for.
    _alive: ChildStdin,
}

impl Cluster {
    fn start() -> Result<Self, String> {
        let binaries = binaries()?;
        let account = Account::to_run_as()?;
        let number = CLUSTERS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("assay-postgres-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        if let Some(account) = &account {
            chown(&folder, Some(account.user), Some(account.group)).map_err(|error| error.to_string())?;
        }
        let port = free_port()?;
        let alive = keep_running(&binaries, &folder, port, account.as_ref())?;
        Ok(Self { binaries, folder, port, creating: Mutex::new(()), _alive: alive })
    }

    /// The address of a new, empty database.
    pub(crate) fn database(&self, name: &str) -> String {
        self.create(name);
        format!("postgres://postgres@127.0.0.1:{}/{name}", self.port)
    }

    /// Ends it without letting it finish anything, as a machine that loses its power does.
    pub(crate) fn stop_at_once(&self) {
        self.control(&["-m", "immediate", "stop"]);
    }

    /// Starts it again, and waits until it has recovered.
    pub(crate) fn start_again(&self) {
        let options = options(self.port, &self.folder);
        let log = self.folder.join("log").display().to_string();
        self.control(&["-l", &log, "-w", "-o", &options, "start"]);
    }

    fn control(&self, arguments: &[&str]) {
        let account = Account::to_run_as().expect("there is an account, since it ran");
        let mut control = command(&self.binaries.join("pg_ctl"), account.as_ref());
        control.arg("-D").arg(self.folder.join("data")).args(arguments);
        run(&mut control).expect("the cluster does as it is told");
    }

    fn create(&self, name: &str) {
        let _one = self.creating.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut createdb = Command::new(self.binaries.join("createdb"));
        createdb.args(["-h", "127.0.0.1", "-U", "postgres", "-p", &self.port.to_string(), name]);
        run(&mut createdb).expect("the cluster runs, so it can make a database");
    }
}

/// The newest installed server, installing one where that is possible.
fn binaries() -> Result<PathBuf, String> {
    if let Some(found) = installed() {
        return Ok(found);
    }
    if is_root() {
        run(Command::new("apt-get")
            .args(["install", "-y", "postgresql"])
            .env("DEBIAN_FRONTEND", "noninteractive"))?;
    }
    installed().ok_or_else(|| "no server under /usr/lib/postgresql".to_owned())
}

fn installed() -> Option<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            path.join("bin/initdb").exists().then(|| (version, path.join("bin")))
        })
        .collect();
    versions.sort();
    versions.pop().map(|(_, path)| path)
}

/// The account the server runs under when the tests run as root, which it refuses.
struct Account {
    user: u32,
    group: u32,
}

impl Account {
    fn to_run_as() -> Result<Option<Self>, String> {
        if !is_root() {
            return Ok(None);
        }
        let passwd = fs::read_to_string("/etc/passwd").map_err(|error| error.to_string())?;
        let find = |name: &str| {
            let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some(Self { user: fields.next()?.parse().ok()?, group: fields.next()?.parse().ok()? })
        };
        find("postgres")
            .or_else(|| find("nobody"))
            .map(Some)
            .ok_or_else(|| "no account to run it under".to_owned())
    }
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn command(program: &Path, account: Option<&Account>) -> Command {
    let mut command = Command::new(program);
    if let Some(account) = account {
        command.uid(account.user).gid(account.group);
    }
    command.current_dir("/").stdin(Stdio::null());
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    // Not `output`: a server inherits the pipes and would keep them open for ever.
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name}: {status}")),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

fn options(port: u16, folder: &Path) -> String {
    format!("-p {port} -k {} -c listen_addresses=127.0.0.1 -c fsync=on", folder.display())
}

/// `$0` the binaries, `$1` the folder, `$2` the server's options. It outlives the tests by a moment:
/// when its input ends, it stops the server and removes the folder. It is deaf to an
/// interrupt of the tests, and it starts the server itself, so that tests which end
/// while the server is being made leave none behind.
const KEEPER: &str = r#"
trap '' INT TERM HUP PIPE
exec 3>&1 >"$1/log" 2>&1
"$0/initdb" -D "$1/data" -U postgres -A trust -E UTF8 --no-locale </dev/null &&
"$0/pg_ctl" -D "$1/data" -l "$1/log" -w -o "$2" start </dev/null 3>&- &&
echo ready >&3
exec 3>&-
cat >/dev/null
"$0/pg_ctl" -D "$1/data" -m immediate stop
rm -rf "$1"
"#;

/// Starts the server and a shell that ends it; the shell's input is what keeps it.
fn keep_running(
    binaries: &Path,
    folder: &Path,
    port: u16,
    account: Option<&Account>,
) -> Result<ChildStdin, String> {
    let mut shell = command(Path::new("/bin/sh"), account);
    shell.arg("-c").arg(KEEPER).arg(binaries).arg(folder).arg(options(port, folder)).process_group(0);
    shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let child = shell.spawn().map_err(|error| error.to_string())?;
    let (Some(alive), Some(mut said)) = (child.stdin, child.stdout) else {
        return Err("the shell has no input or output".to_owned());
    };
    let mut word = String::new();
    said.read_to_string(&mut word).map_err(|error| error.to_string())?;
    if word.trim() == "ready" {
        return Ok(alive);
    }
    let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
    Err(format!("the server did not start: {}", log.lines().last().unwrap_or("nothing in its log")))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(|error| error.to_string())?;
    Ok(listener.local_addr().map_err(|error| error.to_string())?.port())
}
