//! People: accounts with a password, and the sessions they sign in to.

use assay_db::entities::people::{AccountRow, KeyRow};
use assay_db::{Change, Once, Record as _, Reply};
use assay_domain::ids::{KeyId, PartyId};
use assay_domain::refusal::{Code, Refusal};

use super::access::{Means, NewKey, Scopes};
use super::keys::keys_key;
use super::parties::{Entrance, Registered};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// Somebody who wants an account. Without `Debug`, so that no log can show the password.
pub struct SignUp {
    /// In lower case.
    pub email: String,
    /// As it was typed.
    pub password: String,
    /// How they want to be called.
    pub name: String,
    /// Who sent them.
    pub referral_code: Option<String>,
}

/// Somebody who signs in. Without `Debug`, as above.
pub struct SignIn {
    /// In lower case.
    pub email: String,
    /// As it was typed.
    pub password: String,
    /// What they call this session.
    pub label: String,
}

const WORKING_SESSIONS: &str = "party = $1 and kind = 'session' and revoked_at is null \
                                and (expires_at is null or expires_at > $2) order by id";

/// An e-mail address as it is kept: without space around it, in lower case.
pub fn email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (local, domain) = email.rsplit_once('@')?;
    let plain = |part: &str| !part.is_empty() && !part.chars().any(|c| c.is_whitespace() || c.is_control());
    (plain(local) && plain(domain) && !local.contains('@') && email.len() <= 254).then_some(email)
}

impl App {
    /// Makes an account: a person, with a first key and the credits of a newcomer. One
    /// account an address.
    pub async fn sign_up(
        &self,
        asked: &SignUp,
        once: Option<&Once>,
        render: fn(&Registered) -> Reply,
    ) -> Result<Answer, Error> {
        // Before the password is hashed, which is work; the commit looks again. The same form
        // sent twice finds its own account.
        if self.account(&asked.email).await?.is_some() {
            return self.answered(once).await?.ok_or_else(|| taken().into());
        }
        let password = &self.passwords.hash(&asked.password).await?;
        self.settle(once, || async move {
            let entrance = Entrance {
                kind: "human",
                owner: None,
                name: &asked.name,
                skills: &[],
                referral_code: asked.referral_code.as_deref(),
                encryption_key: None,
                scopes: Scopes::USUAL,
                credits: self.settings.terms.registration_credits,
            };
            let (registered, change) = self.enter(entrance).await?;
            let row = AccountRow {
                email: asked.email.clone(),
                party: registered.id.to_string(),
                password: password.clone(),
                created_at: self.now().0,
            };
            Ok(change
                .take(format!("account/{}", asked.email), registered.id.to_string(), taken())
                .row(row.insert())
                .reply(move |_| render(&registered)))
        })
        .await
    }

    async fn account(&self, email: &str) -> Result<Option<AccountRow>, Error> {
        Ok(self.db.read().one::<AccountRow>("email = $1", &[email.into()]).await?)
    }

    /// The account of a person who is here already.
    pub async fn account_of(&self, party: PartyId) -> Result<Option<AccountRow>, Error> {
        Ok(self.db.read().one::<AccountRow>("party = $1", &[party.to_string().into()]).await?)
    }

    /// Signs a person in. An address that is unknown takes as long as a wrong password,
    /// and is told the same.
    pub async fn sign_in(&self, asked: &SignIn, render: fn(&NewKey) -> Reply) -> Result<Answer, Error> {
        self.limiters.sign_in(&asked.email)?;
        let found = self.account(&asked.email).await?;
        let hash = found.as_ref().map(|account| account.password.clone());
        if !self.passwords.fits(&asked.password, hash).await? {
            return Err(wrong().into());
        }
        let account = &found.ok_or_else(wrong)?;
        let party: PartyId =
            account.party.parse().map_err(|_| Error::Internal("an account of nobody".into()))?;
        self.settle(None, || self.decide_session(asked, party, &account.password, render)).await
    }

