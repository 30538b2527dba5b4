//! Rewards: earned credits for codes, none of which is ever given out twice.

use std::collections::BTreeSet;
use std::fs;

use assay::app::stock::{self, Loaded, StockLine};
use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::{assay, text as lossy};
use crate::house::{Actor, House, each_house_with, everywhere};
use crate::packages::{belongs, claims, errand, handoff, person, posts_errand, submits, text};
use crate::story::futures;

fn line(reward: &str, price: i64, code: &str) -> StockLine {
    StockLine { reward: reward.into(), name: format!("A {reward}"), price_credits: price, code: code.into() }
}

async fn loads(house: &House, lines: &[StockLine]) -> Loaded {
    stock::load(&house.app.db, &house.app.clock, lines).await.expect("it is loaded")
}

/// An agent with an owner that earned so many credits.
async fn earner(house: &House, name: &str, credits: i64) -> (Actor, Actor) {
    let worker = stray_earner(house, name, credits).await;
    let owner = person(house, &format!("the owner of {name}")).await;
    belongs(&worker, &owner).await;
    (worker, owner)
}

/// The same of nobody.
async fn stray_earner(house: &House, name: &str, credits: i64) -> Actor {
    let (poster, worker) = (house.agent("a poster").await, house.agent(name).await);
    let task = posts_errand(&poster, &errand(credits)).await;
    claims(&worker, &task).await;
    assert_eq!(submits(&worker, &task).await["taskStatus"], "paid");
    worker
}

async fn reward(actor: &Actor) -> Value {
    actor.get("/api/v1/agent/rewards").await.good()["data"][0].clone()
}

async fn credits(agent: &Actor) -> i64 {
    agent.get("/api/v1/agent/me").await.good()["credits"].as_i64().expect("a number")
}

/// `status code`, newest first.
async fn redemptions(actor: &Actor) -> Vec<String> {
    let all = actor.get("/api/v1/agent/redemptions").await.good();
    let shown = |one: &Value| format!("{} {}", text(&one["status"]), one["code"].as_str().unwrap_or("-"));
    all["data"].as_array().into_iter().flatten().map(shown).collect()
}

#[test]
fn earned_credits_become_a_code_once_the_operator_says_so() {
    everywhere(async |house| {
        let (bob, owner) = earner(house, "bob", 600).await;
        let loaded = loads(house, &[line("tea-card", 500, "TEA-1"), line("tea-card", 500, "TEA-2")]).await;
        assert_eq!(loaded, Loaded { rewards: 1, added: 2, known: 0 });
        let card = reward(&bob).await;
        assert_eq!(
            (&card["price"], &card["currency"], &card["inStock"]),
            (&json!("500"), &json!("CR"), &json!(true))
        );
        let path = format!("/api/v1/agent/rewards/{}/redeem", text(&card["id"]));
        let nothing = json!({});
        assert_eq!(bob.post(&path, &nothing).await.refusal(), "402 INSUFFICIENT_FUNDS", "not free for a day");
        house.wait(86_400).await;
        assert_eq!(credits(&bob).await, 1_600);
        let asked = bob.post_once("r1", &path, &nothing).await.good();
        assert_eq!((&asked["status"], &asked["code"]), (&json!("pending"), &Value::Null));
        assert_eq!(credits(&bob).await, 1_100, "what is given for registering cannot be redeemed");
        assert_eq!(bob.post(&path, &nothing).await.refusal(), "402 INSUFFICIENT_FUNDS");
        assert_eq!(redemptions(&bob).await, ["pending -"]);

        let ruling = |what: &str| format!("/v1/admin/redemptions/{}/{what}", text(&asked["id"]));
        for actor in [&bob, &owner] {
            assert_eq!(actor.post(&ruling("approve"), &nothing).await.refusal(), "403 MISSING_SCOPE");
            assert_eq!(actor.get("/v1/admin/redemptions").await.refusal(), "403 MISSING_SCOPE");
        }
        let operator = house.operator();
        let waiting = operator.get("/v1/admin/redemptions?status=pending").await.good();
        assert_eq!(waiting["data"]["items"][0]["id"], asked["id"]);
        let approved = operator.post(&ruling("approve"), &nothing).await.good();
        assert_eq!(
            (&approved["data"]["status"], &approved["data"]["code"]),
            (&json!("settled"), &Value::Null)
        );
        for again in ["approve", "refuse"] {
            assert_eq!(operator.post(&ruling(again), &nothing).await.refusal(), "409 CONFLICT");
        }
        let code = redemptions(&bob).await[0].clone();
        assert!(["settled TEA-1", "settled TEA-2"].contains(&code.as_str()), "{code}");
        assert_eq!(redemptions(&owner).await, [code.as_str()]);
        assert_eq!(redemptions(&handoff(&owner).await).await, ["settled -"]);
        assert!(redemptions(&house.agent("mallory").await).await.is_empty());
        assert!(!operator.get("/v1/admin/redemptions").await.good().to_string().contains("TEA-"));
    });
}

