//! One condition of a sentence, as the grammar understood it.

use super::bound::Bound;
use super::check::Check;

/// A condition and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clause {
    pub(crate) items: Vec<Item>,
    pub(crate) standing: Standing,
    pub(crate) grain: Option<Grain>,
    /// Whether words that restrict it may follow: "5 links to academic sources".
    pub(crate) open: bool,
    /// Whether it asks for things of which each may be what a later length is about:
    /// "3 taglines. Max 8 words."
    pub(crate) things: bool,
    /// Whether it says something of the whole text, so that what follows without a
    /// comma does so too: "300 words in French", but "3 paragraphs in French" may not.
    pub(crate) whole: bool,
}

/// A check, its bound kept apart so that bounds of one sentence can be joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Count { base: Check, bound: Bound },
    Check(Check),
}

/// What the checks of a clause can settle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Standing {
    /// All of it.
    Binding,
    /// That it is missing; the rest is a person's.
    Missing,
    /// Understood, but nothing to run: "500 words" is exact to nobody.
    Vague,
    /// Understood in two ways: the whole sentence is a person's.
    Ambiguous,
}

/// What a count counts, from small to large. "5 bullet points, under 20 words" means
/// each bullet point, so a smaller unit after a larger one is a trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Grain {
    Character,
    Word,
    Sentence,
    Block,
}

impl Clause {
    /// A clause of one check.
    pub(crate) fn check(check: Check, standing: Standing) -> Self {
        Self {
            items: vec![Item::Check(check)],
            standing,
            grain: None,
            open: false,
            things: false,
            whole: false,
        }
    }

    /// A clause of checks that settle it.
    pub(crate) fn binding(checks: Vec<Check>) -> Self {
        let items = checks.into_iter().map(Item::Check).collect();
        Self { items, standing: Standing::Binding, grain: None, open: false, things: false, whole: false }
    }

    /// A clause that leaves the whole sentence to a person.
    pub(crate) fn ambiguous() -> Self {
        Self { standing: Standing::Ambiguous, ..Self::vague() }
    }

    /// A clause with nothing to run.
    pub(crate) const fn vague() -> Self {
        Self {
            items: Vec::new(),
            standing: Standing::Vague,
            grain: None,
            open: false,
            things: false,
            whole: false,
        }
    }

    /// The same clause, open to words that restrict it.
    pub(crate) const fn opened(mut self) -> Self {
        self.open = true;
        self
    }

    /// The same clause, said of the whole text.
    pub(crate) const fn whole(mut self) -> Self {
        self.whole = true;
        self
    }

    /// Whether it only ever asks for more, so that no context can make a delivery that
    /// fails it good.
    pub(crate) fn only_lower(&self) -> bool {
        self.items.iter().all(Item::only_lower)
    }
}

impl Item {
    /// The check it is.
    pub(crate) fn compiled(&self) -> Check {
        match self {
            Self::Count { base, bound } => bound.check(base),
            Self::Check(check) => check.clone(),
        }
    }

    fn only_lower(&self) -> bool {
        match self {
            Self::Count { bound, .. } => bound.only_lower(),
            Self::Check(check) => matches!(
                check.kind.as_str(),
                "contains" | "contains-all" | "contains-any" | "contains-json" | "title" | "postscript"
            ),
        }
    }
}
