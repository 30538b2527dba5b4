//! `assay rewards`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde::Deserialize;

use super::keys::open;
use super::{DatabaseFlags, Outcome, line};
use crate::app::stock::{self, StockLine};
use crate::clock::Clock;

/// Most characters of a code, and of a reward's name.
const CHARACTERS_MAX: usize = 500;
/// Credits: as many as dollars there may be in one amount.
const PRICE_MAX: i64 = 1_000_000_000;

/// What to do with rewards.
#[derive(Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Add codes from a CSV file with the columns `reward`, `name`, `price_credits`, `code`
    Load(LoadFlags),
}

#[derive(Args)]
struct LoadFlags {
    /// The file; a code that was loaded before is not added again
    #[arg(value_name = "FILE.csv")]
    file: PathBuf,
    #[command(flatten)]
    database: DatabaseFlags,
}

#[derive(Deserialize)]
struct Row {
    reward: String,
    name: String,
    price_credits: i64,
    code: String,
}

/// Loads the stock; says how much of it was new, and no code.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> Outcome {
    let Verb::Load(flags) = flags.verb;
    let lines = read(&flags.file)?;
    let clock = Arc::new(Clock::default());
    let (db, _) = open(&flags.database.place(), &clock).await.map_err(line)?;
    let loaded = stock::load(&db, &clock, &lines).await;
    db.close().await;
    let loaded = loaded.map_err(line)?;
    println!("{} rewards, {} codes added, {} known already", loaded.rewards, loaded.added, loaded.known);
    Ok(ExitCode::SUCCESS)
}

/// The file's lines, or the first that is wrong, by its number and without its code.
fn read(path: &Path) -> Result<Vec<StockLine>, String> {
    let shown = path.display();
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_path(path)
        .map_err(|error| format!("{shown}: {error}"))?;
    let rows = reader.deserialize::<Row>().zip(2..);
    rows.map(|(row, number)| {
        // The reader's own words may quote the line.
        let row = row.map_err(|_| {
            format!("{shown}:{number}: wants reward, name, price_credits (a whole number), code")
        })?;
        stock_line(row).map_err(|what| format!("{shown}:{number}: {what}"))
    })
    .collect()
}

fn stock_line(row: Row) -> Result<StockLine, String> {
    for (column, text) in [("reward", &row.reward), ("name", &row.name), ("code", &row.code)] {
        let plain = !text.is_empty() && !text.chars().any(char::is_control);
        if !plain || text.chars().count() > CHARACTERS_MAX {
            return Err(format!("{column} must be 1 to {CHARACTERS_MAX} characters on one line"));
        }
    }
    if !(1..=PRICE_MAX).contains(&row.price_credits) {
        return Err(format!("price_credits must be from 1 to {PRICE_MAX}"));
    }
    let Row { reward, name, price_credits, code } = row;
    Ok(StockLine { reward, name, price_credits, code })
}