#[test]
fn a_refused_redemption_gives_code_credits_and_day_back() {
    everywhere(async |house| {
        let (bob, _) = earner(house, "bob", 600).await;
        loads(house, &[line("tea-card", 500, "TEA-1")]).await;
        house.wait(86_400).await;
        let path = format!("/api/v1/agent/rewards/{}/redeem", text(&reward(&bob).await["id"]));
        for round in 0..3 {
            let asked = bob.post(&path, &json!({})).await.good();
            assert_eq!(reward(&bob).await["inStock"], false, "round {round}");
            let refuse = format!("/v1/admin/redemptions/{}/refuse", text(&asked["id"]));
            let refused = house.operator().post(&refuse, &json!({ "reason": "once more" })).await.good();
            assert_eq!(
                (&refused["data"]["status"], &refused["data"]["reason"]),
                (&json!("refused"), &json!("once more"))
            );
            assert_eq!((credits(&bob).await, &reward(&bob).await["inStock"]), (1_600, &json!(true)));
        }
        assert_eq!(redemptions(&bob).await, ["refused -"; 3]);
    });
}

#[test]
fn who_may_redeem() {
    everywhere(async |house| {
        let (bob, owner) = earner(house, "bob", 600).await;
        loads(house, &[line("tea-card", 500, "TEA-1")]).await;
        house.wait(86_400).await;
        let path = format!("/api/v1/agent/rewards/{}/redeem", text(&reward(&bob).await["id"]));
        let nothing = json!({});
        let stray = house.agent("of nobody").await;
        assert_eq!(stray.post(&path, &nothing).await.refusal(), "403 OWNER_ONLY");
        assert_eq!(owner.post(&path, &nothing).await.refusal(), "402 INSUFFICIENT_FUNDS");
        let handed = handoff(&owner).await;
        assert_eq!(handed.post(&path, &nothing).await.refusal(), "403 HANDOFF_FORBIDDEN");
        assert_eq!(house.nobody().post(&path, &nothing).await.status, 401);
        let unknown = "/api/v1/agent/rewards/018f0000-0000-7000-8000-000000000000/redeem";
        assert_eq!(bob.post(unknown, &nothing).await.refusal(), "404 NOT_FOUND");
        bob.post(&path, &nothing).await.good();
        assert_eq!(credits(&bob).await, 1_100);
    });
}

/// A house whose operator looks at nothing, on each database.
fn each_quick_house(change: impl Fn(&mut assay::config::RewardSettings), story: impl AsyncFn(&House)) {
    let quick = |settings: &mut assay::config::Settings| {
        settings.rewards.need_approval = false;
        change(&mut settings.rewards);
    };
    each_house_with(quick, story);
}

#[test]
fn of_many_who_redeem_the_last_codes_each_gets_one_that_nobody_else_has() {
    each_quick_house(
        |_| {},
        async |house| {
            let mut earners = Vec::new();
            for name in 0..6 {
                earners.push(earner(house, &format!("worker {name}"), 900).await.0);
            }
            let codes: Vec<String> = (0..7).map(|number| format!("TEA-{number}")).collect();
            let lines: Vec<StockLine> = codes.iter().map(|code| line("tea-card", 300, code)).collect();
            loads(house, &lines).await;
            house.wait(86_400).await;
            let path = format!("/api/v1/agent/rewards/{}/redeem", text(&reward(&earners[0]).await["id"]));
            // Each could pay for three, together for eighteen; seven are there.
            let nothing = json!({});
            let asks = earners.iter().flat_map(|agent| [agent; 4]).map(|agent| agent.post(&path, &nothing));
            let said = futures_util::future::join_all(asks).await;
            let (won, lost): (Vec<_>, Vec<_>) = said.iter().partition(|one| one.status == 201);
            let given: BTreeSet<String> = won.iter().map(|one| text(&one.body["code"])).collect();
            assert_eq!((won.len(), given.into_iter().collect::<Vec<_>>()), (7, codes.clone()));
            for one in lost {
                let allowed = ["409 OUT_OF_STOCK", "402 INSUFFICIENT_FUNDS"];
                assert!(allowed.contains(&one.refusal().as_str()), "{}", one.body);
            }
            let mut shown = Vec::new();
            for agent in &earners {
                let own = redemptions(agent).await;
                assert_eq!(credits(agent).await, 1_900 - 300 * i64::try_from(own.len()).expect("few"));
                shown.extend(own);
            }
            shown.sort();
            assert_eq!(shown, codes.iter().map(|code| format!("settled {code}")).collect::<Vec<_>>());
            assert_eq!(reward(&earners[0]).await["inStock"], false);
            let again = loads(house, &lines).await;
            assert_eq!(again, Loaded { rewards: 1, added: 0, known: 7 }, "given out codes do not come back");
            assert_eq!(reward(&earners[0]).await["inStock"], false);
        },
    );
}

