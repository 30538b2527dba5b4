//! What happens next: mostly what fits, sometimes what does not.

mod deals;
mod money;

use super::dice::Dice;
use super::later::Names;
use super::model::{DAY, HOUR, Model, Task};
use super::steps::{Act, Content, How, Label, Mode, Rules, Step, Which, Word};

/// The next step, numbered from `next` on.
pub(super) fn step(model: &Model, also: &Names, dice: &mut Dice, next: Label) -> Step {
    if let Some(act) = at_the_last_moment(model).filter(|_| dice.percent(60)) {
        return Step::One(next, act);
    }
    let one = |dice: &mut Dice| act(model, also, dice);
    match dice.below(1_000) {
        0..80 => wait(model, dice),
        80..190 => Step::One(next, Act::Jobs),
        190..210 => dice.pick(&recent(model)).map_or(Step::One(next, Act::Jobs), |of| Step::Again(next, of)),
        210..216 => dice.pick(&recent(model)).map_or(Step::One(next, Act::Jobs), Step::Reused),
        216..230 => Step::Twice(next, one(dice)),
        230..250 => crash(model, one(dice), dice, next),
        250..340 => both(model, also, dice, next),
        // By itself: what it says is of the moment when it looked.
        340..360 => dry_run(model, dice).map_or(Step::One(next, Act::Jobs), |act| Step::One(next, act)),
        _ => Step::One(next, one(dice)),
    }
}

/// A resubmission in the very moment that its window closes.
fn at_the_last_moment(model: &Model) -> Option<Act> {
    let now = Some(model.now);
    let closing =
        model.tasks.iter().find(|(_, task)| task.state == "gate_failed" && task.resubmit_until == now);
    let (&task, found) = closing?;
    Some(Act::Deliver { who: found.worker?, task, content: Content::Good, which: Which::Again })
}

fn wait(model: &Model, dice: &mut Dice) -> Step {
    let mut moments = model.moments();
    moments.sort_unstable();
    moments.push((model.day() + 1) * DAY);
    let near = moments.len().min(4);
    let ms = match dice.below(10) {
        0..6 => {
            let nudge = dice.pick(&[0, 0, -1_000, 1_000, 1, -1]).unwrap_or(0);
            moments[dice.below(near)] - model.now + nudge
        }
        6..8 => dice.between(1_000, HOUR),
        _ => dice.between(HOUR, 12 * HOUR),
    };
    Step::Wait { ms: ms.max(0) }
}

/// Requests of the last hours that were done.
fn recent(model: &Model) -> Vec<Label> {
    model.done.iter().rev().take(40).map(|(label, _)| *label).collect()
}

fn crash(model: &Model, act: Act, dice: &mut Dice, label: Label) -> Step {
    let restart = dice.percent(10);
    let act = if restart && dice.percent(50) || model.tasks.is_empty() { Act::Jobs } else { act };
    if matches!(act, Act::Register) {
        return Step::One(label, act);
    }
    let jobs = matches!(act, Act::Jobs);
    // A job is leased, and then done; at the third commit the next one is leased.
    let at = dice.below(if jobs { 3 } else { 2 });
    let sent = dice.percent(50);
    Step::Crash { label, act, at, sent, restart: restart || jobs }
}

/// Two that are likely to be in each other's way.
fn both(model: &Model, also: &Names, dice: &mut Dice, next: Label) -> Step {
    let task = live_task(model, dice);
    let channel = dice.pick(&open_channels(model));
    let mut pair = [Act::Jobs, Act::Jobs];
    let kind = dice.below(10);
    for act in &mut pair {
        *act = match (kind, task, channel) {
            (0..6, Some(task), _) => on_task(model, also, dice, task),
            (6..8, _, Some(channel)) => on_channel(model, dice, channel),
            _ => self::act(model, also, dice),
        };
    }
    let [first, second] = pair;
    // What is due and a verb: the verb goes first, and the job finds that it did.
    let first = if dice.percent(15) { Act::Jobs } else { first };
    let second = if matches!(second, Act::Jobs) { Act::Register } else { second };
    let (swapped, grouped) = (dice.percent(50), dice.percent(50));
    Step::Both { first: (next, first), second: (next + 1, second), swapped, grouped }
}

