//! Publishers who send too much, too often or in bad faith, and what others notice of it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Mutex;
use std::time::Instant;

use assay::builtin::BUILTIN;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::json;

use crate::commands::program;
use crate::hostile::shapes;
use crate::house::{Actor, House, each_house, each_house_with};
use crate::judges::{Text, body, finding, report};
use crate::registry::{FAIL, PASS, claimed_with, lists, saying, uploads};
use crate::story::{GOOD, claimed, tea};

/// A verifier of this name whose core module has this text.
fn named(name: &str, module: &str) -> Vec<u8> {
    let manifest = json!({
        "name": name, "version": "1.0.0", "world": "verifier", "description": "Takes its time.", "author": "Eve",
    });
    Text { module, manifest: &manifest.to_string(), ..Text::default() }.component()
}

fn endless(name: &str) -> Vec<u8> {
    named(name, &body("(loop $l (br $l)) (unreachable)"))
}

/// It passes the first check, after so many rounds of nothing.
fn slow(name: &str, rounds: u32) -> Vec<u8> {
    let bytes = report(&[finding(0, 10_000, 0)]);
    let escaped = bytes.iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str());
    let work = format!(
        "(local $i i32) (loop $l (local.set $i (i32.add (local.get $i) (i32.const 1)))
           (br_if $l (i32.lt_u (local.get $i) (i32.const {rounds})))) (i32.const 1024)"
    );
    named(name, &format!(r#"(data (i32.const 1024) "{escaped}") {}"#, body(&work)))
}

/// A component of this program's own, the largest, and so many bytes that nothing reads.
fn large(number: u8) -> Vec<u8> {
    let largest = BUILTIN.iter().max_by_key(|builtin| builtin.bytes.len()).expect("there are some");
    let mut bytes = largest.bytes.to_vec();
    bytes.extend([0, 3, 1, b'n', number]);
    bytes
}

#[test]
fn whoever_publishes_much_holds_up_nobody_else() {
    let cheap = |settings: &mut assay::config::Settings| {
        settings.limits.plugins.certification_fuel_max = 50_000_000;
    };
    each_house_with(cheap, async |house| {
        let (heavy, light) = (house.agent("heavy").await, house.agent("light").await);
        let answered = Mutex::new(Vec::new());
        let (first, begun) = tokio::sync::oneshot::channel();
        let first = Mutex::new(Some(first));
        let sent = |actor: &Actor, who: &'static str, bytes: Vec<u8>| {
            let (actor, answered, first) = (actor.clone(), &answered, &first);
            async move {
                uploads(&actor, &bytes, "").await.good();
                answered.lock().expect("nobody panics with it").push(who);
                if let Some(first) = first.lock().expect("nobody panics with it").take() {
                    first.send(()).expect("somebody waits for it");
                }
            }
        };
        let queue =
            join_all((0..12).map(|number| sent(&heavy, "heavy", endless(&format!("endless-{number}")))));
        let one = async {
            begun.await.expect("one is answered");
            sent(&light, "light", saying("gold-bar", "1.0.0", PASS, "")).await;
        };
        tokio::join!(queue, one);
        let answered = answered.into_inner().expect("nobody panics with it");
        let place = answered.iter().position(|who| *who == "light").expect("it was answered");
        assert!(place <= 4, "{answered:?}");
    });
}

#[test]
fn whoever_has_many_uploads_under_way_is_told_to_wait_for_them() {
    let few = |settings: &mut assay::config::Settings| {
        settings.limits.plugins.certification_fuel_max = 500_000_000;
        settings.limits.plugins.uploads_underway_of_publisher_max = 2;
    };
    each_house_with(few, async |house| {
        let (heavy, light) = (house.agent("heavy").await, house.agent("light").await);
        let bytes: Vec<Vec<u8>> = (0..6).map(|number| endless(&format!("endless-{number}"))).collect();
        let queue = join_all(bytes.iter().map(|bytes| uploads(&heavy, bytes, "")));
        let gold = saying("gold-bar", "1.0.0", PASS, "");
        let (answers, one) = tokio::join!(queue, uploads(&light, &gold, ""));
        assert_eq!(one.status, 201, "{}", one.body);
        let (listed, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|said| said.status == 201);
        assert!(listed.len() >= 2 && !refused.is_empty(), "{listed:?} {refused:?}");
        for said in refused {
            assert_eq!(said.status, 429, "{}", said.body);
            let message = said.body["error"]["message"].as_str().expect("a text");
            assert_eq!(message, "2 uploads of yours are under way: send the next when one is answered");
        }
        // Whoever was turned away comes back.
        for bytes in &bytes {
            uploads(&heavy, bytes, "").await.good();
        }
    });
}

