//! A delivery on a page: the work, its score with its parts, every finding, the receipts.

use assay_domain::gate::Outcome as Gate;
use assay_domain::ids::{TaskId, Timestamp};

use super::super::problem::Problem;
use super::asked::Asked;
use super::form::Sheet;
use super::ration::{Cut, Ration};
use super::session::Person;
use super::task::{Known, Named};
use super::words::{self, When};
use crate::app::App;
use crate::app::deliveries::{Body, Delivery, PENDING};
use crate::app::tasks::Page;
use crate::error::Error;

/// A delivery, or a draft that was tried.
pub struct Block {
    /// Its id; nothing for a draft.
    pub id: String,
    /// Who handed it in, and when.
    pub by: Option<(Named, When)>,
    /// Which round.
    pub round: u32,
    /// How it stands.
    pub status: String,
    /// How that looks.
    pub tone: &'static str,
    /// Where it can be had whole; nothing for a draft.
    pub place: String,
    /// The work, or its beginning.
    pub content: Cut,
    /// What its worker says about it.
    pub summary: String,
    /// Files.
    pub files: Vec<FileLine>,
    /// What the gate said.
    pub score: Option<Score>,
    /// What the verifiers found.
    pub findings: Vec<FindingLine>,
    /// What the reviewer said.
    pub review: Vec<String>,
    /// What the poster said.
    pub notes: String,
    /// Until when it may be mended.
    pub until: Option<When>,
    /// Its receipts.
    pub receipts: Vec<ReceiptRow>,
    /// Whether something of it is left out here beside the work itself.
    pub is_short: bool,
    /// The form of its poster's word.
    pub decide: Option<Sheet>,
}

/// The score of a delivery.
pub struct Score {
    /// Of one hundred.
    pub total: String,
    /// Basis points, for the bar.
    pub points: u16,
    /// What the gate makes of it.
    pub word: &'static str,
    /// How that looks.
    pub tone: &'static str,
    /// In a sentence or two.
    pub notes: String,
    /// Its parts.
    pub sides: Vec<Side>,
}

/// A part of a score.
pub struct Side {
    /// Its name.
    pub name: String,
    /// Of one hundred.
    pub total: String,
    /// Basis points, for the bar.
    pub points: u16,
    /// What to change.
    pub note: String,
}

/// A file of a delivery.
pub struct FileLine {
    /// Its name.
    pub name: String,
    /// What it is, and how large.
    pub about: String,
    /// Its digest.
    pub sha256: String,
}

/// A finding.
pub struct FindingLine {
    /// What was looked at.
    pub what: String,
    /// What was found.
    pub status: String,
    /// How that looks.
    pub tone: &'static str,
    /// Whether it decides.
    pub binding: bool,
    /// A sentence with the numbers.
    pub evidence: String,
}

/// A receipt.
pub struct ReceiptRow {
    /// Its id.
    pub id: String,
    /// What it judged as.
    pub world: String,
    /// What came of it.
    pub outcome: String,
    /// The component's digest.
    pub plugin: String,
    /// That, shorter.
    pub short: String,
    /// What the run took.
    pub fuel: String,
}

/// Findings of which a page has those first that did not pass, where there are more.
const FINDINGS_IN_ORDER: usize = 20;
/// What rows take of a page beside their words.
const FINDING: usize = 150;
const SIDE: usize = 190;
const RECEIPT: usize = 420;
const FILE: usize = 190;
/// What a sentence of a judge, a worker or a poster may take of a page.
const SENTENCE: usize = 500;
const NOTES: usize = 1_200;

/// What a delivery takes of a page before anything is said in it, its form included. With
/// less room than [`WITH_WORDS`] it waits for the next page.
pub const MARKUP: usize = 1_700;
/// What it takes with some words of everybody.
pub const WITH_WORDS: usize = 4_500;

/// Deliveries of a task on a page.
const DELIVERIES: usize = 5;
/// What the work may take of a page.
const WORK: usize = 6_000;
/// The query that says before which delivery the page ends.
const BEFORE: &str = "deliveries";

/// Some of the deliveries of a task, oldest first.
pub struct Delivered {
    /// The deliveries.
    pub blocks: Vec<Block>,
    /// Where earlier ones are.
    pub earlier: Option<String>,
    /// Where the latest are, if these are not.
    pub latest: Option<String>,
}

/// The deliveries of a page, newest first.
pub async fn latest(
    app: &App,
    person: &Person,
    task: TaskId,
    asked: &Asked,
) -> Result<Page<Delivery>, Problem> {
    Ok(app.deliveries_latest(&person.caller, task, asked.text(BEFORE)?, DELIVERIES).await?)
}

/// As many of them as there is room for on the page of this path, the latest first in line.
pub async fn blocks(
    app: &App,
    found: Page<Delivery>,
    (known, path, asked): (&Known, &str, &Asked),
    sheet: impl Fn(&Delivery) -> Option<Sheet>,
    ration: &mut Ration,
) -> Result<Delivered, Error> {
    let mut blocks = Vec::with_capacity(found.items.len());
    let (mut next, mut last) = (found.next, None);
    for one in &found.items {
        if !blocks.is_empty() && !ration.has(WITH_WORDS) {
            next = last;
            break;
        }
        ration.row(MARKUP);
        let by = (one, known.named(one.worker));
        blocks.push(block(app, &one.body, Some(by), sheet(one), (&mut *ration, WORK)).await?);
        last = Some(one.id.to_string());
    }
    blocks.reverse();
    Ok(Delivered {
        blocks,
        earlier: next.map(|next| format!("{path}?{BEFORE}={next}#deliveries")),
        latest: (!asked.get(BEFORE).is_empty()).then(|| format!("{path}#deliveries")),
    })
}