fn act(model: &Model, also: &Names, dice: &mut Dice) -> Act {
    match dice.below(100) {
        0..14 => money::coming_in(model, dice),
        14..17 => rules(model, dice),
        17..31 => deals::post(model, dice),
        31..36 => deals::deal(model, dice),
        36..78 => match live_task(model, dice) {
            Some(task) => on_task(model, also, dice, task),
            None => deals::post(model, dice),
        },
        78..90 => match dice.pick(&open_channels(model)) {
            Some(channel) if dice.percent(88) => on_channel(model, dice, channel),
            _ => Act::OpenChannel { who: party(model, dice), with: party(model, dice), amount: micros(dice) },
        },
        90..93 => money::going_out(model, dice),
        93..96 => Act::Redeem { who: party(model, dice) },
        96..99 => match dice.pick(&model.redemptions.keys().copied().collect::<Vec<_>>()) {
            Some(redemption) => Act::Rule { redemption, yes: dice.percent(50) },
            None => Act::Redeem { who: party(model, dice) },
        },
        _ if model.parties.len() < 16 => Act::Register,
        _ => deals::offer(model, dice),
    }
}

fn party(model: &Model, dice: &mut Dice) -> Label {
    let all: Vec<Label> = model.parties.keys().copied().collect();
    dice.pick(&all).unwrap_or(1)
}

/// One that is meant, or now and then somebody else.
fn mostly(model: &Model, dice: &mut Dice, meant: Option<Label>) -> Label {
    match meant {
        Some(meant) if dice.percent(90) => meant,
        _ => party(model, dice),
    }
}

fn micros(dice: &mut Dice) -> i64 {
    if dice.percent(50) { dice.between(1, 4_000_000) } else { dice.between(1, 400) * 10_000 }
}

fn rules(model: &Model, dice: &mut Dice) -> Act {
    let who = party(model, dice);
    let by = mostly(model, dice, Some(model.root(who)));
    let some = |dice: &mut Dice, low, high| dice.percent(30).then(|| dice.between(low, high));
    let rules = Rules {
        enabled: dice.percent(95),
        budget: some(dice, 500, 4_000),
        daily: some(dice, 1_000, 20_000),
        open: some(dice, 1, 8),
        one_category: dice.percent(15),
        ask_above: some(dice, 500, 4_000),
        auto: dice.percent(50),
    };
    Act::Rules { who, by, rules }
}

fn live_task(model: &Model, dice: &mut Dice) -> Option<Label> {
    let live = |task: &Task| task.is_live();
    let all: Vec<Label> = if dice.percent(92) {
        model.tasks.iter().filter(|(_, task)| live(task)).map(|(label, _)| *label).collect()
    } else {
        model.tasks.keys().copied().collect()
    };
    dice.pick(&all)
}

fn on_task(model: &Model, also: &Names, dice: &mut Dice, label: Label) -> Act {
    let task = &model.tasks[&label];
    if dice.percent(8) {
        return anything(model, dice, label);
    }
    let poster = mostly(model, dice, Some(task.poster));
    let worker = mostly(model, dice, task.worker);
    match task.state {
        "pending_approval" if also.contains_key(&label) && dice.percent(85) => {
            let owner = model.parties.get(&task.poster).and_then(|party| party.owner);
            Act::Approve { who: mostly(model, dice, owner), task: label, yes: dice.percent(70) }
        }
        "unpaid" if dice.percent(75) => Act::PayFor { who: poster, task: label },
        "open" => on_open(model, dice, label),
        "claimed" | "revision_requested" => match dice.below(20) {
            0 => Act::GiveUp { who: worker, task: label },
            1 => Act::Cancel { who: worker, task: label },
            2 => Act::Dispute { who: poster, task: label },
            _ => deliver(dice, worker, label, Which::First),
        },
        "gate_failed" => match dice.below(10) {
            0 => Act::GiveUp { who: worker, task: label },
            1 => Act::Dispute { who: worker, task: label },
            2 => deliver(dice, worker, label, Which::First),
            _ => deliver(dice, worker, label, Which::Again),
        },
        "in_review" => match (dice.below(10), task.latest) {
            (0, _) | (_, None) => Act::Dispute { who: worker, task: label },
            // Whoever was asked once is often asked again, up to the last round and beyond.
            (_, Some(delivery)) if task.revisions > 0 && dice.percent(70) => {
                Act::Review { who: task.poster, delivery, word: Word::Revise }
            }
            (_, Some(delivery)) => Act::Review { who: poster, delivery, word: word(dice) },
        },
        "rejected" => Act::Dispute { who: worker, task: label },
        "disputed" => resolve(model, dice, label),
        "paid" => Act::Dispute { who: if dice.percent(50) { poster } else { worker }, task: label },
        _ => anything(model, dice, label),
    }
}

