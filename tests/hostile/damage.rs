//! Good components, damaged: cut short, or with one bit turned over.

use super::{ANSWER, Bench};
use crate::judges::{RESTLESS, verifier};

/// Places where the component in Rust is damaged; each may cost a compilation.
const PLACES: usize = 60;

#[test]
fn a_component_cut_short_is_refused_wherever_it_is_cut() {
    let bench = Bench::new();
    let small = verifier(ANSWER);
    for end in 0..small.len() {
        refused(&bench, &small[..end], end);
    }
    for place in 0..PLACES {
        let end = RESTLESS.len() * place / PLACES;
        refused(&bench, &RESTLESS[..end], end);
    }
}

fn refused(bench: &Bench, component: &[u8], end: usize) {
    let (code, text) = bench.outcome(component, "");
    assert!(code.starts_with("component_"), "cut at {end}: {code} {text}");
}

#[test]
fn a_bit_turned_over_is_refused_or_runs_like_anything_else() {
    let bench = Bench::new();
    let small = verifier(ANSWER);
    // Every byte, and a bit that moves along with it.
    for place in 0..small.len() {
        survives(&bench, &small, place, "");
    }
    for place in 0..PLACES {
        survives(&bench, RESTLESS, RESTLESS.len() * place / PLACES + place, "observe");
    }
}

/// Whatever comes of it, it comes of it again.
fn survives(bench: &Bench, component: &[u8], place: usize, config: &str) {
    let mut damaged = component.to_vec();
    damaged[place] ^= 1 << (place % 8);
    let (first, _) = bench.outcome(&damaged, config);
    let (again, _) = bench.outcome(&damaged, config);
    assert_eq!(first, again, "a bit of byte {place}");
}
