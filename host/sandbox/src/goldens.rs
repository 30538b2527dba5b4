//! Golden inputs: what a judge is tried on before it is listed. Each world has its own;
//! a manifest may bring more, which know its configuration.

mod prices;
mod texts;

use crate::component::{Manifest, Rejected};
use crate::input::Input;
use crate::state::Attachments;
use crate::world::World;

/// Golden inputs in one manifest. Each is run a dozen times.
const GOLDENS_MAX: usize = 16;

/// One input a judge is tried on.
#[derive(Debug, Clone)]
pub struct Golden {
    /// What it is about, in a few words.
    pub name: String,
    /// What the judge is asked.
    pub input: Input,
    /// The bytes of the files that it may read.
    pub attachments: Attachments,
    /// Whether the judge has to answer: its author said that it can.
    pub must_answer: bool,
}

/// The golden inputs of a world: ordinary work, and what a judge may stumble over.
pub fn goldens(world: World) -> Vec<Golden> {
    match world {
        World::Verifier | World::Scorer | World::Reviewer => texts::goldens(world),
        World::Pricing => prices::goldens(),
    }
}

/// The golden inputs that a manifest brings.
pub fn goldens_of(manifest: &Manifest) -> Result<Vec<Golden>, Rejected> {
    let wrong = |text: String| Err(Rejected::Manifest(text));
    let count = manifest.goldens.len();
    if count > GOLDENS_MAX {
        return wrong(format!("{count} goldens, at most {GOLDENS_MAX} are taken"));
    }
    let mut goldens = Vec::new();
    for (number, golden) in (1..).zip(&manifest.goldens) {
        let input: Input = match serde_json::from_value(golden.clone()) {
            Ok(input) => input,
            Err(error) => return wrong(format!("golden {number} is not an input: {error}")),
        };
        if input.world() != manifest.world {
            return wrong(format!("golden {number} is for a {}, not a {}", input.world(), manifest.world));
        }
        let name = format!("{number} of the manifest");
        goldens.push(Golden { name, input, attachments: Attachments::none(), must_answer: true });
    }
    Ok(goldens)
}

/// One of a world's own.
fn golden(name: &str, input: Input) -> Golden {
    Golden { name: name.to_owned(), input, attachments: Attachments::none(), must_answer: false }
}
