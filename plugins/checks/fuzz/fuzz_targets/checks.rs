#![no_main]

#[path = "../inputs.rs"]
#[expect(dead_code, reason = "the other target does the other half")]
mod inputs;

libfuzzer_sys::fuzz_target!(|text: &str| inputs::check(text));
