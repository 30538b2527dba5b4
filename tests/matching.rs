//! How well a task suits a worker, as a table; and the list that comes of it, as people
//! see it.

use std::collections::BTreeMap;

use assay_domain::matching::{Results, Wanted, Worker};
use serde_json::{Value, json};

use crate::house::each_house;
use crate::people::{agent_of, person};
use crate::story::{GOOD, JUNK, tea};

/// Skills of the worker, results by category, skills asked for, category, title, and the
/// score with the beginning of each reason.
type Case<'a> =
    (&'a [&'a str], &'a [(&'a str, u64, u64)], &'a [&'a str], &'a str, &'a str, &'a str, &'a [&'a str]);

#[test]
fn a_score_and_why() {
    let cases: [Case<'_>; 14] = [
        (&[], &[], &[], "writing", "A guide", "0.1000", &["nothing you are known for"]),
        (&["generalist"], &[], &["rust"], "coding", "A", "0.2800", &["you take anything"]),
        (&["rust"], &[], &["rust"], "coding", "A", "0.7000", &["you have 1 of the 1 skills asked for: rust"]),
        (&["Rust"], &[], &["rust", "sql"], "coding", "A", "0.4000", &["you have 1 of the 2"]),
        (&["code_review"], &[], &["Code review"], "x", "A", "0.7000", &["you have 1 of the 1"]),
        (&["generalist", "rust"], &[], &["rust"], "x", "A", "0.7000", &["you have 1 of the 1"]),
        (&["writing"], &[], &[], "writing", "A", "0.7200", &["it speaks of", "its category is a skill"]),
        (&["tea"], &[], &[], "x", "How to brew tea", "0.5200", &["it speaks of what you can do: tea"]),
        (&["tea", "brew"], &[], &[], "x", "How to brew tea", "0.7000", &["it speaks of"]),
        (&["tea"], &[], &[], "x", "A steaming pot", "0.1000", &["nothing"]),
        (
            &["rust"],
            &[("coding", 3, 1)],
            &["rust"],
            "coding",
            "A",
            "0.9333",
            &["you have 1", "you have worked in its category", "3 of your 4 tasks in coding"],
        ),
        (&["rust"], &[("coding", 0, 4)], &["rust"], "coding", "A", "0.6333", &["you have 1", "0 of your 4"]),
        (&["rust"], &[("writing", 8, 0)], &["rust"], "coding", "A", "0.7400", &["you have 1", "8 of your 8"]),
        (&["rust"], &[("writing", 0, 8)], &["rust"], "coding", "A", "0.6600", &["you have 1", "0 of your 8"]),
    ];
    for (skills, results, asked, category, title, score, reasons) in cases {
        let texts = |list: &[&str]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        let results: BTreeMap<String, Results> = results
            .iter()
            .map(|(category, accepted, failed)| {
                ((*category).to_owned(), Results { accepted: *accepted, failed: *failed })
            })
            .collect();
        let worker = Worker { skills: texts(skills), results };
        let asked = texts(asked);
        let wanted = Wanted { category, skills: &asked, title, description: "" };
        let found = worker.suits(&wanted);
        let case = format!("{skills:?} for {asked:?} in {category}, {title:?}: {:?}", found.reasons);
        assert_eq!(found.score.to_string(), score, "{case}");
        assert_eq!(found.reasons.len(), reasons.len(), "{case}");
        for (reason, beginning) in found.reasons.iter().zip(reasons) {
            assert!(reason.starts_with(beginning), "{case}");
        }
        assert_eq!(worker.suits(&wanted), found, "the same facts give the same score");
    }
}

fn titles(list: &Value) -> Vec<String> {
    let items = list["data"].as_array().cloned().unwrap_or_default();
    items.iter().map(|task| task["title"].as_str().unwrap_or_default().to_owned()).collect()
}

fn task(title: &str, category: &str, skills: &[&str]) -> Value {
    let mut post = tea();
    post["title"] = json!(title);
    post["category"] = json!(category);
    post["skills"] = json!(skills);
    post["description"] = json!("Something that is to be done.");
    post["budget"] = json!(10);
    post
}

#[test]
fn the_best_stands_first_and_ones_own_never() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        alice.posts(&task("Paint a wall", "art", &["painting"])).await;
        alice.posts(&task("Port a parser", "coding", &["rust", "parsing"])).await;
        alice.posts(&task("Review a module", "coding", &["rust"])).await;
        let owner = person(house, "owner@example.org").await;
        let bob = agent_of(&owner, "bob", &["rust"]).await;
        owner.deposits(100).await;
        owner.posts(&task("The owner's own", "coding", &["rust"])).await;
        let sister = agent_of(&owner, "sister", &["rust"]).await;
        sister.deposits(100).await;
        sister.posts(&task("A sister's", "coding", &["rust"])).await;

        let list = bob.get("/api/tasks/recommended").await.good();
        assert_eq!(titles(&list), ["Review a module", "Port a parser", "Paint a wall"]);
        assert_eq!(list["count"], 3);
        let scores: Vec<&Value> =
            list["data"].as_array().into_iter().flatten().map(|t| &t["match_score"]).collect();
        assert_eq!(scores, [&json!(0.7), &json!(0.4), &json!(0.1)]);
        assert_eq!(list["data"][0]["match_reasons"], json!(["you have 1 of the 1 skills asked for: rust"]));
        assert_eq!(bob.get("/api/tasks/matched").await.good(), list, "one list under two names");
        assert_eq!(
            titles(&alice.get("/api/tasks/recommended").await.good()),
            ["A sister's", "The owner's own"]
        );

        // Page by page it is the same list.
        let mut paged = Vec::new();
        let mut next = Some("/api/tasks/recommended?limit=1".to_owned());
        while let Some(path) = next {
            let response = bob.request(reqwest::Method::GET, &path).send().await.expect("the server answers");
            let link = response.headers().get("link").map(|link| link.to_str().expect("a text").to_owned());
            next = link.and_then(|link| Some(link.strip_prefix('<')?.split_once('>')?.0.to_owned()));
            let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
            paged.extend(titles(&body));
        }
        assert_eq!(paged, titles(&list));
        for bad in ["cursor=nonsense", "cursor=1", "limit=0", "currency=EUR"] {
            let said = bob.get(&format!("/api/tasks/recommended?{bad}")).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{bad}");
        }
    });
}

#[test]
fn what_went_well_before_counts() {
    each_house(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        alice.lets_the_reviewer_decide().await;
        for (category, works) in [("writing", vec![GOOD]), ("poetry", vec![JUNK, JUNK])] {
            let mut post = tea();
            post["category"] = json!(category);
            let id = alice.posts(&post).await;
            alice.accepts_bid(&bob.bids(&id, "45").await).await;
            bob.delivers(&id, works[0]).await.good();
            if let Some(again) = works.get(1) {
                bob.resubmits(&id, again).await.good();
            }
        }
        alice.posts(&task("A poem", "poetry", &["x"])).await;
        alice.posts(&task("An essay", "writing", &["x"])).await;
        alice.posts(&task("A sum", "maths", &["x"])).await;
        let list = bob.get("/api/tasks/recommended").await.good();
        assert_eq!(titles(&list), ["An essay", "A sum", "A poem"]);
        let reasons = list["data"][0]["match_reasons"].to_string();
        assert!(reasons.contains("1 of your 1 tasks in writing were accepted"), "{reasons}");
        let reasons = list["data"][2]["match_reasons"].to_string();
        assert!(reasons.contains("0 of your 1 tasks in poetry were accepted"), "{reasons}");
    });
}
