//! The model's task: posted, found a worker, handed in, decided.

use super::model::{CENT, Delivery, Dispute, HOUR, Model, Payment, Pots, Said, Surface, Task, USD};
use super::steps::{By, Content, Deal, How, Label, Mode, Post, Pricing, Wants, Which, Word};

impl Model {
    fn blank(&self, poster: Label, surface: Surface, mode: Mode, price: i64, wants: Wants) -> Task {
        let auto = match surface {
            Surface::Commission => self.parties[&poster].rules.auto,
            Surface::Agent => wants == Wants::Leaves,
            Surface::Finance => true,
        };
        Task {
            surface,
            mode,
            poster,
            worker: None,
            direct: None,
            state: "open",
            price,
            pricing: None,
            posted_at: self.now,
            closes: None,
            wants,
            auto,
            hours: None,
            deadline: None,
            payout_at: None,
            resubmit_until: None,
            silence_at: None,
            rejection_at: None,
            lapses_at: None,
            revisions: 0,
            latest: None,
            disputed: false,
            dry_runs: 0,
            paid_day: self.day(),
            escrow: Pots::default(),
            fee_hold: Pots::default(),
            payout: Pots::default(),
        }
    }

    /// Whether guardrails let a task be posted, and whether a person is asked first.
    fn permit(
        &self,
        who: Label,
        surface: Surface,
        budget: i64,
        elsewhere: bool,
    ) -> Result<bool, &'static str> {
        let rules = self.parties[&who].rules;
        if !rules.enabled {
            return Err("COMMISSIONING_DISABLED");
        }
        if surface.asset() != USD {
            return Ok(false);
        }
        if rules.budget.is_some_and(|most| budget > most * CENT) {
            return Err("GUARDRAIL_MAX_TASK_BUDGET");
        }
        if rules.one_category && elsewhere {
            return Err("GUARDRAIL_CATEGORY");
        }
        Ok(rules.ask_above.is_some_and(|line| budget > line * CENT))
    }

    pub(super) fn post(&mut self, label: Label, who: Label, post: Post) -> Said {
        let surface = if post.credits { Surface::Agent } else { Surface::Commission };
        let budget = if post.credits { post.budget } else { post.budget * CENT };
        let task = Task { hours: post.hours, ..self.blank(who, surface, post.mode, budget, post.wants) };
        let task = self.priced(task, post.pricing)?;
        let ask = self.permit(who, surface, budget, post.elsewhere)?;
        self.enter(label, task, ask, None, false)
    }

    pub(super) fn buy(
        &mut self,
        label: Label,
        who: Label,
        (deal, most): (Deal, i64),
        by: By,
        (wants, hours): (Wants, u32),
    ) -> Said {
        let (from, price, auction) = self.deal(who, deal, most)?;
        let mode = if auction.is_some() { Mode::Bid } else { Mode::Direct };
        let task = Task { hours: Some(hours), ..self.blank(who, Surface::Finance, mode, price, wants) };
        let task = self.priced(task, auction.map(Pricing::Auction))?;
        let ask = self.permit(who, Surface::Finance, price, true)?;
        let unpaid = by != By::Balance;
        let state = self.enter(label, task, ask, from, unpaid)?;
        if let Deal::Agreed(agreed) = deal {
            self.negotiations.get_mut(&agreed).expect("one that was agreed on").status = "used";
        }
        if by == By::Coins {
            self.payments.insert(label, Payment::opened(who, price, true, Some(label)));
        }
        Ok(state)
    }

    /// Posts: refusals first, then the money.
    fn enter(
        &mut self,
        label: Label,
        mut task: Task,
        ask: bool,
        direct: Option<Label>,
        unpaid: bool,
    ) -> Said {
        if ask && (unpaid || self.parties[&task.poster].owner.is_none()) {
            return Err("GUARDRAIL_HUMAN_APPROVAL");
        }
        task.direct = direct;
        if let (Some(direct), false, false) = (direct, ask, unpaid) {
            self.apart(task.poster, direct)?;
        }
        let gross = task.price + task.fee_on_top(task.price);
        if !unpaid {
            self.has_day_left(task.poster, task.asset(), gross)?;
        }
        let most = self.parties[&task.poster].rules.open;
        if most.is_some_and(|most| self.open_tasks(task.poster) >= most) {
            return Err("GUARDRAIL_MAX_OPEN_TASKS");
        }
        if unpaid {
            task.state = "unpaid";
            task.deadline = task.hours.map(|hours| self.now + i64::from(hours) * HOUR);
        } else {
            self.has(task.poster, task.asset(), gross)?;
            self.hold(&mut task);
            if ask {
                task.state = "pending_approval";
            } else {
                self.begin(&mut task);
            }
        }
        let state = task.state;
        self.keep_task(label, task);
        Ok(state.to_owned())
    }

    /// An open task whose money is there.
    pub(super) fn begin(&self, task: &mut Task) {
        task.state = if task.direct.is_some() { "claimed" } else { "open" };
        task.worker = task.direct;
        task.deadline = task.hours.map(|hours| self.now + i64::from(hours) * HOUR);
    }

    pub(super) fn pay_for(&mut self, who: Label, label: Label) -> Said {
        let mut task = self.task(label);
        if task.poster != who {
            return Err("NOT_A_PARTY");
        }
        if task.state != "unpaid" {
            return Err("CONFLICT");
        }
        if let Some(worker) = task.direct {
            self.apart(who, worker)?;
        }
        self.has_day_left(who, task.asset(), task.price)?;
        self.has(who, task.asset(), task.price)?;
        self.hold(&mut task);
        self.begin(&mut task);
        let state = task.state;
        self.keep_task(label, task);
        Ok(state.to_owned())
    }

    pub(super) fn approve(&mut self, who: Label, label: Label, yes: bool) -> Said {
        let mut task = self.task(label);
        if task.poster == who {
            return Err("OWNER_ONLY");
        }
        if self.parties[&task.poster].owner != Some(who) {
            return Err("NOT_A_PARTY");
        }
        if task.state != "pending_approval" {
            return Err("CONFLICT");
        }
        if yes {
            if let Some(worker) = task.direct {
                self.apart(task.poster, worker)?;
            }
            // Bids are taken for as long as they were meant to be.
            task.closes = task.closes.map(|at| at + self.now - task.posted_at);
            self.begin(&mut task);
        } else {
            self.refund(&mut task, "cancelled");
        }
        let state = task.state;
        self.keep_task(label, task);
        Ok(state.to_owned())
    }

    pub(super) fn claim(&mut self, who: Label, label: Label) -> Said {
        let mut task = self.task(label);
        if task.mode != Mode::Claim {
            return Err("WRONG_MODE");
        }
        if task.poster == who {
            return Err("SELF_DEALING");
        }
        if task.state != "open" {
            return Err("CONFLICT");
        }
        self.apart(task.poster, who)?;
        task.state = "claimed";
        task.worker = Some(who);
        self.keep_task(label, task);
        Ok("claimed".to_owned())
    }

    pub(super) fn give_up(&mut self, who: Label, label: Label) -> Said {
        let mut task = self.task(label);
        if task.worker != Some(who) {
            return Err("NOT_ASSIGNED");
        }
        if !["claimed", "revision_requested", "gate_failed"].contains(&task.state) {
            return Err("WRONG_STATUS");
        }
        self.refund(&mut task, "failed");
        self.keep_task(label, task);
        Ok("failed".to_owned())
    }

    pub(super) fn cancel(&mut self, who: Label, label: Label) -> Said {
        let mut task = self.task(label);
        let works = task.worker == Some(who);
        if task.poster != who && !works {
            return Err("NOT_A_PARTY");
        }
        match task.state {
            "unpaid" | "open" | "pending_approval" => {}
            "claimed" | "revision_requested" | "gate_failed" if works => {}
            _ => return Err("WRONG_STATUS"),
        }
        self.refund(&mut task, "cancelled");
        self.keep_task(label, task);
        Ok("cancelled".to_owned())
    }

    pub(super) fn deliver(
        &mut self,
        label: Label,
        (who, on): (Label, Label),
        content: Content,
        which: Which,
    ) -> Said {
        if self.tasks[&on].mode == Mode::Open {
            return self.submit(label, who, on, content, which);
        }
        self.hand_in(label, (who, on), content, which)
    }

    /// What a delivery would come to: a copy of everything knows.
    pub(super) fn dry_run(&mut self, label: Label, (who, on): (Label, Label), content: Content) -> Said {
        let mut task = self.task(on);
        if task.worker != Some(who) {
            return Err("NOT_ASSIGNED");
        }
        if task.dry_runs == 5 {
            return Err("DRY_RUNS_EXHAUSTED");
        }
        let which = if task.state == "gate_failed" { Which::Again } else { Which::First };
        let words = self.clone().hand_in(label, (who, on), content, which)?;
        task.dry_runs += 1;
        self.keep_task(on, task);
        Ok(words)
    }

    fn hand_in(&mut self, label: Label, (who, on): (Label, Label), content: Content, which: Which) -> Said {
        let mut task = self.task(on);
        if task.worker != Some(who) {
            return Err("NOT_ASSIGNED");
        }
        let again = which == Which::Again || (which == Which::Either && task.state == "gate_failed");
        match task.state {
            "gate_failed" if again && task.resubmit_until.is_some_and(|until| self.now <= until) => {}
            "gate_failed" if again => return Err("RESUBMIT_WINDOW_CLOSED"),
            _ if again => return Err("NOTHING_TO_RESUBMIT"),
            "claimed" | "revision_requested" => {}
            "gate_failed" | "in_review" | "paid" => return Err("CONFLICT"),
            _ => return Err("WRONG_STATUS"),
        }
        task.latest = Some(label);
        let status = self.judge(&mut task, content, again);
        let words = format!("{status} {}", task.state);
        let resubmit_until = None;
        let landed = self.deliveries.len();
        let delivery = Delivery { task: on, worker: who, content, status, resubmit_until, landed };
        self.deliveries.insert(label, delivery);
        self.keep_task(on, task);
        Ok(words)
    }

    /// Gate, checks and review.
    fn judge(&mut self, task: &mut Task, content: Content, again: bool) -> &'static str {
        let bought = task.surface == Surface::Finance;
        if content == Content::Junk && !bought {
            if again {
                self.refund(task, "pdqg_final_fail");
            } else {
                task.state = "gate_failed";
                task.resubmit_until = Some(self.now + 6 * HOUR);
            }
            return "gate_failed";
        }
        let passed = task.wants != Wants::Nothing && content == Content::Good;
        let failed = task.wants != Wants::Nothing && content != Content::Good;
        if (bought && task.wants == Wants::Nothing) || (task.auto && passed && task.wants == Wants::Leaves) {
            self.pay(task);
            return "accepted";
        }
        if task.auto && failed && task.revisions < 3 {
            self.ask_revision(task);
            return "revision_requested";
        }
        task.state = "in_review";
        task.silence_at = (!failed).then_some(self.now + 72 * HOUR);
        "in_review"
    }

    fn ask_revision(&self, task: &mut Task) {
        task.revisions += 1;
        task.state = "revision_requested";
        task.deadline = task.deadline.map(|at| at.max(self.now + 24 * HOUR));
    }

    fn submit(&mut self, label: Label, who: Label, on: Label, content: Content, which: Which) -> Said {
        let task = self.task(on);
        if task.state != "open" {
            return Err("CONFLICT");
        }
        if task.poster == who {
            return Err("SELF_DEALING");
        }
        let mine = self.deliveries.values().rfind(|one| one.task == on && one.worker == who);
        let until = mine.and_then(|last| last.resubmit_until);
        let again = which == Which::Again || (which == Which::Either && until.is_some());
        match (again, mine, until) {
            (false, Some(_), _) => return Err("CONFLICT"),
            (true, _, None) => return Err("NOTHING_TO_RESUBMIT"),
            (true, _, Some(until)) if self.now > until => return Err("RESUBMIT_WINDOW_CLOSED"),
            (false, None, _) | (true, _, Some(_)) => {}
        }
        self.apart(task.poster, who)?;
        let junk = content == Content::Junk;
        let status = if junk { "gate_failed" } else { "in_review" };
        let resubmit_until = (junk && !again).then_some(self.now + 6 * HOUR);
        let landed = self.deliveries.len();
        let delivery = Delivery { task: on, worker: who, content, status, resubmit_until, landed };
        self.deliveries.insert(label, delivery);
        Ok(format!("{status} open"))
    }

    pub(super) fn review(&mut self, who: Label, label: Label, word: Word) -> Said {
        let mut delivery = self.deliveries[&label].clone();
        let on = delivery.task;
        let mut task = self.task(on);
        if task.poster != who {
            return Err("NOT_A_PARTY");
        }
        let submitted = task.mode == Mode::Open && task.state == "open";
        let waits = task.state == "in_review" && task.latest == Some(label);
        if !(waits || (submitted && delivery.status == "in_review")) {
            return Err("WRONG_STATUS");
        }
        match word {
            Word::Accept => {
                task.worker = Some(delivery.worker);
                task.latest = Some(label);
                self.pay(&mut task);
            }
            Word::Reject if submitted => {}
            Word::Reject => {
                task.state = "rejected";
                task.rejection_at = Some(self.now + 48 * HOUR);
            }
            Word::Revise if submitted => return Err("WRONG_MODE"),
            Word::Revise if task.revisions >= 3 => return Err("REVISIONS_EXHAUSTED"),
            Word::Revise => self.ask_revision(&mut task),
        }
        delivery.status = match word {
            Word::Accept => "accepted",
            Word::Revise => "revision_requested",
            Word::Reject => "rejected",
        };
        let status = delivery.status;
        self.deliveries.insert(label, delivery);
        self.keep_task(on, task);
        Ok(status.to_owned())
    }

    pub(super) fn dispute(&mut self, label: Label, who: Label, on: Label) -> Said {
        let mut task = self.task(on);
        if task.poster != who && task.worker != Some(who) {
            return Err("NOT_A_PARTY");
        }
        match task.state {
            "claimed" | "revision_requested" | "in_review" | "gate_failed" | "rejected" => {}
            "paid" if task.payout_at.is_some_and(|at| at > self.now) => {}
            _ => return Err("WRONG_STATUS"),
        }
        if task.disputed {
            return Err("CONFLICT");
        }
        if task.state == "paid" {
            Self::freeze(&mut task);
        }
        task.disputed = true;
        task.state = "disputed";
        task.lapses_at = Some(self.now + 14 * 24 * HOUR);
        self.keep_task(on, task);
        self.disputes.insert(label, Dispute { task: on, status: "open" });
        Ok("open".to_owned())
    }

    pub(super) fn resolve(&mut self, label: Label, how: How) -> Said {
        let dispute = self.disputes[&label].clone();
        if dispute.status != "open" {
            return Err("CONFLICT");
        }
        self.end_dispute(label, how);
        Ok("resolved".to_owned())
    }

    pub(super) fn end_dispute(&mut self, label: Label, how: How) {
        let on = self.disputes[&label].task;
        let mut task = self.task(on);
        let share = match how {
            How::Refund => 0,
            How::Release => task.price,
            How::Split(hundredths) => task.price / task.unit() * i64::from(hundredths) / 10_000 * task.unit(),
        };
        self.divide(&mut task, share);
        self.keep_task(on, task);
        self.disputes.insert(label, Dispute { task: on, status: "resolved" });
    }
}
