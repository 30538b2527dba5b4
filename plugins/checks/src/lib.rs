//! Every kind of check: what it means, whether it is written well, and what it
//! finds in a delivery.
//!
//! A check is a JSON object with a `kind`. [`Check::parse`] reads it once, with
//! every mistake in it and its place; [`Judge::run`] applies it. The same parse
//! serves [`validate`] at posting and the verdict after delivery, so that what
//! was accepted can be judged. Nothing here reads a clock, a file or chance, and
//! nothing recurses or slows down beyond the bounds of [`limits`] on a hostile
//! delivery.
//!
//! In reading order:
//! - `check`: the common fields, and the kinds by family.
//! - `judge`: a check applied to the content or to attachments.
//! - `text`, `count`, `paragraph`, `markup`, `language`: kinds over text.
//! - `json`, `csv_table`, `document`: kinds over structured text.
//! - `compare`, `originality`: kinds over a text and another one.
//! - `files`, `traces`, `group`, `plugin`: kinds over everything else.
//! - `assay-text`: words, sentences and lines, in a crate compiled for speed.
//! - `fields`, `bounds`, `pattern`, `outcome`, `limits`: what all of them use.

mod bounds;
mod check;
mod compare;
mod count;
mod csv_table;
mod document;
mod fields;
mod files;
mod group;
mod headings;
mod html;
mod json;
mod judge;
mod language;
pub mod limits;
mod markup;
mod originality;
mod outcome;
mod paragraph;
mod pattern;
mod plugin;
mod schema;
mod similarity;
mod text;
mod traces;
mod yaml;

pub use check::{Check, KINDS, names_schema, validate};
pub use fields::Issue;
pub use judge::{Attachment, Delivery, Judge, Read, Trace};
pub use outcome::{Outcome, SCORE_MAX, Status};
pub use plugin::Prior;
