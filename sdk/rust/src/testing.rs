//! Inputs to run a judge natively, in `cargo test`.

use crate::types::{Attachment, Bid, Check, Class, Criterion, Delivery, Listing, Task};

/// A task with this title and description, a price of 15 USD, and no criteria.
pub fn task(title: &str, description: &str) -> Task {
    Task {
        id: "00000000-0000-7000-8000-000000000001".to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        category: "writing".to_owned(),
        skills: Vec::new(),
        criteria: Vec::new(),
        checks: Vec::new(),
        currency: "USD".to_owned(),
        price: 15_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: None,
    }
}

/// A first delivery of this content, without attachments.
pub fn delivery(content: &str) -> Delivery {
    Delivery {
        id: "00000000-0000-7000-8000-000000000002".to_owned(),
        content: content.to_owned(),
        summary: String::new(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_000_060_000,
    }
}

/// A required, decidable check of weight 1 from its JSON text.
pub fn check(json: &str) -> Check {
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    Check {
        kind: value["kind"].as_str().unwrap_or_default().to_owned(),
        required: true,
        weight: 1,
        class: Class::Decidable,
        json: json.to_owned(),
        prior: None,
    }
}

/// A criterion compiled to the checks at these positions of `task.checks`.
pub fn criterion(text: &str, class: Class, checks: &[u32]) -> Criterion {
    Criterion { text: text.to_owned(), class, checks: checks.to_vec() }
}

/// An attachment of this size. Its digest is all zeros.
pub fn attachment(name: &str, media_type: &str, size: u64) -> Attachment {
    Attachment {
        name: name.to_owned(),
        media_type: media_type.to_owned(),
        size,
        digest: format!("sha256:{}", "0".repeat(64)),
    }
}

/// A listing in USD that opened at 1,000 and closes at 2,000.
pub fn listing(price: u64) -> Listing {
    Listing {
        id: "00000000-0000-7000-8000-000000000003".to_owned(),
        currency: "USD".to_owned(),
        price,
        opened_at: 1_000,
        closes_at: Some(2_000),
    }
}

/// A bid that was not countered yet.
pub fn bid(id: &str, price: u64, placed_at: u64) -> Bid {
    Bid {
        id: id.to_owned(),
        bidder: format!("bidder of {id}"),
        price,
        placed_at,
        countered_at_price: None,
        rounds: 0,
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod files {
    use std::cell::RefCell;

    thread_local! {
        static FILES: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
    }

    /// Runs `judge` on this thread with these bytes behind the attachments, in order.
    pub fn with_attachments<T>(files: Vec<Vec<u8>>, judge: impl FnOnce() -> T) -> T {
        let before = FILES.replace(files);
        let answer = judge();
        FILES.replace(before);
        answer
    }

    pub(crate) fn read_attachment(index: u32, offset: u64, len: u32) -> Result<Vec<u8>, String> {
        FILES.with_borrow(|files| {
            let file = files.get(index as usize).ok_or_else(|| format!("there is no attachment {index}"))?;
            let start = usize::try_from(offset).unwrap_or(usize::MAX).min(file.len());
            let len = len.min(crate::attachments::READ_BYTES_MAX) as usize;
            Ok(file[start..file.len().min(start + len)].to_vec())
        })
    }
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) use files::read_attachment;
#[cfg(not(target_arch = "wasm32"))]
pub use files::with_attachments;
