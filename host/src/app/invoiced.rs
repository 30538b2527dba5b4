//! Work that is paid for by an invoice in stablecoins: the task is posted without money
//! and opens when the invoice is paid ([`super::crediting`]).

use assay_db::{Change, Reply};
use assay_domain::ids::TaskId;
use assay_domain::refusal::{Code, Refusal};
use assay_domain::task::State;

use super::bought::Purchase;
use super::payments::{Intent, Payment, PaymentStatus, begun, parsed};
use super::task::Task;
use super::tasks::TaskView;
use super::turn::Turn;
use super::{Answer, App, Ask};
use crate::error::Error;
use crate::gateways::Method;

/// Renders a task and the invoice that pays for it.
pub type RenderInvoiced = fn(&TaskView, Option<&Payment>) -> Reply;

impl App {
    /// Buys a piece of work and opens the invoice for it. Repeating the request goes on
    /// where an earlier try of it ended.
    pub async fn buy_by_invoice(
        &self,
        ask: &Ask,
        purchase: &Purchase,
        render: RenderInvoiced,
    ) -> Result<Answer, Error> {
        if let Some(answer) = self.answered(ask.once.as_ref()).await? {
            return Ok(answer);
        }
        // Asked before the task is posted, so that no task is left without a way to pay it.
        self.payment_providers.provider_for(Method::Invoice)?;
        let view = self.begin_purchase(ask, purchase).await?;
        if view.task.state == State::Unpaid {
            return self.pay_by_invoice(ask, view.task.id, render).await;
        }
        // Its owner decides first; the invoice is for later.
        let view = &view;
        self.settle(ask.once.as_ref(), || async move {
            let view = view.clone();
            Ok(Change::new().reply(move |_| render(&view, None)))
        })
        .await
    }

    /// Commits the task, or finds the one that an earlier try of the same request left.
    async fn begin_purchase(&self, ask: &Ask, purchase: &Purchase) -> Result<TaskView, Error> {
        let mut slot = ask.once.as_ref().map(|once| begun("purchase", once));
        if let Some(name) = &slot
            && let Some(left) = self.db.read().unique(name).await?
        {
            let left = self.look(&ask.caller, parsed("task", &left)?).await?;
            let kept_until = left.task.created_at.0.saturating_add(self.settings.limits.idempotency_ms());
            if self.now().0 < kept_until {
                return Ok(left);
            }
            // The key is kept no longer, so this is another request.
            slot = None;
        }
        let slot = &slot;
        let answer = self
            .settle(None, || async move {
                let (view, change) = self.decide_purchase(ask, purchase).await?;
                let id = view.task.id.to_string();
                let approval = view.approval.map(|approval| approval.to_string()).unwrap_or_default();
                let reply = format!("{id} {approval}").into_bytes();
                let change = change.reply(move |_| Reply::new(201, reply.clone()));
                let Some(slot) = slot else { return Ok(change) };
                let message = "the first request with this key is being worked on";
                Ok(change.take(slot.clone(), id, Refusal::new(Code::IdempotencyInProgress, message)))
            })
            .await?;
        let words = String::from_utf8_lossy(&answer.reply.body).into_owned();
        let (id, approval) = words.split_once(' ').unwrap_or((&words, ""));
        let view = self.look(&ask.caller, parsed("task", id)?).await?;
        Ok(TaskView { approval: approval.parse().ok(), ..view })
    }

    /// Opens the invoice of a task that was posted without money, or finds the one that is
    /// still to be paid. A task that costs nothing begins at once.
    pub async fn pay_by_invoice(
        &self,
        ask: &Ask,
        id: TaskId,
        render: RenderInvoiced,
    ) -> Result<Answer, Error> {
        if let Some(answer) = self.answered(ask.once.as_ref()).await? {
            return Ok(answer);
        }
        let task = self.task(id).await?.unpaid_of(ask.caller.party)?;
        let gross = task.price + task.spec.terms.fee_on_top(task.price);
        let payment = if gross == 0 { None } else { Some(self.invoice_of(ask, &task, gross).await?) };
        let payment = &payment;
        self.settle(ask.once.as_ref(), || async move {
            let view = self.look(&ask.caller, id).await?;
            let payment = payment.clone();
            if payment.is_some() {
                return Ok(Change::new().reply(move |_| render(&view, payment.as_ref())));
            }
            let mut turn = Turn::of(self, view.task.unpaid_of(ask.caller.party)?);
            self.fund(&mut turn).await?;
            let (task, change) = turn.finish()?;
            let view = TaskView { task, eyes: view.eyes, approval: None };
            Ok(change.reply(move |_| render(&view, None)))
        })
        .await
    }

    async fn invoice_of(&self, ask: &Ask, task: &Task, gross: i64) -> Result<Payment, Error> {
        let waits = |payment: &Payment| {
            let open = matches!(payment.status, PaymentStatus::Pending | PaymentStatus::Confirming);
            open && payment.amount == gross && payment.body.url.is_some()
        };
        if let Some(known) = self.payments_of_task(task.id).await?.into_iter().find(waits) {
            return Ok(known);
        }
        let intent = Intent { amount: gross, method: Method::Invoice, coin: None, task: Some(task.id) };
        self.invoice(&ask.caller, ask.once.as_ref(), &intent).await
    }
}
