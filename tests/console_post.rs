//! The page that posts a task: what it says beforehand is what happens, nothing typed is
//! lost, and what is wrong stands beside its field.

use assay::http::console::checks::KINDS;
use serde_json::{Value, json};

use crate::browsing::{Browser, Filled, Page, with};
use crate::house::{Actor, House, each_house};
use crate::packages::{belongs, person};
use crate::protected::{recovery_key, sealed};

/// What people type who mean harm.
pub(crate) const PAYLOADS: [&str; 4] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'-alert(1)-'</textarea><svg/onload=alert(1)>",
    "javascript:alert(1)//{{7*7}}${7*7}",
];

const TEA: [(&str, &str); 6] = [
    ("title", "Explain how to brew green tea"),
    ("description", "Water, temperature, time and leaves."),
    ("category", "writing"),
    ("budget", "45"),
    ("deadline_hours", "24"),
    ("acceptance_criteria", "30 to 120 words\n\n3 real-world examples included\nProfessional tone"),
];

async fn draft(browser: &Browser, filled: &Filled, button: (&str, &str)) -> Page {
    browser.sends("/post/draft", &with(filled, &[button])).await.good()
}

/// The form with a check of a kind added.
async fn with_check(browser: &Browser, filled: &Filled, kind: &str) -> Filled {
    let filled = with(filled, &[("new_kind", kind)]);
    draft(browser, &filled, ("add_check", "yes")).await.form("post")
}

async fn empty(browser: &Browser) -> Filled {
    browser.goes("/post").await.good().form("post")
}

fn task_of(page: &Page) -> &str {
    assert_eq!(page.status, 303, "{}", page.text());
    let (_, rest) = page.place.split_once("/tasks/").expect("a task");
    rest.split_once("?done=").expect("what was done").0
}

/// What is typed, the field it is wrong in, and the status.
type Case<'c> = (&'c [(&'c str, &'c str)], &'c str, u16);

#[test]
fn a_task_in_dollars_is_posted_as_it_was_said() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let browser = Browser::of(&alice);
        let filled = with(&empty(&browser).await, &TEA);
        let filled = with_check(&browser, &filled, "not-refusal").await;
        let filled = with_check(&browser, &filled, "contains-any").await;
        let typed =
            [("checks[1].values", "leaf\nleaves"), ("checks[1].not", "yes"), ("skills", "tea, writing")];
        let filled = with(&filled, &typed);

        let said = browser.sends("/post/preview", &filled).await.good();
        for text in [
            "It would be posted at once.",
            "Price$45.00 Fee$3.60 Taken when it is posted$48.60 In the wallet$500.00 Left after it$451.40",
            "Judges decide 3 of 5; 2 wait for your word.",
            "30 to 120 words decided by a machine Number of words: from 30 to 120",
            "Professional tone decided by you",
            "The opposite of: Contains one of several texts: “leaf”, “leaves”",
        ] {
            said.says(text);
        }
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");

        let posted = browser.sends("/post", &filled).await;
        assert!(posted.place.ends_with("?done=posted"), "{}", posted.place);
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");
        let task = alice.get(&format!("/api/tasks/{}", task_of(&posted))).await.good();
        assert_eq!(task["title"], TEA[0].1);
        assert_eq!(task["coverage"], json!({ "decidable": 3, "necessary": 1, "human": 1, "total": 5 }));
        let own: Vec<&Value> = task["checks"].as_array().expect("checks").iter().rev().take(2).collect();
        assert_eq!(*own[0], json!({ "kind": "not-contains-any", "values": ["leaf", "leaves"] }));
        assert_eq!(*own[1], json!({ "kind": "not-refusal" }));

        // The same showing of the form is the same post.
        let again = browser.sends("/post", &filled).await;
        assert_eq!(again.place, posted.place);
        assert_eq!(alice.money().await, "451.4 available, 45.0 reserved, 496.4 total");
    });
}

