//! `assay plugin new`: a project from the templates that came with the binary.

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use assay_sandbox::World;
use clap::Args;

use super::project::Lang;
use crate::cli::Outcome;

/// What to write.
#[derive(Args)]
pub(super) struct Flags {
    /// Lower-case words joined by hyphens, as in word-limits; also the name of the folder
    #[arg(value_name = "NAME")]
    name: String,
    /// The language to write it in
    #[arg(long, value_name = "rust|python|js")]
    lang: Lang,
    /// What it is for
    #[arg(long, value_name = "verifier|scorer|reviewer|pricing")]
    world: World,
    /// Shown where the plugin is listed; it can be changed later
    #[arg(long, default_value = "anonymous")]
    author: String,
}

/// A file of the checkout, by its path from there.
type Template = (&'static str, &'static str);

// `static TEMPLATES: &[Template]`, listed by the build script.
include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// The interface, where it lies in the checkout and where a project has it.
const WIT: &str = "wit/0.1.0/";

/// Letters of a name.
const NAME_LENGTH_MAX: usize = 64;

/// What a Rust project cannot be called: its own dependencies, and Rust's words.
const TAKEN: [&str; 49] = [
    "abstract",
    "alloc",
    "as",
    "assay-plugin",
    "async",
    "await",
    "become",
    "box",
    "break",
    "const",
    "continue",
    "core",
    "crate",
    "do",
    "dyn",
    "else",
    "enum",
    "extern",
    "false",
    "final",
    "fn",
    "for",
    "gen",
    "if",
    "impl",
    "in",
    "let",
    "loop",
    "macro",
    "match",
    "mod",
    "move",
    "mut",
    "override",
    "priv",
    "pub",
    "ref",
    "return",
    "self",
    "serde",
    "static",
    "std",
    "struct",
    "super",
    "test",
    "trait",
    "true",
    "type",
    "use",
];

/// Writes the project below the folder the command runs in.
#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn run(flags: &Flags) -> Outcome {
    check_name(&flags.name)?;
    check_author(&flags.author)?;
    let files = files(flags)?;
    let folder = Path::new(&flags.name);
    create(folder, &files)?;
    let (name, count) = (&flags.name, files.len());
    println!(
        "{name}: a {} in {}, {count} files. The judge is in {}.\n",
        kind(flags.world),
        flags.lang.title(),
        flags.lang.judge_file()
    );
    println!("  cd {name}\n  assay plugin test --watch");
    println!("  assay plugin check {name}.wasm");
    println!("  assay plugin push {name}.wasm --server URL --key KEY");
    Ok(ExitCode::SUCCESS)
}

fn check_name(name: &str) -> Result<(), String> {
    let word = |word: &str| {
        !word.is_empty() && word.bytes().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    };
    let good = name.len() <= NAME_LENGTH_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.split('-').all(word);
    if !good {
        return Err(format!(
            "{name:?} is no name for a plugin: lower-case letters, digits and single hyphens, a letter \
             first, at most {NAME_LENGTH_MAX}, as in word-limits"
        ));
    }
    if TAKEN.contains(&name) {
        return Err(format!("{name:?} has a meaning in Rust already; add a word, as in {name}-judge"));
    }
    Ok(())
}

/// It ends up inside quotes of TOML and JSON.
fn check_author(author: &str) -> Result<(), String> {
    let good = (1..=100).contains(&author.len())
        && !author.contains(|letter: char| letter.is_control() || matches!(letter, '"' | '\\' | '{' | '}'));
    if good { Ok(()) } else { Err("--author: 1 to 100 bytes, without quotes, backslashes, braces".into()) }
}

