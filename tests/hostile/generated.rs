//! Components nobody wrote: made by wasm-smith from a fixed seed, all of them valid, and
//! pushed through everything an upload goes through.
//!
//! A random component exports no world and imports what it likes, so nearly all of them
//! are refused as they are. To get further, random core modules are put where a judge's
//! own module would be: they are compiled, instantiated and asked.
//!
//! More of them: `ASSAY_GENERATED=20000 cargo test --release hostile::generated`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use arbitrary::Unstructured;
use assay_sandbox::shape::FEATURES;
use assay_sandbox::{Attachments, Judge, Limits, Rejected, Sandbox, Settings};
use wasm_smith::{Component, Config, Module};
use wasmparser::{ExternalKind, FuncType, Parser, Payload, RefType, ValType};

use super::shapes;
use crate::commands::program;
use crate::judges::{Text, input, sandbox_with, summary};

/// Components made when nothing else is said, half of each sort.
const GENERATED: u64 = 2_000;

/// Of them, those that are compiled and run in children as well.
const GENERATED_AWAY: u64 = 200;

/// Bytes of chance behind each component. More make larger ones.
const CHANCE_BYTES: usize = 2_048;

/// What came of them, by code, and how many there were of each.
type Tally = BTreeMap<String, u64>;

#[test]
fn random_components_cost_a_refusal_or_a_run() {
    let wanted =
        std::env::var("ASSAY_GENERATED").ok().and_then(|text| text.parse().ok()).unwrap_or(GENERATED);
    let sandbox = sandbox_with(limits());
    let mut components = Tally::new();
    let mut judges = Tally::new();
    for seed in 0..wanted / 2 {
        let outcome = |bytes: &[u8]| outcome(&sandbox, sandbox.prepare_blocking(bytes));
        tally(&mut components, component(seed), outcome);
        tally(&mut judges, module(seed).and_then(|module| judging(&module)), outcome);
    }
    println!("{} random components: {components:?}", wanted / 2);
    println!("{} judges around random modules: {judges:?}", wanted / 2);

    let quiet = wat::parse_str(QUIET).expect("the test's own text");
    let quiet = judging(&quiet).expect("it has a memory");
    let good = sandbox.prepare_blocking(&quiet).expect("a judge around an empty module");
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

fn limits() -> Limits {
    Limits {
        fuel_max: 100_000,
        instantiation_fuel_max: 100_000,
        memory_bytes_max: 4 << 20,
        ..Limits::default()
    }
}

/// As uploads are: compiled in a child each, and run in another one that all of them share.
#[test]
fn random_components_come_to_the_same_in_children() {
    let here = sandbox_with(limits());
    let settings =
        Settings { program: Some(program()), runs_max: 2, limits: limits(), ..Settings::default() };
    let away = Sandbox::start(settings).expect("the sandbox starts");
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.expect("a runtime starts");
    let mut compared = Tally::new();
    for seed in 0..GENERATED_AWAY / 2 {
        let judge = module(seed).and_then(|module| judging(&module));
        for bytes in [component(seed), judge].into_iter().flatten() {
            let first = outcome(&here, here.prepare_blocking(&bytes));
            let prepared = runtime.block_on(away.prepare_uploaded(Arc::from(bytes.as_slice())));
            assert_eq!(outcome(&away, prepared), first, "seed {seed}");
            *compared.entry(first).or_default() += 1;
        }
    }
    println!("in children: {compared:?}");
}

fn tally(tally: &mut Tally, made: Option<Vec<u8>>, outcome: impl FnOnce(&[u8]) -> String) {
    // Chance can run out before a component is whole.
    let code = made.map_or_else(|| "not made".to_owned(), |bytes| outcome(&bytes));
    *tally.entry(code).or_default() += 1;
}

fn outcome(sandbox: &Sandbox, prepared: Result<Judge, Rejected>) -> String {
    match prepared {
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

/// A module of whatever chance makes, all of it exported.
fn module(seed: u64) -> Option<Vec<u8>> {
    let chance = chance(seed);
    let config = Config { min_funcs: 1, min_memories: 1, export_everything: true, ..config() };
    Module::new(config, &mut Unstructured::new(&chance)).ok().map(|module| module.to_bytes())
}

/// The module that chance never made: it has nothing to call.
const QUIET: &str = r#"(module (memory (export "memory") 17))"#;

/// What a judge can use of a module.
#[derive(Default)]
struct Exported {
    /// Functions by name and type.
    functions: Vec<(String, FuncType)>,
    memory: Option<String>,
}

fn exported(module: &[u8]) -> Exported {
    let (mut types, mut functions, mut exported) = (Vec::new(), Vec::new(), Exported::default());
    for payload in Parser::new(0).parse_all(module) {
        match payload.expect("it is valid") {
            Payload::TypeSection(section) => {
                types.extend(section.into_iter_err_on_gc_types().map(|one| one.expect("it is valid")));
            }
            Payload::FunctionSection(section) => {
                functions.extend(section.into_iter().map(|one| one.expect("it is valid")));
            }
            Payload::ExportSection(section) => {
                for export in section.into_iter().map(|one| one.expect("it is valid")) {
                    // Nothing is imported, so positions are those of its own functions.
                    let position = export.index as usize;
                    match export.kind {
                        ExternalKind::Func => {
                            let function: &FuncType = &types[functions[position] as usize];
                            exported.functions.push((escaped(export.name), function.clone()));
                        }
                        ExternalKind::Memory => exported.memory = Some(escaped(export.name)),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    exported
}

/// A name as text WebAssembly has it, whatever letters chance chose.
fn escaped(name: &str) -> String {
    name.bytes().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str())
}

/// The name of the module that another takes the place of.
const PLACE: &str = "in this module's place";

/// A judge around a core module: asked for a verdict, it calls everything the module
/// exports, and gives what lies where the last number it was given points to. Input and
/// answer lie in the module's memory; none without one.
fn judging(module: &[u8]) -> Option<Vec<u8>> {
    let Exported { functions, memory } = exported(module);
    let before = format!(
        r#"(core module $chance (@custom "{PLACE}" "")) (core instance $random (instantiate $chance))"#
    );
    let mut imports = String::new();
    let mut calls = String::new();
    for (position, (name, function)) in functions.iter().enumerate() {
        let (params, results) = (words(function.params()), words(function.results()));
        let _ = write!(
            imports,
            r#"(import "random" "{name}" (func $f{position} (param {params}) (result {results})))"#
        );
        let arguments: String = function.params().iter().copied().map(argument).collect();
        let _ = write!(calls, "(call $f{position} {arguments})");
        for result in function.results().iter().rev() {
            calls.push_str(if *result == ValType::I32 { "(local.set $answer)" } else { "drop " });
        }
    }
    let name = memory.as_ref()?;
    let _ = write!(imports, r#"(import "random" "{name}" (memory $shared 0))"#);
    // Arguments are laid over one another from address 0 on, because a random memory may
    // be small; the answer begins with what the module left of it.
    let helper = format!(
        r#"(func (export "verify") (param i32) (result i32) (local $answer i32) {calls}
          (memory.fill $shared (i32.const 0) (i32.const 0) (i32.const 2048))
          (i32.and (local.get $answer) (i32.const 0xfff8)))
        (func (export "small_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))"#
    );
    let after = format!(
        r#"(func $other (type $verify) (canon lift (core func $instance "verify")
          (memory (core memory $random "{name}")) (realloc (core func $instance "small_realloc"))))
        (export "verify" (func $other))"#
    );
    let with = r#"(with "random" (instance $random))"#;
    let text =
        Text { before: &before, with, imports: &imports, module: &helper, after: &after, ..Text::default() };
    Some(replaced(&text.component(), module))
}

fn words(types: &[ValType]) -> String {
    types.iter().fold(String::new(), |text, one| text + format!("{one} ").as_str())
}

/// Small numbers and nothing: chance brings its own large ones.
fn argument(kind: ValType) -> &'static str {
    match kind {
        ValType::I32 => "(i32.const 3)",
        ValType::I64 => "(i64.const 5)",
        ValType::F32 => "(f32.const 0.5)",
        ValType::F64 => "(f64.const nan)",
        ValType::V128 => "(v128.const i64x2 7 9)",
        ValType::Ref(reference) if reference == RefType::FUNCREF => "(ref.null func)",
        ValType::Ref(_) => "(ref.null extern)",
    }
}

/// The component with `module` in the place of the one that says so.
fn replaced(component: &[u8], module: &[u8]) -> Vec<u8> {
    let mut bytes = component[..8].to_vec();
    let mut rest = &component[8..];
    while let [id, after @ ..] = rest {
        let (length, digits) = read(after);
        let (content, next) = after[digits..].split_at(length);
        let here = *id == 1 && content.windows(PLACE.len()).any(|window| window == PLACE.as_bytes());
        let content = if here { module } else { content };
        bytes.push(*id);
        bytes.extend(shapes::number(content.len()));
        bytes.extend(content);
        rest = next;
    }
    bytes
}

/// A number as WebAssembly writes it, and its bytes.
fn read(bytes: &[u8]) -> (usize, usize) {
    let end = bytes.iter().position(|byte| byte & 128 == 0).expect("the number ends");
    let value = bytes[..=end].iter().rev().fold(0, |value, byte| value << 7 | usize::from(byte & 127));
    (value, end + 1)
}

#[test]
fn a_judge_is_made_of_what_the_engine_offers() {
    let sandbox = sandbox_with(Limits::default());
    assert_eq!(sandbox.engine().get_wasm_features(), FEATURES);
}
