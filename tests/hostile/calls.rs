//! Misbehaviour towards the host: imports nobody is given, and calls of those that are.

use super::{ANSWER, Row, row};
use crate::judges::{Text, body};

/// A verifier whose module can call one function of the host as `$call`. `import` names
/// the instance `$host`; what the function is given and gives lies in a memory of its own.
fn calling(import: &str, function: &str, signature: &str, module: &str) -> Vec<u8> {
    let before = format!(
        r#"{import}
        (core module $room (memory (export "memory") 300)
          (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
        (core instance $room (instantiate $room))
        (core func $lowered (canon lower (func $host "{function}")
          (memory (core memory $room "memory")) (realloc (core func $room "realloc"))))"#
    );
    Text {
        before: &before,
        with: r#"(with "host" (instance (export "call" (func $lowered))))"#,
        imports: &format!(r#"(import "host" "call" (func $call {signature}))"#),
        module,
        ..Text::default()
    }
    .component()
}

const LOGGING: &str = r#"(import "assay:plugin/logging@0.1.0" (instance $host
    (type $level_ (enum "debug" "info" "warn" "error"))
    (export "level" (type $level (eq $level_)))
    (export "log" (func (param "level" $level) (param "message" string)))))"#;

const RANDOM: &str = r#"(import "wasi:random/random@0.2.0" (instance $host
    (export "get-random-bytes" (func (param "len" u64) (result (list u8))))
    (export "get-random-u64" (func (result u64)))))"#;

const CLOCK: &str =
    r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance $host (export "now" (func (result u64)))))"#;

const EXIT: &str =
    r#"(import "wasi:cli/exit@0.2.0" (instance $host (export "exit" (func (param "status" (result))))))"#;

const FILES: &str = r#"(import "assay:plugin/attachments@0.1.0" (instance $host
    (export "read" (func (param "index" u32) (param "offset" u64) (param "len" u32) (result (result (list u8) (error string)))))))"#;

fn log(arguments: &str) -> Vec<u8> {
    calling(
        LOGGING,
        "log",
        "(param i32 i32 i32)",
        &body(&format!("(call $call {arguments}) (i32.const 1024)")),
    )
}

fn again_and_again(import: &str, function: &str, signature: &str, arguments: &str) -> Vec<u8> {
    let drop = if signature.contains("result") { "drop" } else { "" };
    let instructions = format!("(loop $l (call $call {arguments}) {drop} (br $l)) (unreachable)");
    calling(import, function, signature, &body(&instructions))
}

