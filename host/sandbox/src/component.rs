//! What can be said of a component without running it: whether it is one, what it is
//! for, what it wants to import, and what its manifest says.
//!
//! Everything here reads bytes. How much of everything there may be is [`crate::shape`];
//! whether it answers alike is a trial, [`crate::certify`].

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wasmparser::{
    ComponentExportSectionReader, ComponentExternalKind, ComponentImportSectionReader, ComponentTypeRef,
    Encoding, Parser, Payload, TypeBounds,
};
use wasmtime::Engine;

use crate::digest::Digest;
use crate::goldens;
use crate::shape::{self, Excess, ShapeLimits};
use crate::wasi;
use crate::world::{self, World};

/// The custom section a manifest sits in.
pub const MANIFEST_SECTION: &str = "assay:manifest";

/// A manifest is read before anything is known of the component, so it is small.
const MANIFEST_BYTES_MAX: usize = 64 << 10;

/// Bytes of a manifest's name, version and author. They are printed in tables.
const LABEL_BYTES_MAX: usize = 100;

/// Bytes of a manifest's description.
const DESCRIPTION_BYTES_MAX: usize = 4_000;

/// What a component says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Lower-case letters, digits and hyphens.
    pub name: String,
    /// The component's own version.
    pub version: String,
    /// The world it says it is for.
    pub world: World,
    /// A sentence or two.
    pub description: String,
    /// Who wrote it.
    pub author: String,
    /// A JSON Schema of its configuration; null when it takes none.
    #[serde(default)]
    pub config_schema: Value,
    /// Inputs it must be able to judge, each the JSON of an [`crate::Input`] of its world, at
    /// most 16. They are what it is certified with, beside the world's own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub goldens: Vec<Value>,
}

/// What is known of a component before it is compiled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    /// The digest of its bytes.
    pub digest: Digest,
    /// How many there are.
    pub bytes: usize,
    /// What it is for.
    pub world: World,
    /// What it says about itself.
    pub manifest: Manifest,
    /// The interfaces it imports, in its order.
    pub imports: Vec<String>,
}

/// Why some bytes are no judge. The first that applies, in this order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Rejected {
    /// More than `component_bytes_max`.
    #[error(
        "the component has {bytes} bytes, at most {bytes_max} are taken; build it for release, and leave out \
         names, debugging information and libraries it does not need"
    )]
    TooLarge {
        /// How many there are.
        bytes: usize,
        /// How many are taken.
        bytes_max: usize,
    },
    /// Compiled code of wasmtime's. It would be trusted blindly, so it is never taken.
    #[error("this is a precompiled artefact; send the component it was made from")]
    Precompiled,
    /// A module, not a component.
    #[error("this is a core module; a component is wanted (target wasm32-wasip2)")]
    CoreModule,
    /// Not WebAssembly at all.
    #[error("this is not a WebAssembly component; send the file that `assay plugin build` writes")]
    NotWebAssembly,
    /// WebAssembly that is broken, or needs a proposal this host does not offer.
    #[error("the component is not valid here: {0}; build it for wasm32-wasip2, without proposals beside it")]
    Malformed(String),
    /// It has more of something than a compiler is asked to take.
    #[error("{0}")]
    #[serde(skip)]
    Shape(Excess),
    /// It asks for something it may not have.
    #[error(
        "the component imports {0}, which no judge is given; leave out what asks for it: a judge is given \
         assay:plugin and WASI 0.2 without sockets and http"
    )]
    Import(String),
    /// It exports none of the four functions.
    #[error(
        "the component exports none of verify, score, review, decide; export the one of its world, as \
         assay:plugin has it"
    )]
    NoWorld,
    /// It exports several of them.
    #[error(
        "the component exports more than one of verify, score, review, decide; export one, and make another \
         component of the other"
    )]
    ManyWorlds,
    /// Its manifest is missing or wrong.
    #[error("the manifest (custom section assay:manifest): {0}")]
    Manifest(String),
    /// Its export takes or gives something else than `wit/` says.
    #[error("the component's export does not fit its world: {0}; build it against assay:plugin@{version}", version = world::VERSION)]
    Export(String),
    /// It traps or runs out of something before it is even asked.
    #[error("the component cannot be instantiated: {0}; have it do less before it is asked")]
    Instantiation(String),
    /// Compiling it took more than a compilation may.
    #[error("the component could not be compiled: {0} than a compilation may; make it smaller")]
    Compilation(String),
    /// The host could not look at it.
    #[error("the host could not prepare the component: {0}")]
    Host(String),
}

impl Rejected {
    /// A stable name.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLarge { .. } => "component_too_large",
            Self::Precompiled => "component_precompiled",
            Self::CoreModule => "component_is_core_module",
            Self::NotWebAssembly => "component_not_webassembly",
            Self::Malformed(_) => "component_malformed",
            Self::Shape(_) => "component_shape_refused",
            Self::Import(_) => "component_import_forbidden",
            Self::NoWorld => "component_world_missing",
            Self::ManyWorlds => "component_world_ambiguous",
            Self::Manifest(_) => "component_manifest_invalid",
            Self::Export(_) => "component_export_mismatch",
            Self::Instantiation(_) => "component_instantiation_failed",
            Self::Compilation(_) => "component_compilation_limit",
            Self::Host(_) => "component_host_failed",
        }
    }
}

/// Looks at a component's bytes without compiling or running anything.
pub fn inspect(bytes: &[u8], component_bytes_max: usize) -> Result<Facts, Rejected> {
    inspect_within(bytes, component_bytes_max, &ShapeLimits::default())
}

