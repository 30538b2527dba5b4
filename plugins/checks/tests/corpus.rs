//! Every input that fuzzing found worth keeping, through what the fuzz targets do.

#[path = "../fuzz/inputs.rs"]
mod inputs;

use std::path::Path;

fn kept(target: &str) -> Vec<Vec<u8>> {
    // Tests are run in their package's folder, wherever they were built.
    let folder = Path::new("fuzz/corpus").join(target);
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .expect("the corpus is there")
        .map(|entry| entry.expect("readable").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("readable")).collect()
}

#[test]
fn texts_read_as_checks() {
    let inputs = kept("checks");
    assert!(inputs.len() > 1000, "{} inputs", inputs.len());
    for text in inputs.iter().filter_map(|bytes| std::str::from_utf8(bytes).ok()) {
        inputs::check(text);
    }
}

#[test]
fn deliveries_against_every_parser() {
    let inputs = kept("deliveries");
    assert!(inputs.len() > 1000, "{} inputs", inputs.len());
    for bytes in &inputs {
        inputs::delivery(bytes);
    }
}
