//! Judges and inputs for the tests of the sandbox: components written in text, and the
//! guest that does what it is told.

use std::sync::{Arc, LazyLock};

use assay_sandbox::{
    Attachment, Attachments, Check, Class, Delivery, Digest, Input, Judge, Limits, Outcome, Rejected, Run,
    Sandbox, Settings, Task,
};

/// A verifier in Rust: clocks, sleep, hash maps, and misbehaviour by configuration.
pub(crate) const RESTLESS: &[u8] = include_bytes!(env!("ASSAY_RESTLESS_GUEST"));

/// A sandbox without a disk, with room for two runs and little fuel.
pub(crate) fn sandbox() -> Sandbox {
    sandbox_with(Limits { fuel_max: 50_000_000, memory_bytes_max: 32 << 20, ..Limits::default() })
}

pub(crate) fn sandbox_with(limits: Limits) -> Sandbox {
    Sandbox::start(Settings { runs_max: 2, limits, ..Settings::default() }).expect("the sandbox starts")
}

/// The sandbox as users get it, one for all tests: the components that come with the
/// binary take long to compile.
pub(crate) fn roomy() -> &'static Sandbox {
    static ROOMY: LazyLock<Sandbox> = LazyLock::new(|| sandbox_with(Limits::default()));
    &ROOMY
}

/// The types of `wit/` that a verifier needs, as a component imports them.
const TYPES: &str = r#"
  (import "assay:plugin/types@0.1.0" (instance $types
    (type $status_ (enum "pass" "fail" "partial" "undecided" "error"))
    (export "status" (type $status (eq $status_)))
    (type $subject_ (variant (case "check" u32) (case "own" string)))
    (export "subject" (type $subject (eq $subject_)))
    (type $finding_ (record (field "subject" $subject) (field "status" $status)
      (field "score" u16) (field "evidence" string)))
    (export "finding" (type $finding (eq $finding_)))
    (type $findings (list $finding))
    (type $report_ (record (field "findings" $findings)))
    (export "report" (type $report (eq $report_)))
    (type $problem_ (variant (case "invalid-config" string) (case "unsupported" string) (case "failed" string)))
    (export "problem" (type $problem (eq $problem_)))
    (type $class_ (enum "decidable" "necessary" "human"))
    (export "class" (type $class (eq $class_)))
    (type $positions (list u32))
    (type $criterion_ (record (field "text" string) (field "class" $class) (field "checks" $positions)))
    (export "criterion" (type $criterion (eq $criterion_)))
    (type $found (result $report (error $problem)))
    (type $prior (option $found))
    (type $check_ (record (field "kind" string) (field "required" bool) (field "weight" u32)
      (field "class" $class) (field "json" string) (field "prior" $prior)))
    (export "check" (type $check (eq $check_)))
    (type $texts (list string))
    (type $criteria (list $criterion))
    (type $checks (list $check))
    (type $time (option u64))
    (type $task_ (record (field "id" string) (field "title" string) (field "description" string)
      (field "category" string) (field "skills" $texts) (field "criteria" $criteria) (field "checks" $checks)
      (field "currency" string) (field "price" u64) (field "posted-at" u64) (field "deadline-at" $time)))
    (export "task" (type (eq $task_)))
    (type $attachment_ (record (field "name" string) (field "media-type" string) (field "size" u64)
      (field "digest" string)))
    (export "attachment" (type $attachment (eq $attachment_)))
    (type $trace_ (record (field "event" string) (field "message" string) (field "at" u64)))
    (export "trace" (type $trace (eq $trace_)))
    (type $attachments (list $attachment))
    (type $traces (list $trace))
    (type $delivery_ (record (field "id" string) (field "content" string) (field "summary" string)
      (field "attachments" $attachments) (field "traces" $traces) (field "round" u32)
      (field "delivered-at" u64)))
    (export "delivery" (type (eq $delivery_)))))
  (alias export $types "task" (type $task))
  (alias export $types "delivery" (type $delivery))
  (alias export $types "report" (type $report))
  (alias export $types "problem" (type $problem))
  (type $verify (func (param "task" $task) (param "delivery" $delivery) (param "config" string)
    (result (result $report (error $problem)))))
"#;

const MANIFEST: &str = r#"{"name":"text","version":"0.1.0","world":"verifier","description":"Written in text.","author":"The tests"}"#;

/// A verifier in text. `before` goes in front of its core module (imports), `with` is
/// what the module is instantiated with, `module` the module's own text: it has the
/// memory and the allocator already and must export `verify`, which takes a pointer and
/// gives one.
pub(crate) struct Text<'a> {
    pub(crate) before: &'a str,
    pub(crate) with: &'a str,
    pub(crate) imports: &'a str,
    pub(crate) memory: &'a str,
    pub(crate) module: &'a str,
    pub(crate) after: &'a str,
    pub(crate) manifest: &'a str,
}

impl Default for Text<'_> {
    fn default() -> Self {
        Self {
            before: "",
            with: "",
            imports: "",
            memory: "16",
            module: "",
            after: r#"(export "verify" (func $verify_))"#,
            manifest: MANIFEST,
        }
    }
}

