//! Who gets which badge, and why.

use assay::builtin::BUILTIN;
use assay_sandbox::{
    Badge, Certification, Golden, Input, Limits, Sandbox, World, goldens, goldens_of, inspect,
};
use serde_json::{Value, json};

use crate::judges::{
    RESTLESS, Text, answering, body, delivery, finding, input, prepare, report, roomy, sandbox, sandbox_with,
    task, verifier,
};

const ANSWER: &str = r#"(data (i32.const 1024) "\00\00\00\00\10\04\00\00\00\00\00\00")"#;

fn certify(sandbox: &Sandbox, component: &[u8], goldens: &[Golden]) -> Certification {
    sandbox.certify_blocking(&prepare(sandbox, component), goldens)
}

/// The world's own golden inputs, and this many runs of each when all of them are answered.
const RUNS_OF_EACH: u32 = 12;

fn own() -> Vec<Golden> {
    goldens(World::Verifier)
}

/// A few golden inputs of a verifier with this configuration.
fn configured(config: &str) -> Vec<Golden> {
    let input = input(config);
    let manifest = manifest(&[serde_json::from_slice(&input.canonical()).expect("it is JSON")]);
    goldens_of(&inspect(&text(&manifest), usize::MAX).expect("a verifier").manifest).expect("an input")
}

fn manifest(goldens: &[Value]) -> String {
    json!({
        "name": "text", "version": "0.1.0", "world": "verifier", "description": "Written in text.",
        "author": "The tests", "goldens": goldens,
    })
    .to_string()
}

fn text(manifest: &str) -> Vec<u8> {
    let module = format!("{ANSWER} {}", body("(i32.const 1024)"));
    Text { manifest, module: &module, ..Text::default() }.component()
}

#[track_caller]
fn assert_faulty(certification: &Certification, fault: &str) {
    assert_eq!(certification.badge, Badge::EvidenceOnly, "{certification:#?}");
    assert!(certification.faults.iter().any(|text| text.contains(fault)), "{certification:#?}");
}

#[test]
fn every_world_has_a_dozen_golden_inputs_of_its_own() {
    for world in World::ALL {
        let goldens = goldens(world);
        assert!(goldens.len() >= 12, "{world}");
        for golden in goldens {
            assert_eq!(golden.input.world(), world, "{}", golden.name);
            let again = Input::parse(&golden.input.canonical()).expect("its own canonical bytes");
            assert_eq!(again, golden.input, "{}", golden.name);
        }
    }
}

#[test]
fn the_components_that_come_with_the_binary_are_deterministic() {
    let sandbox = roomy();
    for builtin in BUILTIN {
        let judge = prepare(sandbox, builtin.bytes);
        let goldens = goldens(judge.world);
        let found = sandbox.certify_blocking(&judge, &goldens);
        assert_eq!(found.badge, Badge::Deterministic, "{}: {:#?}", builtin.name, found.faults);
        assert_eq!(found.runs, RUNS_OF_EACH * found.goldens, "{}", builtin.name);
        assert_eq!(found.inconclusive, 0, "{}", builtin.name);
        assert!(found.fuel_p50 > 0 && found.fuel_p50 <= found.fuel_p99, "{found:?}");
        assert!(found.time_us_p50 > 0 && found.time_us_p50 <= found.time_us_p99, "{found:?}");
        assert!(found.memory_bytes_peak > 0 && found.code_bytes > 0, "{found:?}");
        assert_eq!(found.component_bytes, builtin.bytes.len() as u64);
        assert_eq!(found.profile, sandbox.profile());
        println!(
            "{}: fuel {} / {}, {} / {} µs, {} kB of memory, {} kB of code",
            builtin.name,
            found.fuel_p50,
            found.fuel_p99,
            found.time_us_p50,
            found.time_us_p99,
            found.memory_bytes_peak >> 10,
            found.code_bytes >> 10
        );
    }
}

#[test]
fn what_a_judge_draws_or_reads_from_the_clock_costs_it_the_badge() {
    let sandbox = sandbox();
    let found = certify(&sandbox, RESTLESS, &configured("observe"));
    assert_faulty(&found, "gets another answer under the second seed");
    assert_faulty(&found, "gets another answer with a clock that starts later");
    // A count of draws differs by seed alone.
    let found = certify(&sandbox, RESTLESS, &configured("entropy"));
    assert_faulty(&found, "another answer under the third seed");
    assert!(!found.faults.iter().any(|fault| fault.contains("clock")), "{found:#?}");
    // The length of a stretch of work on the virtual clock is the same everywhere.
    let found = certify(&sandbox, RESTLESS, &configured("time"));
    assert_eq!(found.badge, Badge::Deterministic, "{found:#?}");
}

