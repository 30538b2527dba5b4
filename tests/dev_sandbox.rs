//! Scratch.
mod answers;
mod components;
mod judges;
mod receipts;
mod sandbox;

#[test]
fn builtins() {
    for f in std::fs::read_dir("/work/main/target/plugins/wasm32-wasip2/release").unwrap().flatten() {
        if f.path().extension().is_some_and(|e| e == "wasm") {
            let b = std::fs::read(f.path()).unwrap();
            let t = std::time::Instant::now();
            let s = judges::sandbox_with(Default::default());
            println!("{:?} {} start {:?}", f.path(), b.len(), t.elapsed());
            let t = std::time::Instant::now();
            match s.prepare_blocking(&b) { Ok(j) => println!("   {j:?} {:?} {}", t.elapsed(), j.manifest.config_schema), Err(e) => println!("   {e} {:?}", t.elapsed()) }
        }
    }
}
