//! Any text read as a check: it is one, or its issues are told; and one that is read
//! can be run.
#![no_main]

use assay_checks::{Check, Delivery, Judge};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| match Check::parse(text) {
    Err(issues) => assert!(!issues.is_empty()),
    Ok(check) => {
        let delivery = Delivery {
            content: "A short text, 1,212 words of it.\n\n- {\"a\": [1, 2]}",
            task_text: "A task.",
            attachments: &[],
            traces: &[],
            read: &|_, _, _| Ok(Vec::new()),
        };
        Judge::new(delivery).run(&check, None);
    }
});