#[test]
fn a_judge_that_remembers_is_no_deterministic_one() {
    let module = format!(
        r"{ANSWER} (global $asked (mut i32) (i32.const 0)) {}",
        body(
            "(global.set $asked (i32.add (global.get $asked) (i32.const 1)))
            (i32.store8 (i32.const 1024) (i32.gt_u (global.get $asked) (i32.const 1))) (i32.const 1024)"
        )
    );
    assert_faulty(&certify(&sandbox(), &verifier(&module), &own()), "from an instance that was asked before");
    let once = format!(
        "{ANSWER} (global $asked (mut i32) (i32.const 0)) {}",
        body(
            "(if (global.get $asked) (then (unreachable))) (global.set $asked (i32.const 1)) (i32.const 1024)"
        )
    );
    assert_faulty(&certify(&sandbox(), &verifier(&once), &own()), "another answer from an instance");
}

#[test]
fn what_never_judges_shows_nothing() {
    let sandbox = sandbox();
    let nothing = "no golden input was judged";
    // A problem each time: without a configuration this one has nothing to do.
    assert_faulty(&certify(&sandbox, RESTLESS, &own()), nothing);
    let trap = certify(&sandbox, &verifier(&body("(unreachable)")), &own());
    assert_faulty(&trap, nothing);
    assert_eq!(trap.faults.len(), 1, "a trap that repeats is a fault only where an answer was promised");
    assert_eq!(trap.inconclusive, trap.runs);
    assert_faulty(&certify(&sandbox, &verifier(&body("(unreachable)")), &[]), nothing);
}

#[test]
fn no_answer_is_no_fault_where_it_repeats() {
    // Lies about the second check wherever there are fewer than two, and answers elsewhere.
    let component = answering(&report(&[finding(0, 1, 0), finding(1, 1, 0)]));
    let found = certify(&sandbox(), &component, &own());
    assert_eq!(found.badge, Badge::Deterministic, "{found:#?}");
    assert!(found.inconclusive > 0 && found.inconclusive < found.runs, "{found:?}");

    // The same is a fault where its own manifest says that it can.
    let Input::Verify { task, delivery, config } = input("") else {
        unreachable!("the input is a verifier's")
    };
    let mut lonely = task.clone();
    lonely.checks.truncate(1);
    let values = [task, lonely].map(|task| {
        let input = Input::Verify { task, delivery: delivery.clone(), config: config.clone() };
        serde_json::from_slice(&input.canonical()).expect("it is JSON")
    });
    let manifest = inspect(&text(&manifest(&values)), usize::MAX).expect("a verifier").manifest;
    let promised = goldens_of(&manifest).expect("two inputs");
    assert_faulty(&certify(&sandbox(), &component, &promised), "2 of the manifest\" gets no answer");
}

#[test]
fn a_judge_that_never_ends_is_given_up_on() {
    let endless = verifier(&body("(loop $l (br $l)) (unreachable)"));
    // Whether it is one run that takes it all, or many.
    for fuel_max in [1_000_000, u64::MAX] {
        let limits = Limits { fuel_max, certification_fuel_max: 8_000_000, ..Limits::default() };
        let found = certify(&sandbox_with(limits), &endless, &own());
        assert_faulty(&found, "took too much fuel");
        assert!(found.runs <= 16, "{found:?}");
    }
}

#[test]
fn a_limit_of_the_host_is_no_answer_that_repeats() {
    let deep = format!(
        "(func $f (param i64) (result i64) (i64.add (call $f (i64.add (local.get 0) (i64.const 1))) (local.get 0))) {}",
        body("(drop (call $f (i64.const 0))) (i32.const 1024)")
    );
    assert_faulty(&certify(&sandbox(), &verifier(&deep), &own()), "gets no answer that repeats");
}

#[test]
fn golden_inputs_of_a_manifest_are_read_before_anything_runs() {
    let good: Value = serde_json::from_slice(&input("").canonical()).expect("it is JSON");
    let scorer = Input::Score { task: task(), delivery: delivery(""), config: String::new() };
    let scorer: Value = serde_json::from_slice(&scorer.canonical()).expect("it is JSON");
    let refused = |goldens: &[Value]| {
        let rejected = inspect(&text(&manifest(goldens)), usize::MAX).expect_err("its goldens are wrong");
        assert_eq!(rejected.code(), "component_manifest_invalid");
        rejected.to_string()
    };
    assert!(refused(&[good.clone(), json!({ "verify": {} })]).contains("golden 2 is not an input"));
    assert!(refused(&[json!("verify")]).contains("golden 1 is not an input"));
    assert!(refused(&[scorer]).contains("golden 1 is for a scorer, not a verifier"));
    assert!(refused(&vec![good.clone(); 17]).contains("17 goldens, at most 16"));
    let manifest = inspect(&text(&manifest(&vec![good; 16])), usize::MAX).expect("sixteen fit").manifest;
    let goldens = goldens_of(&manifest).expect("sixteen inputs");
    assert!(goldens.len() == 16 && goldens.iter().all(|golden| golden.must_answer));
}
