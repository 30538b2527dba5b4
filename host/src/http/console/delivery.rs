//! A delivery on a page: the work, its score with its parts, every finding, the receipts.

use assay_domain::gate::Outcome as Gate;

use super::form::Sheet;
use super::task::Named;
use super::words::{self, When};
use crate::app::App;
use crate::app::deliveries::{Body, Delivery, PENDING};
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
    /// The work.
    pub content: String,
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

/// A delivery on a page.
pub async fn block(
    app: &App,
    body: &Body,
    of: Option<(&Delivery, Named)>,
    decide: Option<Sheet>,
) -> Result<Block, Error> {
    let mut receipts = Vec::with_capacity(body.receipts.len());
    for line in &body.receipts {
        let fuel = match line.receipt_id.parse() {
            Ok(id) => words::grouped(app.receipt(id).await?.fuel),
            Err(_) => String::new(),
        };
        receipts.push(ReceiptRow {
            id: line.receipt_id.clone(),
            world: line.world.clone(),
            outcome: words::plain(&line.outcome),
            short: words::short(&line.plugin),
            plugin: line.plugin.clone(),
            fuel,
        });
    }
    let word = match &of {
        Some((delivery, _)) => delivery.status.as_str(),
        None => body.verdict.as_str(),
    };
    Ok(Block {
        id: of.as_ref().map(|(delivery, _)| delivery.id.to_string()).unwrap_or_default(),
        round: body.round,
        status: if body.verdict == PENDING { "being judged".into() } else { words::plain(word) },
        tone: words::tone(word),
        by: of.map(|(delivery, worker)| (worker, words::when(delivery.created_at))),
        content: body.content.clone(),
        summary: body.summary.clone(),
        files: files(body),
        score: score(body),
        findings: findings(body),
        review: body.review.clone(),
        notes: body.review_notes.clone(),
        until: body.resubmit_until.map(|at| words::when(assay_domain::ids::Timestamp(at))),
        receipts,
        decide,
    })
}

fn files(body: &Body) -> Vec<FileLine> {
    let line = |file: &crate::app::judging::Attachment| FileLine {
        name: file.name.clone(),
        about: format!("{}, {} bytes", file.media_type, words::grouped(file.size_bytes)),
        sha256: file.sha256.clone(),
    };
    body.attachments.iter().map(line).collect()
}

fn score(body: &Body) -> Option<Score> {
    let (score, outcome) = body.gate()?;
    let points = score.basis_points();
    let sides = body.scorecard.iter().flat_map(|card| &card.dimensions);
    let (word, tone) = match outcome {
        Gate::Rejected => ("below the gate", "bad"),
        outcome => (outcome.as_str(), "done"),
    };
    Some(Score {
        total: words::percent(points),
        points,
        word,
        tone,
        notes: body.scorecard.as_ref().map(|card| card.notes.clone()).unwrap_or_default(),
        sides: sides
            .map(|side| Side {
                name: words::plain(&side.name),
                total: words::percent(side.score),
                points: side.score,
                note: side.note.clone(),
            })
            .collect(),
    })
}

fn findings(body: &Body) -> Vec<FindingLine> {
    let line = |finding: &crate::app::judging::Finding| FindingLine {
        what: finding.criterion.clone().unwrap_or_else(|| words::plain(&finding.kind)),
        status: finding.status.clone(),
        tone: words::tone(&finding.status),
        binding: finding.binding,
        evidence: finding.evidence.clone(),
    };
    body.findings.iter().map(line).collect()
}
