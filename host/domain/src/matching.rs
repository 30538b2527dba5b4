//! How well an open task suits a worker, and why: a score with its reasons, so that a
//! worker sees what to mend and a poster what to write.
//!
//! Three parts, each from 0 to 1: the skills asked for (weight 60), the category (20),
//! how earlier work went (20). The same facts give the same score, always.

use std::collections::{BTreeMap, BTreeSet};

use crate::gate::Score;

const SKILLS_WEIGHT: u64 = 60;
const CATEGORY_WEIGHT: u64 = 20;
const RESULTS_WEIGHT: u64 = 20;
/// The whole of a part, in basis points.
const WHOLE: u64 = 10_000;
/// What the skill of doing anything is worth where no skill fits.
const GENERALIST: u64 = 3_000;
/// What one skill is worth that the task only speaks of.
const SPOKEN_OF: u64 = 7_000;

/// How often a worker's tasks ended well, and not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// Accepted and paid.
    pub accepted: u64,
    /// Failed at the gate, given up, expired, or rejected for good.
    pub failed: u64,
}

/// What is known of a worker.
#[derive(Clone, Debug, Default)]
pub struct Worker {
    /// What it says it can do.
    pub skills: Vec<String>,
    /// How its work ended, by category.
    pub results: BTreeMap<String, Results>,
}

/// What is known of a task before anyone does it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// The poster's category.
    pub category: &'a str,
    /// Skills the poster asks for.
    pub skills: &'a [String],
    /// One line.
    pub title: &'a str,
    /// The whole; only its beginning is looked at.
    pub description: &'a str,
}

/// How well they suit each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Match {
    /// Between 0 and 1.
    pub score: Score,
    /// Why, in sentences; never empty.
    pub reasons: Vec<String>,
}

/// Characters of a description that are looked at: the beginning says what it is about.
const LOOKED_AT_CHARACTERS: usize = 2_000;

impl Worker {
    /// How well a task suits this worker.
    pub fn suits(&self, wanted: &Wanted<'_>) -> Match {
        let mut reasons = Vec::new();
        let skills = self.skill_part(wanted, &mut reasons);
        let category = self.category_part(wanted, &mut reasons);
        let results = self.results_part(wanted, &mut reasons);
        if reasons.is_empty() {
            reasons.push("nothing you are known for is asked for, and it is open to anyone".into());
        }
        let sum = skills * SKILLS_WEIGHT + category * CATEGORY_WEIGHT + results * RESULTS_WEIGHT;
        let score = sum / (SKILLS_WEIGHT + CATEGORY_WEIGHT + RESULTS_WEIGHT);
        let score = u16::try_from(score).ok().and_then(Score::new).unwrap_or(Score::MAX);
        Match { score, reasons }
    }

    fn skill_part(&self, wanted: &Wanted<'_>, reasons: &mut Vec<String>) -> u64 {
        let found = if wanted.skills.is_empty() {
            self.spoken_of(wanted, reasons)
        } else {
            self.asked_for(wanted.skills, reasons)
        };
        if found == 0 && self.skills.iter().any(|skill| words(skill) == words("generalist")) {
            reasons.push("you take anything, as a generalist".into());
            return GENERALIST;
        }
        found
    }

    /// The share of the skills asked for.
    fn asked_for(&self, asked: &[String], reasons: &mut Vec<String>) -> u64 {
        let own: BTreeSet<Vec<String>> = self.skills.iter().map(|skill| words(skill)).collect();
        let asked: BTreeMap<Vec<String>, &String> = asked.iter().map(|skill| (words(skill), skill)).collect();
        let had: Vec<&str> =
            asked.iter().filter(|(words, _)| own.contains(*words)).map(|(_, skill)| skill.as_str()).collect();
        if !had.is_empty() {
            let (count, all) = (had.len(), asked.len());
            reasons.push(format!("you have {count} of the {all} skills asked for: {}", had.join(", ")));
        }
        had.len() as u64 * WHOLE / asked.len().max(1) as u64
    }

    /// A task that asks for no skill may still speak of one.
    fn spoken_of(&self, wanted: &Wanted<'_>, reasons: &mut Vec<String>) -> u64 {
        let beginning: String = wanted.description.chars().take(LOOKED_AT_CHARACTERS).collect();
        let text: BTreeSet<String> =
            [wanted.title, &beginning, wanted.category].into_iter().flat_map(words).collect();
        let spoken = |skill: &&String| {
            let words = words(skill);
            !words.is_empty() && words.iter().all(|word| text.contains(word))
        };
        let found: Vec<&str> = self.skills.iter().filter(spoken).map(String::as_str).collect();
        if !found.is_empty() {
            reasons.push(format!("it speaks of what you can do: {}", found.join(", ")));
        }
        match found.len() {
            0 => 0,
            1 => SPOKEN_OF,
            _ => WHOLE,
        }
    }

    fn category_part(&self, wanted: &Wanted<'_>, reasons: &mut Vec<String>) -> u64 {
        let category = words(wanted.category);
        if self.skills.iter().any(|skill| words(skill) == category) {
            reasons.push(format!("its category is a skill of yours: {}", wanted.category));
            return WHOLE;
        }
        if self.results.get(wanted.category).is_some_and(|results| results.accepted > 0) {
            reasons.push(format!("you have worked in its category before: {}", wanted.category));
            return WHOLE;
        }
        0
    }

    /// How work went in the category; elsewhere it counts half; nothing known is the
    /// middle.
    fn results_part(&self, wanted: &Wanted<'_>, reasons: &mut Vec<String>) -> u64 {
        if let Some(here) = self.results.get(wanted.category).filter(|results| results.all() > 0) {
            let (accepted, all) = (here.accepted, here.all());
            reasons.push(format!("{accepted} of your {all} tasks in {} were accepted", wanted.category));
            return here.expected();
        }
        let mut everywhere = Results::default();
        for results in self.results.values() {
            everywhere.accepted += results.accepted;
            everywhere.failed += results.failed;
        }
        if everywhere.all() > 0 {
            let (accepted, all) = (everywhere.accepted, everywhere.all());
            reasons.push(format!("{accepted} of your {all} tasks in other categories were accepted"));
        }
        u64::midpoint(WHOLE / 2, everywhere.expected())
    }
}

impl Results {
    const fn all(self) -> u64 {
        self.accepted + self.failed
    }

    /// The share of acceptances to expect of the next task: one of two before anything
    /// is known.
    const fn expected(self) -> u64 {
        (self.accepted + 1) * WHOLE / (self.all() + 2)
    }
}

/// The words of a text in lower case: `code_review` and `Code review` have the same.
fn words(text: &str) -> Vec<String> {
    let word = |word: &str| word.to_lowercase();
    text.split(|character: char| !character.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(word)
        .collect()
}
