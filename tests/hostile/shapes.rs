//! Components that are too much of something, written byte by byte behind a good one, so
//! that everything but one thing is right with them.

use super::{ANSWER, Row, row};
use crate::judges::{Text, verifier};

const REFUSED: &str = "component_shape_refused";
const BROKEN: &str = "component_malformed";
const TAKEN: &str = "undecided";

const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";
const MODULE: &[u8] = b"\0asm\x01\0\0\0";

/// Section ids of components.
const CUSTOM: u8 = 0;
const CORE_MODULE: u8 = 1;
const CORE_INSTANCE: u8 = 2;
const NESTED: u8 = 4;
const TYPES: u8 = 7;

/// A number as WebAssembly writes it.
pub(super) fn number(mut value: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 127 {
        bytes.push(value.to_le_bytes()[0] | 128);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
    bytes
}

fn section(id: u8, content: &[u8]) -> Vec<u8> {
    [&[id], number(content.len()).as_slice(), content].concat()
}

fn list(count: usize, item: &[u8]) -> Vec<u8> {
    [number(count), item.repeat(count)].concat()
}

/// A good component with one more section at its end.
fn with(section: Vec<u8>) -> Vec<u8> {
    let mut component = verifier(ANSWER);
    component.extend(section);
    component
}

fn with_module(sections: &[Vec<u8>]) -> Vec<u8> {
    with(section(CORE_MODULE, &[MODULE, &sections.concat()].concat()))
}

/// A good component with a component inside of it.
fn with_component(sections: &[Vec<u8>]) -> Vec<u8> {
    with(section(NESTED, &[COMPONENT, &sections.concat()].concat()))
}

/// A module of `count` functions with this body, of a type with `params` and `results`.
fn functions(count: usize, params: usize, results: usize, body: &[u8]) -> Vec<u8> {
    let core_type = [vec![1, 0x60], list(params, &[0x7f]), list(results, &[0x7f])].concat();
    let body = [number(body.len()).as_slice(), body].concat();
    with_module(&[section(1, &core_type), section(3, &list(count, &[0])), section(10, &list(count, &body))])
}

/// A body with this many local variables that does nothing.
fn locals(count: usize) -> Vec<u8> {
    [vec![1], number(count), vec![0x7f, 0x0b]].concat()
}

/// A body of these instructions, without variables.
fn instructions(parts: &[Vec<u8>]) -> Vec<u8> {
    [vec![0], parts.concat(), vec![0x0b]].concat()
}

/// A jump with this many targets, all of them the function's end.
fn jump(targets: usize) -> Vec<u8> {
    instructions(&[vec![0x41, 0, 0x0e], list(targets, &[0]), vec![0]])
}

fn blocks(count: usize) -> Vec<u8> {
    instructions(&[[0x02, 0x40].repeat(count), vec![0x0b; count]])
}

pub(crate) fn bodies() -> Vec<Row> {
    let body = |body: Vec<u8>| functions(1, 0, 0, &body);
    vec![
        row("a function with 50,000 locals", body(locals(50_000)), REFUSED),
        row("a function with four billion locals", body(locals(u32::MAX as usize)), REFUSED),
        row("a function with 20,000 locals", body(locals(20_000)), TAKEN),
        row("1,000 functions with 20,000 locals each", functions(1_000, 0, 0, &locals(20_000)), REFUSED),
        row("a function with 1,000 parameters", functions(1, 1_000, 0, &locals(0)), REFUSED),
        row("a function with 1,000 results", functions(1, 0, 1_000, &instructions(&[vec![0]])), REFUSED),
        row("a jump with a million targets", body(jump(1_000_000)), REFUSED),
        row("a jump with 30,000 targets", body(jump(30_000)), REFUSED),
        row("a jump with 20,000 targets", body(jump(20_000)), TAKEN),
        row("a function of 2 MiB", body(instructions(&[vec![0x01; 2 << 20]])), REFUSED),
        row("blocks in blocks, 100,000 deep", body(blocks(100_000)), REFUSED),
        row("blocks in blocks, 5,000 deep", body(blocks(5_000)), TAKEN),
        row("blocks that do not end", body(instructions(&[[0x02, 0x40].repeat(10)])), BROKEN),
        row("an instruction there is not", body(instructions(&[vec![0xff, 0xff]])), BROKEN),
        row("a body of nothing", body(Vec::new()), BROKEN),
    ]
}

pub(crate) fn counts() -> Vec<Row> {
    let custom = |bytes: usize| with(section(CUSTOM, &[&[1, b'x'], vec![0; bytes].as_slice()].concat()));
    let empty = section(CORE_MODULE, MODULE);
    let instances =
        |count| with_component(&[empty.clone(), section(CORE_INSTANCE, &list(count, &[0, 0, 0]))]);
    let many = |count: usize, part: Vec<u8>| with(part.repeat(count));
    vec![
        row("20,000 functions", functions(20_000, 0, 0, &locals(0)), TAKEN),
        row("300,000 functions", functions(300_000, 0, 0, &locals(0)), REFUSED),
        row("a custom section of 40 MB", custom(40_000_000), REFUSED),
        row("a custom section of 20 MB", custom(20_000_000), REFUSED),
        row("a custom section of 1 MB", custom(1_000_000), TAKEN),
        row("a million custom sections", many(1_000_000, section(CUSTOM, &[1, b'x'])), TAKEN),
        row("2,000 modules", many(2_000, empty.clone()), REFUSED),
        row("2,000 components", many(2_000, section(NESTED, COMPONENT)), REFUSED),
        row("100,000 instances of a module", instances(100_000), REFUSED),
        row("100,000 types", with(section(TYPES, &list(100_000, &[0x73]))), REFUSED),
        row(
            "a section that says it holds four billion types",
            with(section(TYPES, &number(u32::MAX as usize))),
            REFUSED_OR_BROKEN,
        ),
        row("300,000 exports", with_module(&[section(3, &[0]), section(7, &number(300_000))]), REFUSED),
        row("200,000 imports", with_module(&[section(2, &list(200_000, &[0, 0, 3, 0x7f, 0]))]), REFUSED),
        row(
            "200,000 global variables",
            with_module(&[section(6, &list(200_000, &[0x7f, 0, 0x41, 0, 0x0b]))]),
            REFUSED,
        ),
        row("150 memories", with_module(&[section(5, &list(150, &[0, 0]))]), REFUSED),
        row("2,000 tables", with_module(&[section(4, &list(2_000, &[0x70, 0, 0]))]), REFUSED),
        row("20,000 element segments", with_module(&[section(9, &list(20_000, &[1, 0, 0]))]), REFUSED),
        row("200,000 data segments", with_module(&[section(11, &list(200_000, &[1, 0]))]), REFUSED),
        row("two manifests", with(section(CUSTOM, b"\x0eassay:manifest{}")), "component_manifest_invalid"),
    ]
}

/// The list is cut short before anything of it is counted.
const REFUSED_OR_BROKEN: &str = BROKEN;

/// Components inside of components, the innermost empty.
fn nested(depth: usize) -> Vec<u8> {
    let innermost = COMPONENT.to_vec();
    let inner = (1..depth).fold(innermost, |inner, _| [COMPONENT, &section(NESTED, &inner)].concat());
    with(section(NESTED, &inner))
}

/// Types inside of types: each the only declaration of the one around it.
fn types(depth: usize, kind: u8) -> Vec<u8> {
    with(section(TYPES, &[vec![1], [kind, 1, 1].repeat(depth), vec![kind, 0]].concat()))
}

/// Each type is a pair of the one before it, so the last has two to the power of 40 parts.
fn doubling() -> Vec<u8> {
    let pairs = (0..40).flat_map(|before| [0x6f, 2, before, before]);
    let all = [vec![41, 0x6f, 2, 0x7d, 0x7d], pairs.collect()].concat();
    with_component(&[section(TYPES, &all)])
}

pub(crate) fn nesting() -> Vec<Row> {
    let inside_of_components = Text {
        before: "(component $c (component (component (component))))",
        module: ANSWER,
        ..Text::default()
    };
    vec![
        row("components in components, 1,000 deep", nested(1_000), REFUSED),
        row("components in components, 20 deep", nested(20), TAKEN),
        row("components in components, as a tool joins them", inside_of_components.component(), TAKEN),
        row("types of components, a million deep", types(1_000_000, 0x41), REFUSED),
        row("types of instances, a million deep", types(1_000_000, 0x42), REFUSED),
        row("types of instances, ten deep", types(10, 0x42), TAKEN),
        row("types of instances that do not end", with(section(TYPES, &[1, 0x42, 1, 1])), BROKEN),
        row("a type that doubles forty times", doubling(), BROKEN),
        row("a section that is longer than the bytes", with(vec![NESTED, 0xff, 0xff, 0xff, 0x7f]), BROKEN),
    ]
}

/// Proposals that are off. Each is valid WebAssembly somewhere.
pub(super) fn proposals() -> Vec<Row> {
    [
        ("a shared memory", "(memory 1 2 shared)"),
        ("a memory of 64 bits", "(memory i64 1)"),
        ("an exception", "(tag (param i32))"),
        ("a struct", "(type (struct (field i32)))"),
        ("a reference to a function's type", "(type $f (func)) (func (param (ref null $f)))"),
        ("relaxed vectors", "(func (param v128) (result v128) (i32x4.relaxed_trunc_f32x4_s (local.get 0)))"),
        (
            "wide arithmetic",
            "(func (param i64 i64) (result i64 i64) (i64.mul_wide_u (local.get 0) (local.get 1)))",
        ),
        ("pages of one byte", "(memory 1 (pagesize 1))"),
        ("an atomic operation", "(func (drop (i32.atomic.load (i32.const 0))))"),
    ]
    .map(|(what, module)| row(what, verifier(&format!("{ANSWER} {module}")), BROKEN))
    .into()
}
