//! The child that runs.

use std::collections::HashMap;
use std::io::{self, Stdout};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::cage::{self, Mechanism};
use super::compiling::unexpected;
use super::wire::{self, Ask, Cost, Say};
use crate::digest::Digest;
use crate::input::Input;
use crate::outcome::{Outcome, Reason};
use crate::sandbox::{Judge, Sandbox};
use crate::settings::Settings;
use crate::state::Attachments;

/// A run that waits for a thread.
struct Work {
    number: u64,
    judge: Option<Judge>,
    input: Vec<u8>,
    files: Attachments,
}

/// Reads what is asked, runs it on as many threads as there may be runs, until the
/// parent closes the pipe.
pub(super) fn serve(mechanisms: Vec<Mechanism>) -> io::Result<()> {
    let (mut from, to) = (io::stdin().lock(), Arc::new(Mutex::new(io::stdout())));
    let (Ask::Begin { limits, runs_max }, _) = wire::read(&mut from)? else { return Err(unexpected()) };
    let sandbox = Sandbox::start(Settings { runs_max, limits, ..Settings::default() });
    let sandbox = sandbox.map_err(io::Error::other)?;
    say(&to, &Say::Ready { profile: sandbox.profile().to_owned(), mechanisms }, &[])?;
    let work = threads(&sandbox, runs_max, &to)?;
    let mut judges: HashMap<Digest, Judge> = HashMap::new();
    loop {
        let (ask, body) = wire::read(&mut from)?;
        match ask {
            Ask::Load { facts } => match sandbox.adopt(&facts, &body) {
                Ok(judge) => drop(judges.insert(facts.digest, judge)),
                Err(text) => say(&to, &Say::NotLoaded { digest: facts.digest, text }, &[])?,
            },
            Ask::Unload { digest } => drop(judges.remove(&digest)),
            Ask::Run { number, digest, input_bytes, files } => {
                let judge = judges.get(&digest).cloned();
                let (input, rest) = body.split_at_checked(input_bytes).ok_or_else(unexpected)?;
                let files = separate(&files, rest)?;
                work.send(Work { number, judge, input: input.to_vec(), files }).map_err(io::Error::other)?;
            }
            Ask::Escape { parent, port } => say(&to, &Say::Escaped(cage::escape(parent, port)), &[])?,
            Ask::Begin { .. } | Ask::Compile { .. } => return Err(unexpected()),
        }
    }
}

fn say(to: &Mutex<Stdout>, what: &Say, body: &[&[u8]]) -> io::Result<()> {
    let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
    wire::write(&mut *to, what, body)
}

fn threads(sandbox: &Sandbox, count: usize, to: &Arc<Mutex<Stdout>>) -> io::Result<Sender<Work>> {
    let (sender, receiver) = channel();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..count {
        let (sandbox, receiver, to) = (sandbox.clone(), Arc::clone(&receiver), Arc::clone(to));
        thread::Builder::new().name("assay-run".to_owned()).spawn(move || {
            while let Some(work) = next(&receiver) {
                if run(&sandbox, work, &to).is_err() {
                    break;
                }
            }
        })?;
    }
    Ok(sender)
}

fn next(receiver: &Mutex<Receiver<Work>>) -> Option<Work> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn run(sandbox: &Sandbox, work: Work, to: &Mutex<Stdout>) -> io::Result<()> {
    let number = work.number;
    let fault =
        |text: &str| Say::Ran { number, reason: Some(Reason::Host(text.to_owned())), cost: Cost::default() };
    let Some(judge) = work.judge else { return say(to, &fault("the component is not loaded"), &[]) };
    let Ok(input) = Input::parse(&work.input) else {
        return say(to, &fault("the input did not arrive as it was sent"), &[]);
    };
    let run = sandbox.run_blocking(&judge, &input, work.files);
    let cost = Cost {
        fuel: run.fuel,
        memory_bytes: run.memory_bytes,
        virtual_time_ns: run.virtual_time_ns,
        log: run.log,
    };
    match run.outcome {
        Outcome::Output(_) => say(to, &Say::Ran { number, reason: None, cost }, &[&run.output]),
        Outcome::Inconclusive { reason } => say(to, &Say::Ran { number, reason: Some(reason), cost }, &[]),
    }
}

/// The files of a run, each by its digest.
fn separate(files: &[(Digest, usize)], mut bytes: &[u8]) -> io::Result<Attachments> {
    let mut separated = Vec::with_capacity(files.len());
    for (digest, length) in files {
        let (file, rest) = bytes.split_at_checked(*length).ok_or_else(unexpected)?;
        separated.push((*digest, Arc::from(file)));
        bytes = rest;
    }
    Ok(separated.into_iter().collect())
}
