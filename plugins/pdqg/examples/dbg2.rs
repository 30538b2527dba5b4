fn main(){ let f=std::fs::read_to_string("/work/shared/data/ifeval.jsonl").unwrap(); 
for (i,l) in f.lines().enumerate(){ if i%2==1 {continue} let v:serde_json::Value=serde_json::from_str(l).unwrap(); let r=v["response"].as_str().unwrap();
 let mut w:Vec<&str>=r.split_whitespace().collect(); let mut s=i as u64+1; for k in (1..w.len()).rev(){ s=s.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407); w.swap(k,(s>>33) as usize%(k+1)); } let sh=w.join(" ");
 for (n,t) in [("R",r),("S",&sh)] { let t=pdqg::text::Text::read(t); print!("{n} "); pdqg::order::order(&t,pdqg::order::language_of(&t.words)); } } }
