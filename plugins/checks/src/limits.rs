//! Every limit of a check, in one place. A limit that a poster can reach is an
//! [`Issue`](crate::Issue) at posting; one that a delivery can reach leaves the
//! check undecided.

/// The JSON text of one check. A check is a rule, not a place for data sets.
pub const CHECK_BYTES_MAX: usize = 256 * 1024;
/// Checks in one check, compositions and their members counted.
pub const CHECKS_MAX: usize = 200;
/// Compositions inside compositions: nobody reads deeper rules.
pub const NESTING_MAX: usize = 6;
/// Members of a list such as `values`.
pub const VALUES_MAX: usize = 1_000;
/// A regular expression as it is written.
pub const PATTERN_BYTES_MAX: usize = 4_096;
/// A regular expression as it is compiled: bounds both its building and its running.
pub const PATTERN_COMPILED_BYTES_MAX: usize = 1024 * 1024;
/// A JSON path as it is written.
pub const PATH_BYTES_MAX: usize = 1_024;
/// Descents (`..`) in one JSON path: each multiplies the work.
pub const PATH_DESCENTS_MAX: usize = 3;
/// Values nested inside each other that a schema or a path looks at.
pub const NESTED_MAX: usize = 127;
/// Values of one YAML document, those an alias repeats counted each time.
pub const YAML_VALUES_MAX: usize = 200_000;
/// Bytes of one attachment that a check reads.
pub const FILE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Bytes looked at in search of JSON inside a text, as a multiple of its length:
/// each opening bracket starts a new try.
pub const SEARCH_FACTOR_MAX: usize = 8;
/// Cells of the table that a distance or a common sequence fills in, 64 a step.
pub const COMPARED_CELLS_MAX: u64 = 2_000_000_000;
/// Letters below which no language is told apart in a script that several share.
pub const LETTERS_MIN: usize = 20;
/// Letters below which no language is told apart at all.
pub const LETTERS_OWN_SCRIPT_MIN: usize = 4;
/// Letters from which a language that neither detector sees is taken not to be there.
pub const LETTERS_SURE_MIN: usize = 100;
/// Characters of text that the language is told from; more says nothing new.
pub const LANGUAGE_CHARS_MAX: usize = 4_000;
/// Characters of somebody's text inside an evidence sentence.
pub const QUOTE_CHARS_MAX: usize = 60;
/// Characters of an evidence sentence.
pub const EVIDENCE_CHARS_MAX: usize = 600;
