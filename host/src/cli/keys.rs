//! `assay keys`.

use std::process::ExitCode;
use std::sync::Arc;

use assay_db::{Db, DbError, Money, Place, Settings as DbSettings};
use assay_domain::ids::{Lane, PartyId};
use clap::{Args, Subcommand};

use super::{DatabaseFlags, Outcome, line};
use crate::app::access::{NewKey, Scopes};
use crate::clock::Clock;

/// What to do with keys.
#[derive(Args)]
pub(super) struct Flags {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Make a key for a party and show it, once
    Create(CreateFlags),
}

#[derive(Args)]
struct CreateFlags {
    #[command(flatten)]
    database: DatabaseFlags,
    /// Whose key: the party's id
    #[arg(long, value_name = "UUID")]
    party: PartyId,
    /// What it opens, separated by commas: work, commission, finance, plugins, admin
    #[arg(long, default_value = "work,commission,finance,plugins")]
    scopes: String,
}

/// Makes a key.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) async fn run(flags: Flags) -> Outcome {
    let Verb::Create(flags) = flags.verb;
    let scopes = Scopes::parse(&flags.scopes).map_err(line)?;
    let clock = Arc::new(Clock::default());
    let (db, money) = open(&flags.database.place(), &clock).await.map_err(line)?;
    let key = NewKey::make(money.as_str(), flags.party, scopes, None, &clock);
    let secret = key.secret.clone();
    let made = key.keep(&db).await;
    db.close().await;
    made.map_err(line)?;
    println!("{secret}");
    Ok(ExitCode::SUCCESS)
}

/// Opens a database of either kind of money, and says which it is. A new one is of test
/// money, as the server without a provider makes it.
pub(super) async fn open(place: &Place, clock: &Arc<Clock>) -> Result<(Db, Money), DbError> {
    let attempt = |money| {
        let time = Arc::clone(clock);
        let settings = DbSettings::new(place.clone(), money);
        Db::open(settings, Lane(clock.id()), Arc::new(move || time.now().0))
    };
    match attempt(Money::Test).await {
        Err(DbError::WrongMode { .. }) => Ok((attempt(Money::Live).await?, Money::Live)),
        opened => Ok((opened?, Money::Test)),
    }
}
