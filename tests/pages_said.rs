//! What pages say of the house in figures, held against what happened in it; and what they
//! say of a verdict that does not repeat.

use assay::clock::rfc3339;
use assay_domain::ids::Timestamp;
use assay_sandbox::Receipt;
use serde_json::json;
use sqlx::any::install_default_drivers;
use sqlx::{AnyConnection, Connection as _, Row as _};

use crate::browsing::{Browser, Page};
use crate::console_wallet::sends;
use crate::disputes::{buys, market};
use crate::house::{Actor, House, each_house};
use crate::packages::text;
use crate::story::{GOOD, claimed, tea};

/// A moment after which the figures are counted anew.
const COUNTED_ANEW_SECONDS: i64 = 11;

async fn front(house: &House) -> Page {
    house.wait(COUNTED_ANEW_SECONDS).await;
    Browser::of(&house.nobody()).goes("/").await.good()
}

#[test]
fn the_front_door_counts_what_happened() {
    each_house(async |house| {
        let nothing =
            ["Open tasks0", "Paid out for work$0.00", "Signed verdicts0", "Replayed here, same result0"];
        let empty = front(house).await;
        for figure in nothing {
            empty.says(figure);
        }
        let (alice, bob, task) = claimed(house, &tea()).await;
        alice.posts(&tea()).await;
        let handed_in = bob.delivers(&task, GOOD).await.good();
        assert_eq!(handed_in["data"]["taskStatus"], "paid");
        let receipts = handed_in["data"]["receipts"].as_array().map_or(0, Vec::len);
        let receipt = format!("/receipts/{}", text(&handed_in["data"]["receipts"][0]["receiptId"]));
        let replayed =
            sends(&Browser::of(&alice), &receipt, "replay", &format!("{receipt}/replay"), &[]).await;
        replayed.good().says("Replay: match");
        let page = front(house).await;
        assert_eq!(receipts, 3, "the gate, the checks and the reviewer");
        for figure in
            ["Open tasks1", "Paid out for work$45.00", "Signed verdicts3", "Replayed here, same result1"]
        {
            page.says(figure);
        }
    });
}

#[test]
fn what_is_on_its_way_says_until_when() {
    each_house(async |house| {
        let (client, provider) = market(house).await;
        let task = buys(&client).await;
        let day = |at: Timestamp| rfc3339(Timestamp(at.0 + 86_400_000));
        let before = day(house.app.now());
        let output = json!({ "output": { "text": "Hola" } });
        provider.post(&format!("/api/v1/tasks/{task}/complete"), &output).await.good();
        let after = day(house.app.now());
        let wallet = Browser::of(&provider).goes("/wallet").await.good();
        let (_, section) = wallet.html.split_once("On its way to you").expect("the section");
        let times = Page { html: section.to_owned(), ..wallet.clone() }.attributes("datetime");
        let until = times.first().expect("a time");
        assert!(before <= *until && *until <= after, "{before} {until} {after}");
    });
}

#[test]
fn the_operator_sees_queues_settings_parties_and_lanes_as_they_are() {
    each_house(async |house| {
        let mut post = tea();
        post["acceptance_criteria"] = json!(["A warm and inviting tone"]);
        let (_, bob, task) = claimed(house, &post).await;
        bob.delivers(&task, GOOD).await.good();
        let page = Browser::of(&house.operator()).goes("/house").await.good();
        for (queue, count) in [
            ("Deliveries being judged", 0),
            ("Deliveries that wait for a person", 1),
            ("Posts that wait for an owner", 0),
            ("Messages to webhooks", 0),
        ] {
            page.says(&format!("{queue}{count}"));
        }
        let settings = &house.app.settings;
        page.says("Modetest");
        page.says(if settings.database.is_some() { "DatabasePostgreSQL" } else { "DatabaseSQLite" });
        page.says(&format!("This host's key{}", house.app.host_key.id()));
        page.says(&format!("Connections at most{}", settings.limits.connections_max));
        page.says(&format!("Credits of a newcomer{}", settings.terms.registration_credits));
        // The newest party first.
        let (bobs, alices) = (page.html.find(&bob.id), page.html.find(">alice<"));
        assert!(bobs.is_some() && bobs < alices, "{}", page.text());
        let heads = house.app.journal_heads().await.expect("the heads");
        assert!(!heads.is_empty());
        for head in heads {
            page.says(&format!("{}{}{}", head.lane, head.link, head.hash));
        }
    });
}

