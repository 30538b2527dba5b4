//! The short way of a writer that is alone, as `SQLite`'s is while it holds the folder's
//! lock: what it wrote it need not read again, and a group goes to the engine as one text,
//! from `begin` to `commit`. Each journey to the driver's thread costs more than the rows.

use sqlx::{AnyConnection, Executor as _, Row as _};

use crate::error::Failure;
use crate::key::Key;
use crate::plan::{Known, Needs, State};
use crate::rows::OnceRow;
use crate::sql;

/// So much is kept; past it all is forgotten, and read again as it is needed.
const THINGS_MAX: usize = 50_000;

/// Cells and unique keys as the last group left them.
#[derive(Default)]
pub(crate) struct Sole(Known);

impl Sole {
    /// What is known before a group is judged. It goes with the group, and comes back with
    /// [`Sole::keep`].
    pub(crate) fn lend(&mut self) -> State {
        if self.0.len() > THINGS_MAX {
            self.forget();
        }
        State { known: std::mem::take(&mut self.0), ..State::default() }
    }

    /// Keeps what is known as a group leaves it.
    pub(crate) fn keep(&mut self, known: Known) {
        self.0 = known;
    }

    /// Forgets all: somebody else may write, or did, or a group did not land.
    pub(crate) fn forget(&mut self) {
        self.0 = Known::default();
    }
}

/// Reads what is not known, in one journey.
pub(crate) async fn read(connection: &mut AnyConnection, needs: &Needs<'_>) -> Result<State, Failure> {
    let row = sqlx::query(sql::LOAD_OF_ONE_WRITER)
        .bind(sql::list(needs.cells.iter().map(|key| key.as_str())))
        .bind(sql::list(needs.uniques.iter().copied()))
        .bind(sql::list(needs.once.iter().copied()))
        .fetch_one(connection)
        .await?;
    let mut state = State::default();
    let known = &mut state.known;
    // A cell nobody has written counts as 0, and that is known now too.
    known.cells.extend(needs.cells.iter().map(|key| ((*key).clone(), 0)));
    let cells: Vec<(String, i64)> = serde_json::from_str(row.try_get(0)?).map_err(unreadable)?;
    known.cells.extend(cells.into_iter().map(|(key, n)| (Key::stored(key), n)));
    let uniques: Vec<String> = serde_json::from_str(row.try_get(1)?).map_err(unreadable)?;
    known.uniques.extend(uniques);
    let answers: Vec<Kept> = serde_json::from_str(row.try_get(2)?).map_err(unreadable)?;
    for kept in answers {
        let kept = once(kept)?;
        state.once.insert(kept.key.clone(), kept);
    }
    Ok(state)
}

/// Ends what a text that failed may have left open. False when it cannot be known.
pub(crate) async fn end(connection: &mut AnyConnection) -> bool {
    match connection.execute("ROLLBACK").await {
        Ok(_) => true,
        Err(error) => error.to_string().contains("no transaction is active"),
    }
}

/// A kept answer as it is read: its bytes in hexadecimal.
type Kept = (String, String, i64, String, i64);

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(error.into())
}

fn once((key, body_hash, status, body, at): Kept) -> Result<OnceRow, sqlx::Error> {
    let bytes = |hex: &str| hex::decode(hex).map_err(unreadable);
    Ok(OnceRow { key, body_hash: bytes(&body_hash)?, status, body: bytes(&body)?, at })
}
