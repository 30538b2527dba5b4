//! Where a party wants its money sent. A new address waits before it may be used, so that
//! whoever steals a key does not empty a wallet before its owner looks.

use assay_db::entities::payments::WithdrawalAddressRow;
use assay_db::{Change, Key, Record as _, Reply};
use assay_domain::coin::Coin;
use assay_domain::ids::{AddressId, PartyId, Timestamp};
use assay_domain::refusal::{Code, Refusal};
use serde::{Deserialize, Serialize};

use super::payments::parsed;
use super::task::{from_json, to_json};
use super::{Answer, App, Ask, Caller};
use crate::error::Error;

/// An address.
#[derive(Clone, Debug)]
pub struct Address {
    /// Which.
    pub id: AddressId,
    /// Whose.
    pub party: PartyId,
    /// The stablecoin it takes.
    pub coin: Coin,
    /// The address itself.
    pub address: String,
    /// What its owner calls it.
    pub label: String,
    /// Whether it is the one that is used when none is named.
    pub preferred: bool,
    /// From when it may be used.
    pub ready_at: Timestamp,
    /// When it was saved.
    pub created_at: Timestamp,
}

/// What is said of an address: on saving it all of it, on changing it some.
#[derive(Clone, Debug, Default)]
pub struct AddressWords {
    /// What its owner calls it.
    pub label: Option<String>,
    /// The stablecoin.
    pub coin: Option<Coin>,
    /// The address itself.
    pub address: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Body {
    label: String,
}

/// The head of all addresses of a party: one default among them, none of them twice.
pub(crate) fn head_key(party: PartyId) -> Key {
    Key::head("withdrawal-addresses", party)
}

/// The addresses of a party, and the head they were read at.
pub(crate) struct Book {
    pub(crate) party: PartyId,
    pub(crate) all: Vec<Address>,
    pub(crate) head: i64,
}

impl App {
    /// Saves an address. The first one is the default.
    pub async fn save_address(
        &self,
        ask: &Ask,
        words: &AddressWords,
        render: fn(&Address) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let book = self.address_book(ask.caller.party).await?;
            let address = self.new_address(&book, words)?;
            Ok(book.advance().row(address.to_row()?.insert()).reply(move |_| render(&address)))
        })
        .await
    }

    /// The address these words make, if the book takes it.
    pub(crate) fn new_address(&self, book: &Book, words: &AddressWords) -> Result<Address, Error> {
        let missing = |field: &str| Refusal::field(field, "is missing: a text is needed");
        let coin = words.coin.ok_or_else(|| missing("currency"))?;
        let address = words.address.clone().ok_or_else(|| missing("address"))?;
        let most = self.settings.payments.rules.withdrawal_addresses_max;
        if i64::try_from(book.all.len()).unwrap_or(i64::MAX) >= most {
            return Err(Refusal::new(
                Code::Conflict,
                format!("{most} addresses are saved, which is the most"),
            )
            .into());
        }
        let now = self.now();
        let address = Address {
            id: AddressId(self.clock.id()),
            party: book.party,
            coin,
            address,
            label: words.label.clone().unwrap_or_default(),
            preferred: book.all.is_empty(),
            ready_at: now.plus_hours(self.settings.payments.address_wait_hours()),
            created_at: now,
        };
        book.admit(&address)?;
        Ok(address)
    }

    /// Changes an address. Another coin or address makes it as new as one just saved.
    pub async fn change_address(
        &self,
        ask: &Ask,
        id: AddressId,
        words: &AddressWords,
        render: fn(&Address) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let book = self.address_book(ask.caller.party).await?;
            let mut address = book.find(id)?.clone();
            let before = (address.coin, address.address.clone());
            address.coin = words.coin.unwrap_or(address.coin);
            address.address = words.address.clone().unwrap_or(address.address);
            address.label = words.label.clone().unwrap_or(address.label);
            if before != (address.coin, address.address.clone()) {
                address.ready_at = self.now().plus_hours(self.settings.payments.address_wait_hours());
            }
            book.admit(&address)?;
            Ok(book.advance().row(address.to_row()?.upsert()).reply(move |_| render(&address)))
        })
        .await
    }

    /// Makes an address the one that is used when none is named.
    pub async fn prefer_address(
        &self,
        ask: &Ask,
        id: AddressId,
        render: fn(&Address) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let book = self.address_book(ask.caller.party).await?;
            let chosen = Address { preferred: true, ..book.find(id)?.clone() };
            let mut change = book.advance().row(chosen.to_row()?.upsert());
            for other in book.all.iter().filter(|other| other.preferred && other.id != id) {
                change = change.row(Address { preferred: false, ..other.clone() }.to_row()?.upsert());
            }
            Ok(change.reply(move |_| render(&chosen)))
        })
        .await
    }

    /// Forgets an address. Withdrawals to it go on.
    pub async fn forget_address(
        &self,
        ask: &Ask,
        id: AddressId,
        render: fn(&Address) -> Reply,
    ) -> Result<Answer, Error> {
        self.settle(ask.once.as_ref(), || async move {
            let book = self.address_book(ask.caller.party).await?;
            let gone = book.find(id)?.clone();
            let delete = WithdrawalAddressRow::delete([id.to_string().into()]);
            Ok(book.advance().row(delete).reply(move |_| render(&gone)))
        })
        .await
    }

    /// One of the caller's own addresses.
    pub async fn address(&self, caller: &Caller, id: AddressId) -> Result<Address, Error> {
        Ok(self.address_book(caller.party).await?.find(id)?.clone())
    }

    /// A party's addresses, oldest first.
    pub async fn addresses(&self, party: PartyId) -> Result<Vec<Address>, Error> {
        Ok(self.address_book(party).await?.all)
    }

    pub(crate) async fn address_book(&self, party: PartyId) -> Result<Book, Error> {
        let read = self.db.read();
        let head = read.cell(&head_key(party)).await?;
        let values = [party.to_string().into()];
        let rows = read.many::<WithdrawalAddressRow>("party = $1 order by id", &values).await?;
        let all = rows.iter().map(Address::from_row).collect::<Result<_, _>>()?;
        Ok(Book { party, all, head })
    }
}

