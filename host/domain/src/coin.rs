//! Stablecoins: rails on which dollars come in and go out, one for one.

use crate::refusal::Refusal;

/// A stablecoin on one network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coin {
    /// Upper case, such as `USDTTRC20`; providers write it in lower case.
    pub code: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// On which network it moves; money sent on another one is lost.
    pub network: &'static str,
    /// What its addresses look like.
    pub form: AddressForm,
}

/// What an address looks like, as far as length and alphabet tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressForm {
    /// `0x` and 40 hexadecimal digits.
    Ethereum,
    /// `T` and 33 characters of base 58.
    Tron,
    /// 32 to 44 characters of base 58.
    Solana,
}

const fn coin(code: &'static str, name: &'static str, network: &'static str, form: AddressForm) -> Coin {
    Coin { code, name, network, form }
}

impl Coin {
    /// All that are taken.
    pub const ALL: [Self; 17] = [
        coin("USDTTRC20", "Tether", "Tron", AddressForm::Tron),
        coin("USDTERC20", "Tether", "Ethereum", AddressForm::Ethereum),
        coin("USDTBSC", "Tether", "BNB Smart Chain", AddressForm::Ethereum),
        coin("USDTMATIC", "Tether", "Polygon", AddressForm::Ethereum),
        coin("USDTARB", "Tether", "Arbitrum", AddressForm::Ethereum),
        coin("USDTSOL", "Tether", "Solana", AddressForm::Solana),
        coin("USDC", "USD Coin", "Ethereum", AddressForm::Ethereum),
        coin("USDCBSC", "USD Coin", "BNB Smart Chain", AddressForm::Ethereum),
        coin("USDCMATIC", "USD Coin", "Polygon", AddressForm::Ethereum),
        coin("USDCARB", "USD Coin", "Arbitrum", AddressForm::Ethereum),
        coin("USDCBASE", "USD Coin", "Base", AddressForm::Ethereum),
        coin("USDCOP", "USD Coin", "Optimism", AddressForm::Ethereum),
        coin("USDCSOL", "USD Coin", "Solana", AddressForm::Solana),
        coin("DAI", "Dai", "Ethereum", AddressForm::Ethereum),
        coin("DAIARB", "Dai", "Arbitrum", AddressForm::Ethereum),
        coin("TUSD", "TrueUSD", "Ethereum", AddressForm::Ethereum),
        coin("PYUSD", "PayPal USD", "Ethereum", AddressForm::Ethereum),
    ];

    /// The coin of a code, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|coin| coin.code.eq_ignore_ascii_case(text))
    }

    /// Refuses what cannot be an address of this coin, naming `field`. A checksum is for
    /// the provider to hold against it.
    pub fn check_address(&self, field: &str, address: &str) -> Result<(), Refusal> {
        let (fits, shape) = match self.form {
            AddressForm::Ethereum => (
                address.strip_prefix("0x").is_some_and(|rest| {
                    rest.len() == 40 && rest.bytes().all(|byte| byte.is_ascii_hexdigit())
                }),
                "0x and 40 hexadecimal digits",
            ),
            AddressForm::Tron => (
                address.len() == 34 && address.starts_with('T') && address.bytes().all(is_base_58),
                "T and 33 characters of base 58",
            ),
            AddressForm::Solana => (
                (32..=44).contains(&address.len()) && address.bytes().all(is_base_58),
                "32 to 44 characters of base 58",
            ),
        };
        if fits {
            return Ok(());
        }
        Err(Refusal::field(field, format!("is no {} address on {}: {shape}", self.code, self.network)))
    }
}

/// Letters and digits without 0, O, I and l, which look alike.
const fn is_base_58(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() && !matches!(byte, b'0' | b'O' | b'I' | b'l')
}
