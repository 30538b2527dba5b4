//! Where races are run: one host, or two on one database, asked without HTTP.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use assay::app::access::{Means, Scopes};
use assay::app::accounts::SignUp;
use assay::app::bids::Offer;
use assay::app::deliveries::{Package, Try};
use assay::app::gate::Gate;
use assay::app::parties::Registration;
use assay::app::payments::Intent;
use assay::app::posting::Post;
use assay::app::reviews::Review;
use assay::app::rewards::Ruling;
use assay::app::stock::{self, StockLine};
use assay::app::wallet::Balance;
use assay::app::withdrawals::{Target, Wanted};
use assay::app::{Answer, App, Ask, Caller};
use assay::config::{Settings, Surface};
use assay::error::Error;
use assay::gateways::Method;
use assay_db::Reply;
use assay_db::entities::ReceiptRow;
use assay_db::{Record as _, entities};
use assay_domain::coin::Coin;
use assay_domain::ids::{KeyId, PartyId};
use assay_domain::money::Asset;
use assay_domain::task::Resolution;
use assay_domain::terms::Mode;
use assay_simulator::furniture::furnish;
use futures_util::{StreamExt as _, stream};
use tempfile::TempDir;
use uuid::Uuid;

use super::round::Round;
use crate::postgres;

/// In millionths.
pub(super) const DOLLAR: i64 = 1_000_000;
/// Credits that people have earned before they redeem.
pub(super) const EARNED: i64 = 100;
/// Rounds of a race, unless the environment says otherwise.
const ROUNDS: usize = 40;
/// Rounds under way at once, as on a busy host.
const AT_ONCE: usize = 16;

/// An id of what was made, or the code of a refusal.
pub(super) type Said = Result<String, String>;

/// One host.
#[derive(Clone)]
pub(super) struct Host(Arc<App>);

/// Two hosts, or one twice.
pub(super) struct Ground {
    hosts: [Host; 2],
    /// How far their clocks are ahead.
    ahead_ms: AtomicI64,
    _folders: Vec<TempDir>,
}

/// Runs a race on one host, and on two where there is a PostgreSQL.
pub(super) fn each_ground(race: impl AsyncFn(&Ground)) {
    each_ground_that_pays_after(0, race);
}

/// The same where what was paid can be disputed so long.
#[expect(clippy::needless_pass_by_value, reason = "a race is written where it is run")]
pub(super) fn each_ground_that_pays_after(hours: u32, race: impl AsyncFn(&Ground)) {
    for (index, database) in [None, postgres::database()].into_iter().enumerate() {
        if index == 1 && database.is_none() {
            continue;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime starts").block_on(async {
            let ground = Ground::open(database, hours).await;
            race(&ground).await;
            ground.audit().await;
            ground.close().await;
        });
    }
}

/// Which of two had it; the other was refused with one of these codes.
#[track_caller]
pub(super) fn exactly_one(said: [Said; 2], codes: &[&str]) -> usize {
    match said {
        [Ok(_), Err(code)] if codes.contains(&code.as_str()) => 0,
        [Err(code), Ok(_)] if codes.contains(&code.as_str()) => 1,
        said => panic!("not exactly one: {said:?}"),
    }
}

