//! What was said about a task: the latest of it, and where earlier messages are.

use assay_domain::ids::TaskId;

use super::super::problem::Problem;
use super::asked::Asked;
use super::ration::Ration;
use super::session::Person;
use super::task::{Known, Named};
use super::words::{self, When};
use crate::app::App;
use crate::app::tasks::Page;
use crate::app::threads::Message;
use crate::error::Error;

/// Messages of a thread on a page.
const MESSAGES: usize = 30;
/// What a message takes of a page beside its words.
const MARKUP: usize = 280;
/// What a message may take of a page. A long one is read whole over the API.
const TEXT: usize = 1_200;

/// The query that says before which message the page ends.
pub const BEFORE: &str = "thread";

/// Part of a thread, oldest first.
pub struct Talk {
    /// The messages.
    pub said: Vec<Said>,
    /// Where earlier ones are.
    pub earlier: Option<String>,
    /// Where the latest are, if these are not.
    pub latest: Option<String>,
}

/// A message.
pub struct Said {
    /// Who wrote it.
    pub author: Named,
    /// `poster`, `worker` or `agent`.
    pub role: String,
    /// The text.
    pub text: String,
    /// When.
    pub at: When,
}

/// The messages of a page, newest first; none for whoever may not read them.
pub async fn latest(
    app: &App,
    person: &Person,
    task: TaskId,
    asked: &Asked,
) -> Result<Page<Message>, Problem> {
    match app.thread_latest(&person.caller, task, asked.text(BEFORE)?, MESSAGES).await {
        Ok(page) => Ok(page),
        Err(Error::Refused(_)) => Ok(Page { items: Vec::new(), next: None, total_estimate: 0 }),
        Err(error) => Err(error.into()),
    }
}

/// As many of them as there is room for, on the page of this path.
pub fn talk(found: Page<Message>, known: &Known, path: &str, asked: &Asked, ration: &mut Ration) -> Talk {
    let mut said = Vec::with_capacity(found.items.len());
    let (mut next, mut last) = (found.next, None);
    for message in found.items {
        if !ration.row(MARKUP) {
            next = last;
            break;
        }
        let Named { id, name } = known.named(message.author);
        said.push(Said {
            author: Named { id, name: ration.line(&name, TEXT) },
            role: message.body.role,
            text: ration.line(&message.body.text, TEXT),
            at: words::when(message.created_at),
        });
        last = Some(message.id.to_string());
    }
    said.reverse();
    Talk {
        said,
        earlier: next.map(|next| format!("{path}?{BEFORE}={next}#thread")),
        latest: (!asked.get(BEFORE).is_empty()).then(|| format!("{path}#thread")),
    }
}
