//! Money against the real verbs: what comes in, goes to and fro, and leaves.

use assay::app::Answer;
use assay::app::channels::ChannelView;
use assay::app::payments::{Intent, Payment};
use assay::app::withdrawals::{Decision, Target, Wanted, Withdrawal};
use assay::error::Error;
use assay::gateways::Method;
use assay_db::Reply;
use assay_domain::coin::Coin;
use assay_domain::ledger::Provider;

use super::{Doing, micros, reply, silent};
use crate::bank::{self, Sent};
use crate::steps::{Act, Label, Notice};

const TRON: &str = "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9";

fn of_payment(one: &Payment) -> Reply {
    reply(one.id, "", "")
}

fn of_withdrawal(one: &Withdrawal) -> Reply {
    reply(one.id, "", one.status.as_str())
}

fn of_channel(view: &ChannelView) -> Reply {
    let words = format!("{} {} {}", view.balance, view.counterparty_balance, view.sequence);
    reply(view.channel.id, "", &words)
}

/// Without the number of transfers, which is as it was when the deposit was decided.
fn of_deposit(view: &ChannelView) -> Reply {
    reply(view.channel.id, "", &format!("{} {}", view.balance, view.counterparty_balance))
}

impl Doing<'_> {
    pub(super) async fn with_money(&self, act: &Act) -> Result<Answer, Error> {
        let app = self.app;
        match *act {
            Act::Pay { who, cents, coins } => {
                let method = if coins { Method::Invoice } else { Method::Card };
                let intent = Intent { amount: micros(cents), method, coin: None, task: None };
                app.open_payment(&self.ask(who), &intent, of_payment).await
            }
            Act::Withdraw { who, cents } => {
                let coin = Coin::parse("USDTTRC20");
                let wanted = Wanted { amount: micros(cents), coin, target: Target::Raw(TRON.into()) };
                app.withdraw(&self.ask(who), &wanted, of_withdrawal).await
            }
            Act::OpenChannel { who, with, amount } => {
                app.open_channel(&self.ask(who), self.id(with), amount, of_channel).await
            }
            Act::Fund { who, channel, amount, handed } => {
                let ask = if handed { self.handed_ask(who) } else { self.ask(who) };
                app.fund_channel(&ask, self.id(channel), amount, of_deposit).await
            }
            Act::Transfer { who, channel, amount, sequence } => {
                app.transfer(&self.ask(who), self.id(channel), amount, sequence, of_channel).await
            }
            Act::Close { who, channel } => {
                // What was left is gone by now: both sides are shown empty.
                app.close_channel(&self.ask(who), self.id(channel), of_channel).await
            }
            _ => self.outside(act).await,
        }
    }

    /// What the providers do, and what the operator does about it.
    async fn outside(&self, act: &Act) -> Result<Answer, Error> {
        match *act {
            Act::Callback { payment, notice } => self.callback(payment, notice).await,
            Act::Chargeback { payment, by_intent, refunded } => {
                let sent = bank::of_chargeback(&self.payment(payment), by_intent, refunded, self.app.now());
                self.hear(Provider::Stripe, sent).await
            }
            Act::Release { who, cents } => {
                let render = |_: &assay::app::chargebacks::Released| reply("", "", "");
                let taken = micros(cents);
                self.app.release_chargebacks(&self.operator(), self.id(who), taken, render).await
            }
            Act::Outcome { withdrawal, outcome } => {
                self.known.bank.decides(&self.known.ids[&withdrawal], outcome);
                Ok(silent())
            }
            Act::Decide { withdrawal, retry } => {
                let decision = if retry { Decision::Retry } else { Decision::Return };
                let render = |one: &Withdrawal| reply("", "", one.status.as_str());
                self.app.decide_failed(&self.operator(), self.id(withdrawal), decision, render).await
            }
            _ => Ok(silent()),
        }
    }

    /// The name of a payment; what was bought with an invoice has its own.
    fn payment(&self, label: Label) -> String {
        let also = self.known.also.get(&label);
        also.or_else(|| self.known.ids.get(&label)).cloned().unwrap_or_default()
    }

    /// The provider's own signed word.
    async fn callback(&self, label: Label, notice: Notice) -> Result<Answer, Error> {
        let payment = self.payment(label);
        let (cents, coins) = self.known.payments.get(&label).copied().unwrap_or_default();
        if coins {
            return self.hear(Provider::NowPayments, bank::of_coins(&payment, cents, notice)).await;
        }
        self.hear(Provider::Stripe, bank::of_card(&payment, cents, notice, self.app.now())).await
    }

    async fn hear(&self, from: Provider, sent: Sent) -> Result<Answer, Error> {
        self.app.take_callback(from, &sent.body, &sent.signature).await?;
        Ok(silent())
    }
}
