//! What time does in the model, and what it shows for comparing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::model::{CR, Model, Payment, Pots, USD};
use super::purse::handoff;
use super::steps::{Content, How, Label, Mode, Wants};

/// Ids by label.
pub(super) type Names = BTreeMap<Label, String>;

impl Model {
    /// Everything that is due happens.
    pub(super) fn lapse(&mut self) {
        let labels: Vec<Label> =
            self.tasks.iter().filter(|(_, task)| task.is_live()).map(|(label, _)| *label).collect();
        for label in labels {
            self.lapse_task(label);
        }
        self.pay_out_all();
    }

    fn lapse_task(&mut self, label: Label) {
        let mut task = self.task(label);
        let now = self.now;
        let due = |at: Option<i64>| at.is_some_and(|at| at <= now);
        match task.state {
            "open" if due(task.deadline) && task.mode == Mode::Open => self.close_submissions(label),
            "open" | "claimed" | "revision_requested" | "unpaid" if due(task.deadline) => {
                self.refund(&mut task, "expired");
                self.keep_task(label, task);
            }
            "open" if task.pricing.is_some() => while self.look_at_bids(label) {},
            "gate_failed" if task.resubmit_until.is_some_and(|until| until < now) => {
                self.refund(&mut task, "pdqg_final_fail");
                self.keep_task(label, task);
            }
            "in_review" if due(task.silence_at) => {
                self.pay(&mut task);
                self.accept_latest(task.latest);
                self.keep_task(label, task);
            }
            "rejected" if due(task.rejection_at) => {
                self.refund(&mut task, "failed");
                self.keep_task(label, task);
            }
            "paid" if due(task.payout_at) => {
                self.mature(&mut task);
                self.keep_task(label, task);
            }
            "disputed" if due(task.lapses_at) => self.lapse_dispute(label),
            _ => {}
        }
    }

    /// One of the things that are due happened: a job of this kind and time.
    pub(super) fn happen(&mut self, kind: &str, due_at: i64, label: Label) {
        if kind == "withdrawal" {
            return self.pay_out(label);
        }
        let task = self.task(label);
        let is_over = task.deadline.is_some_and(|at| at <= self.now);
        match (kind, task.state) {
            ("pricing", "open") if !is_over => {
                self.look_at_bids(label);
            }
            ("deadline", "open" | "claimed" | "revision_requested" | "unpaid") if is_over => {
                self.lapse_task(label);
            }
            // A delivery of a later round has a silence of its own.
            ("silence", "in_review") if task.silence_at == Some(due_at) => self.lapse_task(label),
            ("resubmit_window", "gate_failed")
            | ("rejection", "rejected")
            | ("payout", "paid")
            | ("dispute_lapse", "disputed") => self.lapse_task(label),
            _ => {}
        }
    }

    fn accept_latest(&mut self, latest: Option<Label>) {
        if let Some(delivery) = latest.and_then(|latest| self.deliveries.get_mut(&latest)) {
            delivery.status = "accepted";
        }
    }

    /// The deadline of many submissions: the first that passed is paid.
    fn close_submissions(&mut self, label: Label) {
        let mut task = self.task(label);
        let machine_passes = task.wants != Wants::Nothing;
        let passed = |content: Content| machine_passes && content == Content::Good;
        let first = self
            .deliveries
            .iter()
            .filter(|(_, one)| one.task == label && one.status == "in_review" && passed(one.content))
            .min_by_key(|(_, one)| one.landed)
            .map(|(first, one)| (*first, one.worker));
        match first {
            Some((first, worker)) => {
                task.worker = Some(worker);
                task.latest = Some(first);
                self.pay(&mut task);
                self.accept_latest(Some(first));
            }
            None => self.refund(&mut task, "expired"),
        }
        self.keep_task(label, task);
    }

    /// Nobody decided: the last machine verdict does.
    fn lapse_dispute(&mut self, on: Label) {
        let task = self.task(on);
        let open = self.disputes.iter().find(|(_, dispute)| dispute.task == on && dispute.status == "open");
        let Some((&dispute, _)) = open else { return };
        let latest = task.latest.map(|latest| &self.deliveries[&latest]);
        let how = match latest {
            Some(latest) if latest.status == "gate_failed" => How::Refund,
            Some(latest) if task.wants != Wants::Nothing => {
                if latest.content == Content::Good {
                    How::Release
                } else {
                    How::Refund
                }
            }
            _ => How::Split(5_000),
        };
        self.end_dispute(dispute, how);
    }

    /// Moments at which something becomes due.
    pub(super) fn moments(&self) -> Vec<i64> {
        let of = |task: &super::model::Task| match task.state {
            "open" if task.closes.is_some_and(|at| at > self.now) => task.closes,
            "open" | "claimed" | "revision_requested" | "unpaid" => task.deadline,
            "gate_failed" => task.resubmit_until,
            "in_review" => task.silence_at,
            "rejected" => task.rejection_at,
            "paid" => task.payout_at,
            "disputed" => task.lapses_at,
            _ => None,
        };
        self.tasks.values().filter_map(of).filter(|at| *at > self.now).collect()
    }