impl Text<'_> {
    pub(crate) fn component(&self) -> Vec<u8> {
        let Self { before, with, imports, memory, module, after, manifest } = self;
        let manifest = manifest.replace('\\', "\\\\").replace('"', "\\\"");
        // The allocator hands out memory from 64 KiB on and never takes any back.
        let text = format!(
            r#"(component {TYPES} {before}
              (core module $module {imports}
                (memory (export "memory") {memory})
                (global $next (mut i32) (i32.const 65536))
                (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                  (local $at i32)
                  (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
                  (global.set $next (i32.add (local.get $at) (local.get 3)))
                  (local.get $at))
                {module})
              (core instance $instance (instantiate $module {with}))
              (func $verify_ (type $verify) (canon lift (core func $instance "verify")
                (memory (core memory $instance "memory")) (realloc (core func $instance "cabi_realloc"))))
              {after}
              (@custom "assay:manifest" "{manifest}"))"#
        );
        wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}"))
    }
}

/// A verifier whose core module has this text beside its memory and allocator.
pub(crate) fn verifier(module: &str) -> Vec<u8> {
    Text { module, ..Text::default() }.component()
}

/// The export of a core module that does these instructions.
pub(crate) fn body(instructions: &str) -> String {
    format!(r#"(func (export "verify") (param i32) (result i32) {instructions})"#)
}

/// A verifier that does nothing but give this answer, laid out at address 1024.
pub(crate) fn answering(bytes: &[u8]) -> Vec<u8> {
    let escaped = bytes.iter().fold(String::new(), |text, byte| text + format!("\\{byte:02x}").as_str());
    verifier(&format!(
        r#"(data (i32.const 1024) "{escaped}")
           (func (export "verify") (param i32) (result i32) (i32.const 1024))"#
    ))
}

/// A finding of check `position` as it lies in memory; its evidence is at address 0.
pub(crate) fn finding(position: u32, score: u16, evidence_bytes: u32) -> Vec<u8> {
    let mut bytes = vec![0, 0, 0, 0];
    bytes.extend(position.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend([0, 0]);
    bytes.extend(score.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(evidence_bytes.to_le_bytes());
    bytes
}

/// A finding of the verifier's own, for a task whose checks it does not see; the name is
/// the first bytes of its evidence, at address 0.
pub(crate) fn own_finding(score: u16, name_bytes: u32) -> Vec<u8> {
    let mut bytes = finding(0, score, name_bytes);
    bytes[0] = 1;
    bytes[8..12].copy_from_slice(&name_bytes.to_le_bytes());
    bytes
}

/// A report of these findings as it lies at address 1024.
pub(crate) fn report(findings: &[Vec<u8>]) -> Vec<u8> {
    let count = u32::try_from(findings.len()).expect("few findings");
    let mut bytes = vec![0, 0, 0, 0];
    bytes.extend((1024_u32 + 16).to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend([0; 4]);
    bytes.extend(findings.concat());
    bytes
}

/// A check of any kind that a delivery must pass.
pub(crate) fn check(class: Class, required: bool) -> Check {
    Check {
        kind: "contains".to_owned(),
        required,
        weight: 1,
        class,
        json: r#"{"kind":"contains","value":"gold"}"#.to_owned(),
        prior: None,
    }
}

pub(crate) fn task() -> Task {
    Task {
        id: "task-1".to_owned(),
        title: "Weigh it".to_owned(),
        description: "Say what it is made of.".to_owned(),
        category: "assay".to_owned(),
        skills: vec!["weighing".to_owned()],
        criteria: Vec::new(),
        checks: vec![check(Class::Decidable, true), check(Class::Decidable, true)],
        currency: "USD".to_owned(),
        price: 5_000_000,
        posted_at: 1_700_000_000_000,
        deadline_at: None,
    }
}

pub(crate) fn delivery(content: &str) -> Delivery {
    Delivery {
        id: "delivery-1".to_owned(),
        content: content.to_owned(),
        summary: "Done.".to_owned(),
        attachments: Vec::new(),
        traces: Vec::new(),
        round: 1,
        delivered_at: 1_700_000_123_456,
    }
}

pub(crate) fn input(config: &str) -> Input {
    let delivery = delivery("nine parts gold, one part silver, and a trace of lead");
    Input::Verify { task: task(), delivery, config: config.to_owned() }
}

/// An input whose delivery has these files, and the bytes of all of them.
pub(crate) fn input_with_files(config: &str, files: &[&[u8]]) -> (Input, Attachments) {
    let mut delivery = delivery("see the files");
    delivery.attachments = files
        .iter()
        .map(|bytes| Attachment {
            name: "file".to_owned(),
            media_type: "application/octet-stream".to_owned(),
            size: bytes.len() as u64,
            digest: Digest::of(bytes).to_string(),
        })
        .collect();
    let held = files.iter().map(|bytes| (Digest::of(bytes), Arc::from(*bytes))).collect();
    (Input::Verify { task: task(), delivery, config: config.to_owned() }, held)
}

pub(crate) fn prepare(sandbox: &Sandbox, bytes: &[u8]) -> Judge {
    sandbox.prepare_blocking(bytes).unwrap_or_else(|rejected| panic!("{rejected}"))
}

pub(crate) fn rejected(bytes: &[u8]) -> Rejected {
    sandbox().prepare_blocking(bytes).expect_err("this is not to be taken")
}

/// Prepares a component and runs it on the usual input.
pub(crate) fn run(sandbox: &Sandbox, bytes: &[u8], config: &str) -> Run {
    let judge = prepare(sandbox, bytes);
    sandbox.run_blocking(&judge, &input(config), Attachments::none())
}

/// What came of it, in one line: the reason's code, or the word.
pub(crate) fn summary(run: &Run) -> String {
    match &run.outcome {
        Outcome::Output(_) => run.word().to_owned(),
        Outcome::Inconclusive { reason } => reason.code().to_owned(),
    }
}
