//! Components nobody wrote: made by wasm-smith from a fixed seed, all of them valid, and
//! pushed through everything an upload goes through.
//!
//! A random component exports no world and imports what it likes, so nearly all of them
//! are refused as they are. To get further, random core modules are put where a judge's
//! own module would be: they are compiled, instantiated and asked.
//!
//! More of them: `ASSAY_GENERATED=20000 cargo test --release hostile::generated`.

use std::collections::BTreeMap;

use arbitrary::Unstructured;
use assay_sandbox::shape::FEATURES;
use assay_sandbox::{Attachments, Limits, Rejected, Sandbox};
use wasm_smith::{Component, Config, Module};

use crate::judges::{Text, input, sandbox_with, summary};

/// Components made when nothing else is said, half of each sort.
const GENERATED: u64 = 2_000;

/// Bytes of chance behind each component. More make larger ones.
const CHANCE_BYTES: usize = 2_048;

/// What came of them, by code, and how many there were of each.
type Tally = BTreeMap<String, u64>;

#[test]
fn random_components_cost_a_refusal_or_a_run() {
    let wanted =
        std::env::var("ASSAY_GENERATED").ok().and_then(|text| text.parse().ok()).unwrap_or(GENERATED);
    let sandbox = sandbox_with(Limits {
        fuel_max: 100_000,
        instantiation_fuel_max: 100_000,
        memory_bytes_max: 4 << 20,
        ..Limits::default()
    });
    let mut components = Tally::new();
    let mut judges = Tally::new();
    for seed in 0..wanted / 2 {
        tally(&mut components, component(seed), |bytes| outcome(&sandbox, bytes));
        tally(&mut judges, module(seed).map(|module| judging(&module)), |bytes| outcome(&sandbox, bytes));
    }
    println!("{} random components: {components:?}", wanted / 2);
    println!("{} judges around random modules: {judges:?}", wanted / 2);

    let good = sandbox.prepare_blocking(&judging(&quiet())).expect("a judge around an empty module");
    let run = sandbox.run_blocking(&good, &input(""), Attachments::none());
    assert_eq!(summary(&run), "undecided", "{:?}", run.outcome);
    // None says anything about a check, so none can pass or fail one.
    for verdict in ["pass", "fail"] {
        assert!(
            !components.contains_key(verdict) && !judges.contains_key(verdict),
            "{components:?} {judges:?}"
        );
    }
    let reached = |codes: &[&str]| codes.iter().map(|code| judges.get(*code).unwrap_or(&0)).sum::<u64>();
    let asked =
        reached(&["trap", "fuel-exhausted", "stack-overflow", "memory", "undecided", "output-too-large"]);
    assert!(asked > wanted / 20, "too few of them were asked anything: {judges:?}");
}

fn tally(tally: &mut Tally, made: Option<Vec<u8>>, outcome: impl FnOnce(&[u8]) -> String) {
    // Chance can run out before a component is whole.
    let code = made.map_or_else(|| "not made".to_owned(), |bytes| outcome(&bytes));
    *tally.entry(code).or_default() += 1;
}

fn outcome(sandbox: &Sandbox, bytes: &[u8]) -> String {
    match sandbox.prepare_blocking(bytes) {
        // What is valid is never called broken, unless a limit of the pool is what it breaks.
        Err(rejected @ Rejected::Malformed(_)) => {
            let text = rejected.to_string();
            assert!(text.contains("exceed") || text.contains("limit"), "{text}");
            rejected.code().to_owned()
        }
        Err(rejected @ Rejected::Host(_)) => panic!("{rejected}"),
        Err(rejected) => rejected.code().to_owned(),
        Ok(judge) => summary(&sandbox.run_blocking(&judge, &input(""), Attachments::none())),
    }
}

/// A stream of bytes that looks like chance and never changes.
fn chance(seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut bytes = Vec::with_capacity(CHANCE_BYTES);
    while bytes.len() < CHANCE_BYTES {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bytes.extend((word ^ (word >> 31)).to_le_bytes());
    }
    bytes
}