#[test]
fn bytes_of_a_day_and_sizes_have_limits_by_who_sends_them() {
    let bytes = saying("gold-bar", "1.0.0", PASS, "").len();
    let tight = move |settings: &mut assay::config::Settings| {
        settings.limits.plugins.component_of_publisher_bytes_max = bytes + 100;
        settings.limits.plugins.bytes_per_day_max = i64::try_from(2 * bytes + 50).expect("it is small");
    };
    each_house_with(tight, async |house| {
        let (ada, operator) = (house.agent("ada").await, house.operator());
        let padded = |version: &str, more: usize| {
            saying(
                "gold-bar",
                version,
                PASS,
                &format!(r#","config_schema":{{"title":"{}"}}"#, "a".repeat(more)),
            )
        };
        let refused = uploads(&ada, &padded("1.0.0", 100), "").await;
        assert_eq!(refused.refusal(), "413 TOO_LARGE");
        let message = refused.body["error"]["message"].as_str().expect("a text").to_owned();
        assert!(
            message.contains(&format!("at most {} are taken: make it smaller", bytes + 100)),
            "{message}"
        );
        // Nobody counts what the operator sends, and it may be larger.
        for version in ["1.0.0", "1.1.0", "1.2.0"] {
            let listed = saying(
                "silver-bar",
                version,
                PASS,
                &format!(r#","config_schema":{{"title":"{}"}}"#, "a".repeat(200)),
            );
            assert_eq!(uploads(&operator, &listed, "").await.status, 201);
        }
        for version in ["1.0.0", "1.1.0"] {
            assert_eq!(uploads(&ada, &saying("gold-bar", version, PASS, ""), "").await.status, 201);
        }
        let refused = uploads(&ada, &saying("gold-bar", "1.2.0", PASS, ""), "").await;
        assert_eq!(refused.refusal(), "429 QUOTA_EXHAUSTED", "{}", refused.body);
        // What is known already is no new byte.
        assert_eq!(uploads(&ada, &saying("gold-bar", "1.1.0", PASS, ""), "").await.status, 200);
        house.wait(24 * 3_600).await;
        assert_eq!(uploads(&ada, &saying("gold-bar", "1.2.0", PASS, ""), "").await.status, 201);
    });
}

#[test]
fn a_name_and_version_once_taken_stay_taken_after_retirement() {
    each_house(async |house| {
        let (ada, eve) = (house.agent("ada").await, house.agent("eve").await);
        let bytes = saying("gold-bar", "1.0.0", PASS, "");
        let digest = lists(&ada, &bytes).await;
        ada.post(&format!("/v1/plugins/{digest}/retire"), &json!({})).await.good();
        let table = [
            (&eve, saying("gold-bar", "2.0.0", PASS, ""), "is another publisher's"),
            (&eve, saying("gold-bar", "1.0.0", FAIL, ""), "is another publisher's"),
            (&ada, saying("gold-bar", "1.0.0", FAIL, ""), "is taken by another component: raise the version"),
        ];
        for (who, bytes, said) in table {
            let refused = uploads(who, &bytes, "").await;
            assert_eq!(refused.refusal(), "409 ALREADY_EXISTS");
            assert!(refused.body["error"]["message"].to_string().contains(said), "{}", refused.body);
        }
        let again = uploads(&ada, &bytes, "").await;
        assert_eq!((again.status, &again.body["data"]["status"]), (200, &json!("retired")));
        assert_eq!(uploads(&ada, &saying("gold-bar", "1.0.1", PASS, ""), "").await.status, 201);
    });
}

#[test]
fn of_several_verifiers_each_finding_says_whose_it_is() {
    each_house(async |house| {
        let (ada, eve) = (house.agent("ada").await, house.agent("eve").await);
        let content = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
        let unhappy = lists(&eve, &saying("lead-bar", "1.0.0", FAIL, "")).await;
        let verifiers = json!([{ "digest": content }, { "name": "lead-bar@1.0.0" }]);
        let (_, bob, task) = claimed_with(house, verifiers).await;
        let delivered = bob.delivers(&task, GOOD).await.good();
        assert_eq!(delivered["data"]["status"], "revision_requested", "{delivered}");
        let findings = delivered["data"]["findings"].as_array().expect("findings");
        let of = |digest: &str| -> Vec<&str> {
            let its = findings.iter().filter(|finding| finding["verifier"] == digest);
            its.map(|finding| finding["status"].as_str().expect("a status")).collect()
        };
        assert_eq!((of(&content), of(&unhappy)), (vec!["pass"], vec!["fail"]), "{findings:?}");
        // And the house's own verifier has the rest.
        assert!(
            findings
                .iter()
                .all(|finding| finding["verifier"].as_str().is_some_and(|it| it.starts_with("sha256:")))
        );
        assert!(findings.len() > 2, "{findings:?}");
    });
}

/// Settings under which the one limit is small, and what the refusal says then.
type Bomb = (&'static str, fn(&mut assay::config::PluginLimits), &'static str);

#[test]
fn a_component_whose_compilation_takes_too_much_is_one_refused_upload() {
    let bombs: [Bomb; 3] = [
        (
            "processor time",
            |limits| limits.compile_cpu_seconds_max = 1,
            "it took more processor time or memory",
        ),
        (
            "memory",
            |limits| limits.compile_memory_bytes_max = 64 << 20,
            "it took more processor time or memory",
        ),
        ("time", |limits| limits.compile_ms_max = 1, "it took longer"),
    ];
    for (number, (what, change, said)) in (0_u8..).zip(bombs) {
        in_house(
            |settings| change(&mut settings.limits.plugins),
            async |house| {
                let ada = house.agent("ada").await;
                let refused = uploads(&ada, &large(number), "").await;
                assert_eq!(refused.refusal(), "400 PLUGIN_REJECTED", "{what}: {}", refused.body);
                let message = refused.body["error"]["message"].as_str().expect("a text");
                let expected = format!(
                    "component_compilation_limit: the component could not be compiled: {said} than a compilation may; \
                 make it smaller"
                );
                assert_eq!(message, expected, "{what}");
                // What takes less is taken; in a thousandth of a second, or in 64 MiB, nothing is
                // compiled.
                if what == "processor time" {
                    assert_eq!(
                        uploads(&ada, &saying("gold-bar", "1.0.0", PASS, ""), "").await.status,
                        201,
                        "{what}"
                    );
                }
            },
        );
    }
}

/// On one database: what is tried has nothing to do with it.
fn in_house(change: impl FnOnce(&mut assay::config::Settings), story: impl AsyncFnOnce(&House)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    runtime.expect("a runtime starts").block_on(async {
        let house = House::open(None, change).await;
        story(&house).await;
        house.audit().await;
        house.app.stop().await;
    });
}

#[test]
fn bombs_over_http_are_refused_while_others_are_answered() {
    let refused_shape = |rows: Vec<crate::hostile::Row>| {
        let row = rows.into_iter().find(|(.., expected)| *expected == "component_shape_refused");
        row.expect("there is one").1
    };
    let bombs = [
        (large(9), "component_compilation_limit"),
        (refused_shape(shapes::bodies()), "component_shape_refused"),
        (refused_shape(shapes::nesting()), "component_shape_refused"),
    ];
    in_house(
        |settings| settings.limits.plugins.compile_cpu_seconds_max = 1,
        async |house| {
            let (eve, alice) = (house.agent("eve").await, house.agent("alice").await);
            for (bomb, code) in bombs {
                let over = Mutex::new(false);
                let upload = async {
                    let refused = uploads(&eve, &bomb, "").await;
                    *over.lock().expect("nobody panics with it") = true;
                    refused
                };
                let others = async {
                    let mut answers = 0;
                    while !*over.lock().expect("nobody panics with it") {
                        alice.get("/v1/plugins?limit=1").await.good();
                        answers += 1;
                    }
                    answers
                };
                let (refused, answers) = tokio::join!(upload, others);
                assert_eq!(refused.refusal(), "400 PLUGIN_REJECTED", "{}", refused.body);
                let message = refused.body["error"]["message"].as_str().expect("a text");
                assert!(message.starts_with(&format!("{code}: ")), "{message}");
                assert!(answers > 0, "{code}");
            }
        },
    );
}

/// A figure of `/metrics`, 0 when it is not there.
async fn figure(actor: &Actor, name: &str) -> f64 {
    let figures = actor.request(Method::GET, "/metrics").send().await.expect("an answer").text().await;
    let figures = figures.expect("a text");
    let line = figures.lines().find_map(|line| line.strip_prefix(name));
    line.map_or(0.0, |value| value.trim().parse().expect("a number"))
}

/// Runs have a place each, so all of them together take no longer than there were places;
/// those that wait meanwhile would, were it counted.
#[test]
#[expect(clippy::disallowed_methods, reason = "time that passed is what is held against the figure")]
fn waiting_for_a_turn_is_no_time_of_a_component() {
    in_house(
        |_| {},
        async |house| {
            let ada = house.agent("ada").await;
            let digest = lists(&ada, &slow("slow-bar", 5_000_000)).await;
            let mut work = Vec::new();
            for _ in 0..10 {
                let mut post = tea();
                post["verifier"] = json!({ "digest": digest });
                work.push(claimed(house, &post).await);
            }
            let started = Instant::now();
            let delivering = work.iter().map(async |(_, bob, task)| bob.delivers(task, GOOD).await.good());
            join_all(delivering).await;
            let passed = started.elapsed().as_secs_f64();
            let places = std::thread::available_parallelism().map_or(2, usize::from);
            let places = f64::from(u32::try_from(places).expect("few processors"));
            let seconds = figure(&ada, "assay_plugin_seconds_total{plugin=\"slow-bar@1.0.0\"}").await;
            assert!(
                seconds > 0.0 && seconds <= places * passed,
                "{seconds} s in {passed} s with {places} places"
            );
        },
    );
}

#[test]
fn a_runner_that_is_lost_once_costs_a_second_try_and_no_pay() {
    let folder = tempfile::tempdir().expect("a folder");
    let (script, fails) = (folder.path().join("assay"), folder.path().join("fails"));
    let text = format!(
        "#!/bin/sh\n[ \"$2\" = run ] && rm {} 2>/dev/null && exit 1\nexec {} \"$@\"\n",
        fails.display(),
        program().display()
    );
    fs::write(&script, text).expect("a script");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("it may be run");
    in_house(
        |settings| settings.program = Some(script),
        async |house| {
            let ada = house.agent("ada").await;
            let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
            let (_, bob, task) = claimed_with(house, json!({ "digest": digest })).await;
            // The server started one when it began; it goes, and the next one does not start.
            house.app.sandbox.mechanisms().await.expect("a child starts");
            fs::write(&fails, "").expect("a file");
            house.app.sandbox.kill_runner().await.expect("there is a child");
            let delivered = bob.delivers(&task, GOOD).await.good();
            assert_eq!(delivered["data"]["status"], "accepted", "{delivered}");
            let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
            let its = receipts.iter().filter(|receipt| receipt["plugin"] == json!(digest));
            let outcomes: Vec<&str> =
                its.map(|receipt| receipt["outcome"].as_str().expect("a word")).collect();
            assert_eq!(outcomes, ["inconclusive", "undecided"]);
            assert_eq!(bob.money().await, "45.0 available, 0.0 reserved, 45.0 total");
            for (outcome, runs) in [("inconclusive", 1.0), ("undecided", 1.0)] {
                let name =
                    format!("assay_plugin_runs_total{{plugin=\"gold-bar@1.0.0\",outcome=\"{outcome}\"}}");
                let counted = figure(&ada, &name).await;
                assert!((counted - runs).abs() < f64::EPSILON, "{outcome}: {counted}");
            }
            let facts = ada.get(&format!("/v1/plugins/{digest}")).await.good();
            assert_eq!((&facts["data"]["runs"], &facts["data"]["inconclusive"]), (&json!(2), &json!(1)));
        },
    );
}

#[test]
fn what_the_disk_made_room_of_is_compiled_again_and_judges() {
    in_house(
        |_| {},
        async |house| {
            let ada = house.agent("ada").await;
            let digest = lists(&ada, &saying("gold-bar", "1.0.0", PASS, "")).await;
            let (_, bob, task) = claimed_with(house, json!({ "digest": digest })).await;
            for file in fs::read_dir(house.app.settings.data.join("compiled")).expect("a folder").flatten() {
                if file.path().extension().is_some_and(|end| end == "uploaded") {
                    fs::remove_file(file.path()).expect("it goes");
                }
            }
            // Nor has any child its code.
            house.app.sandbox.kill_runner().await.expect("there is a child");
            let delivered = bob.delivers(&task, GOOD).await.good();
            assert_eq!(delivered["data"]["status"], "accepted", "{delivered}");
            let receipts = delivered["data"]["receipts"].as_array().expect("receipts");
            assert!(receipts.iter().all(|receipt| receipt["outcome"] != "inconclusive"), "{receipts:?}");
        },
    );
}
