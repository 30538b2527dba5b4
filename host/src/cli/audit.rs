//! `assay audit`.

use std::process::ExitCode;

use assay_db::entities::ReceiptRow;
use assay_db::{Limits, Reader, Record as _};
use clap::Args;

use super::{DatabaseFlags, Outcome, line};

/// What to audit.
#[derive(Args)]
pub(super) struct Flags {
    #[command(flatten)]
    database: DatabaseFlags,
}

/// Recomputes the books; exit code 1 when anything differs.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> Outcome {
    let reader = Reader::open(&flags.database.place(), Limits::default()).await.map_err(line)?;
    let report = assay_db::audit(&reader, &[ReceiptRow::TABLE]).await.map_err(line)?;
    println!(
        "{} accounts, {} transfers, {} events, {} receipts, {} links in {} lanes recomputed",
        report.accounts, report.transfers, report.events, report.seals, report.links, report.lanes
    );
    for difference in &report.differences {
        println!("differs: {difference}");
    }
    if report.is_clean() {
        println!("the books are right");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} differences", report.found);
    Ok(ExitCode::FAILURE)
}