/// Each file's place in the project and what it holds.
fn files(flags: &Flags) -> Result<Vec<(String, String)>, String> {
    let base = flags.lang.templates();
    let folders = [format!("{base}/common/"), format!("{base}/{}/", flags.world)];
    let mut files: Vec<(String, String)> = Vec::new();
    for folder in &folders {
        for (path, text) in TEMPLATES {
            if let Some(place) = path.strip_prefix(folder.as_str()) {
                files.push((fill(place, flags), fill(text, flags)));
            }
        }
    }
    if files.is_empty() {
        return Err(format!("this binary came without templates for {}", flags.lang.title()));
    }
    files.extend(library(flags));
    Ok(files)
}

/// What the project is built against: the guest crate and its lock file, or the interface.
fn library(flags: &Flags) -> Vec<(String, String)> {
    if flags.lang != Lang::Rust {
        return interface("wit/");
    }
    let sdk = TEMPLATES.iter().filter_map(|(path, text)| Some((path.strip_prefix("sdk/rust/")?, *text)));
    let (locks, sources): (Vec<_>, Vec<_>) = sdk.partition(|(place, _)| *place == "Cargo.lock");
    let mut files = interface("assay-plugin/wit/");
    // The interface moves into the crate's own folder, so that the project needs no other.
    let moved = |text: &str| text.replace("../../wit/0.1.0", "wit");
    files.extend(sources.iter().map(|(place, text)| (format!("assay-plugin/{place}"), moved(text))));
    // The same dependencies the SDK is tested with; cargo keeps what it finds locked.
    files.extend(locks.iter().map(|(place, text)| ((*place).to_owned(), format!("{text}{}", locked(flags)))));
    files
}

fn interface(folder: &str) -> Vec<(String, String)> {
    let parts = TEMPLATES.iter().filter_map(|(path, text)| Some((path.strip_prefix(WIT)?, *text)));
    parts.map(|(place, text)| (format!("{folder}{place}"), text.to_owned())).collect()
}

/// The project's own entry in its lock file.
fn locked(flags: &Flags) -> String {
    let name = &flags.name;
    format!(
        "\n[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\ndependencies = [\n \"assay-plugin\",\n \"serde\",\n]\n"
    )
}

/// What a template says for every project, said for this one.
fn fill(text: &str, flags: &Flags) -> String {
    let (fixture, expect) = match flags.world {
        World::Pricing => ("`listing`, `book`, `event`", "`outcome` (`decided`), `pricing`"),
        World::Reviewer => (
            "`task`, `delivery`, `scorecard`, `reports`",
            "`outcome` (`accept`, `request-revision`, `escalate`), `decision`",
        ),
        World::Scorer => ("`task`, `delivery`", "`outcome` (`scored`), `scorecard`"),
        World::Verifier => (
            "`task`, `delivery`",
            "`outcome` (`pass`, `fail`, `undecided`), `findings` by name or position with \
             their status, `report`",
        ),
    };
    [
        ("{{name}}", flags.name.as_str()),
        ("{{crate}}", &flags.name.replace('-', "_")),
        ("{{world}}", flags.world.as_str()),
        ("{{kind}}", kind(flags.world)),
        ("{{author}}", &flags.author),
        ("{{description}}", &format!("{}: a {} for Assay.", flags.name, kind(flags.world))),
        ("{{fixture}}", fixture),
        ("{{expect}}", expect),
    ]
    .iter()
    .fold(text.to_owned(), |text, (word, with)| text.replace(word, with))
}

/// What a component of this world is called.
const fn kind(world: World) -> &'static str {
    match world {
        World::Pricing => "pricing model",
        _ => world.as_str(),
    }
}

fn create(folder: &Path, files: &[(String, String)]) -> Result<(), String> {
    let wrong = |path: &Path, error: std::io::Error| format!("{}: {error}", path.display());
    if folder.exists() {
        return Err(format!("{} exists already; choose another name, or remove it", folder.display()));
    }
    for (place, text) in files {
        let path = folder.join(place);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| wrong(parent, error))?;
        fs::write(&path, text).map_err(|error| wrong(&path, error))?;
    }
    Ok(())
}
