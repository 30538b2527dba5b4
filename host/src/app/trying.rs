//! What a component of the registry is given when somebody tries it on a text.

use assay_domain::money::Asset;
use assay_domain::refusal::Refusal;
use assay_sandbox::{Delivery, Input, Task};
use serde_json::Value;

use super::App;
use super::judging::{asked_checks, asked_criteria};
use super::posting::compile;

/// A task and a delivery, as far as a judge looks at them.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    /// One line.
    pub title: String,
    /// The whole request.
    pub description: String,
    /// Criteria, a sentence each.
    pub criteria: Vec<String>,
    /// Checks beside those that the criteria become.
    pub checks: Vec<Value>,
    /// The component's configuration: an object, or null.
    pub config: Value,
    /// The work.
    pub content: String,
}

/// The name of a task that is none.
const NOWHERE: &str = "00000000-0000-0000-0000-000000000000";

impl App {
    /// The input of a verifier or a scorer for a draft.
    pub fn draft_input(&self, world: &str, draft: &Draft) -> Result<Input, Refusal> {
        let config = match &draft.config {
            Value::Null => String::new(),
            Value::Object(_) => draft.config.to_string(),
            _ => return Err(Refusal::field("config", "must be a JSON object, or empty")),
        };
        let (criteria, mut checks) = compile(&draft.criteria);
        checks.extend(self.own_checks(&draft.checks)?);
        let now = u64::try_from(self.now().0).unwrap_or(0);
        let task = Task {
            id: NOWHERE.into(),
            title: draft.title.clone(),
            description: draft.description.clone(),
            category: "general".into(),
            skills: Vec::new(),
            criteria: asked_criteria(&criteria),
            checks: asked_checks(&checks),
            currency: Asset::Usd.code().into(),
            price: 0,
            posted_at: now,
            deadline_at: None,
        };
        let delivery = Delivery {
            id: NOWHERE.into(),
            content: draft.content.clone(),
            summary: String::new(),
            attachments: Vec::new(),
            traces: Vec::new(),
            round: 1,
            delivered_at: now,
        };
        match world {
            "verifier" => Ok(Input::Verify { task, delivery, config }),
            "scorer" => Ok(Input::Score { task, delivery, config }),
            _ => {
                let message = "is needed: what a reviewer or a pricing model takes is no single text";
                Err(Refusal::field("input", message))
            }
        }
    }
}
