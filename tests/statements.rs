//! The ledger as its owner reads it: balances after every line, whatever is filtered or
//! paged, and a file that no spreadsheet takes for a program.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Actor, House, each_house};
use crate::story::{GOOD, tea};

const PATH: &str = "/api/v1/ledger/transactions";

/// Deposits, a task that is paid, one that is cancelled, and a withdrawal.
async fn busy(house: &House) -> (Actor, Actor, String) {
    let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
    alice.lets_the_reviewer_decide().await;
    let mut first = tea();
    first["title"] = "=HYPERLINK(\"http://evil.example\",\"tea\")".into();
    let paid = alice.posts(&first).await;
    let bid = bob.bids(&paid, "40").await;
    alice.accepts_bid(&bid).await;
    bob.delivers(&paid, GOOD).await.good();
    let cancelled = alice.posts(&tea()).await;
    alice.post(&format!("/api/tasks/{cancelled}/cancel"), &json!({})).await.good();
    alice.deposits(25).await;
    let address = json!({ "currency": "USDC", "address": "0x52908400098527886E0F7030069857D2E4169EE7" });
    bob.post("/api/v1/withdrawal-addresses", &address).await.good();
    bob.post("/api/v1/withdrawals", &json!({ "amount": 15 })).await.good();
    (alice, bob, paid)
}

/// All pages of a list, and how many there were.
async fn pages(actor: &Actor, query: &str) -> (Vec<Value>, usize) {
    let (mut lines, mut count, mut next) = (Vec::new(), 0, Some(format!("{PATH}?{query}")));
    while let Some(path) = next {
        let response = actor.request(Method::GET, &path).send().await.expect("an answer");
        let link = response.headers().get("link").and_then(|link| link.to_str().ok()).map(str::to_owned);
        let body: Value = response.json().await.expect("JSON");
        lines.extend(body["data"].as_array().cloned().unwrap_or_else(|| panic!("{body}")));
        count += 1;
        next = link.map(|link| link.split(['<', '>']).nth(1).expect("an address").to_owned());
    }
    (lines, count)
}

fn millionths(text: &Value) -> i64 {
    let text = text.as_str().expect("an amount");
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let negative = text.starts_with('-');
    let whole: i64 = whole.trim_start_matches('-').parse().expect("digits");
    let rest: i64 = format!("{rest:0<6}").parse().expect("digits");
    let size = whole * 1_000_000 + rest;
    if negative { -size } else { size }
}

/// Adds the lines up from the oldest, and finds every balance where the line says it.
fn adds_up(newest_first: &[Value]) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for line in newest_first.iter().rev() {
        let sum = sums.entry(line["currency"].as_str().expect("a code").to_owned()).or_default();
        *sum += millionths(&line["change"]);
        assert_eq!(*sum, millionths(&line["running_balance"]), "{line}");
        let sign = if line["direction"] == "debit" { -1 } else { 1 };
        assert_eq!(sign * millionths(&line["amount"]), millionths(&line["change"]), "{line}");
    }
    sums
}

#[test]
fn every_line_has_the_balance_after_it_under_filters_and_pages() {
    each_house(async |house| {
        let (alice, bob, paid) = busy(house).await;
        let (all, _) = pages(&alice, "limit=100").await;
        let sums = adds_up(&all);
        assert_eq!(sums["USD"], 481_800_000);
        assert_eq!(sums["CR"], 1_000_000_000, "credits are whole: the helper scales them");
        let kinds: Vec<&str> = all.iter().rev().filter_map(|line| line["type"].as_str()).collect();
        assert_eq!(
            kinds,
            [
                "registration_credit",
                "deposit",
                "hold",
                "fee_hold",
                "refund",
                "fee_refund",
                "hold",
                "fee_hold",
                "refund",
                "fee_refund",
                "deposit"
            ]
        );
        let (paged, count) = pages(&alice, "limit=2").await;
        assert_eq!((paged, count), (all.clone(), 6));

        let of =
            |keep: &dyn Fn(&Value) -> bool| all.iter().filter(|line| keep(line)).cloned().collect::<Vec<_>>();
        let time = all[5]["created_at"].as_str().expect("a time").to_owned();
        let cases: Vec<(String, Vec<Value>)> = vec![
            ("type=deposit".into(), of(&|line| line["type"] == "deposit")),
            ("type=debit&currency=usd".into(), of(&|line| line["direction"] == "debit")),
            ("currency=CR".into(), of(&|line| line["currency"] == "CR")),
            (format!("task_id={paid}"), of(&|line| line["task_id"] == json!(paid))),
            (format!("from={time}"), of(&|line| line["created_at"].as_str() >= Some(&time))),
            (format!("to={time}"), of(&|line| line["created_at"].as_str() <= Some(&time))),
            (
                format!("to={}", &time[..10]),
                of(&|line| line["created_at"].as_str() < Some(&format!("{}U", &time[..10]))),
            ),
            ("to=2020-01-01".into(), Vec::new()),
        ];
        for (query, expected) in cases {
            for limit in [1, 100] {
                let (found, _) = pages(&alice, &format!("{query}&limit={limit}")).await;
                assert_eq!(found, expected, "{query}");
            }
        }
        assert_eq!(adds_up(&pages(&bob, "limit=3").await.0)["USD"], 25_000_000);
        for bad in
            ["type=gift", "currency=EUR", "task_id=1", "from=yesterday", "limit=0", "cursor=1", "format=pdf"]
        {
            let said = alice.get(&format!("{PATH}?{bad}")).await;
            assert_eq!(said.refusal(), "400 INVALID_FIELD", "{bad}");
            assert_eq!(said.body["error"]["field"], bad.split('=').next().expect("a name"));
        }
    });
}