fn rounds() -> usize {
    std::env::var("ASSAY_RACE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// What somebody rich has: enough for every round.
pub(super) fn rich_with() -> i64 {
    i64::try_from(rounds()).expect("few") * 10 * DOLLAR
}

impl Ground {
    async fn open(database: Option<String>, hours: u32) -> Self {
        let folders = vec![TempDir::new().expect("a folder"), TempDir::new().expect("a folder")];
        let one = Host::open(&folders[0], database.clone(), hours).await;
        let two = match database {
            Some(_) => Host::open(&folders[1], database, hours).await,
            None => one.clone(),
        };
        Self { hosts: [one, two], ahead_ms: AtomicI64::new(0), _folders: folders }
    }

    /// Many rounds, some of them at once. What each came to.
    pub(super) async fn rounds(&self, round: impl AsyncFn(&Round) -> usize) -> Vec<usize> {
        let round = &round;
        let all = (0..rounds()).map(|number| async move { round(&Round::of(&self.hosts, number)).await });
        stream::iter(all).buffer_unordered(AT_ONCE).collect().await
    }

    /// Rounds about one and the same thing. What each came to.
    pub(super) async fn one_by_one(&self, round: impl AsyncFn(&Round) -> usize) -> Vec<usize> {
        let mut won = Vec::new();
        for number in 0..rounds() {
            won.push(round(&Round::of(&self.hosts, number)).await);
        }
        won
    }

    /// Hours pass, on both hosts.
    pub(super) fn hours_pass(&self, hours: i64) {
        let more_ms = hours * 3_600_000;
        let ahead_ms = self.ahead_ms.fetch_add(more_ms, Ordering::SeqCst) + more_ms;
        for host in &self.hosts {
            host.0.clock.set_advance_ms(ahead_ms);
        }
    }

    pub(super) async fn rich(&self) -> PartyId {
        let [party] = self.agents().await;
        self.hosts[0].pays_in(party, rich_with()).await;
        party
    }

    pub(super) async fn agents<const N: usize>(&self) -> [PartyId; N] {
        self.hosts[0].agents().await
    }

    pub(super) async fn money(&self, party: PartyId, asset: Asset) -> Balance {
        self.hosts[1].money(party, asset).await
    }

    /// Two people with credits that they earned.
    pub(super) async fn people_with_credits(&self) -> [PartyId; 2] {
        let host = &self.hosts[0];
        let [client] = host.agents().await;
        let mut people = [client; 2];
        for (n, person) in people.iter_mut().enumerate() {
            *person = host.person(n).await;
            let post = Post { budget: EARNED, ..Post::new(Surface::Agent, Mode::Claim) };
            let answer = host.0.post(&ask(client), &post, |view| id(view.task.id)).await;
            let task = said(answer).expect("it is posted");
            host.claims(*person, &task).await.expect("it is claimed");
            let delivery = host.delivers(*person, &task, crate::story::GOOD).await.expect("it is there");
            host.reviews(client, &delivery, Review::Accept).await.expect("it is paid");
        }
        people
    }

    /// A reward of which there is one code.
    pub(super) async fn last_code(&self) -> String {
        let app = &self.hosts[0].0;
        let line = StockLine {
            reward: "mug".into(),
            name: "A mug".into(),
            price_credits: 30,
            code: "the only one".into(),
        };
        stock::load(&app.db, &app.clock, &[line]).await.expect("a stock");
        app.rewards().await.expect("rewards")[0].row.id.clone()
    }

    /// Dollars on their way out.
    pub(super) async fn withdrawals(&self) -> i64 {
        let rows = self.hosts[0].0.db.read().many::<entities::payments::WithdrawalRow>("id <> ''", &[]).await;
        rows.expect("withdrawals can be read").iter().map(|row| row.amount).sum()
    }

    async fn audit(&self) {
        let report =
            assay_db::audit(self.hosts[1].0.db.read(), &[ReceiptRow::TABLE]).await.expect("an audit");
        let differences: Vec<String> = report.differences.iter().map(ToString::to_string).collect();
        assert!(report.is_clean(), "{differences:#?}");
    }

    async fn close(&self) {
        for host in &self.hosts {
            host.0.stop().await;
        }
    }
}

fn id(id: impl std::fmt::Display) -> Reply {
    Reply::new(200, id.to_string().into_bytes())
}

fn said(answer: Result<Answer, Error>) -> Said {
    match answer {
        Ok(answer) => Ok(String::from_utf8_lossy(&answer.reply.body).into_owned()),
        Err(Error::Refused(refusal)) => Err(refusal.code.as_str().to_owned()),
        Err(fault) => Err(fault.to_string()),
    }
}

fn ask(party: PartyId) -> Ask {
    let means = Means::Key(KeyId(Uuid::nil()));
    Ask { caller: Caller { party, scopes: Scopes::USUAL, means }, once: None }
}

fn operator() -> Ask {
    let party = PartyId(Uuid::nil());
    Ask { caller: Caller { party, scopes: Scopes::OPERATOR, means: Means::Operator }, once: None }
}

fn named<T: std::str::FromStr>(id: &str) -> T {
    id.parse().ok().expect("an id that the house gave")
}

impl Host {
    async fn open(folder: &TempDir, database: Option<String>, hours: u32) -> Self {
        let data = folder.path().join("data");
        furnish(&data).await;
        let mut settings = Settings::in_folder(&data);
        settings.database = database;
        settings.program = None;
        settings.rates.registrations_per_address_per_hour = 0;
        settings.rewards.per_owner_day_credits_max = i64::MAX;
        settings.rewards.per_day_credits_max = i64::MAX;
        settings.terms.payout_delay_hours = hours;
        Self(App::start(settings).await.expect("a host starts"))
    }

    pub(super) async fn agents<const N: usize>(&self) -> [PartyId; N] {
        let mut agents = [PartyId(Uuid::nil()); N];
        for agent in &mut agents {
            let asked = Registration { name: "somebody".into(), ..Registration::default() };
            *agent = named(&said(self.0.register(&asked, |one| id(one.id)).await).expect("an agent"));
        }
        agents
    }

    async fn person(&self, n: usize) -> PartyId {
        let (email, password) = (format!("person-{n}@example.com"), "correct horse battery".to_owned());
        let asked = SignUp { email, password, name: "somebody".into(), referral_code: None };
        named(&said(self.0.sign_up(&asked, None, |one| id(one.id)).await).expect("a person"))
    }

    pub(super) async fn money(&self, party: PartyId, asset: Asset) -> Balance {
        self.0.balance(party, asset).await.expect("a balance")
    }

    /// Free dollars.
    pub(super) async fn pays_in(&self, party: PartyId, amount: i64) {
        let intent = Intent { amount, method: Method::Invoice, coin: None, task: None };
        let opened = said(self.0.open_payment(&ask(party), &intent, |one| id(one.id)).await);
        let payment = named(&opened.expect("a payment"));
        self.0.pay_at_test_provider(payment).await.expect("it is credited");
    }

    pub(super) async fn posts(&self, poster: PartyId, dollars: i64) -> String {
        let post = Post { budget: dollars * DOLLAR, ..Post::new(Surface::Commission, Mode::Bid) };
        said(self.0.post(&ask(poster), &post, |view| id(view.task.id)).await).expect("it is posted")
    }

    pub(super) async fn offers_credits(&self, poster: PartyId) -> String {
        let post = Post { budget: 1, ..Post::new(Surface::Agent, Mode::Claim) };
        said(self.0.post(&ask(poster), &post, |view| id(view.task.id)).await).expect("it is posted")
    }

    pub(super) async fn bids(&self, who: PartyId, task: &str, price: &str) -> String {
        let offer = Offer { price: price.into(), price_field: "price", cover_letter: String::new() };
        said(self.0.bid(&ask(who), named(task), &offer, |bid| id(bid.id)).await).expect("a bid")
    }

    /// A task of one dollar in a worker's hands.
    pub(super) async fn gives_to(&self, poster: PartyId, worker: PartyId) -> String {
        let task = self.posts(poster, 1).await;
        let bid = self.bids(worker, &task, "1").await;
        self.accepts_bid(poster, &bid).await.expect("it is accepted");
        task
    }

    pub(super) async fn accepts_bid(&self, who: PartyId, bid: &str) -> Said {
        said(self.0.accept_bid(&ask(who), named(bid), |bid| id(bid.id)).await)
    }

    pub(super) async fn cancels(&self, who: PartyId, task: &str) -> Said {
        said(self.0.cancel(&ask(who), named(task), |view| id(view.task.id)).await)
    }

    pub(super) async fn claims(&self, who: PartyId, task: &str) -> Said {
        said(self.0.claim(&ask(who), named(task), |view| id(view.task.id)).await)
    }

    pub(super) async fn gives_up(&self, who: PartyId, task: &str) -> Said {
        said(self.0.give_up(&ask(who), named(task), "tired", |view| id(view.task.id)).await)
    }

    pub(super) async fn delivers(&self, who: PartyId, task: &str, content: &str) -> Said {
        self.hands_in(who, task, content, Try::First).await
    }

    pub(super) async fn resubmits(&self, who: PartyId, task: &str, content: &str) -> Said {
        self.hands_in(who, task, content, Try::Again).await
    }

    async fn hands_in(&self, who: PartyId, task: &str, content: &str, which: Try) -> Said {
        let package = Package { content: content.into(), summary: String::new(), attachments: Vec::new() };
        said(self.0.deliver(&ask(who), named(task), &package, which, |one| id(one.delivery.id)).await)
    }

    pub(super) async fn reviews(&self, who: PartyId, delivery: &str, word: Review) -> Said {
        said(self.0.review(&ask(who), named(delivery), word, "", |one| id(one.id)).await)
    }

    pub(super) async fn disputes(&self, who: PartyId, task: &str) -> Said {
        said(self.0.dispute(&ask(who), named(task), "so", |one| id(one.id)).await)
    }

    /// Decides to dispute, and waits with it until it is let pass.
    pub(super) async fn is_about_to_dispute(
        &self,
        who: PartyId,
        task: &str,
        gate: &Gate,
    ) -> Pin<Box<dyn Future<Output = Said>>> {
        let (host, task) = (self.clone(), task.to_owned());
        let dispute = async move { host.disputes(who, &task).await };
        let mut dispute: Pin<Box<dyn Future<Output = Said>>> = Box::pin(gate.clone().around(dispute));
        tokio::select! {
            biased;
            said = &mut dispute => panic!("nothing held it up: {said:?}"),
            () = gate.arrival() => dispute,
        }
    }

    pub(super) async fn does_what_is_due(&self) {
        self.0.run_due_jobs().await.expect("jobs run");
    }

    pub(super) async fn resolves(&self, dispute: &str, how: Resolution) -> Said {
        said(self.0.resolve(&operator(), named(dispute), how, |one| id(one.id)).await)
    }

    pub(super) async fn redeems(&self, who: PartyId, reward: &str) -> Said {
        said(self.0.redeem(&ask(who), named(reward), |one| id(one.id)).await)
    }

    pub(super) async fn rules(&self, redemption: &str, ruling: &Ruling) -> Said {
        said(self.0.rule_redemption(&operator(), named(redemption), ruling, |one| id(one.id)).await)
    }

    /// All of a dollar.
    pub(super) async fn withdraws(&self, who: PartyId) -> Said {
        let address = "TN3W4H6rK2ce4vX9YnFQHwKENnHjoxb3m9".to_owned();
        let wanted = Wanted { amount: DOLLAR, coin: Coin::parse("USDTTRC20"), target: Target::Raw(address) };
        said(self.0.withdraw(&ask(who), &wanted, |one| id(one.id)).await)
    }

    pub(super) async fn opens_channel(&self, who: PartyId, with: PartyId, amount: i64) -> String {
        let opened = self.0.open_channel(&ask(who), with, amount, |one| id(one.channel.id)).await;
        said(opened).expect("a channel")
    }

    pub(super) async fn transfers(&self, who: PartyId, channel: &str, amount: i64) -> Said {
        said(self.0.transfer(&ask(who), named(channel), amount, None, |one| id(one.channel.id)).await)
    }

    pub(super) async fn closes(&self, who: PartyId, channel: &str) -> Said {
        said(self.0.close_channel(&ask(who), named(channel), |one| id(one.channel.id)).await)
    }
}