    /// Every balance that is not zero, by the name the books have for it.
    pub(super) fn balances(&self, names: &Names) -> String {
        let mut all: BTreeMap<String, i64> = BTreeMap::new();
        let mut put = |asset: usize, holder: &str, label: &Label, money: Pots| {
            if money.spend == 0 && money.free == 0 {
                return;
            }
            let asset = if asset == USD { "usd" } else { "cr" };
            let name = &names[label];
            for (pot, amount) in [("spend", money.spend), ("free", money.free)] {
                if amount != 0 {
                    all.insert(format!("b/{asset}/{holder}/{name}/{pot}"), amount);
                }
            }
        };
        for (label, party) in &self.parties {
            put(USD, "party", label, party.wallet[USD]);
            put(CR, "party", label, party.wallet[CR]);
            put(USD, "frozen", label, Pots { spend: party.frozen, free: 0 });
        }
        for (label, task) in &self.tasks {
            put(task.asset(), "escrow", label, task.escrow);
            put(task.asset(), "fee-hold", label, task.fee_hold);
            put(task.asset(), "payout", label, task.payout);
        }
        for (label, channel) in &self.channels {
            put(USD, "channel-opener", label, channel.sides[0]);
            put(USD, "channel-counterparty", label, channel.sides[1]);
        }
        for (label, withdrawal) in &self.withdrawals {
            put(USD, "withdrawal", label, Pots { spend: 0, free: withdrawal.held });
        }
        for (label, redemption) in &self.redemptions {
            put(CR, "redemption", label, Pots { spend: 0, free: redemption.held });
        }
        lines(&all)
    }

    /// Every task that is not over.
    pub(super) fn live_tasks(&self, names: &Names) -> String {
        let live = self.tasks.iter().filter(|(_, task)| task.is_live());
        let row = |(label, task): (&Label, &super::model::Task)| {
            let worker = task.worker.map_or("-", |worker| &names[&worker]);
            let time = |at: Option<i64>| at.map_or("-".to_owned(), |at| at.to_string());
            let (payout, deadline) = (time(task.payout_at), time(task.deadline));
            format!("{} {} {worker} {} {payout} {deadline}", names[label], task.state, task.price)
        };
        let mut rows: Vec<String> = live.map(row).collect();
        rows.sort();
        rows.join("\n")
    }

    /// Everything there ever was and its last word: which table, which column, and the rows.
    pub(super) fn last_words(&self, ids: &Names, also: &Names) -> [(&'static str, &'static str, String); 9] {
        // An invoice that was opened for a request which a crash ended is known to nobody.
        const PAYMENTS: &str = "payments where status <> 'pending'";
        let heard = self.payments.iter().filter(|(_, one)| one.status != "pending");
        let heard: BTreeMap<Label, Payment> = heard.map(|(label, one)| (*label, one.clone())).collect();
        let mut payments = ids.clone();
        // What was bought with an invoice has its own name, and the invoice another.
        payments.extend(also.iter().map(|(label, id)| (*label, id.clone())));
        [
            ("tasks", "state", listed(&self.tasks, ids, |one| one.state)),
            ("bids", "status", listed(&self.bids, ids, |one| one.status)),
            ("negotiations", "status", listed(&self.negotiations, ids, |one| one.status)),
            ("deliveries", "status", listed(&self.deliveries, ids, |one| one.status)),
            ("disputes", "status", listed(&self.disputes, ids, |one| one.status)),
            ("redemptions", "status", listed(&self.redemptions, ids, |one| one.status)),
            ("withdrawals", "status", listed(&self.withdrawals, ids, |one| one.status)),
            (PAYMENTS, "status", listed(&heard, &payments, |one| one.status)),
            (
                "(select payment as id, status from chargebacks)",
                "status",
                listed(&self.chargebacks, ids, |one| *one),
            ),
        ]
    }

    /// Tasks that are not final, dollars spent today, and those of handoffs, by party; dry runs
    /// by task.
    pub(super) fn counters(&self, names: &Names) -> String {
        let mut all = BTreeMap::new();
        let day = self.day();
        let open = self.tasks.values().filter(|task| !task.is_final());
        for task in open {
            *all.entry(format!("c/open-tasks/{}", names[&task.poster])).or_insert(0) += 1;
        }
        for (label, party) in &self.parties {
            if let Some(spent) = party.spent.get(&day).filter(|spent| **spent != 0) {
                all.insert(format!("c/spent/{}/{day}", names[label]), *spent);
            }
            if party.handed != 0 {
                all.insert(format!("c/handoff-spent/{}", handoff(*label)), party.handed);
            }
        }
        for (label, task) in self.tasks.iter().filter(|(_, task)| task.dry_runs != 0) {
            all.insert(format!("c/dry-runs/{}", names[label]), task.dry_runs);
        }
        lines(&all)
    }

    /// The house's own: fees, dollars outside, credits outside.
    pub(super) fn house(&self) -> [i64; 3] {
        [self.fees, -self.brought, -self.issued]
    }

    /// Money inside, by asset: what parties have and what is held for them.
    pub(super) fn inside(&self) -> [i64; 2] {
        let mut sums = [0; 2];
        for party in self.parties.values() {
            sums[USD] += party.wallet[USD].total();
            sums[CR] += party.wallet[CR].total();
            sums[USD] += party.frozen;
        }
        for task in self.tasks.values() {
            sums[task.asset()] += task.escrow.total() + task.fee_hold.total() + task.payout.total();
        }
        sums[USD] +=
            self.channels.values().map(|one| one.sides[0].total() + one.sides[1].total()).sum::<i64>();
        sums[USD] += self.withdrawals.values().map(|one| one.held).sum::<i64>();
        sums[CR] += self.redemptions.values().map(|one| one.held).sum::<i64>();
        sums
    }
}

fn listed<T>(all: &BTreeMap<Label, T>, names: &Names, status: impl Fn(&T) -> &'static str) -> String {
    let mut rows: Vec<String> =
        all.iter().map(|(label, one)| format!("{} {}", names[label], status(one))).collect();
    rows.sort();
    rows.join("\n")
}

fn lines(all: &BTreeMap<String, i64>) -> String {
    let mut text = String::new();
    for (key, amount) in all {
        let _ = writeln!(text, "{key}={amount}");
    }
    text.truncate(text.trim_end().len());
    text
}
