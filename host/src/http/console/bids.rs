//! The bids of a task on its page: the one that was accepted first, then those that wait.

use assay_domain::task::State as TaskState;

use super::asked::Asked;
use super::form::{Attempt, Sheet};
use super::ration::Ration;
use super::session::Person;
use super::task::{Known, Named};
use super::words::{self, When};
use crate::app::bids::Bid;
use crate::app::task::Task;

/// Bids on a page.
const LINES: usize = 10;
/// What a bid takes of a page beside its words, and what its forms take.
const MARKUP: usize = 420;
const FORM: usize = 560;
/// What its letter and its note may take. The whole is in the API's list.
const TEXT: usize = 500;

/// The query that says after how many bids the page begins.
const AFTER: &str = "bids";

/// Some of the bids.
pub struct Bids {
    /// A line each.
    pub lines: Vec<BidLine>,
    /// Whether prices are sealed.
    pub sealed: bool,
    /// How many there are.
    pub count: usize,
    /// Where the next are.
    pub more: Option<String>,
}

/// A bid.
pub struct BidLine {
    /// Its id.
    pub id: String,
    /// Whose.
    pub bidder: Named,
    /// Its price.
    pub price: String,
    /// How it stands.
    pub status: String,
    /// How that looks.
    pub tone: &'static str,
    /// Why they.
    pub letter: String,
    /// What a pricing model said of it.
    pub note: String,
    /// When.
    pub created: When,
    /// The form that accepts it.
    pub accept: Option<Sheet>,
    /// The form that turns it down.
    pub reject: Option<Sheet>,
    /// A counter-offer, and the form that answers it.
    pub counter: Option<(String, Sheet)>,
}

/// Which bids a page of a task has, in their order there: the accepted one, those that wait
/// for a word, the others.
pub fn of_page<'b>(bids: &'b [Bid], asked: &Asked) -> (usize, Vec<&'b Bid>) {
    let skipped = asked.get(AFTER).parse().unwrap_or(0);
    let place = |bid: &&Bid| match bid.status.as_str() {
        "accepted" => 0,
        "pending" | "countered" => 1,
        _ => 2,
    };
    let mut all: Vec<&Bid> = bids.iter().collect();
    all.sort_by_key(place);
    (skipped, all.into_iter().skip(skipped).take(LINES).collect())
}

/// As many of them as there is room for.
pub fn shown(
    person: &Person,
    task: &Task,
    (bids, asked): (&[Bid], &Asked),
    attempt: &Attempt,
    known: &Known,
    ration: &mut Ration,
) -> Bids {
    let (skipped, page) = of_page(bids, asked);
    let mut lines = Vec::with_capacity(page.len());
    for bid in page {
        let forms = if task.state == TaskState::Open { 2 * FORM } else { 0 };
        if !ration.row(MARKUP + forms) {
            break;
        }
        lines.push(line(person, task, bid, attempt, known, ration));
    }
    let end = skipped.saturating_add(lines.len());
    Bids {
        sealed: bids.iter().any(|bid| bid.sealed),
        count: bids.len(),
        more: (end < bids.len()).then(|| format!("/tasks/{}?{AFTER}={end}#bids", task.id)),
        lines,
    }
}

fn line(
    person: &Person,
    task: &Task,
    bid: &Bid,
    attempt: &Attempt,
    known: &Known,
    ration: &mut Ration,
) -> BidLine {
    let (id, mine) = (bid.id.to_string(), task.poster == person.caller.party);
    let chooses =
        mine && task.state == TaskState::Open && bid.status == "pending" && task.spec.pricing.is_none();
    let sheet = |name, verb: &str| {
        attempt.sheet(&person.token, name, format!("/tasks/{}/bids/{id}/{verb}", task.id)).of(&id)
    };
    let countered = bid.countered_at.filter(|_| bid.status == "countered");
    let answers = countered.filter(|_| bid.bidder == person.caller.party && task.state == TaskState::Open);
    let bidder = known.named(bid.bidder);
    BidLine {
        bidder: Named { name: ration.line(&bidder.name, TEXT), ..bidder },
        price: if bid.sealed { "sealed".into() } else { words::amount(bid.asset, bid.price) },
        status: words::plain(&bid.status),
        tone: words::tone(&bid.status),
        letter: ration.line(&bid.cover_letter, TEXT),
        note: ration.line(&bid.note, TEXT),
        created: words::when(bid.created_at),
        accept: chooses.then(|| sheet("accept-bid", "accept")),
        reject: chooses.then(|| sheet("reject-bid", "reject")),
        counter: answers.map(|units| {
            let price = assay_domain::money::format(bid.asset, units);
            (words::amount(bid.asset, units), sheet("counter", "counter").filled("proposed_price", price))
        }),
        id,
    }
}