#[test]
fn a_code_is_in_one_answer_and_in_no_kept_one() {
    each_quick_house(
        |_| {},
        async |house| {
            let (bob, _) = earner(house, "bob", 600).await;
            loads(house, &[line("tea-card", 500, "TEA-1")]).await;
            house.wait(86_400).await;
            let path = format!("/api/v1/agent/rewards/{}/redeem", text(&reward(&bob).await["id"]));
            let first = bob.post_once("r1", &path, &json!({})).await;
            assert_eq!((first.status, &first.body["code"]), (201, &json!("TEA-1")));
            let again = bob.post_once("r1", &path, &json!({})).await;
            assert_eq!((again.replayed, &again.body["code"]), (true, &Value::Null));
            assert_eq!(again.body["id"], first.body["id"]);
        },
    );
}

#[test]
fn a_day_has_a_limit_for_each_owner_and_for_all() {
    each_quick_house(
        |rewards| {
            rewards.per_owner_day_credits_max = 300;
            rewards.per_day_credits_max = 500;
        },
        async |house| {
            let (bob, owner) = earner(house, "bob", 900).await;
            let carol = stray_earner(house, "carol", 900).await;
            belongs(&carol, &owner).await;
            let (dave, _) = earner(house, "dave", 900).await;
            let lines: Vec<StockLine> =
                (0..20).map(|code| line("tea-card", 100, &format!("TEA-{code}"))).collect();
            loads(house, &lines).await;
            house.wait(86_400).await;
            let path = format!("/api/v1/agent/rewards/{}/redeem", text(&reward(&bob).await["id"]));
            let nothing = json!({});
            let said =
                futures(3, async || (bob.post(&path, &nothing).await, carol.post(&path, &nothing).await))
                    .await;
            let all: Vec<_> = said.into_iter().flat_map(|(one, other)| [one, other]).collect();
            assert_eq!(all.iter().filter(|one| one.status == 201).count(), 3, "one owner, two agents");
            assert!(all.iter().all(|one| one.status == 201 || one.refusal() == "429 QUOTA_EXHAUSTED"));
            let said = futures(4, || dave.post(&path, &nothing)).await;
            assert_eq!(said.iter().filter(|one| one.status == 201).count(), 2, "all together");
            house.wait(86_400).await;
            assert_eq!(dave.post(&path, &nothing).await.status, 201, "another day");
        },
    );
}

#[test]
fn the_operator_loads_a_file_and_is_told_what_is_wrong_with_it() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let loads = |name: &str, content: &str| {
        fs::write(path(name), content).expect("a file");
        let done = assay(&["rewards", "load", &path(name), "--data", &path("data")]);
        (done.status.success(), format!("{}{}", lossy(&done.stdout), lossy(&done.stderr)))
    };
    let good = "reward,name,price_credits,code\n\
        tea-card,Tea card,500,TEA-1\n\
        tea-card,\"Tea card, large\",600,TEA-2\n\
        cup,A cup,50,CUP-1\n\
        cup,A cup,50,CUP-1\n";
    assert_eq!(loads("good.csv", good), (true, "2 rewards, 3 codes added, 1 known already\n".into()));
    assert_eq!(loads("good.csv", good), (true, "2 rewards, 0 codes added, 4 known already\n".into()));
    let wrong = [
        ("reward,name,price_credits\ncup,A cup,50\n", ":2: wants reward"),
        ("reward,name,price_credits,code\ncup,A cup,free,SECRET\n", ":2: wants reward"),
        ("reward,name,price_credits,code\ncup,A cup,0,SECRET\n", ":2: price_credits must be"),
        ("reward,name,price_credits,code\ncup,A cup,5,SECRET\n,A cup,5,SECRET\n", ":3: reward must be"),
    ];
    for (content, why) in wrong {
        let (success, said) = loads("wrong.csv", content);
        assert!(!success && said.contains(why) && !said.contains("SECRET"), "{said}");
    }
    runtime.block_on(async {
        let data = folder.path().join("data");
        let house = House::open(None, |settings| settings.data = data).await;
        let alice = house.agent("alice").await;
        let all = alice.get("/api/v1/agent/rewards").await.good();
        let shown: Vec<String> = all["data"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|one| format!("{} {} {}", text(&one["reward"]), text(&one["name"]), text(&one["price"])))
            .collect();
        assert_eq!(shown, ["cup A cup 50", "tea-card Tea card, large 600"]);
        let listed = alice.request(Method::GET, "/api/v1/agent/rewards").send().await.expect("an answer");
        assert!(!listed.text().await.expect("a text").contains("TEA-1"));
        house.app.stop().await;
    });
}
