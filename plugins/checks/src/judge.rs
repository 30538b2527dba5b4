//! A check applied to a delivery: to its content, or to every attachment that the
//! target names, of which the worst result counts.

use crate::check::{Check, Options, Rule};
use crate::fields::Fields;
use crate::limits::FILE_BYTES_MAX;
use crate::outcome::{Outcome, Status, Verdict, counted, grouped, quote};
use crate::plugin::{self, Prior};
use assay_text::words;
use globset::GlobMatcher;
use std::cell::OnceCell;

/// The most bytes of one read.
const READ_BYTES_MAX: u32 = 65_536;

/// A file of the delivery.
#[derive(Debug, Clone, Copy)]
pub struct Attachment<'a> {
    /// Its name, which targets match.
    pub name: &'a str,
    /// As the worker declared it.
    pub media_type: &'a str,
    /// Bytes.
    pub size: u64,
    /// `sha256:` and 64 hexadecimal digits, which the host pins; empty when the bytes
    /// never reached it.
    pub digest: &'a str,
}

impl Attachment<'_> {
    /// Whether its bytes are here. If not, everything known of it is what was said.
    pub(crate) fn is_held(&self) -> bool {
        !self.digest.is_empty()
    }
}

/// A note the worker left on the way.
#[derive(Debug, Clone, Copy)]
pub struct Trace<'a> {
    /// What happened, in a word.
    pub event: &'a str,
    /// What happened, in a sentence.
    pub message: &'a str,
}

/// Reads attachment `index` from `offset`, at most so many bytes; none at its end.
pub type Read<'a> = &'a dyn Fn(u32, u64, u32) -> Result<Vec<u8>, String>;

/// What checks look at.
#[derive(Clone, Copy)]
pub struct Delivery<'a> {
    /// The work itself.
    pub content: &'a str,
    /// Title and description of the task, for `original`.
    pub task_text: &'a str,
    /// The files, in the order that `read` counts them.
    pub attachments: &'a [Attachment<'a>],
    /// Oldest first.
    pub traces: &'a [Trace<'a>],
    /// The files' bytes.
    pub read: Read<'a>,
}

/// What a check looks at.
#[derive(Debug)]
pub(crate) enum Target {
    Content,
    Files(Box<GlobMatcher>),
}

impl Target {
    pub(crate) fn parse(fields: &mut Fields) -> Self {
        match fields.text("target") {
            None => Self::Content,
            Some(target) if target == "content" => Self::Content,
            Some(target) => match globset::Glob::new(&target) {
                Ok(glob) => Self::Files(Box::new(glob.compile_matcher())),
                Err(error) => {
                    fields.issue("target", format!("is neither \"content\" nor a glob: {error}"));
                    Self::Content
                }
            },
        }
    }
}

/// A text, and the same in lower case once somebody asked for it.
pub(crate) struct Text<'a> {
    raw: &'a str,
    lower: OnceCell<String>,
}

impl<'a> Text<'a> {
    fn new(raw: &'a str) -> Self {
        Self { raw, lower: OnceCell::new() }
    }
}

/// What a rule over text sees.
#[derive(Clone, Copy)]
pub(crate) struct Scene<'a> {
    text: &'a Text<'a>,
    options: Options,
    pub(crate) task_text: &'a str,
}

impl<'a> Scene<'a> {
    /// The text, trimmed where the check says so.
    pub(crate) fn plain(&self) -> &'a str {
        if self.options.trim { self.text.raw.trim() } else { self.text.raw }
    }

    /// The same, in lower case where the check ignores case.
    pub(crate) fn folded(&self) -> &'a str {
        if !self.options.ignore_case {
            return self.plain();
        }
        let lower = self.text.lower.get_or_init(|| words::lower(self.text.raw));
        if self.options.trim { lower.trim() } else { lower }
    }
}

/// Applies checks to one delivery.
pub struct Judge<'a> {
    delivery: Delivery<'a>,
    content: Text<'a>,
}

impl<'a> Judge<'a> {
    /// A judge of this delivery.
    pub fn new(delivery: Delivery<'a>) -> Self {
        Self { delivery, content: Text::new(delivery.content) }
    }

    /// What the check finds. `prior` is what another component found, for a check
    /// of kind `plugin`.
    pub fn run(&self, check: &Check, prior: Option<&Prior>) -> Outcome {
        match (&check.rule, &check.target) {
            (Rule::Group(rule), _) => rule.judge(self).into_outcome(check.negated),
            (Rule::Plugin, _) => plugin::judge(prior).into_outcome(check.negated),
            (Rule::Traces(rule), _) => rule.judge(self.delivery.traces).into_outcome(check.negated),
            (_, Target::Content) => self.judge_content(check),
            (Rule::Files(rule), Target::Files(glob)) if rule.counts_files() => {
                let matching = self.matching(glob);
                let held = matching.iter().filter(|(_, file)| file.is_held()).count();
                rule.judge_count(held, matching.len()).into_outcome(check.negated)
            }
            (_, Target::Files(glob)) => self.judge_files(check, glob),
        }
    }