/// A delivery on a page, as far as there is room: at most so many bytes of the work.
pub async fn block(
    app: &App,
    body: &Body,
    of: Option<(&Delivery, Named)>,
    decide: Option<Sheet>,
    (ration, content_bytes): (&mut Ration, usize),
) -> Result<Block, Error> {
    let word = match &of {
        Some((delivery, _)) => delivery.status.as_str(),
        None => body.verdict.as_str(),
    };
    let content = ration.text(&body.content, content_bytes);
    ration.was_short();
    let summary = ration.line(&body.summary, NOTES);
    let notes = ration.line(&body.review_notes, NOTES);
    let score = score(body, ration);
    let findings = findings(body, ration);
    let mut shown = Block {
        id: of.as_ref().map(|(delivery, _)| delivery.id.to_string()).unwrap_or_default(),
        place: of
            .as_ref()
            .map(|(one, _)| format!("/tasks/{}/deliveries/{}", one.task, one.id))
            .unwrap_or_default(),
        round: body.round,
        status: if body.verdict == PENDING { "being judged".into() } else { words::plain(word) },
        tone: words::tone(word),
        by: None,
        content,
        summary,
        files: Vec::new(),
        score,
        findings,
        review: Vec::new(),
        notes,
        until: body.resubmit_until.map(|at| words::when(Timestamp(at))),
        receipts: Vec::new(),
        is_short: false,
        decide,
    };
    for note in &body.review {
        if ration.row(FINDING) {
            shown.review.push(ration.line(note, SENTENCE));
        }
    }
    shown.files = files(body, ration);
    shown.receipts = receipts(app, body, ration).await?;
    shown.is_short = ration.was_short();
    shown.by = of.map(|(delivery, worker)| {
        let name = ration.line(&worker.name, SENTENCE);
        (Named { name, ..worker }, words::when(delivery.created_at))
    });
    Ok(shown)
}

async fn receipts(app: &App, body: &Body, ration: &mut Ration) -> Result<Vec<ReceiptRow>, Error> {
    let mut rows = Vec::with_capacity(body.receipts.len());
    for line in &body.receipts {
        if !ration.row(RECEIPT) {
            break;
        }
        let fuel = match line.receipt_id.parse() {
            Ok(id) => words::grouped(app.receipt(id).await?.fuel),
            Err(_) => String::new(),
        };
        rows.push(ReceiptRow {
            id: line.receipt_id.clone(),
            world: line.world.clone(),
            outcome: words::plain(&line.outcome),
            short: words::short(&line.plugin),
            plugin: line.plugin.clone(),
            fuel,
        });
    }
    Ok(rows)
}

fn files(body: &Body, ration: &mut Ration) -> Vec<FileLine> {
    let mut lines = Vec::with_capacity(body.attachments.len());
    for file in &body.attachments {
        if !ration.row(FILE) {
            break;
        }
        lines.push(FileLine {
            name: ration.line(&file.name, SENTENCE),
            about: format!(
                "{}, {} bytes",
                ration.line(&file.media_type, SENTENCE),
                words::grouped(file.size_bytes)
            ),
            sha256: file.sha256.clone(),
        });
    }
    lines
}

fn score(body: &Body, ration: &mut Ration) -> Option<Score> {
    let (score, outcome) = body.gate()?;
    let points = score.basis_points();
    let (word, tone) = match outcome {
        Gate::Rejected => ("below the gate", "bad"),
        outcome => (outcome.as_str(), "done"),
    };
    let notes = body.scorecard.as_ref().map(|card| ration.line(&card.notes, NOTES)).unwrap_or_default();
    let mut sides = Vec::new();
    for side in body.scorecard.iter().flat_map(|card| &card.dimensions) {
        if !ration.row(SIDE) {
            break;
        }
        sides.push(Side {
            // It stands there twice: once for those who hear the page.
            name: ration.line(&words::plain(&side.name), SENTENCE / 2),
            total: words::percent(side.score),
            points: side.score,
            note: ration.line(&side.note, SENTENCE),
        });
    }
    Some(Score { total: words::percent(points), points, word, tone, notes, sides })
}

fn findings(body: &Body, ration: &mut Ration) -> Vec<FindingLine> {
    let mut all: Vec<_> = body.findings.iter().collect();
    if all.len() > FINDINGS_IN_ORDER {
        all.sort_by_key(|finding| finding.status == "pass");
    }
    let mut lines = Vec::with_capacity(all.len());
    for finding in all {
        if !ration.row(FINDING) {
            break;
        }
        let what = finding.criterion.clone().unwrap_or_else(|| words::plain(&finding.kind));
        lines.push(FindingLine {
            what: ration.line(&what, SENTENCE),
            status: finding.status.clone(),
            tone: words::tone(&finding.status),
            binding: finding.binding,
            evidence: ration.line(&finding.evidence, SENTENCE),
        });
    }
    lines
}
