//! Money, times and states as people read them.

use std::fmt::Write as _;

use askama::Template;
use askama::filters::HtmlSafe;
use assay_domain::ids::Timestamp;
use assay_domain::money::{self, Asset};
use assay_domain::terms::Mode;
use serde_json::Value;

use crate::clock::rfc3339;

/// An amount: `$1,234.50`, `1,200 CR`.
pub fn amount(asset: Asset, units: i64) -> String {
    let text = money::format(asset, units);
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("−", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut grouped = group(whole);
    if !fraction.is_empty() {
        let _ = write!(grouped, ".{fraction}");
    }
    match asset {
        Asset::Usd => format!("{sign}${grouped}"),
        Asset::Cr => format!("{sign}{grouped} CR"),
    }
}

/// A time: in UTC for everyone, and in the reader's own zone where a script may say it.
#[derive(Template, Clone, Debug)]
#[template(ext = "html", source = r#"<time datetime="{{ exact }}" title="{{ utc }}">{{ utc }}</time>"#)]
pub struct When {
    exact: String,
    utc: String,
}

impl HtmlSafe for When {}

/// A time on a page.
pub fn when(at: Timestamp) -> When {
    let exact = rfc3339(at);
    let utc = format!("{} {} UTC", &exact[..10], &exact[11..16]);
    When { exact, utc }
}

/// How long it is until a time, in its largest two units.
pub fn left(now: Timestamp, until: Timestamp) -> String {
    let minutes = (until.0 - now.0) / 60_000;
    let (days, hours) = (minutes / 1_440, minutes / 60 % 24);
    match minutes {
        ..0 => "overdue".into(),
        0 => "less than a minute".into(),
        1..60 => format!("{minutes} min"),
        60..1_440 => format!("{hours} h {} min", minutes % 60),
        _ if hours == 0 => format!("{days} d"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A state of a task: what it is called, and which colour it has.
#[derive(Template, Clone, Copy, Debug)]
#[template(ext = "html", source = r#"<span class="state {{ tone }}">{{ text }}</span>"#)]
pub struct Badge {
    text: &'static str,
    tone: &'static str,
}

impl HtmlSafe for Badge {}

impl Badge {
    /// What the state is called.
    pub const fn text(&self) -> &'static str {
        self.text
    }
}

/// States by their word: what they are called here, and how they look.
const STATES: [(&str, &str, &str); 16] = [
    ("pending_approval", "waits for approval", "wait"),
    ("unpaid", "not paid yet", "wait"),
    ("open", "open", "go"),
    ("claimed", "at work", "go"),
    ("delivered", "being judged", "wait"),
    ("in_review", "in review", "wait"),
    ("revision_requested", "revision asked", "wait"),
    ("gate_failed", "below the gate", "bad"),
    ("rejected", "rejected", "bad"),
    ("disputed", "disputed", "bad"),
    ("paid", "paid", "done"),
    ("pdqg_final_fail", "refused twice by the gate", "bad"),
    ("failed", "failed", "bad"),
    ("cancelled", "cancelled", "over"),
    ("expired", "expired", "over"),
    ("resolved", "resolved", "over"),
];

/// A state of a task.
pub fn state(word: &str) -> Badge {
    let known = STATES.iter().find(|(name, ..)| *name == word);
    known.map_or(Badge { text: "unknown", tone: "over" }, |&(_, text, tone)| Badge { text, tone })
}

/// A word that is given a tone: what came of a check, a run, a payment.
pub fn tone(word: &str) -> &'static str {
    match word {
        "pass" | "accepted" | "paid" | "finished" | "credited" | "match" | "conclusive" | "approved" => {
            "done"
        }
        "fail" | "rejected" | "failed" | "gate_failed" | "mismatch" | "trap" => "bad",
        "open" | "active" | "listed" => "go",
        _ => "wait",
    }
}

/// A machine's word as a person reads it: `revision_requested` is `revision requested`.
pub fn plain(word: &str) -> String {
    word.replace(['_', '-', '.'], " ")
}

/// How a task is given out.
pub const fn mode(mode: Mode) -> &'static str {
    match mode {
        Mode::Bid => "by bids",
        Mode::Claim => "to the first who claims it",
        Mode::Direct => "to one worker",
        Mode::OpenSubmission => "open to submissions",
    }
}

/// A check as a line: what kind it is, and with which values.
pub fn check(json: &Value) -> String {
    super::checks::said(json)
}

/// A count with its thousands apart.
pub fn grouped(count: u64) -> String {
    group(&count.to_string())
}

fn group(whole: &str) -> String {
    let mut grouped = String::new();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Basis points as a share of one hundred.
pub fn percent(basis_points: u16) -> String {
    format!("{}.{} %", basis_points / 100, basis_points / 10 % 10)
}

/// A digest, short enough for a line.
pub fn short(digest: &str) -> String {
    let hex = digest.rsplit_once(':').map_or(digest, |(_, hex)| hex);
    hex.chars().take(12).collect()
}

/// What `?done=` says was done. Nothing that a link can say is shown but these.
const DONE: &[(&str, &str)] = &[
    ("welcome", "Welcome. Your account has a first wallet; deposit money or earn it."),
    ("signed-in", "You are signed in."),
    ("posted", "Posted. The price and its fee are in escrow."),
    ("approval", "Posted. It waits for the approval of the agent's owner, with its money held."),
    ("bid", "Your bid is in."),
    ("accepted-bid", "The bid is accepted. What it is below the budget is back in the wallet."),
    ("rejected-bid", "The bid is turned down."),
    ("countered", "Your answer is in."),
    ("claimed", "The task is yours. Deliver before its deadline."),
    ("cancelled", "The task is cancelled, and what was held is back with its poster."),
    ("said", "Your message is in the thread."),
    ("disputed", "The dispute is open: nothing moves until the operator decides, or time does."),
    ("delivered", "Handed in. The judges are at work."),
    ("delivered-accepted", "Handed in, and accepted: you are paid."),
    ("delivered-in_review", "Handed in. Its poster has the next word."),
    ("delivered-revision_requested", "Handed in, and sent back: see what is to change below."),
    ("delivered-gate_failed", "Handed in, and turned back by the gate: see what is to change below."),
    ("review-accepted", "Accepted: the worker is paid."),
    ("review-revision_requested", "Sent back for another round."),
    ("review-rejected", "Rejected. The worker may dispute it for a while; then the money comes back."),
    ("approve", "Approved: the task is open."),
    ("reject", "Refused: the money is back."),
    ("resolved", "The dispute is resolved, and the money has moved."),
    ("ruled", "The redemption is decided."),
    ("retried", "The payout is tried again."),
    ("audit", "The books are being recomputed. The outcome stands below when it is there."),
    ("returned", "The money is back in its owner's wallet."),
    ("password", "The password is changed, and every other session has ended."),
    ("paid-in", "The payment came in."),
    ("withdrawn", "The withdrawal is on its way; it is listed below."),
    ("address-saved", "The address is saved."),
    ("address-preferred", "That address is the usual one now."),
    ("address-forgotten", "The address is forgotten. Withdrawals to it go on."),
    ("channel", "Done. This is how the channel stands now."),
    ("redeemed", "Redeemed. It is listed below, with its code as soon as it is yours."),
    ("bound", "The agent is yours now."),
    ("unbound", "The binding has ended. The agent goes on by itself."),
    ("guardrails", "The limits are set."),
    ("key-ended", "The key has ended; nothing works with it any more."),
    ("session-ended", "The session has ended."),
    ("handoff-ended", "The handoff has ended; nothing works with it any more."),
    ("listed", "It is listed. What the trial found stands below."),
    ("listed-before", "These very bytes were listed before; this is their page."),
    ("retired", "It is retired. Tasks that are bound to it keep it."),
    ("encryption-key", "Others encrypt to this key for you from now on."),
    ("secrets-asked", "The poster of the task sees that you asked, and may grant it."),
    ("secrets-granted", "Granted: only the worker can open what you encrypted."),
];

/// The sentence of a code.
pub fn done(code: &str) -> Option<&'static str> {
    DONE.iter().find(|(name, _)| *name == code).map(|(_, sentence)| *sentence)
}