    fn judge_content(&self, check: &Check) -> Outcome {
        let scene = Scene { text: &self.content, options: check.options, task_text: self.delivery.task_text };
        let verdict = match &check.rule {
            Rule::Files(rule) => rule.judge_bytes(self.delivery.content.as_bytes()),
            rule => judge_text(rule, &scene),
        };
        verdict.into_outcome(check.negated)
    }

    fn judge_files(&self, check: &Check, glob: &GlobMatcher) -> Outcome {
        let matching = self.matching(glob);
        if matching.is_empty() {
            let reason = format!("no attachment matches {}", quote(glob.glob().glob()));
            // That a text lacks something says nothing where there is no text.
            let verdict = if check.negated { Verdict::undecided(reason) } else { Verdict::fail(reason) };
            return verdict.into_outcome(false);
        }
        let mut outcomes = Vec::with_capacity(matching.len());
        for (index, attachment) in &matching {
            let mut outcome = self.judge_file(check, *index, attachment).into_outcome(check.negated);
            outcome.evidence = format!("{}: {}", quote(attachment.name), outcome.evidence);
            outcomes.push(outcome);
        }
        worst(outcomes)
    }

    fn judge_file(&self, check: &Check, index: u32, attachment: &Attachment) -> Verdict {
        if let Rule::Files(rule) = &check.rule {
            return rule.judge_file(attachment, || (self.delivery.read)(index, 0, READ_BYTES_MAX));
        }
        let bytes = match self.bytes(index, attachment) {
            Ok(bytes) => bytes,
            Err(reason) => return Verdict::undecided(reason),
        };
        let Ok(text) = std::str::from_utf8(&bytes) else {
            let reason = "is not UTF-8 text";
            return if check.rule.is_a_format() { Verdict::fail(reason) } else { Verdict::undecided(reason) };
        };
        let text = Text::new(text);
        let scene = Scene { text: &text, options: check.options, task_text: self.delivery.task_text };
        judge_text(&check.rule, &scene)
    }

    fn matching(&self, glob: &GlobMatcher) -> Vec<(u32, &'a Attachment<'a>)> {
        (0..)
            .zip(self.delivery.attachments)
            .filter(|(_, attachment)| glob.is_match(attachment.name))
            .collect()
    }

    fn bytes(&self, index: u32, attachment: &Attachment) -> Result<Vec<u8>, String> {
        let too_large =
            || format!("is larger than the {} bytes a check reads", grouped(FILE_BYTES_MAX as u64));
        if attachment.size > FILE_BYTES_MAX as u64 {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        loop {
            let piece = (self.delivery.read)(index, bytes.len() as u64, READ_BYTES_MAX)
                .map_err(|reason| format!("cannot be read: {reason}"))?;
            if piece.is_empty() {
                return Ok(bytes);
            }
            bytes.extend_from_slice(&piece);
            if bytes.len() > FILE_BYTES_MAX {
                return Err(too_large());
            }
        }
    }
}

fn judge_text(rule: &Rule, scene: &Scene) -> Verdict {
    match rule {
        Rule::Text(rule) => rule.judge(scene),
        Rule::Count(rule) => rule.judge(scene),
        Rule::Paragraph(rule) => rule.judge(scene.plain()),
        Rule::Markup(rule) => rule.judge(scene),
        Rule::Language(rule) => rule.judge(scene.plain()),
        Rule::Json(rule) => rule.judge(scene.plain()),
        Rule::Csv(rule) => rule.judge(scene.plain()),
        Rule::Document(rule) => rule.judge(scene.plain()),
        Rule::Compare(rule) => rule.judge(scene),
        Rule::Originality(rule) => rule.judge(scene),
        Rule::Files(_) | Rule::Traces(_) | Rule::Group(_) | Rule::Plugin => {
            Verdict::error("the kind looks at no text")
        }
    }
}

impl Rule {
    /// Whether bytes that are no text cannot be what the rule asks for.
    fn is_a_format(&self) -> bool {
        matches!(self, Self::Json(_) | Self::Csv(_) | Self::Document(_))
    }
}

/// A failure is worse than what cannot be told, and that is worse than a part.
fn worst(outcomes: Vec<Outcome>) -> Outcome {
    let files = outcomes.len() as u64;
    let rank = |outcome: &Outcome| match outcome.status {
        Status::Fail => 0,
        Status::Error => 1,
        Status::Undecided => 2,
        Status::Partial => 3,
        Status::Pass => 4,
    };
    let worst = outcomes.into_iter().min_by_key(|outcome| (rank(outcome), outcome.score));
    let mut worst = worst.unwrap_or_else(|| Outcome::error("no file was looked at"));
    if files > 1 && worst.status == Status::Pass {
        worst.evidence = format!("{}, the first: {}", counted(files, "file", "files"), worst.evidence);
    }
    worst
}
