//! What a component says about itself, for the languages whose tools write no section.

use assay_sandbox::component::MANIFEST_SECTION;
use serde_json::{Value, json};

use super::goldens;
use super::project::Project;

/// The component with its manifest at the end.
pub(super) fn append(project: &Project, mut component: Vec<u8>) -> Result<Vec<u8>, String> {
    let manifest = of(project)?.to_string();
    let mut body = Vec::new();
    write_length(MANIFEST_SECTION.len(), &mut body);
    body.extend_from_slice(MANIFEST_SECTION.as_bytes());
    body.extend_from_slice(manifest.as_bytes());
    // Section 0 is a custom one, in components as in modules.
    component.push(0);
    write_length(body.len(), &mut component);
    component.extend_from_slice(&body);
    Ok(component)
}

fn of(project: &Project) -> Result<Value, String> {
    let settings = &project.settings;
    let text = |name: &str, value: &Option<String>| {
        value.clone().ok_or_else(|| format!("plugin.toml: {name} is missing"))
    };
    let schema = match &settings.config_schema {
        None => Value::Null,
        Some(file) => {
            let bytes = super::read(&project.folder.join(file))?;
            serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", file.display()))?
        }
    };
    Ok(json!({
        "name": text("name", &settings.name)?,
        "version": text("version", &settings.version)?,
        "world": settings.world,
        "description": text("description", &settings.description)?,
        "author": text("author", &settings.author)?,
        "config_schema": schema,
        "goldens": goldens::of(project)?,
    }))
}

/// Seven bits a byte, the lowest first, the high bit where more follow.
fn write_length(mut length: usize, into: &mut Vec<u8>) {
    while length >= 0x80 {
        into.push(u8::try_from(length & 0x7f).unwrap_or(0) | 0x80);
        length >>= 7;
    }
    into.push(u8::try_from(length).unwrap_or(0));
}