impl Book {
    /// A change that nobody else's change of this book gets in between.
    pub(crate) fn advance(&self) -> Change {
        Change::new().advance(head_key(self.party), self.head)
    }

    pub(crate) fn find(&self, id: AddressId) -> Result<&Address, Refusal> {
        self.all.iter().find(|one| one.id == id).ok_or_else(|| Refusal::not_found("withdrawal address"))
    }

    /// Refuses an address that is none, or that is there under another id.
    fn admit(&self, address: &Address) -> Result<(), Refusal> {
        address.coin.check_address("address", &address.address)?;
        let same = |one: &&Address| one.coin == address.coin && one.address == address.address;
        match self.all.iter().find(same) {
            Some(other) if other.id != address.id => {
                let message = format!("this address is saved already, as {}", other.id);
                Err(Refusal::new(Code::AlreadyExists, message))
            }
            _ => Ok(()),
        }
    }
}

impl Address {
    /// Refuses an address that still waits.
    pub(crate) fn require_ready(&self, now: Timestamp) -> Result<(), Refusal> {
        if self.ready_at <= now {
            return Ok(());
        }
        let message = format!(
            "address {} is new: money can go to it from {} on",
            self.id,
            crate::clock::rfc3339(self.ready_at)
        );
        Err(Refusal::new(Code::AddressNotReady, message))
    }

    pub(crate) fn to_row(&self) -> Result<WithdrawalAddressRow, Error> {
        Ok(WithdrawalAddressRow {
            id: self.id.to_string(),
            party: self.party.to_string(),
            coin: self.coin.code.into(),
            address: self.address.clone(),
            preferred: i64::from(self.preferred),
            ready_at: self.ready_at.0,
            created_at: self.created_at.0,
            body: to_json(&Body { label: self.label.clone() })?,
        })
    }

    fn from_row(row: &WithdrawalAddressRow) -> Result<Self, Error> {
        let coin = Coin::parse(&row.coin);
        let unknown = || Error::Internal(format!("address {}: impossible coin", row.id));
        Ok(Self {
            id: parsed("address", &row.id)?,
            party: parsed("party", &row.party)?,
            coin: coin.ok_or_else(unknown)?,
            address: row.address.clone(),
            label: from_json::<Body>("address", &row.body)?.label,
            preferred: row.preferred == 1,
            ready_at: Timestamp(row.ready_at),
            created_at: Timestamp(row.created_at),
        })
    }
}
