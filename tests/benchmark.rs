//! The benchmark, a second each: it is about what it says, and its figures can be true.

use assay_simulator::furniture::furnish;
use serde_json::Value;
use tempfile::TempDir;

use crate::commands::{assay, text};
use crate::postgres;
use crate::process::audited;

/// A folder for the data, whose components need not be compiled.
fn furnished() -> TempDir {
    let folder = TempDir::new().expect("a folder");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    runtime.block_on(furnish(folder.path()));
    folder
}

fn measured(folder: &TempDir, arguments: &[&str]) -> Value {
    let data = folder.path().display().to_string();
    let mut all = vec!["benchmark"];
    all.extend(arguments);
    all.extend(["--data", &data, "--seconds", "1", "--json"]);
    let output = assay(&all);
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("one JSON object and nothing else")
}

#[track_caller]
fn figure(report: &Value, path: &str) -> f64 {
    let found = report.pointer(path).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("no figure at {path}: {report}"))
}

/// What every report of a server has.
#[track_caller]
fn holds_together(report: &Value) {
    let operations = figure(report, "/operations");
    let per_second = figure(report, "/per_second");
    assert!(operations >= 1.0 && per_second > 0.0, "{report}");
    // The measured second is one, give or take the scheduler's mercy.
    assert!(per_second <= operations * 1.01 && per_second >= operations / 20.0, "{report}");
    assert!(figure(report, "/p50_ms") <= figure(report, "/p99_ms"), "{report}");
    assert!(figure(report, "/p99_ms") <= figure(report, "/p999_ms"), "{report}");
    for path in ["/limits/echo_per_second", "/limits/flushes_per_second", "/server/start_ms"] {
        assert!(figure(report, path) > 0.0, "{path}: {report}");
    }
    for group in ["1", "16", "64", "256"] {
        let path = format!("/limits/sqlite_inserts_per_second/{group}_a_commit");
        assert!(figure(report, &path) > 0.0, "{report}");
    }
    assert!(figure(report, "/server/busy_bytes_peak") >= figure(report, "/server/idle_bytes"), "{report}");
    let shares: f64 =
        ["server", "load", "others"].iter().map(|who| figure(report, &format!("/cpu/{who}_share"))).sum();
    assert!(shares > 0.0 && shares < 1.2, "{report}");
    assert!(figure(report, "/group_changes/mean") >= 1.0, "{report}");
}

#[test]
fn transfers_are_measured_and_the_books_they_leave_are_right() {
    let folder = furnished();
    let report = measured(&folder, &["transfers", "--connections", "8", "--rows", "3000"]);
    assert_eq!((&report["database"], &report["rows"]), (&"sqlite".into(), &3_000.into()));
    holds_together(&report);
    audited(folder.path(), None);
}

#[test]
fn transfers_through_one_account_are_measured() {
    let report = measured(&furnished(), &["transfers", "--connections", "4", "--hot"]);
    assert_eq!(report["hot"], true);
    holds_together(&report);
}

#[test]
fn transfers_are_measured_on_postgresql() {
    let Some(database) = postgres::database() else { return };
    let folder = furnished();
    let asked = ["transfers", "--connections", "8", "--rows", "1000", "--database", &database];
    let report = measured(&folder, &asked);
    assert_eq!(report["database"], "postgresql");
    holds_together(&report);
    audited(folder.path(), Some(&database));
}

#[test]
fn lifecycles_are_measured() {
    let report = measured(&furnished(), &["lifecycle", "--connections", "2"]);
    assert_eq!(report["benchmark"], "lifecycle");
    holds_together(&report);
}

#[test]
fn verdicts_are_measured() {
    let file = TempDir::new().expect("a folder");
    let component = file.path().join("verifier.wasm");
    let builtin = assay::builtin::BUILTIN.iter().find(|builtin| builtin.name == "criteria");
    std::fs::write(&component, builtin.expect("the verifier").bytes).expect("written");
    let report = measured(&file, &["verdicts", "--component", &component.display().to_string()]);
    assert!(figure(&report, "/per_second") > 0.0, "{report}");
    assert!(figure(&report, "/p50_us") <= figure(&report, "/p99_us"), "{report}");
    assert!(figure(&report, "/limits/bare_p50_us") > 0.0, "{report}");
    assert!(figure(&report, "/cpu_us_per_verdict") > 0.0, "{report}");
    // The same ten checks without a sandbox, measured in the same run.
    assert!(figure(&report, "/limits/native_p50_us") > 0.0, "{report}");
    let places: Vec<&Value> =
        report["components"].as_array().into_iter().flatten().map(|one| &one["where"]).collect();
    assert_eq!(places, ["in this process", "in a child"], "{report}");
}

#[test]
fn what_verdicts_do_not_heed_is_refused() {
    let table: &[&[&str]] =
        &[&["--hot"], &["--rows", "5"], &["--database", "postgres://nobody@nowhere/none"]];
    for flags in table {
        let output = assay(&[&["benchmark", "verdicts", "--seconds", "1"], *flags].concat());
        assert_eq!(output.status.code(), Some(1), "{flags:?}");
        assert!(text(&output.stderr).contains(flags[0]), "{flags:?}: {}", text(&output.stderr));
    }
}

#[test]
fn without_json_it_is_lines() {
    let folder = furnished();
    let data = folder.path().display().to_string();
    let output = assay(&["benchmark", "transfers", "--connections", "2", "--seconds", "1", "--data", &data]);
    let told = text(&output.stdout);
    for name in ["per_second", "p99_ms", "limits.echo_per_second", "server.binary_bytes"] {
        assert!(told.lines().any(|line| line.starts_with(name)), "{name} is missing from\n{told}");
    }
}
