//! Builds the components of `plugins/` for wasm32-wasip2 and lists them in
//! `$OUT_DIR/builtin.rs`, from which `src/builtin.rs` takes them; and lists in
//! `$OUT_DIR/templates.rs` what `assay plugin new` writes.
//!
//! The nested cargo hears nothing of the outer one's flags, wrappers and profiles,
//! has a target folder of its own that all outer profiles share, and remaps every
//! path, so that a component's digest is the same wherever it is built.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

const TARGET: &str = "wasm32-wasip2";

/// How a component is configured; its macro writes it into the manifest.
const SCHEMA: &str = "config.schema.json";

/// What the outer cargo, its wrappers and its user set for the host, by the start of
/// the name.
const HOST_ONLY: [&str; 15] = [
    "ASSAY_GOLDENS",
    "CARGO_BUILD_",
    "CARGO_CFG_",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_FEATURE_",
    "CARGO_INCREMENTAL",
    "CARGO_MANIFEST_",
    "CARGO_PKG_",
    "CARGO_PRIMARY_PACKAGE",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CLIPPY_",
    "RUSTC",
    "RUSTDOC",
    "RUSTFLAGS",
];

fn main() {
    let host = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    let root = host.parent().expect("the host's folder is in the checkout").to_owned();
    let plugins = root.join("plugins");
    let out = PathBuf::from(var("OUT_DIR"));
    let components = components(&plugins);
    rerun_when_sources_change(&root, &components);
    add_target();
    let built = target_folder(&out);
    let mut list = String::from(
        "/// The components that came with the binary, by name.\npub static BUILTIN: &[Builtin] = &[\n",
    );
    for name in &components {
        demand_test(&plugins.join(name));
        build(&root, name, &built);
        let file = built.join(TARGET).join("release").join(format!("{}.wasm", name.replace('-', "_")));
        list.push_str(&entry(&file, &out, name, &plugins.join(name).join(SCHEMA)));
    }
    list.push_str("];\n");
    fs::write(out.join("builtin.rs"), list).expect("the output folder takes files");
    fs::write(out.join("templates.rs"), templates(&root)).expect("the output folder takes files");
}

/// What `assay plugin new` writes: each file's path from the checkout, and its text.
fn templates(root: &Path) -> String {
    let mut files = Vec::new();
    for source in ["sdk/rust/src", "sdk/templates", "sdk/python", "sdk/js", "wit/0.1.0"] {
        gather(&root.join(source), &mut files);
    }
    files.extend(["Cargo.toml", "Cargo.lock", "README.md"].map(|name| root.join("sdk/rust").join(name)));
    files.sort();
    let mut list = String::from("static TEMPLATES: &[Template] = &[\n");
    for file in files {
        let place = file.strip_prefix(root).expect("it is in the checkout");
        let place = place.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>();
        let (place, file) = (place.join("/"), file.display().to_string());
        writeln!(list, "    ({place:?}, include_str!({file:?})),").expect("a text takes text");
    }
    list.push_str("];\n");
    list
}

/// Every file below a folder that may not be there, but what tools leave in it when somebody
/// works on a template in place.
fn gather(folder: &Path, files: &mut Vec<PathBuf>) {
    if !folder.exists() {
        return;
    }
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let made = ["target", "node_modules", "__pycache__", ".venv"].contains(&name.as_str())
            || path.extension().is_some_and(|end| end == "wasm");
        if path.is_dir() && !made {
            gather(&path, files);
        } else if path.is_file() && !made {
            files.push(path);
        }
    }
}

fn var(name: &str) -> OsString {
    env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name} for build scripts"))
}

