//! The project a command runs in.

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use assay_sandbox::World;
use serde::Deserialize;

/// The languages there is an SDK for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Lang {
    Rust,
    Python,
    Js,
}

impl FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "rust" => Ok(Self::Rust),
            "python" => Ok(Self::Python),
            "js" => Ok(Self::Js),
            _ => Err("a language is one of rust, python, js".to_owned()),
        }
    }
}

impl Lang {
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Rust => "Rust",
            Self::Python => "Python",
            Self::Js => "JavaScript",
        }
    }

    /// Told by the file that its own tools want.
    fn of(folder: &Path) -> Option<Self> {
        let known =
            [(Self::Rust, "Cargo.toml"), (Self::Python, "requirements.txt"), (Self::Js, "package.json")];
        known.into_iter().find(|(_, file)| folder.join(file).exists()).map(|(lang, _)| lang)
    }

    /// Where its templates lie in the checkout.
    pub(super) fn templates(self) -> &'static str {
        match self {
            Self::Rust => "sdk/templates/rust",
            Self::Python => "sdk/python",
            Self::Js => "sdk/js",
        }
    }

    /// The file a newcomer changes first.
    pub(super) fn judge_file(self) -> &'static str {
        match self {
            Self::Rust => "src/lib.rs",
            Self::Python => "judge.py",
            Self::Js => "judge.js",
        }
    }
}

/// `plugin.toml`. A Rust project says the rest in its `Cargo.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    lang: Option<Lang>,
    pub(super) world: World,
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) description: Option<String>,
    pub(super) author: Option<String>,
    /// A file beside it.
    pub(super) config_schema: Option<PathBuf>,
    /// Fixtures that the component is certified with; all of them when left out.
    pub(super) goldens: Option<Vec<PathBuf>>,
}

/// A folder with a `plugin.toml`.
pub(super) struct Project {
    pub(super) folder: PathBuf,
    pub(super) lang: Lang,
    pub(super) settings: Settings,
}

const SETTINGS: &str = "plugin.toml";

/// What tools put beside the sources.
const MADE: [&str; 5] = ["Cargo.lock", "__pycache__", "node_modules", "package-lock.json", "target"];

impl Project {
    /// The one in the folder the command runs in.
    pub(super) fn here() -> Result<Self, String> {
        let folder = std::env::current_dir().map_err(|error| format!("the folder to work in: {error}"))?;
        let Ok(text) = fs::read_to_string(folder.join(SETTINGS)) else {
            return Err(format!(
                "there is no {SETTINGS} here, so this is no plugin's folder: change into one, or make one with \
                 `assay plugin new NAME --lang rust --world verifier`"
            ));
        };
        let settings: Settings = toml::from_str(&text).map_err(|error| format!("{SETTINGS}: {error}"))?;
        let lang = settings.lang.or_else(|| Lang::of(&folder)).ok_or_else(|| {
            format!(
                "{SETTINGS}: lang is missing, and no Cargo.toml, requirements.txt or package.json says it"
            )
        })?;
        Ok(Self { folder, lang, settings })
    }

    /// The fixtures, by name.
    pub(super) fn fixtures(&self) -> Result<Vec<PathBuf>, String> {
        let folder = self.folder.join("fixtures");
        let mut found: Vec<PathBuf> = fs::read_dir(&folder)
            .map_err(|error| format!("fixtures: {error}"))?
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        found.sort();
        if found.is_empty() {
            return Err("fixtures/ has no .json file: write one, so that there is something to run".into());
        }
        Ok(found)
    }

    /// The files people write, for noticing that one changed.
    pub(super) fn sources(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut waiting = vec![self.folder.clone()];
        while let Some(folder) = waiting.pop() {
            let entries = fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
            for path in entries.filter(|path| is_written(path)) {
                if path.is_dir() {
                    waiting.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

fn is_written(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let made = MADE.contains(&name.as_ref()) || path.extension().is_some_and(|extension| extension == "wasm");
    !made && !name.starts_with('.')
}