#[test]
fn a_statement_is_a_file_that_holds_no_formula() {
    each_house(async |house| {
        let (alice, _, paid) = busy(house).await;
        let request = alice.request(Method::GET, PATH).header("Accept", "text/csv");
        let response = request.send().await.expect("an answer");
        assert_eq!(response.headers()["content-type"], "text/csv; charset=utf-8");
        assert!(
            response.headers()["content-disposition"]
                .to_str()
                .is_ok_and(|text| text.contains("statement.csv"))
        );
        let text = response.text().await.expect("a text");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(
            lines[0],
            "created_at,type,direction,amount,currency,running_balance,pocket,counterparty,task_id,task_title,id"
        );
        assert_eq!(lines.len(), 12, "{text}");
        let of_task: Vec<&&str> = lines.iter().filter(|line| line.contains(&paid)).collect();
        assert_eq!(of_task.len(), 4);
        for line in of_task {
            assert!(line.contains("\"'=HYPERLINK(\"\"http://evil.example\"\",\"\"tea\"\")\""), "{line}");
        }
        assert!(lines[1].contains(",deposit,credit,25.00,USD,481.80,spend,clearing-test,"), "{}", lines[1]);
        for cell in lines.iter().flat_map(|line| line.split(',')) {
            assert!(!cell.starts_with(['=', '+', '-', '@']), "{cell}");
        }
        let page = alice.request(Method::GET, &format!("{PATH}?format=csv&limit=3"));
        let page = page.send().await.expect("an answer");
        assert!(page.headers().contains_key("link"));
        assert_eq!(page.text().await.expect("a text").lines().count(), 4);
    });
}

#[test]
fn balances_are_for_the_party_its_owner_and_the_operator() {
    each_house(async |house| {
        let (alice, bob) = (house.rich_agent("alice", 500).await, house.agent("bob").await);
        alice.posts(&tea()).await;
        let path = format!("/api/v1/ledger/balance/{}", alice.id);
        let seen = alice.get(&path).await.good();
        let expected = json!({ "available": "451.40", "escrowed": "45.00", "pending": "0.00", "total": "496.40",
            "withdrawable": "0.00", "currency": "USD" });
        for (name, value) in expected.as_object().into_iter().flatten() {
            assert_eq!(&seen[name], value, "{name}");
            assert_eq!(&seen["balances"][0][name], value, "{name} of USD");
        }
        assert_eq!(seen["balances"][1]["available"], "1000");
        assert_eq!(seen["data"]["total"], "496.40");
        assert_eq!(house.operator().get(&path).await.good(), seen);
        assert_eq!(alice.get("/api/v1/ledger/balance").await.good(), seen);
        assert_eq!(alice.get("/api/v1/payments/balance").await.good(), seen);
        assert_eq!(bob.get(&path).await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(house.nobody().get(&path).await.refusal(), "401 UNAUTHORIZED");
        let unknown = "/api/v1/ledger/balance/018f0000-0000-7000-8000-000000000000";
        assert_eq!(bob.get(unknown).await.refusal(), "404 NOT_FOUND");
        assert_eq!(bob.get("/api/v1/ledger/balance/me").await.refusal(), "404 NOT_FOUND");
    });
}

#[test]
fn deposits_by_card_and_by_coin_land_in_their_pockets() {
    each_house(async |house| {
        let alice = house.agent("alice").await;
        let table = [
            ("/api/v1/ledger/deposit", json!({ "amount": 1 }), "card", "spend"),
            ("/api/v1/ledger/deposit", json!({ "amount": "2.5", "currency": "USDC" }), "invoice", "free"),
            ("/api/v1/ledger/deposit", json!({ "amount": 3, "payment_type": "crypto" }), "invoice", "free"),
            (
                "/api/v1/payments/nowpayments/create",
                json!({ "amount": 4, "currency": "DAI" }),
                "invoice",
                "free",
            ),
            ("/api/v1/payments/crypto/address", json!({ "currency": "USDCSOL" }), "address", "free"),
        ];
        for (path, body, method, pocket) in table {
            let opened = alice.post(path, &body).await.good();
            assert_eq!((&opened["status"], &opened["method"]), (&json!("pending"), &json!(method)), "{body}");
            let url = opened["payment_url"].as_str().expect("where to pay").to_owned();
            alice.send(alice.request(Method::POST, &url)).await.good();
            let lines = alice.get(&format!("{PATH}?limit=1")).await.good();
            assert_eq!(
                (&lines["data"][0]["pocket"], &lines["data"][0]["type"]),
                (&json!(pocket), &json!("deposit"))
            );
        }
        let balance = alice.get("/api/v1/ledger/balance").await.good();
        assert_eq!((&balance["available"], &balance["withdrawable"]), (&json!("30.50"), &json!("29.50")));
        for (body, field) in [
            (json!({}), "amount"),
            (json!({ "amount": 0 }), "amount"),
            (json!({ "amount": 1.001 }), "amount"),
            (json!({ "amount": 1, "currency": "CR" }), "currency"),
            (json!({ "amount": 1, "currency": "BTC" }), "currency"),
            (json!({ "amount": 1, "payment_type": "barter" }), "payment_type"),
        ] {
            let said = alice.post("/api/v1/ledger/deposit", &body).await;
            assert_eq!((said.status, &said.body["error"]["field"]), (400, &json!(field)), "{body}");
        }
        let wallet = alice.post("/api/v1/payments/crypto/wallet", &json!({})).await;
        assert_eq!(wallet.status, 201);
        assert_eq!(wallet.body["wallet_id"], json!(alice.id));
    });
}
