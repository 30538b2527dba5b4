//! Runs: what they cost, what a restless component can see, and that the same input always
//! gives the same verdict. Components that mean harm are in `hostile`.

use std::collections::BTreeSet;
use std::sync::Arc;

use assay_sandbox::clock::VirtualClock;
use assay_sandbox::random::Randomness;
use assay_sandbox::{Attachments, Digest, Input, Limits, Output, Run};

use crate::judges::{
    RESTLESS, Text, body, input, input_with_files, prepare, run, sandbox, sandbox_with, summary, verifier,
};

/// The evidence of a verifier's only finding.
fn evidence(run: &Run) -> &str {
    match run.answer() {
        Some(Output::Report(report)) => &report.findings[0].evidence,
        other => panic!("a report is wanted, not {other:?}; {:?}", run.outcome),
    }
}

#[test]
fn a_loop_without_end_costs_exactly_the_fuel_there_is() {
    let sandbox = sandbox();
    let run = run(&sandbox, &verifier(&body("(loop $l (br $l)) (unreachable)")), "");
    assert_eq!(run.fuel, sandbox.limits().fuel_max);
}

#[test]
fn a_wall_limit_ends_what_fuel_would_not() {
    let sandbox = sandbox_with(Limits { fuel_max: u64::MAX / 2, wall_ms_max: 20, ..Limits::default() });
    let run = run(&sandbox, &verifier(&body("(loop $l (br $l)) (unreachable)")), "");
    assert_eq!(summary(&run), "wall-limit");
}

#[test]
fn a_component_meets_its_own_maximum_as_wasm_says() {
    // The growth past its declared maximum gives -1, and with that it answers.
    let component = Text {
        memory: "16 17",
        module: r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")
            (func (export "verify") (param i32) (result i32)
              (if (i32.ne (memory.grow (i32.const 2)) (i32.const -1)) (then (unreachable)))
              (i32.const 1024))"#,
        ..Text::default()
    };
    let run = run(&sandbox(), &component.component(), "");
    assert_eq!(summary(&run), "undecided", "{:?}", run.outcome);
    assert_eq!(run.memory_bytes, 16 << 16);
}

#[test]
fn growing_memory_costs_fuel_by_the_page() {
    let answer = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")"#;
    let fuel = |pages: u32| {
        let grow = body(&format!("(drop (memory.grow (i32.const {pages}))) (i32.const 1024)"));
        run(&sandbox(), &verifier(&format!("{answer} {grow}")), "").fuel
    };
    assert_eq!(fuel(101) - fuel(1), 100 * 255);
}

#[test]
fn what_instantiation_does_by_chance_it_does_again() {
    // Its start function traps for one random number in three.
    let component = Text {
        before: r#"(import "wasi:random/random@0.2.0" (instance $random (export "get-random-u64" (func (result u64)))))
            (core func $draw (canon lower (func $random "get-random-u64")))"#,
        with: r#"(with "host" (instance (export "draw" (func $draw))))"#,
        imports: r#"(import "host" "draw" (func $draw (result i64)))"#,
        module: r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")
            (func $start (if (i64.eqz (i64.rem_u (call $draw) (i64.const 3))) (then (unreachable))))
            (start $start)
            (func (export "verify") (param i32) (result i32) (i32.const 1024))"#,
        ..Text::default()
    };
    let sandbox = sandbox();
    let judge = prepare(&sandbox, &component.component());
    let all = || -> Vec<String> {
        let run = |n: u32| sandbox.run_blocking(&judge, &input(&n.to_string()), Attachments::none());
        (0..40).map(|n| summary(&run(n))).collect()
    };
    let first = all();
    let words: BTreeSet<_> = first.iter().map(String::as_str).collect();
    assert_eq!(words, BTreeSet::from(["instantiation", "undecided"]));
    assert_eq!(first, all());
}

#[test]
fn a_run_is_the_same_on_whosever_thread_it_takes_place() {
    let answer = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")"#;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let (runtime, sandbox) = (runtime.expect("a runtime"), sandbox());
    // What is short, what is long in every way, and what does not end.
    for rounds in [10, 1_000_000, 100_000_000] {
        let count = format!(
            "(local $n i32) (local.set $n (i32.const {rounds})) \
             (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 1024)"
        );
        let judge = prepare(&sandbox, &verifier(&format!("{answer} {}", body(&count))));
        let there = || {
            let (sandbox, judge) = (sandbox.clone(), judge.clone());
            let run = async move { sandbox.run(&judge, &input("one"), Attachments::none()).await };
            runtime.block_on(runtime.spawn(run)).expect("a run")
        };
        // The first of them does not know yet how long it takes.
        let (first, second) = (there(), there());
        let here = sandbox.run_blocking(&judge, &input("one"), Attachments::none());
        for run in [first, second] {
            assert_eq!(figures(&run), figures(&here), "{rounds} rounds");
        }
    }
}

