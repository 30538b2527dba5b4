//! Disputes: who may open one, how each ends, and what time does.

use serde_json::{Value, json};

use crate::house::{Actor, House, everywhere, everywhere_with};

/// A provider of translations at ten dollars, and a client with money.
pub(crate) async fn market(house: &House) -> (Actor, Actor) {
    let client = house.rich_agent("client", 100).await;
    let provider = house.agent("provider").await;
    offers(&provider, "text-translation", "10.00", "fixed").await;
    (client, provider)
}

pub(crate) async fn offers(agent: &Actor, capability: &str, price: &str, model: &str) -> Value {
    let body = json!({
        "name": format!("{model} {capability}"),
        "capabilities": [capability],
        "base_price": price,
        "pricing_model": model,
    });
    agent.post("/api/v1/agents", &body).await.good()
}

pub(crate) async fn buys(client: &Actor) -> String {
    let body = json!({
        "capability": "text-translation",
        "input": { "text": "Hello", "target_lang": "es" },
        "payment_type": "balance",
        "max_price": 10.00,
    });
    let task = client.post("/api/v1/tasks", &body).await.good();
    assert_eq!((&task["status"], &task["escrow_status"]), (&json!("claimed"), &json!("held")), "{task}");
    task["id"].as_str().expect("an id").to_owned()
}

/// `AVAILABLE+PENDING` dollars.
pub(crate) async fn dollars(actor: &Actor) -> String {
    let balance = actor.get("/api/credits/balance").await.good();
    format!("{}+{}", balance["available"], balance["pending"])
}

async fn completes(provider: &Actor, task: &str) -> Value {
    provider
        .post(&format!("/api/v1/tasks/{task}/complete"), &json!({ "output": { "text": "Hola" } }))
        .await
        .good()
}

async fn disputes(actor: &Actor, task: &str) -> String {
    let body = json!({ "reason": "Output does not match requirements" });
    let opened = actor.post(&format!("/api/v1/tasks/{task}/dispute"), &body).await.good();
    assert_eq!(opened["status"], "open");
    opened["dispute_id"].as_str().expect("an id").to_owned()
}

#[test]
fn the_operator_refunds_releases_or_splits() {
    everywhere(async |house| {
        let table = [
            (json!({ "outcome": "refund" }), "100.0+0.0", "0.0+0.0"),
            (json!({ "outcome": "release" }), "90.0+0.0", "9.5+0.0"),
            (json!({ "outcome": "split", "provider_share": 0.5 }), "95.0+0.0", "4.75+0.0"),
            (json!({ "outcome": "split", "provider_share": "0.3333" }), "96.67+0.0", "3.16+0.0"),
        ];
        for (resolution, clients, providers) in table {
            let (client, provider) = market(house).await;
            let task = client.buys_from(&provider).await;
            completes(&provider, &task).await;
            assert_eq!(dollars(&provider).await, "0.0+9.5", "a payout is pending for a day");
            let dispute = disputes(&client, &task).await;
            assert_eq!(dollars(&provider).await, "0.0+0.0", "payout and fee are back in escrow");
            let resolve = format!("/v1/admin/disputes/{dispute}/resolve");
            assert_eq!(client.post(&resolve, &resolution).await.refusal(), "403 MISSING_SCOPE");
            let resolved = house.operator().post(&resolve, &resolution).await.good();
            assert_eq!(resolved["data"]["outcome"], resolution["outcome"]);
            assert_eq!(
                (dollars(&client).await, dollars(&provider).await),
                (clients.into(), providers.into())
            );
            assert_eq!(house.operator().post(&resolve, &resolution).await.refusal(), "409 CONFLICT");
            let seen = provider.get(&format!("/api/v1/disputes/{dispute}")).await.good();
            assert_eq!((&seen["status"], &seen["decided_by"]), (&json!("resolved"), &json!("operator")));
            assert_eq!(client.task_status(&task).await, "resolved");
        }
    });
}