/// The members that are components: those that say how they are configured.
fn components(plugins: &Path) -> Vec<String> {
    let folders = fs::read_dir(plugins).expect("plugins/ is beside host/");
    let mut names: Vec<String> = folders
        .map(|folder| folder.expect("plugins/ can be read").path())
        .filter(|folder| folder.join(SCHEMA).exists())
        .filter_map(|folder| folder.file_name().map(|name| name.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    names
}

fn rerun_when_sources_change(root: &Path, components: &[String]) {
    let mut sources = vec![root.join("host/build.rs"), root.join("wit")];
    sources.extend(["Cargo.toml", "Cargo.lock"].map(|name| root.join("plugins").join(name)));
    sources.extend(["src", "Cargo.toml"].map(|name| root.join("sdk/rust").join(name)));
    let packages = components.iter().map(String::as_str).chain(["checks", "criteria-core", "text"]);
    for package in packages {
        let folder = root.join("plugins").join(package);
        let parts = ["src", "tests", "Cargo.toml", SCHEMA].map(|part| folder.join(part));
        sources.extend(parts.into_iter().filter(|part| part.exists()));
    }
    for source in sources {
        println!("cargo::rerun-if-changed={}", source.display());
    }
}

/// A judge nobody tests is not built.
fn demand_test(folder: &Path) {
    let tests = fs::read_dir(folder.join("tests")).into_iter().flatten().flatten();
    let tested =
        tests.filter_map(|file| fs::read_to_string(file.path()).ok()).any(|text| text.contains("#[test]"));
    assert!(tested, "{} has no test: write one in its folder tests/", folder.display());
}

/// Adds the guests' target where it is missing and rustup can.
fn add_target() {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let installed = sysroot(&rustc).join("lib/rustlib").join(TARGET).exists();
    if installed {
        return;
    }
    let added = Command::new("rustup").args(["target", "add", TARGET]).status();
    let added = added.is_ok_and(|status| status.success());
    assert!(added, "the components need a target that is missing; add it with: rustup target add {TARGET}");
}

fn sysroot(rustc: &OsString) -> PathBuf {
    let output = Command::new(rustc).args(["--print", "sysroot"]).output().expect("rustc runs");
    PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())
}

/// `target/plugins`, from `target/PROFILE/build/assay-HASH/out`.
fn target_folder(out: &Path) -> PathBuf {
    let profile = out.ancestors().find(|folder| folder.ends_with("build")).and_then(Path::parent);
    let target = profile.and_then(Path::parent).expect("cargo's output folder is in its target folder");
    target.join("plugins")
}

/// One component a run: features of one must not reach another.
fn build(root: &Path, name: &str, built: &Path) {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let mut cargo = Command::new(var("CARGO"));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if HOST_ONLY.iter().any(|start| text.starts_with(start)) {
            cargo.env_remove(&name);
        }
    }
    let status = cargo
        .current_dir(root.join("plugins"))
        .args(["build", "--release", "--locked", "--target", TARGET, "--package", name, "--target-dir"])
        .arg(built)
        .env("CARGO_ENCODED_RUSTFLAGS", flags(root, &rustc))
        // Empty is none, whatever a configuration file says.
        .env("RUSTC_WRAPPER", "")
        .env("RUSTC_WORKSPACE_WRAPPER", "")
        .status()
        .expect("cargo runs");
    assert!(status.success(), "the component {name} does not build");
}

/// Vectors as WebAssembly 2.0 has them, which every engine profile runs, and nothing of
/// this machine's paths.
fn flags(root: &Path, rustc: &OsString) -> String {
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| env::home_dir().map(|home| home.join(".cargo")));
    let mut paths = vec![(root.to_owned(), "/assay".to_owned())];
    paths.extend(home.map(|home| (home, "/cargo".to_owned())));
    let library = sysroot(rustc).join("lib/rustlib/src/rust");
    paths.push((library, format!("/rustc/{}", commit(rustc))));
    let mut flags = vec!["-Ctarget-feature=+simd128".to_owned()];
    flags.extend(paths.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())));
    // Cargo's separator of encoded flags, so that paths may hold spaces.
    flags.join("\u{1f}")
}

/// What the standard library's own paths start with.
fn commit(rustc: &OsString) -> String {
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("commit-hash: ")).unwrap_or("unknown").to_owned()
}

/// A line of the list, and the component beside it. What it says of itself is read
/// from the manifest that its macro wrote.
fn entry(file: &Path, out: &Path, package: &str, schema: &Path) -> String {
    let bytes = fs::read(file).expect("cargo wrote the component");
    let field = |name: &str| {
        manifest_field(&bytes, name).unwrap_or_else(|| panic!("{package} has no manifest with a {name}"))
    };
    let (name, version, world) = (field("name"), field("version"), field("world"));
    assert_eq!(name, package, "a component is named after its folder");
    fs::write(out.join(format!("{package}.wasm")), &bytes).expect("the output folder takes files");
    let schema = schema.display().to_string();
    let digest: [u8; 32] = Sha256::digest(&bytes).into();
    format!(
        "    Builtin {{\n        name: {name:?},\n        version: {version:?},\n        world: {world:?},\n        \
         bytes: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{package}.wasm\")),\n        \
         digest: Digest::known({digest:?}),\n        config_schema: include_str!({schema:?}),\n    }},\n"
    )
}

/// A field of the manifest; name, version and world have no character to escape.
fn manifest_field(bytes: &[u8], name: &str) -> Option<String> {
    const SECTION: &[u8] = b"assay:manifest{";
    let start = bytes.windows(SECTION.len()).position(|window| window == SECTION)?;
    let text = String::from_utf8_lossy(&bytes[start..bytes.len().min(start + 4_096)]).into_owned();
    let (_, after) = text.split_once(&format!("\"{name}\":\""))?;
    after.split_once('"').map(|(value, _)| value.to_owned())
}
