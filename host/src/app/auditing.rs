//! Auditing the books from within, beside the work: what `assay audit` does, asked for
//! on a page. One audit at a time on each host, and the last one's outcome is kept until
//! the server stops.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use assay_db::entities::ReceiptRow;
use assay_db::{AuditReport, Record as _};
use assay_domain::ids::Timestamp;

use super::App;

/// What is known of the books.
#[derive(Clone, Debug, Default)]
pub enum Audited {
    /// Nobody asked since this server started.
    #[default]
    Never,
    /// They are being recomputed.
    Running {
        /// Since when.
        since: Timestamp,
    },
    /// They were recomputed.
    Done {
        /// When that ended.
        at: Timestamp,
        /// What was found.
        report: Arc<AuditReport>,
    },
    /// They could not be read to the end.
    Failed {
        /// When that was.
        at: Timestamp,
    },
}

/// The audit of a host.
#[derive(Default)]
pub(crate) struct Auditing(Mutex<Audited>);

impl Auditing {
    fn now(&self) -> Audited {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set(&self, audited: Audited) -> Audited {
        mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner), audited)
    }
}

impl App {
    /// Begins to recompute the books, unless that is being done.
    pub fn audit_books(self: &Arc<Self>) {
        let since = self.now();
        if matches!(self.auditing.set(Audited::Running { since }), Audited::Running { .. }) {
            return;
        }
        let app = Arc::clone(self);
        tokio::spawn(async move {
            let reader = app.db.read().clone();
            // A task of its own, so that one that panics is not taken for one that runs on.
            let audit = tokio::spawn(async move { assay_db::audit(&reader, &[ReceiptRow::TABLE]).await });
            let found = audit.await;
            let at = app.now();
            app.auditing.set(match found {
                Ok(Ok(report)) => {
                    for difference in &report.differences {
                        tracing::error!(%difference, "the books are not as they must be");
                    }
                    Audited::Done { at, report: Arc::new(report) }
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, "the books could not be audited");
                    Audited::Failed { at }
                }
                Err(error) => {
                    tracing::error!(%error, "the audit ended early");
                    Audited::Failed { at }
                }
            });
        });
    }

    /// What is known of the books.
    pub fn audited(&self) -> Audited {
        self.auditing.now()
    }
}
