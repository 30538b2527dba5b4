//! Looking around: lists of tasks with filters, and the names of those who are in them.

use std::collections::HashMap;

use assay_db::entities::{PartyRow, TaskRow};
use assay_db::{Value as Sql, list};
use assay_domain::money::Asset;

use super::parties::Party;
use super::task::Task;
use super::tasks::{Page, TaskView};
use super::{App, Caller};
use crate::error::Error;

/// Which tasks to show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// Those anyone may take.
    #[default]
    Open,
    /// Those the caller posted.
    Posted,
    /// Those the caller does, or did.
    Doing,
}

/// What to look for. What is empty is anything.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Whose.
    pub show: Show,
    /// In which money.
    pub asset: Option<Asset>,
    /// The poster's category.
    pub category: String,
    /// Part of a title, of a category or of a skill, in any case.
    pub words: String,
}

/// Rows read at once while words are looked for.
const ROWS: usize = 200;

impl App {
    /// Tasks, newest first. Words are looked for in the newest
    /// [`searched_tasks_max`](crate::config::PageLimits::searched_tasks_max).
    pub async fn browse(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Page<TaskView>, Error> {
        let words = wanted.words.to_lowercase();
        let mut found: Vec<TaskView> = Vec::new();
        let mut cursor = cursor.unwrap_or_default().to_owned();
        let mut looked_at = 0;
        loop {
            let rows = self.browsed(caller, wanted, &cursor, if words.is_empty() { limit + 1 } else { ROWS });
            let rows = rows.await?;
            let last = rows.last().map(|row| row.id.clone());
            looked_at += rows.len();
            for row in &rows {
                let task = Task::from_row(row, 0)?;
                if found.len() <= limit && has(&task, &words) {
                    let eyes = task.eyes(caller);
                    found.push(TaskView { task, eyes, approval: None });
                }
            }
            match last {
                Some(last)
                    if found.len() <= limit && looked_at < self.settings.limits.pages.searched_tasks_max =>
                {
                    cursor = last;
                }
                _ => break,
            }
            if words.is_empty() {
                break;
            }
        }
        Ok(Page::cut(found, limit, 0, |view| view.task.id.to_string()))
    }

    async fn browsed(
        &self,
        caller: &Caller,
        wanted: &Wanted,
        cursor: &str,
        limit: usize,
    ) -> Result<Vec<TaskRow>, Error> {
        const OPEN: &str = "state = 'open' and ($1 = '' or asset = $1) and ($2 = '' or category = $2) \
                            and ($3 = '' or id < $3) order by id desc limit $4";
        const POSTED: &str = "poster = $5 and ($1 = '' or asset = $1) and ($2 = '' or category = $2) \
                              and ($3 = '' or id < $3) order by id desc limit $4";
        const DOING: &str = "worker = $5 and ($1 = '' or asset = $1) and ($2 = '' or category = $2) \
                             and ($3 = '' or id < $3) order by id desc limit $4";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let asset = wanted.asset.map_or("", Asset::code);
        let mut values: Vec<Sql> =
            vec![asset.into(), wanted.category.as_str().into(), cursor.into(), limit.into()];
        let tail = match wanted.show {
            Show::Open => OPEN,
            Show::Posted => POSTED,
            Show::Doing => DOING,
        };
        if wanted.show != Show::Open {
            values.push(caller.party.to_string().into());
        }
        Ok(self.db.read().many::<TaskRow>(tail, &values).await?)
    }

    /// How parties are called, by id.
    pub async fn names<'i>(
        &self,
        ids: impl IntoIterator<Item = &'i str>,
    ) -> Result<HashMap<String, String>, Error> {
        let rows = self.db.read().many::<PartyRow>("id in_list($1)", &[list(ids)]).await?;
        let named = |row: &PartyRow| Ok((row.id.clone(), Party::from_row(row)?.profile.name));
        rows.iter().map(named).collect()
    }
}

fn has(task: &Task, words: &str) -> bool {
    let spec = &task.spec;
    let texts = [&spec.title, &spec.category].into_iter().chain(&spec.skills);
    words.is_empty() || texts.into_iter().any(|text| text.to_lowercase().contains(words))
}
