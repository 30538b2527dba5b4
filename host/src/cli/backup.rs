//! `assay backup`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::{Outcome, line};

/// What to copy, and where to.
#[derive(Args)]
pub(super) struct Flags {
    /// The copy; it must not exist yet
    file: PathBuf,
    /// Folder of the embedded database, which a server may have open
    #[arg(long, env = "ASSAY_DATA", value_name = "DIR", default_value = "assay-data")]
    data: PathBuf,
    /// Refused: PostgreSQL has tools of its own for this
    #[arg(long, env = "ASSAY_DATABASE", value_name = "URL", hide_env_values = true)]
    database: Option<String>,
}

/// Copies the database. The copy's folder may be another disk's.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> Outcome {
    if flags.database.is_some() {
        return Err("this database is PostgreSQL's: copy it with pg_dump, or with pg_basebackup and the WAL \
                    archive where no answered request may be lost; `assay audit --database` checks what was restored"
            .into());
    }
    let bytes = assay_db::backup(&flags.data, &flags.file).await.map_err(line)?;
    println!("{} has {bytes} bytes", flags.file.display());
    println!(
        "to restore it, copy it to assay.db in an empty data folder; `assay audit --data DIR` checks it"
    );
    Ok(ExitCode::SUCCESS)
}
