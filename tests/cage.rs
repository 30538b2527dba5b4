//! What keeps the children in that compile and run what nobody vouches for: all of it, each
//! layer alone, and what is said where one is missing.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Command, Stdio};

use assay_sandbox::child::cage::Granted;
use assay_sandbox::{Mechanism, Settings};
use serde_json::Value;

use crate::commands::{assay, program, text};
use crate::judges::input;
use crate::runner::{good, in_runtime, judged, uploaded, with_children};

#[test]
fn what_got_out_of_the_sandbox_is_still_in_a_cage() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port();
    in_runtime(async || {
        let sandbox = with_children(Settings::default());
        let mechanisms = sandbox.mechanisms().await.expect("a child starts");
        for Mechanism { name, fault } in &mechanisms {
            println!("{name}: {}", fault.as_deref().unwrap_or("in force"));
        }
        let names: Vec<&str> = mechanisms.iter().map(|mechanism| mechanism.name.as_str()).collect();
        assert_eq!(names, ["resource limits", "unprivileged user", "landlock", "seccomp"]);
        if mechanisms.iter().any(|mechanism| mechanism.name == "seccomp" && mechanism.fault.is_some()) {
            println!("SKIPPED (kernel): no seccomp, so nothing to try");
            return;
        }
        let attempts = sandbox.try_to_escape(port).await.expect("it tries");
        assert_eq!(attempts.len(), 10);
        for attempt in attempts {
            assert!(!attempt.worked, "{}: {}", attempt.what, attempt.said);
        }
        // It still judges.
        let judge = uploaded(&sandbox, &good()).await;
        assert_eq!(judged(&sandbox, &judge, &input("{}")).await.word(), "undecided");
    });
}

/// Any of the layers may be the one that fails; so each is tried without the others.
#[test]
fn each_layer_of_the_cage_holds_alone_what_it_is_for() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("its address").port().to_string();
    let parent = std::process::id().to_string();
    let files = [
        "read a file",
        "read the parent's environment",
        "list a folder",
        "write a file",
        "connect",
        "start a program",
        "signal the parent",
        "become a program",
    ];
    let everything = [files.as_slice(), &["open a socket", "become root again"]].concat();
    let of_root = ["read the parent's environment", "signal the parent", "become root again"];
    let layers: [(&str, &[&str]); 3] =
        [("landlock", &files), ("seccomp", &everything), ("unprivileged user", &of_root)];
    for (layer, held) in layers {
        let tried = assay(&["sandbox-child", "try", layer, &parent, &port]);
        let tried: Vec<Value> =
            text(&tried.stdout).lines().map(|line| serde_json::from_str(line).expect("a try")).collect();
        let of = |what: &str| tried.iter().find(|attempt| attempt["what"] == what);
        if let Some(fault) = of("put it up") {
            println!("SKIPPED (kernel): {layer}: {}", fault["said"]);
            continue;
        }
        if layer == "unprivileged user"
            && of("become root again").is_none_or(|it| it["said"] == "became root")
        {
            let is_root = fs::metadata("/proc/self").expect("this process").uid() == 0;
            assert!(!is_root, "{tried:?}");
            println!("SKIPPED (user): {layer}: whoever is not root stays who they are");
            continue;
        }
        // It is what one of the tries leaves where it works.
        drop(fs::remove_file("/tmp/assay-escape"));
        for what in held {
            let attempt = of(what).unwrap_or_else(|| panic!("{layer}: {what} ended the process: {tried:?}"));
            assert_eq!(attempt["worked"], false, "{layer}: {attempt}");
        }
    }
}

#[test]
fn a_mechanism_that_is_there_in_part_is_not_called_in_force() {
    let part = Granted::Part { has: "V3".to_owned(), wanted: "V6".to_owned() };
    let said = part.fault().expect("something is missing");
    assert_eq!(
        said,
        "only in part: this kernel has version V3 of it, and files, network and signals take V6"
    );
    assert_eq!(Granted::Nothing.fault().as_deref(), Some("this kernel does not offer it"));
    assert_eq!(Granted::Whole.fault(), None);
}

/// Root without the right to be anybody else, as in many containers.
#[test]
fn what_the_system_lacks_is_said_when_the_server_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Command::new("setpriv")
        .args(["--bounding-set", "-setuid,-setgid"])
        .arg(program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder.path())
        .env_remove("ASSAY_LOG")
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let is_root = fs::metadata("/proc/self").expect("this process").uid() == 0;
    let Some(mut server) = server.ok().filter(|_| is_root) else {
        println!("SKIPPED (system): no setpriv, or not root, so nothing is missing");
        return;
    };
    let lines = BufReader::new(server.stderr.take().expect("a pipe")).lines();
    let lines = lines.map(|line| line.expect("a line")).take_while(|line| !line.contains("cannot run here"));
    let mut told: Vec<String> = Vec::new();
    for line in lines.filter(|line| line.contains("are kept in")) {
        told.push(line);
        if told.len() == 4 {
            break;
        }
    }
    server.kill().expect("it is killed");
    server.wait().expect("it ends");
    let about = |name: &str| told.iter().find(|line| line.contains(name)).expect("each is told of");
    let missing = about("unprivileged user");
    assert!(missing.contains("WARN") && missing.contains("kept in by less"), "{missing}");
    assert!(missing.contains("setgroups: EPERM"), "{missing}");
    assert!(about("resource limits").contains("INFO"), "{told:?}");
}