/// The same with limits of the caller's own for how much of everything there may be.
pub fn inspect_within(
    bytes: &[u8],
    component_bytes_max: usize,
    shape: &ShapeLimits,
) -> Result<Facts, Rejected> {
    if bytes.len() > component_bytes_max {
        return Err(Rejected::TooLarge { bytes: bytes.len(), bytes_max: component_bytes_max });
    }
    if Engine::detect_precompiled(bytes).is_some() {
        return Err(Rejected::Precompiled);
    }
    match bytes.get(..8) {
        Some([0, b'a', b's', b'm', _, _, 1, 0]) => {}
        Some([0, b'a', b's', b'm', ..]) => return Err(Rejected::CoreModule),
        _ => return Err(Rejected::NotWebAssembly),
    }
    let surface = surface(bytes)?;
    let world = only_world(&surface.functions)?;
    for import in &surface.imports {
        if !allowed(import, world) {
            return Err(Rejected::Import(import.clone()));
        }
    }
    let manifest = manifest(&surface.manifests, world)?;
    goldens::goldens_of(&manifest)?;
    shape::check(bytes, shape)?;
    Ok(Facts { digest: Digest::of(bytes), bytes: bytes.len(), world, manifest, imports: surface.imports })
}

#[derive(Default)]
struct Surface<'a> {
    imports: Vec<String>,
    functions: Vec<&'a str>,
    manifests: Vec<&'a [u8]>,
}

/// Imports and exports are the outermost component's; a manifest may sit deeper,
/// because linkers leave custom sections in the module they were compiled into.
fn surface(bytes: &[u8]) -> Result<Surface<'_>, Rejected> {
    let broken = |error: wasmparser::BinaryReaderError| Rejected::Malformed(error.to_string());
    let mut surface = Surface::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(broken)? {
            Payload::Version { encoding: Encoding::Module, .. } if depth == 0 => {
                return Err(Rejected::CoreModule);
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                imports(section, &mut surface.imports).map_err(broken)?;
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                functions(section, &mut surface.functions).map_err(broken)?;
            }
            Payload::CustomSection(section) if section.name() == MANIFEST_SECTION => {
                surface.manifests.push(section.data());
            }
            _ => {}
        }
    }
    Ok(surface)
}

fn imports(section: ComponentImportSectionReader<'_>, into: &mut Vec<String>) -> wasmparser::Result<()> {
    for import in section {
        let import = import?;
        // The name of a type that is known already asks for nothing.
        if !matches!(import.ty, ComponentTypeRef::Type(TypeBounds::Eq(_))) {
            into.push(import.name.name.to_owned());
        }
    }
    Ok(())
}

fn functions<'a>(
    section: ComponentExportSectionReader<'a>,
    into: &mut Vec<&'a str>,
) -> wasmparser::Result<()> {
    for export in section {
        let export = export?;
        if export.kind == ComponentExternalKind::Func {
            into.push(export.name.name);
        }
    }
    Ok(())
}

fn only_world(functions: &[&str]) -> Result<World, Rejected> {
    let mut worlds = World::ALL.into_iter().filter(|world| functions.contains(&world.export()));
    match (worlds.next(), worlds.next()) {
        (Some(world), None) => Ok(world),
        (Some(_), Some(_)) => Err(Rejected::ManyWorlds),
        (None, _) => Err(Rejected::NoWorld),
    }
}

fn allowed(import: &str, world: World) -> bool {
    let Some((interface, version)) = import.split_once('@') else {
        return false;
    };
    match interface {
        "assay:plugin/types" | "assay:plugin/logging" => version == world::VERSION,
        "assay:plugin/attachments" => version == world::VERSION && world.reads_attachments(),
        _ => wasi::INTERFACES.contains(&interface) && version.starts_with("0.2."),
    }
}

fn manifest(sections: &[&[u8]], world: World) -> Result<Manifest, Rejected> {
    let wrong = |text: String| Err(Rejected::Manifest(text));
    let section = match sections {
        [] => return wrong("there is none; `assay plugin build` adds it, or the SDK's macro".to_owned()),
        [section] => *section,
        _ => return wrong("there is more than one; leave one in".to_owned()),
    };
    if section.len() > MANIFEST_BYTES_MAX {
        return wrong(format!("{} bytes, at most {MANIFEST_BYTES_MAX} are taken", section.len()));
    }
    let manifest: Manifest = match serde_json::from_slice(section) {
        Ok(manifest) => manifest,
        Err(error) => return wrong(error.to_string()),
    };
    if manifest.world != world {
        return wrong(format!("it says {}, and the component exports {}", manifest.world, world.export()));
    }
    match broken_label(&manifest) {
        Some(field) => wrong(format!("{field} is empty, too long, or has letters it may not have")),
        None => Ok(manifest),
    }
}

/// The name of the first field that cannot be shown as it is.
fn broken_label(manifest: &Manifest) -> Option<&'static str> {
    let printable =
        |text: &str, bytes_max| (1..=bytes_max).contains(&text.len()) && !text.chars().any(char::is_control);
    let plain = |text: &str, extra: &str| {
        printable(text, LABEL_BYTES_MAX)
            && text.chars().all(|letter| {
                letter.is_ascii_lowercase() || letter.is_ascii_digit() || extra.contains(letter)
            })
    };
    let schema = &manifest.config_schema;
    [
        ("name", plain(&manifest.name, "-")),
        ("version", plain(&manifest.version, ".-+")),
        ("description", printable(&manifest.description, DESCRIPTION_BYTES_MAX)),
        ("author", printable(&manifest.author, LABEL_BYTES_MAX)),
        ("config_schema", schema.is_null() || schema.is_object() || schema.is_boolean()),
    ]
    .into_iter()
    .find_map(|(field, good)| (!good).then_some(field))
}