#[test]
fn the_builder_has_every_kind_and_asks_for_what_it_needs() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let mut body = crate::story::tea();
        body["checks"] = json!([{ "kind": "no such kind" }]);
        let said = alice.post("/api/tasks", &body).await.body["error"]["message"].as_str().map(str::to_owned);
        let said = said.expect("a message");
        let (_, listed) = said.split_once("kinds are ").expect("the kinds");
        let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        assert_eq!(listed.split(", ").collect::<Vec<_>>(), names);

        let browser = Browser::of(&alice);
        let filled = with(&empty(&browser).await, &TEA);
        let needed: &[(&str, &[(&str, &str)])] = &[
            (
                "value",
                &[
                    ("case", "upper"),
                    ("language", "fr"),
                    ("json-path", "[1, 2]"),
                    ("numbers-equal", "1 2.5"),
                    ("file-type", ".png"),
                    ("sha256", &"ab".repeat(32)),
                    ("", "tea"),
                ],
            ),
            ("values", &[("", "green\nblack")]),
            ("term", &[("", "tea")]),
            ("pattern", &[("trace-order", "begun\ndone"), ("", "^tea")]),
            ("marker", &[("postscript", "P.S."), ("", "Section")]),
            ("letter", &[("", "q")]),
            ("word", &[("", "Tea")]),
            ("index", &[("", "1")]),
            ("path", &[("", "$.leaves[*]")]),
            ("gold", &[("", r#"["a","b"]"#)]),
            ("threshold", &[("similarity", "0.5"), ("label-accuracy", "0.9"), ("set", "0.5")]),
            ("max", &[("levenshtein", "3"), ("file-size", "1000"), ("word-count", "1500")]),
            ("max_overlap", &[("", "8")]),
            (
                "target",
                &[("file-exists", "*.csv"), ("file-type", "*.png"), ("file-size", "*"), ("sha256", "a.bin")],
            ),
            ("checks", &[("", r#"[{"kind":"quoted"},{"kind":"word-count","min":3}]"#)]),
            ("types", &[("is-csv", r#"{"year":"integer"}"#)]),
            ("header", &[("is-csv", "year\ntea")]),
            ("unique", &[("is-csv", "year\n2")]),
            ("schema", &[("is-json", r#"{"type":"object"}"#)]),
        ];
        for kind in KINDS.iter().filter(|kind| kind.name != "plugin") {
            let form = with_check(&browser, &filled, kind.name).await;
            let mut typed = form.clone();
            for (field, values) in needed {
                let place = format!("checks[0].{field}");
                let of_kind = values.iter().find(|(name, _)| [kind.name, ""].contains(name));
                let asked = form.iter().any(|(name, _)| *name == place);
                if let (Some((_, value)), true) = (of_kind, asked) {
                    typed = with(&typed, &[(&place, value)]);
                }
            }
            let said = browser.sends("/post/preview", &typed).await.good();
            assert!(said.text().contains("posted at once"), "{}: {}", kind.name, said.text());
            said.says(kind.label.split_whitespace().next().unwrap_or_default());
        }
    });
}

#[test]
fn rows_come_and_go_and_nothing_typed_is_lost() {
    each_house(async |house| {
        let browser = Browser::of(&house.rich_agent("alice", 500).await);
        let mut filled = with(&empty(&browser).await, &TEA);
        for (kind, min) in [("word-count", "1"), ("line-count", "2"), ("letter-count", "3")] {
            filled = with_check(&browser, &filled, kind).await;
            let at = filled.iter().filter(|(name, _)| name.ends_with("].kind")).count() - 1;
            filled = with(&filled, &[(&format!("checks[{at}].min"), min)]);
        }
        filled = draft(&browser, &filled, ("add_verifier", "yes")).await.form("post");
        filled = with(&filled, &[("verifier[0].config", "{\"min\": 1}")]);
        let page = draft(&browser, &filled, ("remove_check", "1")).await;
        let left = page.form("post");
        let value =
            |name: &str| left.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        assert_eq!((value("checks[1].kind"), value("checks[1].min")), (Some("letter-count"), Some("3")));
        assert_eq!((value("checks[0].min"), value("checks[2].kind")), (Some("1"), None));
        assert_eq!(value("verifier[0].config"), Some("{\"min\": 1}"));
        for (name, typed) in TEA {
            assert_eq!(value(name), Some(typed), "{name}");
        }
        let gone = draft(&browser, &left, ("remove_verifier", "0")).await.form("post");
        assert!(!gone.iter().any(|(name, _)| name.starts_with("verifier")), "{gone:?}");
    });
}

#[test]
fn what_is_wrong_stands_beside_its_field_with_what_was_typed() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let browser = Browser::of(&alice);
        let filled = with(&empty(&browser).await, &TEA);
        let filled = with_check(&browser, &filled, "regex").await;
        let filled = with(&filled, &[("checks[0].pattern", "tea")]);
        let long = "x".repeat(1_001);
        let secret = sealed(&recovery_key(), "7719");
        let cases: &[Case<'_>] = &[
            (&[("title", "")], "post-title", 400),
            (&[("budget", "a lot")], "post-budget", 400),
            (&[("budget", "-1")], "post-budget", 400),
            (&[("currency", "CR"), ("mode", "claim"), ("budget", "1.5")], "post-budget", 400),
            (&[("deadline_hours", "soon")], "post-deadline_hours", 400),
            (&[("acceptance_criteria", &long)], "post-acceptance_criteria", 400),
            (&[("checks[0].pattern", "(")], "post-checks[0].pattern", 400),
            (&[("checks[0].weight", "heavy")], "post-checks[0].weight", 400),
            (&[("mode", "claim")], "post-mode", 400),
            (&[("currency", "CR"), ("pricing_model.model", "fixed")], "post-pricing_model.model", 400),
            (&[("pricing_model.model", "auction")], "post-pricing_model.closes_in_hours", 400),
            (
                &[("pricing_model.model", "auction"), ("pricing_model.config.bids", "0")],
                "post-pricing_model.config.bids",
                400,
            ),
            (
                &[("pricing_model.model", "hybrid"), ("pricing_model.config.base_price", "much")],
                "post-pricing_model.config.base_price",
                400,
            ),
            (&[("verifier[0].digest", "")], "verifier-0", 400),
            (
                &[("verifier[0].digest", "sha256:00"), ("verifier[0].config", "{")],
                "post-verifier[0].config",
                400,
            ),
            (&[("protected_fields[0].name", "code"), ("protected_fields[0].ciphertext", &secret)], "", 400),
            (&[("budget", "5000")], "", 402),
        ];
        for (typed, place, status) in cases {
            let sent = with(&filled, typed);
            let page = browser.sends("/post", &sent).await;
            assert_eq!(page.status, *status, "{typed:?}: {}", page.text());
            let marks = page.attributes("aria-describedby").join(" ");
            assert!(place.is_empty() || marks.contains(&format!("{place}-wrong")), "{typed:?}: {marks}");
            assert!(page.html.contains("class=\"refusal\""), "{typed:?}");
            let shown = page.form("post");
            for (name, value) in sent.iter().filter(|(name, _)| !name.starts_with('_') && name != "new_kind")
            {
                assert!(
                    shown.iter().any(|one| one == &(name.clone(), value.clone())),
                    "{name} is lost: {shown:?}"
                );
            }
        }
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}

/// What the page says of the form as it stands, and what posting it says.
async fn foretold(browser: &Browser, filled: &Filled) -> (String, Page) {
    let said = browser.sends("/post/preview", filled).await.good().text();
    (said, browser.sends("/post", filled).await)
}

#[test]
fn what_the_guardrails_will_say_is_said_beforehand() {
    each_house(async |house| {
        let (alice, ada) = (house.rich_agent("alice", 500).await, person(house, "ada").await);
        let browser = Browser::of(&alice);
        let guard = async |rules: Value| {
            alice.post("/api/bots/me/commissioning", &json!({ "guardrails": rules })).await.good();
        };
        let filled = async || with(&empty(&browser).await, &TEA);
        let refused = async |needle: &str| {
            let (said, page) = foretold(&browser, &filled().await).await;
            assert!(said.contains("It would be refused") && said.contains(needle), "{said}");
            assert_eq!(page.status, 403);
            page.says(needle);
        };
        guard(json!({ "max_daily_spend": 48.59 })).await;
        refused("max_daily_spend 48.59").await;
        guard(json!({ "max_task_budget": 44 })).await;
        refused("max_task_budget 44.00").await;
        guard(json!({ "allowed_categories": ["tea"] })).await;
        refused("allowed_categories").await;
        guard(json!({ "max_open_tasks": 0 })).await;
        refused("max_open_tasks 0").await;
        guard(json!({ "require_human_approval_above": 40 })).await;
        refused("needs the bot's owner").await;
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");

        belongs(&alice, &ada).await;
        let (said, page) = foretold(&browser, &filled().await).await;
        assert!(said.contains("wait for the approval of the agent's owner"), "{said}");
        assert!(page.place.ends_with("?done=approval"), "{}", page.place);
        assert_eq!(alice.task_status(task_of(&page)).await, "pending_approval");
    });
}

async fn short_of_money(house: &House) -> (Actor, Browser) {
    let alice = house.agent("alice").await;
    let browser = Browser::of(&alice);
    (alice, browser)
}

#[test]
fn credits_go_through_their_own_surface_with_protected_fields() {
    each_house(async |house| {
        let (alice, browser) = short_of_money(house).await;
        let secret = sealed(&recovery_key(), "7719");
        let filled = with(&empty(&browser).await, &TEA);
        let (said, refused) = foretold(&browser, &filled).await;
        assert!(said.contains("48.60 USD needed, 0.00 USD available"), "{said}");
        assert!(said.contains("Left after it−$48.60 Deposit what is missing"), "{said}");
        assert_eq!(refused.status, 402);

        let credits = [("currency", "CR"), ("mode", "open_submission"), ("budget", "200")];
        let filled = with(
            &with(&filled, &credits),
            &[("protected_fields[0].name", "door code"), ("protected_fields[0].ciphertext", &secret)],
        );
        let drawn = draft(&browser, &filled, ("preview", "yes")).await;
        drawn.says("door code encrypted");
        drawn.says("Price200 CR Fee0 CR");
        let posted = browser.sends("/post", &drawn.form("post")).await;
        let task = alice.get(&format!("/api/v1/agent/tasks/{}", task_of(&posted))).await.good();
        assert_eq!(task["mode"], "open_submission");
        assert_eq!(task["protectedFields"][0]["ciphertext"], secret);
        let fresh = draft(&browser, &filled, ("remove_protected", "0")).await;
        assert!(!fresh.html.contains(&secret));
    });
}

#[test]
fn a_pricing_model_and_a_verifier_are_chosen_by_their_fields() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let browser = Browser::of(&alice);
        let model = |name: &'static str| ("pricing_model.model", name);
        let filled = with(&with(&empty(&browser).await, &TEA), &[model("hybrid")]);
        let page = draft(&browser, &filled, ("preview", "yes")).await;
        page.says("Counter-offers to a bid");
        let filled = with(
            &page.form("post"),
            &[("pricing_model.config.base_price", "30.50"), ("pricing_model.config.rounds_max", "2")],
        );
        let posted = browser.sends("/post", &filled).await;
        let id = task_of(&posted).parse().expect("an id");
        let pricing = house.app.task(id).await.expect("a task").spec.pricing.clone().expect("a model");
        let config: Value = serde_json::from_str(&pricing.config).expect("JSON");
        assert_eq!(config, json!({ "base_price": 30_500_000, "rounds_max": 2 }));

        // What was typed for one model is kept while another is chosen, and not sent.
        let other = with(&filled, &[model("auction"), ("pricing_model.closes_in_hours", "5")]);
        let page = draft(&browser, &other, ("preview", "yes")).await;
        let carried = page.form("post");
        assert!(carried.contains(&("pricing_model.config.base_price".into(), "30.50".into())));
        let posted = browser.sends("/post", &with(&carried, &[("_showing", "another")])).await;
        let id = task_of(&posted).parse().expect("an id");
        let pricing = house.app.task(id).await.expect("a task").spec.pricing.clone().expect("a model");
        assert_eq!((pricing.model.as_str(), pricing.config.as_str()), ("auction", "{}"));
    });
}

#[test]
fn what_strangers_type_is_shown_as_typed() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let browser = Browser::of(&alice);
        let filled = with(&empty(&browser).await, &TEA);
        let filled = with_check(&browser, &filled, "equals").await;
        for payload in PAYLOADS {
            let names = filled.iter().map(|(name, _)| name.clone());
            let names = names.filter(|name| !name.starts_with('_') && !name.contains("kind"));
            let typed: Vec<String> = names.collect();
            let typed: Vec<(&str, &str)> = typed.iter().map(|name| (name.as_str(), payload)).collect();
            for path in ["/post", "/post/draft", "/post/preview"] {
                let page = browser.sends(path, &with(&filled, &typed)).await;
                assert!([200, 400].contains(&page.status), "{path}: {}", page.status);
                assert!(!page.html.contains("<script>alert") && !page.html.contains("<img src=x"), "{path}");
                assert!(!page.html.contains("<svg/onload"), "{path}");
                page.says(&payload.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
    });
}

#[test]
fn nobody_posts_without_signing_in_or_with_the_token_of_another_page() {
    each_house(async |house| {
        let alice = house.rich_agent("alice", 500).await;
        let nobody = Browser::of(&house.nobody());
        assert_eq!(nobody.goes("/post").await.place, "/sign-in?next=%2Fpost");
        let browser = Browser::of(&alice);
        let filled = with(&empty(&browser).await, &TEA);
        for path in ["/post", "/post/draft", "/post/preview"] {
            assert_eq!(nobody.sends(path, &filled).await.status, 401, "{path}");
            let forged = browser.sends(path, &with(&filled, &[("_token", "guessed")])).await;
            assert!([400, 403, 409].contains(&forged.status), "{path}: {}", forged.status);
        }
        assert_eq!(alice.money().await, "500.0 available, 0.0 reserved, 500.0 total");
    });
}