/// Everything about a run that a receipt carries.
fn figures(run: &Run) -> (Digest, u64, u64, u64, &'static str) {
    (run.output_digest, run.fuel, run.memory_bytes, run.virtual_time_ns, run.word())
}

#[test]
fn a_thousand_runs_are_one_run() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let once = sandbox.run_blocking(&judge, &input("observe"), Attachments::none());
    assert!(evidence(&once).contains("slept 250."), "{}", evidence(&once));
    assert!(evidence(&once).contains("wall 1700000123.456"), "{}", evidence(&once));
    for _ in 0..999 {
        let again = sandbox.run_blocking(&judge, &input("observe"), Attachments::none());
        assert_eq!(figures(&once), figures(&again));
        assert_eq!(once.log, again.log);
    }
    // Another engine, another compilation, two runs at a time.
    let other = self::sandbox();
    let judge = prepare(&other, RESTLESS);
    std::thread::scope(|scope| {
        let run = || figures(&other.run_blocking(&judge, &input("observe"), Attachments::none()));
        for run in [scope.spawn(run), scope.spawn(run)] {
            assert_eq!(figures(&once), run.join().expect("it does not panic"));
        }
    });
}

#[test]
fn randomness_follows_from_the_input() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let drawn = |task: &str| {
        let Input::Verify { task: mut wanted, delivery, config } = input("observe") else {
            unreachable!("the input is a verifier's");
        };
        task.clone_into(&mut wanted.id);
        let input = Input::Verify { task: wanted, delivery, config };
        evidence(&sandbox.run_blocking(&judge, &input, Attachments::none())).to_owned()
    };
    assert_eq!(drawn("one"), drawn("one"));
    assert_ne!(drawn("one"), drawn("two"));
}

#[test]
fn hours_of_sleep_pass_in_virtual_time() {
    let run = run(&sandbox(), RESTLESS, "wait");
    // Three hours asleep, a millisecond of looking, and a microsecond for each other look.
    assert!(evidence(&run).starts_with("slept 10800.0000"), "{}", evidence(&run));
    let beyond_ns = run.virtual_time_ns - 3 * 3600 * 1_000_000_000;
    assert!((1_000_000..1_100_000).contains(&beyond_ns), "{beyond_ns}");
}

#[test]
fn nothing_of_the_real_world_is_in_reach() {
    let run = run(&sandbox(), RESTLESS, "reach");
    let seen = evidence(&run);
    assert!(!seen.contains("Ok(1"), "{seen}");
    for expected in ["root Err", "file Err", "made Err", "environment 0, arguments 0", "input Ok(0)"] {
        assert!(seen.contains(expected), "{expected} in {seen}");
    }
}

#[test]
fn what_a_panic_says_is_kept() {
    let run = run(&sandbox(), RESTLESS, "panic");
    let kept = run.log.iter().any(|line| line.starts_with("stderr: ") && line.contains("delivery-1"));
    assert!(kept, "{:?}", run.log);
}

#[test]
fn what_is_printed_is_kept_up_to_a_limit_and_changes_nothing() {
    let sandbox = sandbox();
    let printed = run(&sandbox, RESTLESS, "print");
    assert_eq!(evidence(&printed), "printed");
    let bytes: usize = printed.log.iter().map(String::len).sum();
    assert!((60_000..100_000).contains(&bytes), "{bytes}");
    let logged = run(&sandbox, RESTLESS, "log");
    assert_eq!(logged.log, ["debug: a detail", "warn: a doubt"]);
}

