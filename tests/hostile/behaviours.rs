//! Misbehaviour inside of the component: loops, memory, and what it answers.

use super::{ANSWER, Row, row};
use crate::judges::{Text, answering, body, finding, report, verifier};

/// A verifier lifted with other options than usual.
fn lifted(module: &str, options: &str) -> Vec<u8> {
    let after = format!(
        r#"(func $other (type $verify) (canon lift (core func $instance "verify")
          (memory (core memory $instance "memory")) {options}))
        (export "verify" (func $other))"#
    );
    Text { module, after: &after, ..Text::default() }.component()
}

fn within(memory: &str, module: &str) -> Vec<u8> {
    Text { memory, module, ..Text::default() }.component()
}

const REALLOC: &str = r#"(realloc (core func $instance "cabi_realloc"))"#;

pub(super) fn loops() -> Vec<Row> {
    let hang =
        r#"(func (export "hang") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) (unreachable))"#;
    let late = r#"(func (export "late") (param i32) (loop $l (br $l)))"#;
    let tail = r"(func $f (param i32) (result i32) (return_call $f (local.get 0)))";
    let many = "(func $a (param i32) (result i32) (return_call $b (local.get 0)))
        (func $b (param i32) (result i32) (return_call $a (local.get 0)))";
    vec![
        row(
            "a start that never ends",
            verifier(&format!("{ANSWER} (func $s (loop $l (br $l))) (start $s)")),
            "component_instantiation_failed",
        ),
        row(
            "a start that traps",
            verifier(&format!("{ANSWER} (func $s (unreachable)) (start $s)")),
            "component_instantiation_failed",
        ),
        row("a loop without end", verifier(&body("(loop $l (br $l)) (unreachable)")), "fuel-exhausted"),
        row(
            "an allocator that never ends",
            lifted(&format!("{ANSWER} {hang}"), r#"(realloc (core func $instance "hang"))"#),
            "fuel-exhausted",
        ),
        row(
            "cleaning up that never ends",
            lifted(
                &format!("{ANSWER} {late}"),
                &format!(r#"{REALLOC} (post-return (core func $instance "late"))"#),
            ),
            "fuel-exhausted",
        ),
        row(
            "a tail call to itself",
            verifier(&format!("{tail} {}", body("(call $f (local.get 0))"))),
            "fuel-exhausted",
        ),
        row(
            "two functions that tail-call one another",
            verifier(&format!("{many} {}", body("(call $a (local.get 0))"))),
            "fuel-exhausted",
        ),
        row(
            "a megabyte filled again and again",
            verifier(&body(
                "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 1000000)) (br $l)) (unreachable)",
            )),
            "fuel-exhausted",
        ),
        row(
            "a megabyte copied again and again",
            verifier(&body(
                "(loop $l (memory.copy (i32.const 8) (i32.const 0) (i32.const 1000000)) (br $l)) (unreachable)",
            )),
            "fuel-exhausted",
        ),
        row(
            "a table filled again and again",
            verifier(&format!(
                "(table $t 100000 funcref) {}",
                body(
                    "(loop $l (table.fill $t (i32.const 0) (ref.null func) (i32.const 100000)) (br $l)) (unreachable)"
                )
            )),
            "fuel-exhausted",
        ),
    ]
}

pub(super) fn memory() -> Vec<Row> {
    let two = r#"(memory $second 1)
        (func (export "verify") (param i32) (result i32)
          (loop $l (drop (memory.grow (i32.const 8))) (drop (memory.grow $second (i32.const 8))) (br $l))
          (unreachable))"#;
    let meeting = format!(
        r#"(table $t 1 5 funcref) (data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00") {}"#,
        body(
            "(if (i32.ne (table.grow $t (ref.null func) (i32.const 5)) (i32.const -1)) (then (unreachable))) (i32.const 1024)"
        )
    );
    let grow = |amount: &str| {
        verifier(&body(&format!("(loop $l (drop (memory.grow {amount})) (br $l)) (unreachable)")))
    };
    vec![
        row("one huge growth", grow("(i32.const 60000)"), "memory"),
        row("many small growths", grow("(i32.const 1)"), "memory"),
        row("two memories that grow in turn", verifier(two), "memory"),
        row("memory above the limit from the start", within("600", ANSWER), "component_malformed"),
        row(
            "60 memories in a module",
            verifier(&format!("{ANSWER} {}", "(memory 1)".repeat(60))),
            "component_malformed",
        ),
        row(
            "150 memories in a module",
            verifier(&format!("{ANSWER} {}", "(memory 1)".repeat(150))),
            "component_shape_refused",
        ),
        row(
            "a table that grows without end",
            verifier(&format!(
                "(table $t 1 funcref) {}",
                body(
                    "(loop $l (drop (table.grow $t (ref.null func) (i32.const 10000))) (br $l)) (unreachable)"
                )
            )),
            "memory",
        ),
        row("a table that meets its own maximum", verifier(&meeting), "undecided"),
        row(
            "a table above the limit from the start",
            verifier(&format!("{ANSWER} (table 300000 funcref)")),
            "component_malformed",
        ),
        row(
            "90 tables in a module",
            verifier(&format!("{ANSWER} {}", "(table 1 funcref)".repeat(90))),
            "undecided",
        ),
        row(
            "data outside of memory",
            verifier(&format!(r#"{ANSWER} (data (i32.const 0x7ffffff0) "gold")"#)),
            "component_instantiation_failed",
        ),
        row(
            "functions outside of the table",
            verifier(&format!(
                "{ANSWER} (table $t 1 funcref) (func $f) (elem (table $t) (i32.const 9) func $f)"
            )),
            "component_instantiation_failed",
        ),
        row("a load outside of memory", verifier(&body("(i32.load (i32.const -4))")), "trap"),
    ]
}

pub(super) fn stacks() -> Vec<Row> {
    let deep = "(func $f (param i64) (result i64)
        (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (local.get 0)))";
    let wide = format!(
        "(func $f (param i64) (result i64) (local {}) {} (call $f (local.get 0)) {})",
        "i64 ".repeat(500),
        (1..500).fold(String::new(), |text, n| text
            + format!("(local.set {n} (i64.load (i32.const {n})))").as_str()),
        (1..500).fold(String::new(), |text, n| text + format!("(local.get {n}) i64.add ").as_str())
    );
    let deeper = |function: &str| {
        verifier(&format!("{function} {}", body("(drop (call $f (i64.const 0))) (i32.const 1024)")))
    };
    let indirect = r"(type $f (func (param i32) (result i32))) (table $t 1 1 funcref)
        (func $self (type $f) (i32.add (call_indirect $t (type $f) (local.get 0) (i32.const 0)) (i32.const 1)))
        (elem (i32.const 0) $self)";
    vec![
        row("calls without end", deeper(deep), "stack-overflow"),
        row("calls without end with large frames", deeper(&wide), "stack-overflow"),
        row(
            "calls through a table without end",
            verifier(&format!("{indirect} {}", body("(call $self (local.get 0))"))),
            "stack-overflow",
        ),
    ]
}

/// The bytes of an answer whose report has `count` findings at `address`.
fn report_of(address: u32, count: u32) -> Vec<u8> {
    [[0; 4], address.to_le_bytes(), count.to_le_bytes(), [0; 4]].concat()
}

/// A finding of a name of its own, both texts at address 0.
fn own(name_bytes: u32, status: u8, evidence_bytes: u32) -> Vec<u8> {
    let mut bytes = vec![1, 0, 0, 0];
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(name_bytes.to_le_bytes());
    bytes.extend([status, 0, 0, 0]);
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(evidence_bytes.to_le_bytes());
    bytes
}

/// An answer at address 1024 in a memory of 19 MiB.
fn roomy(bytes: &[u8]) -> Vec<u8> {
    let escaped = bytes.iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str());
    let module = format!(
        r#"(data (i32.const 1024) "{escaped}")
           (func (export "verify") (param i32) (result i32) (i32.const 1024))"#
    );
    within("300", &module)
}

pub(super) fn results() -> Vec<Row> {
    let two = |first, second| answering(&report(&[finding(first, 1, 0), finding(second, 1, 0)]));
    let one = |finding: Vec<u8>| answering(&report(&[finding]));
    let text_at = |address: u32, bytes: u32| {
        let mut finding = finding(0, 1, bytes);
        let at = finding.len() - 8;
        finding[at..at + 4].copy_from_slice(&address.to_le_bytes());
        finding
    };
    let broken_text = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\08\00\00\04\00\00\00")
        (data (i32.const 2048) "\ff\fe\80\c0") (func (export "verify") (param i32) (result i32) (i32.const 1024))"#;
    vec![
        row("a trap", verifier(&body("(unreachable)")), "trap"),
        row("a division by zero", verifier(&body("(i32.div_u (i32.const 1) (i32.const 0))")), "trap"),
        row("a score made from NaN", verifier(&body("(i32.trunc_f64_u (f64.const nan))")), "trap"),
        row(
            "an address made from the bits of NaN",
            verifier(&body("(i32.wrap_i64 (i64.reinterpret_f64 (f64.div (f64.const 0) (f64.const 0))))")),
            "undecided",
        ),
        row("an answer outside of memory", verifier(&body("(i32.const 0x7fffffff)")), "trap"),
        row("an answer that is not aligned", verifier(&body("(i32.const 1025)")), "trap"),
        row("an answer that is neither", answering(&[9; 16]), "trap"),
        row("a status there is not", one(own(1, 5, 0)), "trap"),
        row("a subject there is not", one([vec![2], finding(0, 1, 0)[1..].to_vec()].concat()), "trap"),
        row("a text of 16 MiB", roomy(&report(&[finding(0, 1, 16 << 20)])), "output-too-large"),
        row("a text that ends outside of memory", one(finding(0, 1, u32::MAX)), "trap"),
        row("a text that begins outside of memory", one(text_at(u32::MAX, 1)), "trap"),
        row("a text that is not UTF-8", verifier(broken_text), "trap"),
        row("half a million findings", roomy(&report_of(0, 500_000)), "output-too-large"),
        row("four billion findings", roomy(&report_of(0, u32::MAX)), "trap"),
        row("findings that are not aligned", roomy(&report_of(1, 1)), "trap"),
        row(
            "one text two thousand times",
            roomy(&report(&vec![finding(0, 1, 1_000); 2_000])),
            "output-too-large",
        ),
        row("a score above the scale", one(finding(0, 10_001, 0)), "lie"),
        row("a finding for a check that is not there", one(finding(2, 1, 0)), "lie"),
        row("a finding for the last check there could be", one(finding(u32::MAX, 1, 0)), "lie"),
        row("two findings for one check", two(1, 1), "lie"),
        row("an evidence of 9,000 bytes", one(finding(0, 1, 9_000)), "lie"),
        row("a finding without a name", one(own(0, 0, 0)), "lie"),
        row("a name of 300 bytes", one(own(300, 0, 0)), "lie"),
        // What keeps the rules is believed: the rows above are refused for what they say.
        row("both findings in their places", two(0, 1), "pass"),
        row("a finding of its own", one(own(1, 0, 0)), "undecided"),
    ]
}