    async fn decide_session(
        &self,
        asked: &SignIn,
        party: PartyId,
        verified: &str,
        render: fn(&NewKey) -> Reply,
    ) -> Result<Change, Error> {
        let head = self.db.read().cell(&keys_key(party)).await?;
        // Another password may have come in while this one was being looked at.
        if self.account(&asked.email).await?.is_none_or(|account| account.password != verified) {
            return Err(wrong().into());
        }
        let now = self.now();
        let until = now.plus_hours(self.settings.limits.session_days.saturating_mul(24));
        let key = NewKey::make(self.mode_word(), party, Scopes::USUAL, Some(until), &self.clock)
            .of_kind(Means::Session(KeyId(self.clock.id())), &asked.label);
        let mut change = Change::new().expect(keys_key(party), head).row(key.row.clone().insert());
        // Whoever signs in over and over ends the oldest session instead of being refused.
        let working: Vec<KeyRow> = self
            .db
            .read()
            .many::<KeyRow>(WORKING_SESSIONS, &[party.to_string().into(), now.0.into()])
            .await?;
        let most = (self.settings.limits.keys_per_party_max / 2).max(1);
        let over = (working.len() + 1).saturating_sub(most);
        for old in working.into_iter().take(over) {
            change = change.row(KeyRow { revoked_at: Some(now.0), ..old }.upsert());
        }
        Ok(change.reply(move |_| render(&key)))
    }

    /// Ends the session the caller came with.
    pub async fn sign_out(&self, ask: &Ask, render: fn(&KeyRow) -> Reply) -> Result<Answer, Error> {
        let Means::Session(id) = ask.caller.means else {
            let message = "this is no session: DELETE /v1/keys/{id} ends a key";
            return Err(Refusal::new(Code::Conflict, message).into());
        };
        self.end_key(ask, id, "session", render).await
    }

    /// Ends every session of the caller, the one they came with included.
    pub async fn sign_out_everywhere(&self, ask: &Ask, render: fn(usize) -> Reply) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let caller = &ask.caller;
            caller.in_person("end sessions")?;
            caller.holds(Scopes::USUAL, "a session")?;
            let (change, _) = self.change_keys(caller, caller.party).await?;
            let (change, ended) = self.end_sessions(change, caller, None).await?;
            Ok(change.reply(move |_| render(ended)))
        })
        .await
    }

    /// Ends the caller's sessions but one.
    async fn end_sessions(
        &self,
        mut change: Change,
        caller: &Caller,
        but: Option<KeyId>,
    ) -> Result<(Change, usize), Error> {
        let now = self.now().0;
        let values = [caller.party.to_string().into(), now.into()];
        let rows = self.db.read().many::<KeyRow>(WORKING_SESSIONS, &values).await?;
        let but = but.map(|id| id.to_string());
        let others: Vec<KeyRow> = rows.into_iter().filter(|row| Some(&row.id) != but.as_ref()).collect();
        let ended = others.len();
        for row in others {
            change = change.row(KeyRow { revoked_at: Some(now), ..row }.upsert());
        }
        Ok((change, ended))
    }

    /// Puts a new password in the old one's place, and ends every other session. Tries
    /// count as tries to sign in.
    pub async fn change_password(
        &self,
        ask: &Ask,
        old: &str,
        new: &str,
        render: fn(usize) -> Reply,
    ) -> Result<Answer, Error> {
        let caller = &ask.caller;
        caller.in_person("change the password")?;
        self.person(caller, "change a password").await?;
        let nobody = || Refusal::new(Code::PersonOnly, "only a person's account has a password");
        let account = &self.account_of(caller.party).await?.ok_or_else(nobody)?;
        self.limiters.sign_in(&account.email)?;
        if !self.passwords.fits(old, Some(account.password.clone())).await? {
            let refusal = Refusal::field("old", "is not the password");
            return Err(Refusal { code: Code::Unauthorized, ..refusal }.into());
        }
        let password = &self.passwords.hash(new).await?;
        self.settle(ask.once.as_ref(), || async move {
            let (change, _) = self.change_keys(caller, caller.party).await?;
            let now = self.account_of(caller.party).await?;
            if now.is_none_or(|now| now.password != account.password) {
                return Err(Refusal::new(Code::Conflict, "the password was just changed").into());
            }
            let row = AccountRow { password: password.clone(), ..account.clone() };
            let but = caller.means.key();
            let (change, ended) = self.end_sessions(change.row(row.upsert()), caller, but).await?;
            Ok(change.reply(move |_| render(ended)))
        })
        .await
    }
}

fn taken() -> Refusal {
    let message = "there is an account with this address: sign in instead";
    Refusal { field: Some("email".into()), ..Refusal::new(Code::AlreadyExists, message) }
}

fn wrong() -> Refusal {
    Refusal::new(Code::Unauthorized, "wrong e-mail or password")
}