pub(super) fn imports() -> Vec<Row> {
    let asking = |what, import: &str, code| {
        row(what, Text { before: import, module: ANSWER, ..Text::default() }.component(), code)
    };
    let forbidden = |what, import| asking(what, import, "component_import_forbidden");
    let bytes = |len: &str| body(&format!("(call $call (i64.const {len}) (i32.const 0)) (i32.const 1024)"));
    let random = |len| calling(RANDOM, "get-random-bytes", "(param i64 i32)", &bytes(len));
    vec![
        forbidden("sockets", r#"(import "wasi:sockets/tcp@0.2.0" (instance))"#),
        forbidden("names of hosts", r#"(import "wasi:sockets/ip-name-lookup@0.2.0" (instance))"#),
        forbidden("HTTP", r#"(import "wasi:http/outgoing-handler@0.2.0" (instance))"#),
        forbidden("another package's ledger", r#"(import "assay:plugin/ledger@0.1.0" (instance))"#),
        forbidden("a function of the host's", r#"(import "now" (func))"#),
        forbidden("a module of the host's", r#"(import "wasi:io/poll@0.2.0" (core module))"#),
        forbidden(
            "a clock that tells another thing",
            r#"(import "wasi:clocks/wall-clock@0.2.0" (instance (export "now" (func (result string)))))"#,
        ),
        forbidden(
            "a way to rename files that never was",
            r#"(import "wasi:filesystem/types@0.2.0" (instance (export "escape" (func))))"#,
        ),
        row(
            "the clock asked without end",
            again_and_again(CLOCK, "now", "(result i64)", ""),
            "fuel-exhausted",
        ),
        row(
            "random numbers without end",
            again_and_again(RANDOM, "get-random-u64", "(result i64)", ""),
            "fuel-exhausted",
        ),
        row(
            "random bytes without end",
            again_and_again(RANDOM, "get-random-bytes", "(param i64 i32)", "(i64.const 65536) (i32.const 0)"),
            "fuel-exhausted",
        ),
        row("a gigabyte of random bytes", random("1073741824"), "trap"),
        row("all the random bytes there are", random("-1"), "trap"),
        row(
            "notes without end",
            again_and_again(
                LOGGING,
                "log",
                "(param i32 i32 i32)",
                "(i32.const 0) (i32.const 0) (i32.const 60000)",
            ),
            "fuel-exhausted",
        ),
        row("a note of 16 MiB", log("(i32.const 0) (i32.const 0) (i32.const 16777216)"), "output-too-large"),
        row("a note from outside of memory", log("(i32.const 0) (i32.const -9) (i32.const 5)"), "trap"),
        row("a note of a level there is not", log("(i32.const 4) (i32.const 0) (i32.const 1)"), "trap"),
        row(
            "an exit that says all is well",
            calling(EXIT, "exit", "(param i32)", &body("(call $call (i32.const 0)) (i32.const 1024)")),
            "trap",
        ),
        row(
            "an attachment there is not, without end",
            again_and_again(
                FILES,
                "read",
                "(param i32 i64 i32 i32)",
                "(i32.const -1) (i64.const -1) (i32.const -1) (i32.const 0)",
            ),
            "fuel-exhausted",
        ),
    ]
}

const TIMERS: &str = r#"
    (import "wasi:io/poll@0.2.0" (instance $poll
      (export "pollable" (type $pollable (sub resource)))
      (export "[method]pollable.block" (func (param "self" (borrow $pollable))))))
    (alias export $poll "pollable" (type $pollable))
    (core func $block (canon lower (func $poll "[method]pollable.block")))
    (core func $close (canon resource.drop $pollable))
    (import "wasi:clocks/monotonic-clock@0.2.0" (instance $clock
      (alias outer 1 $pollable (type $pollable_))
      (export "pollable" (type $timer (eq $pollable_)))
      (export "subscribe-duration" (func (param "when" u64) (result (own $timer))))))
    (core func $subscribe (canon lower (func $clock "subscribe-duration")))"#;

fn timing(instructions: &str) -> Vec<u8> {
    let module =
        format!(r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00") {}"#, body(instructions));
    Text {
        before: TIMERS,
        with: r#"(with "host" (instance (export "subscribe" (func $subscribe)) (export "block" (func $block))
            (export "close" (func $close))))"#,
        imports: r#"(import "host" "subscribe" (func $subscribe (param i64) (result i32)))
            (import "host" "block" (func $block (param i32))) (import "host" "close" (func $close (param i32)))"#,
        module: &module,
        ..Text::default()
    }
    .component()
}

/// The component's export, called by the component itself: by way of a table that is
/// filled once both are there.
fn re_entering() -> Vec<u8> {
    let module = r#"(table $t (export "table") 1 funcref) (type $again (func (param i32 i32)))
        (func (export "verify") (param i32) (result i32)
          (call_indirect $t (type $again) (local.get 0) (i32.const 2048) (i32.const 0)) (i32.const 1024))"#;
    let after = r#"
        (core func $again (canon lower (func $verify_) (memory (core memory $instance "memory"))
          (realloc (core func $instance "cabi_realloc"))))
        (core module $filler (import "to" "table" (table 1 funcref)) (import "to" "again" (func $f (param i32 i32)))
          (elem (i32.const 0) func $f))
        (core instance (instantiate $filler (with "to" (instance
          (export "table" (table $instance "table")) (export "again" (func $again))))))
        (export "verify" (func $verify_))"#;
    Text { module, after, ..Text::default() }.component()
}

/// An allocator that calls the host while the host is filling in arguments.
fn calling_from_the_allocator() -> Vec<u8> {
    let module = format!(
        r#"{ANSWER} (func (export "eager") (param i32 i32 i32 i32) (result i32) (drop (call $call)) (i32.const 65536))"#
    );
    let before = format!(r#"{CLOCK} (core func $lowered (canon lower (func $host "now")))"#);
    Text {
        before: &before,
        with: r#"(with "host" (instance (export "call" (func $lowered))))"#,
        imports: r#"(import "host" "call" (func $call (result i64)))"#,
        module: &module,
        after: r#"(func $other (type $verify) (canon lift (core func $instance "verify")
              (memory (core memory $instance "memory")) (realloc (core func $instance "eager"))))
            (export "verify" (func $other))"#,
        ..Text::default()
    }
    .component()
}

pub(super) fn resources() -> Vec<Row> {
    let forever = "(i64.const -1)";
    vec![
        row(
            "timers that are never dropped",
            timing("(loop $l (drop (call $subscribe (i64.const 1))) (br $l)) (unreachable)"),
            "trap",
        ),
        row(
            "timers without end that are dropped",
            timing("(loop $l (call $close (call $subscribe (i64.const 1))) (br $l)) (unreachable)"),
            "fuel-exhausted",
        ),
        row(
            "a wait for the end of time",
            timing(&format!("(call $block (call $subscribe {forever})) (i32.const 1024)")),
            "trap",
        ),
        row(
            "an hour's wait",
            timing("(call $block (call $subscribe (i64.const 3600000000000))) (i32.const 1024)"),
            "undecided",
        ),
        row("a handle it never had", timing("(call $block (i32.const 77)) (i32.const 1024)"), "trap"),
        row(
            "a handle used after it was dropped",
            timing(
                "(local $h i32) (local.set $h (call $subscribe (i64.const 1)))
                (call $close (local.get $h)) (call $block (local.get $h)) (i32.const 1024)",
            ),
            "trap",
        ),
        row(
            "a handle dropped twice",
            timing(
                "(local $h i32) (local.set $h (call $subscribe (i64.const 1)))
                (call $close (local.get $h)) (call $close (local.get $h)) (i32.const 1024)",
            ),
            "trap",
        ),
        row("its own export, called from within", re_entering(), "trap"),
        row("a call from its allocator", calling_from_the_allocator(), "trap"),
    ]
}
