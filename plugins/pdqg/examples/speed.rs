//! How long a score takes natively: `cargo run --release --example speed`.
use std::time::Instant;
fn main() {
    let f = std::fs::read_to_string("/work/shared/data/ifeval.jsonl").unwrap();
    let recs: Vec<serde_json::Value> = f.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let mut text = String::new();
    for r in &recs { if text.len() < 10_000 && r["response"].as_str().unwrap().is_ascii() { text.push_str(r["response"].as_str().unwrap()); text.push_str("\n\n"); } }
    text.truncate(10_000);
    let a = "a".repeat(10_000_000); let nul = "\0".repeat(10_000_000); let quotes = "\"a ".repeat(3_000_000); let br = "(".repeat(5_000_000)+&")".repeat(5_000_000); let words="ab cd ".repeat(1_000_000); let deep = "[".repeat(5_000_000); let stars = "* ".repeat(5_000_000); let ai = "as an ".repeat(1_000_000);let brq="([{\"".repeat(48_000);let todo="insert todo ".repeat(16_000);
    for (n, t) in [("10kB", &text), ("10MB a", &a), ("nul", &nul), ("quotes", &quotes), ("brackets", &br), ("words", &words), ("deep", &deep), ("stars", &stars), ("as an", &ai),("brq",&brq),("todo",&todo)] {
        let mut best = u128::MAX;
        for _ in 0..if t.len() > 20_000 { 3 } else { 200 } {
            let s = Instant::now();
            let c = pdqg::score(pdqg::Task { title: "Write an essay", description: recs[0]["prompt"].as_str().unwrap(), ..Default::default() }, pdqg::Delivery { content: t, files: 0 }, None);
            std::hint::black_box(c);
            best = best.min(s.elapsed().as_micros());
        }
        println!("{n} {best} us");
    }
    let prompt = recs[0]["prompt"].as_str().unwrap();
    let w = pdqg::wording::Wording::of(prompt); let asks = pdqg::asks::Asks::of(&w); let task = pdqg::text::Text::read(prompt); let d = pdqg::text::Text::read(&text);
    macro_rules! t { ($n:literal, $e:expr) => {{ let mut b=u128::MAX; for _ in 0..500 { let s=Instant::now(); std::hint::black_box($e); b=b.min(s.elapsed().as_nanos()); } println!("  {} {} us", $n, b/1000); }} }
    t!("asks", pdqg::asks::Asks::of(&pdqg::wording::Wording::of(prompt)));
    t!("read", pdqg::text::Text::read(&text));
    t!("answer", pdqg::answer::answer(&asks,&task,&task.words,&d,0));
    t!("relevance", pdqg::relevance::relevance(&asks,&task,&d,false,0));
    t!("structure", pdqg::structure::structure(&asks,&d));
    t!("specificity", pdqg::specificity::specificity(&asks,&d));
    t!("repetition", pdqg::repetition::repetition(&asks,&d));
    t!("placeholder", pdqg::placeholder::placeholder(&asks,&d,0));
    t!("languages", pdqg::language::Languages::of(&asks,&task,&d));
    t!("signs", pdqg::signs::signs(&d,false));
    t!("order", pdqg::order::order(&d,Some(0)));
    let l=pdqg::language::Languages::of(&asks,&task,&d);
    t!("language", pdqg::language::language(&asks,&task,&d,&l));
    let big = text.repeat(10); let s = Instant::now(); for _ in 0..10 { std::hint::black_box(pdqg::score(pdqg::Task { title: "x", description: &big, ..Default::default() }, pdqg::Delivery { content: &text, files: 0 }, None)); } println!("task 100kB {} us", s.elapsed().as_micros()/10);
}
