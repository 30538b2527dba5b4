//! Payment providers: their secrets, and the rules of money in and out.
//!
//! Secrets come from environment variables or from the files that these name, never from
//! the settings file or a flag, where other eyes would be.

use std::fmt;

use serde::Deserialize;

/// Something that must not be shown. It has no `Display`, and its `Debug` tells nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for whoever signs or calls with it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// Who brings money in and out. Without a provider the server is in test mode.
#[derive(Clone, Debug, Default)]
pub struct Payments {
    /// Cards.
    pub stripe: Option<StripeSecrets>,
    /// Stablecoins.
    pub nowpayments: Option<NowPaymentsSecrets>,
    /// Everything else about payments.
    pub rules: PaymentRules,
}

/// What Stripe knows this server by.
#[derive(Clone, Debug)]
pub struct StripeSecrets {
    /// `sk_live_…` or a restricted key that may create Checkout sessions and read them.
    pub key: Secret,
    /// `whsec_…` of the webhook endpoint `/webhooks/stripe`.
    pub webhook: Secret,
}

/// What `NOWPayments` knows this server by.
#[derive(Clone, Debug)]
pub struct NowPaymentsSecrets {
    /// The API key.
    pub key: Secret,
    /// The IPN secret of `/webhooks/nowpayments`.
    pub ipn: Secret,
    /// The account that may pay out; without it withdrawals wait.
    pub payouts: Option<PayoutAccount>,
}

/// The sign-in that payouts take besides the API key.
#[derive(Clone, Debug)]
pub struct PayoutAccount {
    /// The account's address.
    pub email: Secret,
    /// Its password.
    pub password: Secret,
}

/// The settings file's `[payments]` table. The unit is the last word of a name.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentRules {
    /// Where this server is reached from outside: providers send people and callbacks there.
    pub public_url: Option<String>,
    /// Where Stripe answers.
    pub stripe_base_url: String,
    /// Where `NOWPayments` answers, without the `/v1`.
    pub nowpayments_base_url: String,
    /// A provider that takes longer is out of reach. Shorter than a job's lease, so that no
    /// two hosts ask for one payout.
    pub provider_ms_max: u64,
    /// An answer is read into memory.
    pub provider_answer_bytes_max: usize,
    /// A callback is read before its signature can be checked.
    pub callback_bytes_max: usize,
    /// Below this Stripe takes no card.
    pub card_cents_min: i64,
    /// Above this Stripe takes no card.
    pub card_cents_max: i64,
    /// What a deposit address is opened for when no amount is given.
    pub crypto_address_cents: i64,
    /// From saving an address until money may go to it, so that a stolen key does not empty
    /// a wallet at once. Without a value 24, and 0 in test mode.
    pub withdrawal_address_wait_hours: Option<u32>,
    /// Addresses of one party.
    pub withdrawal_addresses_max: i64,
    /// How soon a payout is looked at again; twice as long each time.
    pub payout_poll_seconds_min: i64,
    /// How late a payout is looked at again at most.
    pub payout_poll_seconds_max: i64,
    /// A statement as a file.
    pub statement_rows_max: usize,
}

impl Default for PaymentRules {
    fn default() -> Self {
        Self {
            public_url: None,
            stripe_base_url: "https://api.stripe.com".into(),
            nowpayments_base_url: "https://api.nowpayments.io".into(),
            provider_ms_max: 15_000,
            provider_answer_bytes_max: 1024 * 1024,
            callback_bytes_max: 256 * 1024,
            card_cents_min: 50,
            card_cents_max: 99_999_999,
            crypto_address_cents: 2_000,
            withdrawal_address_wait_hours: None,
            withdrawal_addresses_max: 50,
            payout_poll_seconds_min: 15,
            payout_poll_seconds_max: 600,
            statement_rows_max: 10_000,
        }
    }
}

impl Payments {
    /// Whether money is real.
    pub const fn is_live(&self) -> bool {
        self.stripe.is_some() || self.nowpayments.is_some()
    }

    /// From saving an address until money may go to it.
    pub fn address_wait_hours(&self) -> u32 {
        self.rules.withdrawal_address_wait_hours.unwrap_or(if self.is_live() { 24 } else { 0 })
    }

    /// The providers that the environment has secrets for. `variable` reads one variable.
    ///
    /// Refuses, naming the variable: one provider with half of its secrets, a variable
    /// together with its `…_FILE`, a file that cannot be read.
    pub fn from_environment(
        rules: PaymentRules,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, String> {
        let environment = Environment { variable };
        let text = |name: &str, usual: String| environment.text(name).unwrap_or(usual);
        let rules = PaymentRules {
            public_url: environment.text("ASSAY_PUBLIC_URL").or(rules.public_url),
            stripe_base_url: text("ASSAY_STRIPE_BASE_URL", rules.stripe_base_url),
            nowpayments_base_url: text("ASSAY_NOWPAYMENTS_BASE_URL", rules.nowpayments_base_url),
            ..rules
        };
        let stripe = environment.pair("ASSAY_STRIPE_SECRET_KEY", "ASSAY_STRIPE_WEBHOOK_SECRET")?;
        let coins = environment.pair("ASSAY_NOWPAYMENTS_API_KEY", "ASSAY_NOWPAYMENTS_IPN_SECRET")?;
        let account = environment.pair("ASSAY_NOWPAYMENTS_EMAIL", "ASSAY_NOWPAYMENTS_PASSWORD")?;
        if coins.is_none() && account.is_some() {
            return Err("ASSAY_NOWPAYMENTS_EMAIL is set without ASSAY_NOWPAYMENTS_API_KEY".into());
        }
        let payouts = account.map(|(email, password)| PayoutAccount { email, password });
        Ok(Self {
            stripe: stripe.map(|(key, webhook)| StripeSecrets { key, webhook }),
            nowpayments: coins.map(|(key, ipn)| NowPaymentsSecrets { key, ipn, payouts }),
            rules,
        })
    }
}

/// Where variables are read from.
struct Environment<F> {
    variable: F,
}

impl<F: Fn(&str) -> Option<String>> Environment<F> {
    /// A variable that is set to something.
    fn text(&self, name: &str) -> Option<String> {
        (self.variable)(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
    }

    /// A secret, from its variable or from the file that `…_FILE` names.
    fn secret(&self, name: &str) -> Result<Option<Secret>, String> {
        let file_name = format!("{name}_FILE");
        let Some(path) = self.text(&file_name) else { return Ok(self.text(name).map(Secret::new)) };
        if self.text(name).is_some() {
            return Err(format!("{name} and {file_name} are both set: one of them"));
        }
        let text = std::fs::read_to_string(&path).map_err(|error| format!("{file_name}: {path}: {error}"))?;
        let text = text.trim();
        if text.is_empty() {
            return Err(format!("{file_name}: {path} is empty"));
        }
        Ok(Some(Secret::new(text)))
    }

    /// Two secrets that go together.
    fn pair(&self, one: &str, other: &str) -> Result<Option<(Secret, Secret)>, String> {
        match (self.secret(one)?, self.secret(other)?) {
            (Some(first), Some(second)) => Ok(Some((first, second))),
            (None, None) => Ok(None),
            (Some(_), None) => Err(format!("{one} is set, and {other} is missing")),
            (None, Some(_)) => Err(format!("{other} is set, and {one} is missing")),
        }
    }
}