fn on_open(model: &Model, dice: &mut Dice, label: Label) -> Act {
    let task = &model.tasks[&label];
    let poster = mostly(model, dice, Some(task.poster));
    let who = party(model, dice);
    if dice.percent(8) {
        return Act::Cancel { who: poster, task: label };
    }
    let pending: Vec<Label> = model
        .deliveries
        .iter()
        .filter(|(_, one)| one.task == label && one.status == "in_review")
        .map(|(label, _)| *label)
        .collect();
    match task.mode {
        Mode::Claim => Act::Claim { who, task: label },
        Mode::Open => match dice.pick(&pending) {
            Some(delivery) if dice.percent(40) => Act::Review { who: poster, delivery, word: word(dice) },
            _ => deliver(dice, who, label, Which::Either),
        },
        Mode::Bid | Mode::Direct => deals::over_bids(model, dice, label, poster),
    }
}

fn deliver(dice: &mut Dice, who: Label, task: Label, which: Which) -> Act {
    let content = dice.pick(&[Content::Junk, Content::Plain, Content::Good, Content::Good]);
    let which = if dice.percent(10) { Which::Either } else { which };
    Act::Deliver { who, task, content: content.unwrap_or(Content::Good), which }
}

fn dry_run(model: &Model, dice: &mut Dice) -> Option<Act> {
    let task = live_task(model, dice)?;
    let who = mostly(model, dice, model.tasks[&task].worker);
    let content = dice.pick(&[Content::Junk, Content::Plain, Content::Good])?;
    Some(Act::DryRun { who, task, content })
}

fn word(dice: &mut Dice) -> Word {
    dice.pick(&[Word::Accept, Word::Accept, Word::Revise, Word::Reject]).unwrap_or(Word::Accept)
}

fn resolve(model: &Model, dice: &mut Dice, task: Label) -> Act {
    let found = model.disputes.iter().find(|(_, dispute)| dispute.task == task);
    let Some((&dispute, _)) = found else { return Act::Jobs };
    let how = match dice.below(3) {
        0 => How::Refund,
        1 => How::Release,
        _ => How::Split(u32::try_from(dice.between(0, 10_000)).unwrap_or(0)),
    };
    Act::Resolve { dispute, how }
}

/// Whatever comes to somebody's mind about a task.
fn anything(model: &Model, dice: &mut Dice, task: Label) -> Act {
    let who = party(model, dice);
    let deliveries: Vec<Label> =
        model.deliveries.iter().filter(|(_, one)| one.task == task).map(|(label, _)| *label).collect();
    match (dice.below(8), dice.pick(&deliveries)) {
        (0, Some(delivery)) => Act::Review { who: model.tasks[&task].poster, delivery, word: word(dice) },
        (1, _) => Act::Claim { who, task },
        (2, _) => Act::GiveUp { who, task },
        (3, _) => Act::Cancel { who: model.tasks[&task].poster, task },
        (4, _) => Act::Dispute { who: model.tasks[&task].poster, task },
        (5, _) => Act::Bid { who, task, price: dice.between(0, 50) },
        (6, _) => resolve(model, dice, task),
        _ => deliver(dice, model.tasks[&task].worker.unwrap_or(who), task, Which::Either),
    }
}

fn open_channels(model: &Model) -> Vec<Label> {
    let open: Vec<Label> =
        model.channels.iter().filter(|(_, channel)| channel.open).map(|(label, _)| *label).collect();
    open.into_iter().rev().take(5).collect()
}

fn on_channel(model: &Model, dice: &mut Dice, channel: Label) -> Act {
    let known = &model.channels[&channel];
    let end = dice.pick(&known.ends);
    let who = mostly(model, dice, end);
    match dice.below(10) {
        0 => Act::Close { who, channel },
        1 | 2 => Act::Fund { who, channel, amount: micros(dice), handed: dice.percent(40) },
        _ => {
            let sequence =
                dice.percent(40).then(|| known.sequence + dice.pick(&[1, 1, 1, 0, 2]).unwrap_or(1));
            let all = end.map_or(1, |end| known.sides[usize::from(known.ends[1] == end)].total());
            let amount = if dice.percent(15) { all + dice.between(0, 1) } else { micros(dice).min(all) };
            Act::Transfer { who, channel, amount: amount.max(1), sequence }
        }
    }
}