#[test]
fn attachments_are_read_in_pieces_and_pinned_by_digest() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let large = vec![1; 150_000];
    let (input, held) = input_with_files("read", &[&large, b"", &[0, 255]]);
    let read = sandbox.run_blocking(&judge, &input, held);
    assert_eq!(
        evidence(&read),
        "150000 bytes, sum 150000; 0 bytes, sum 0; 2 bytes, sum 255; [no attachment 3; the delivery has 3] 0 bytes, sum 0; "
    );
    // A byte moved by the host costs what a byte moved by the guest costs.
    assert!(read.fuel > 150_000);

    let missing = sandbox.run_blocking(&judge, &input, Attachments::none());
    assert_eq!(summary(&missing), "attachment");
    let swapped = Attachments::from_iter([(Digest::of(&large), Arc::from(&b"something else"[..]))]);
    let swapped = sandbox.run_blocking(&judge, &input, swapped);
    assert_eq!(summary(&swapped), "attachment");
}

#[test]
fn a_file_no_host_holds_reads_the_same_on_every_host() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let (Input::Verify { task, mut delivery, config }, held) = input_with_files("read", &[b"bytes"]) else {
        unreachable!("the input is a verifier's");
    };
    delivery.attachments[0].digest = String::new();
    let input = Input::Verify { task, delivery, config };
    let with = sandbox.run_blocking(&judge, &input, held);
    let without = sandbox.run_blocking(&judge, &input, Attachments::none());
    assert!(evidence(&with).starts_with("[the bytes of attachment 0 are not held]"), "{}", evidence(&with));
    assert_eq!(figures(&with), figures(&without));
}

#[test]
fn a_judge_is_only_asked_what_it_is_for() {
    let sandbox = sandbox();
    let judge = prepare(&sandbox, RESTLESS);
    let Input::Verify { task, delivery, config } = input("observe") else {
        unreachable!("the input is a verifier's");
    };
    let run = sandbox.run_blocking(&judge, &Input::Score { task, delivery, config }, Attachments::none());
    assert_eq!(summary(&run), "host");
}

#[tokio::test]
async fn a_run_leaves_the_async_thread_free_and_never_overfills_the_pool() {
    let sandbox = sandbox();
    let bytes: Arc<[u8]> = verifier(&body("(loop $l (br $l)) (unreachable)")).into();
    let slow = sandbox.prepare(bytes).await.expect("a verifier");
    let quick = sandbox.prepare(Arc::from(RESTLESS)).await.expect("a verifier");
    let (observed, endless) = (input("observe"), input(""));
    let run = |judge, input| sandbox.run(judge, input, Attachments::none());
    // Six at once in a pool of two, started by one thread.
    let runs = tokio::join!(
        run(&slow, &endless),
        run(&quick, &observed),
        run(&slow, &endless),
        run(&quick, &observed),
        run(&slow, &endless),
        run(&quick, &observed),
    );
    let words: Vec<_> = <[Run; 6]>::from(runs).iter().map(summary).collect();
    assert_eq!(
        words,
        ["fuel-exhausted", "undecided", "fuel-exhausted", "undecided", "fuel-exhausted", "undecided"]
    );
}

#[test]
fn two_timers_end_in_their_own_order() {
    let clock = Arc::new(VirtualClock::new(5_000));
    let (mut short, mut long) = (Box::pin(clock.clone().reach(10)), Box::pin(clock.clone().reach(20)));
    let first = std::future::poll_fn(|context| {
        let ready = (short.as_mut().poll(context).is_ready(), long.as_mut().poll(context).is_ready());
        if ready == (false, false) { std::task::Poll::Pending } else { std::task::Poll::Ready(ready) }
    });
    assert_eq!(clock.drive(first).ok(), Some((true, false)));
    assert_eq!(clock.elapsed_ns(), 10);
    assert_eq!(clock.look_at_wall(), (5, 10));
    assert!(clock.drive(std::future::pending::<()>()).is_err());
    assert_eq!(VirtualClock::new(u64::MAX).look_at_wall().0, u64::MAX / 1000);
}

#[test]
fn a_stream_does_not_depend_on_the_sizes_it_is_drawn_in() {
    let mut whole = [0; 100];
    Randomness::new([7; 32]).secure.fill(&mut whole);
    let mut pieces = [0; 100];
    let mut randomness = Randomness::new([7; 32]);
    for piece in pieces.chunks_mut(7) {
        randomness.secure.fill(piece);
    }
    assert_eq!(whole, pieces);
    let first = |seed| Randomness::new([seed; 32]).secure.next_u64();
    assert_ne!(first(7), first(8));
    assert_ne!(first(7), Randomness::new([7; 32]).insecure.next_u64());
    assert_ne!(Randomness::new([7; 32]).map_seed(), Randomness::new([8; 32]).map_seed());
}