#[test]
fn a_fee_that_is_kept_on_a_refund_stays_spent() {
    everywhere_with(
        |settings| settings.terms.finance_fee_on_refunds = true,
        async |house| {
            let (client, provider) = market(house).await;
            let task = client.buys_from(&provider).await;
            completes(&provider, &task).await;
            let dispute = disputes(&client, &task).await;
            let resolve = format!("/v1/admin/disputes/{dispute}/resolve");
            house.operator().post(&resolve, &json!({ "outcome": "refund" })).await.good();
            assert_eq!(dollars(&client).await, "99.5+0.0");
            assert_eq!(client.get("/api/bots/me/spending").await.good()["spent_today"], 0.5);
        },
    );
}

#[test]
fn a_dispute_nobody_resolves_is_decided_by_the_last_verdict() {
    everywhere(async |house| {
        let check = |value: &str| json!([{ "kind": "contains", "value": value }]);
        let table = [
            ("a check passed", check("Hola"), "0.0+9.5", "9.5+0.0"),
            ("a check failed", check("Adios"), "0.0+0.0", "0.0+0.0"),
            ("no check", json!([]), "0.0+9.5", "4.75+0.0"),
        ];
        for (what, checks, before, after) in table {
            let (client, provider) = market(house).await;
            let task = client.buys_with(&provider, &checks).await;
            completes(&provider, &task).await;
            assert_eq!(dollars(&provider).await, before, "{what}");
            let dispute = disputes(&provider, &task).await;
            house.wait(14 * 86_400 - 60).await;
            assert_eq!(client.task_status(&task).await, "disputed", "{what}");
            house.wait(60).await;
            assert_eq!(dollars(&provider).await, after, "{what}");
            let seen = client.get(&format!("/api/v1/disputes/{dispute}")).await.good();
            assert_eq!(seen["decided_by"], "time", "{what}");
        }
    });
}

#[test]
fn disputes_are_for_the_parties_once_and_in_time() {
    everywhere(async |house| {
        let (client, provider) = market(house).await;
        let stranger = house.agent("stranger").await;
        let task = client.buys_from(&provider).await;
        let path = format!("/api/v1/tasks/{task}/dispute");
        let reason = json!({ "reason": "late" });
        assert_eq!(stranger.post(&path, &reason).await.refusal(), "403 NOT_A_PARTY");
        assert_eq!(client.post(&path, &json!({})).await.refusal(), "400 INVALID_FIELD");
        completes(&provider, &task).await;
        house.wait(86_400).await;
        assert_eq!(dollars(&provider).await, "9.5+0.0");
        assert_eq!(client.post(&path, &reason).await.refusal(), "409 WRONG_STATUS", "a day is over");

        let task = client.buys_from(&provider).await;
        let dispute = disputes(&client, &task).await;
        let again = provider.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await;
        assert_eq!(again.refusal(), "409 WRONG_STATUS");
        assert_eq!(stranger.get(&format!("/api/v1/disputes/{dispute}")).await.refusal(), "403 NOT_A_PARTY");
        let open = house.operator().get("/v1/admin/disputes").await.good();
        assert_eq!(open["data"]["items"][0]["id"], dispute);
        let resolve = format!("/v1/admin/disputes/{dispute}/resolve");
        for bad in ["1.1", "-0.1", "0.12345", "half"] {
            let body = json!({ "outcome": "split", "provider_share": bad });
            let said = house.operator().post(&resolve, &body).await;
            assert!(
                said.status == 400 && said.body.to_string().contains("provider_share"),
                "{bad}: {said:?}"
            );
        }
    });
}

impl Actor {
    /// Buys a translation from this provider.
    pub(crate) async fn buys_from(&self, provider: &Self) -> String {
        self.buys_with(provider, &json!([])).await
    }

    /// The same, with checks.
    pub(crate) async fn buys_with(&self, provider: &Self, checks: &Value) -> String {
        let body = json!({
            "capability": "text-translation",
            "input": { "text": "Hello", "target_lang": "es" },
            "payment_type": "balance",
            "max_price": 10.00,
            "provider_agent_id": provider.id,
            "checks": checks,
        });
        let task = self.post("/api/v1/tasks", &body).await.good();
        task["id"].as_str().expect("an id").to_owned()
    }
}
