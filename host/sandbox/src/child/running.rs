//! The child that runs.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read as _, Stdout};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::cage::{self, Mechanism};
use super::compiling::unexpected;
use super::inbox::Inbox;
use super::wire::{self, Ask, Cost, Say};
use crate::cache::{self, Kept};
use crate::component::Facts;
use crate::digest::Digest;
use crate::input::Input;
use crate::judge::Judge;
use crate::outcome::{Outcome, Reason};
use crate::sandbox::Sandbox;
use crate::settings::Settings;
use crate::state::Attachments;

/// A run that was asked for.
struct Work {
    number: u64,
    judge: Option<Judge>,
    input: Vec<u8>,
    files: Attachments,
}

/// What is read from the parent, by one thread at a time.
struct Desk {
    from: BufReader<Inbox>,
    to: Arc<Mutex<Stdout>>,
    sandbox: Sandbox,
    judges: HashMap<Digest, Judge>,
}

/// Does what is asked until the parent closes the pipe. A thread reads until it has a run,
/// leaves the reading to another and does the run: none is woken for it. There is one
/// more of them than runs, so that the pipe's end is heard whatever runs.
pub(super) fn serve(mechanisms: Vec<Mechanism>) -> io::Result<()> {
    let (mut from, to) = (BufReader::new(Inbox::open()?), Arc::new(Mutex::new(io::stdout())));
    let (Ask::Begin { limits, runs_max }, _) = wire::read(&mut from)? else { return Err(unexpected()) };
    let sandbox = Sandbox::start(Settings { runs_max, limits, ..Settings::default() });
    let sandbox = sandbox.map_err(io::Error::other)?;
    say(&to, &Say::Ready { profile: sandbox.profile().to_owned(), mechanisms }, &[])?;
    let desk = Desk { from, to: Arc::clone(&to), sandbox: sandbox.clone(), judges: HashMap::new() };
    let desk = Arc::new(Mutex::new(desk));
    let (over, ended) = channel();
    for _ in 0..=runs_max {
        let (sandbox, desk, to, over) = (sandbox.clone(), Arc::clone(&desk), Arc::clone(&to), over.clone());
        thread::Builder::new().name("assay-run".to_owned()).spawn(move || {
            let ended = loop {
                let asked = desk.lock().unwrap_or_else(PoisonError::into_inner).next();
                if let Err(error) = asked.and_then(|work| run(&sandbox, work, &to)) {
                    break error;
                }
            };
            // Nobody hears it who has ended already.
            drop(over.send(ended));
        })?;
    }
    Err(ended.recv().map_err(io::Error::other)?)
}

impl Desk {
    /// Reads until a run is asked for.
    fn next(&mut self) -> io::Result<Work> {
        loop {
            let (ask, body) = wire::read(&mut self.from)?;
            match ask {
                Ask::Load { facts, file } => {
                    let adopted = match file {
                        None => self.sandbox.adopt(&facts, &body),
                        Some(code_bytes) => {
                            let file = self.file()?;
                            self.adopt_kept(&facts, &Kept { file, code_bytes })
                        }
                    };
                    match adopted {
                        Ok(judge) => drop(self.judges.insert(facts.digest, judge)),
                        Err(text) => say(&self.to, &Say::NotLoaded { digest: facts.digest, text }, &[])?,
                    }
                }
                Ask::Unload { digest } => drop(self.judges.remove(&digest)),
                Ask::Run { number, digest, input_bytes, files } => {
                    let judge = self.judges.get(&digest).cloned();
                    let (input, rest) = body.split_at_checked(input_bytes).ok_or_else(unexpected)?;
                    let files = separate(&files, rest)?;
                    return Ok(Work { number, judge, input: input.to_vec(), files });
                }
                Ask::Escape { number, parent, port } => {
                    let attempts = cage::escape(parent, port);
                    say(&self.to, &Say::Escaped { number, attempts }, &[])?;
                }
                Ask::Begin { .. } | Ask::Compile { .. } => return Err(unexpected()),
            }
        }
    }
}

impl Desk {
    /// The file that comes with the next byte.
    fn file(&mut self) -> io::Result<File> {
        self.from.read_exact(&mut [0])?;
        self.from.get_mut().file().ok_or_else(unexpected)
    }

    fn adopt_kept(&self, facts: &Facts, kept: &Kept) -> Result<Judge, String> {
        let code = cache::map(kept).map_err(|error| error.to_string())?;
        self.sandbox.adopt(facts, &code)
    }
}

fn say(to: &Mutex<Stdout>, what: &Say, body: &[&[u8]]) -> io::Result<()> {
    let mut to = to.lock().unwrap_or_else(PoisonError::into_inner);
    wire::write(&mut *to, what, body)
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