/// Only what this host offers, and sizes that fit a small sandbox.
fn config() -> Config {
    Config {
        bulk_memory_enabled: true,
        reference_types_enabled: true,
        simd_enabled: true,
        tail_call_enabled: true,
        multi_value_enabled: true,
        extended_const_enabled: true,
        relaxed_simd_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        threads_enabled: false,
        shared_everything_threads_enabled: false,
        custom_page_sizes_enabled: false,
        wide_arithmetic_enabled: false,
        max_memories: 3,
        max_memory32_bytes: 1 << 20,
        max_table_elements: 1_000,
        max_tables: 3,
        max_imports: 0,
        ..Config::default()
    }
}

fn component(seed: u64) -> Option<Vec<u8>> {
    let chance = chance(seed);
    let config = Config { max_imports: 10, ..config() };
    Component::new(config, &mut Unstructured::new(&chance)).ok().map(|component| component.to_bytes())
}

/// A module with a judge's export and a memory for it, all of it left to chance.
fn module(seed: u64) -> Option<Vec<u8>> {
    let chance = chance(seed);
    let wanted = r#"(module (memory (export "memory") 1)
        (func (export "verify") (param i32) (result i32) (unreachable)))"#;
    let exports = wat::parse_str(wanted).expect("the test's own text");
    let config = Config { exports: Some(exports), ..config() };
    Module::new(config, &mut Unstructured::new(&chance)).ok().map(|module| module.to_bytes())
}

/// The module that chance never made: it gives an empty report.
fn quiet() -> Vec<u8> {
    let text = r#"(module (memory (export "memory") 17) (func (export "verify") (param i32) (result i32) (i32.const 0)))"#;
    wat::parse_str(text).expect("the test's own text")
}

/// The name of the module that another takes the place of.
const PLACE: &str = "in this module's place";

/// A judge around a core module: its export is lifted as it is. The allocator is not
/// the module's own, or no input would ever reach it.
fn judging(module: &[u8]) -> Vec<u8> {
    let before = format!(
        r#"(core module $chance (memory (export "memory") 1)
            (func (export "verify") (param i32) (result i32) (i32.const 0)) (@custom "{PLACE}" ""))
        (core instance $random (instantiate $chance))"#
    );
    let after = r#"(func $other (type $verify) (canon lift (core func $random "verify")
          (memory (core memory $random "memory")) (realloc (core func $instance "small_realloc"))))
        (export "verify" (func $other))"#;
    // Arguments are laid over one another from address 0 on: a random memory may be small.
    let helper = r#"(func (export "verify") (param i32) (result i32) (i32.const 0))
        (func (export "small_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))"#;
    let component = Text { before: &before, module: helper, after, ..Text::default() }.component();
    replaced(&component, module)
}

/// The component with `module` in the place of the one that says so.
fn replaced(component: &[u8], module: &[u8]) -> Vec<u8> {
    let mut bytes = component[..8].to_vec();
    let mut rest = &component[8..];
    while let [id, after @ ..] = rest {
        let (length, digits) = number(after);
        let (content, next) = after[digits..].split_at(length);
        let here = *id == 1 && content.windows(PLACE.len()).any(|window| window == PLACE.as_bytes());
        let content = if here { module } else { content };
        bytes.push(*id);
        bytes.extend(digits_of(content.len()));
        bytes.extend(content);
        rest = next;
    }
    bytes
}

/// A number as WebAssembly writes it, and its bytes.
fn number(bytes: &[u8]) -> (usize, usize) {
    let end = bytes.iter().position(|byte| byte & 128 == 0).expect("the number ends");
    let value = bytes[..=end].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 127));
    (value, end + 1)
}

fn digits_of(value: usize) -> [u8; 5] {
    let digit = |place: usize| (value >> (7 * place) & 127) as u8;
    [digit(0) | 128, digit(1) | 128, digit(2) | 128, digit(3) | 128, digit(4)]
}

#[test]
fn a_judge_is_made_of_what_the_engine_offers() {
    let sandbox = sandbox_with(Limits::default());
    assert_eq!(sandbox.engine().get_wasm_features(), FEATURES);
}