/// A row of the database that a hand from outside changes, and puts back.
struct Kept {
    connection: AnyConnection,
    id: String,
    body: Vec<u8>,
}

impl Kept {
    async fn of(house: &House, id: &str) -> Self {
        install_default_drivers();
        let settings = &house.app.settings;
        let file = || format!("sqlite://{}", settings.data.join("assay.db").display());
        let url = settings.database.clone().unwrap_or_else(file);
        let mut connection = AnyConnection::connect(&url).await.expect("a connection");
        let row = sqlx::query("select body from receipts where id = $1").bind(id.to_owned());
        let row = row.fetch_one(&mut connection).await.expect("the receipt");
        Self { connection, id: id.to_owned(), body: row.get(0) }
    }

    fn receipt(&self) -> Receipt {
        Receipt::parse(&self.body).expect("a receipt")
    }

    async fn becomes(&mut self, body: Vec<u8>) {
        let update = sqlx::query("update receipts set body = $1 where id = $2");
        let done = update.bind(body).bind(self.id.clone()).execute(&mut self.connection).await;
        assert_eq!(done.expect("it is changed").rows_affected(), 1);
    }
}

async fn replayed(who: &Actor, at: &str, form: &str) -> Page {
    sends(&Browser::of(who), at, form, &format!("{at}/replay"), &[]).await.good()
}

#[test]
fn a_verdict_that_does_not_repeat_is_a_mismatch_on_both_pages() {
    each_house(async |house| {
        let mut post = tea();
        post["acceptance_criteria"] = json!(["30 to 120 words", "A warm and inviting tone"]);
        let (alice, bob, task) = claimed(house, &post).await;
        let handed_in = bob.delivers(&task, GOOD).await.good();
        let receipt = text(&handed_in["data"]["receipts"][0]["receiptId"]);
        let reason = json!({ "reason": "The judges were bribed." });
        let opened = alice.post(&format!("/api/v1/tasks/{task}/dispute"), &reason).await.good();
        let dispute = format!("/house/disputes/{}", text(&opened["dispute_id"]));
        let (page, operator) = (format!("/receipts/{receipt}"), house.operator());
        replayed(&alice, &page, "replay").await.says("Replay: match");

        // Somebody who has the key of the house signs another cost.
        let mut kept = Kept::of(house, &receipt).await;
        let (right, mut forged) = (kept.body.clone(), kept.receipt());
        forged.fuel += 1;
        forged.sign(&house.app.host_key);
        kept.becomes(forged.canonical()).await;
        let shown = replayed(&alice, &page, "replay").await;
        shown.says("Replay: mismatch");
        shown.says("The receipt does not say what the component says.");
        shown.says(&format!("fuel{}{}", forged.fuel, forged.fuel - 1));
        let shown = replayed(&operator, &dispute, "again").await;
        shown.says("mismatch in fuel");
        shown.says("The same verdict, at the same cost, bit for bit.");

        // Somebody who has not: nothing is compared with what nobody signed.
        forged.fuel += 1;
        kept.becomes(forged.canonical()).await;
        let shown = replayed(&alice, &page, "replay").await;
        shown.says("Replay: nothing to compare");
        replayed(&operator, &dispute, "again").await.says("nothing to compare");

        kept.becomes(right).await;
        replayed(&alice, &page, "replay").await.says("Replay: match");
        // Twice here, and all the others twice there.
        let others = handed_in["data"]["receipts"].as_array().map_or(0, Vec::len) - 1;
        front(house).await.says(&format!("Replayed here, same result{}", 2 + 2 * others));
    });
}
