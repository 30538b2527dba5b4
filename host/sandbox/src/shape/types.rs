//! Component types, which may hold types without end, looked at without recursion. The
//! parser behind the validator reads them by calling itself once a level: bytes that
//! nest a million deep would take the host's stack.

use wasmparser::{
    BinaryReader, ComponentType, ComponentTypeDeclaration, FromReader, InstanceTypeDeclaration, Result,
};

/// The first byte of a type that is a component, and of one that is an instance.
const COMPONENT: u8 = 0x41;
const INSTANCE: u8 = 0x42;

/// The first byte of a declaration that is a type.
const TYPE: u8 = 0x01;

/// What a section of component types holds.
#[derive(Default)]
pub(super) struct Types {
    /// Types and declarations, on all levels.
    pub(super) declarations: u64,
    /// The deepest level; 1 when no type holds another.
    pub(super) nesting: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Section,
    Component,
    Instance,
}

/// Reads the content of a section that begins at `offset`, and stops early where it
/// nests deeper than `nesting_max`.
pub(super) fn look(section: &[u8], offset: usize, nesting_max: u64) -> Result<Types> {
    let mut reader = BinaryReader::new(section, offset);
    let mut types = Types::default();
    // The lists that are not read to their end, outermost first, and what is left of each.
    let mut open = vec![(Level::Section, reader.read_var_u32()?)];
    while let Some((level, left)) = open.last_mut() {
        if *left == 0 {
            open.pop();
            continue;
        }
        *left -= 1;
        let level = *level;
        types.declarations += 1;
        types.nesting = types.nesting.max(open.len() as u64);
        if types.nesting > nesting_max {
            break;
        }
        open.extend(item(&mut reader, level)?);
    }
    Ok(types)
}

/// Reads one item of a list; a list it begins is left for the caller.
fn item(reader: &mut BinaryReader<'_>, level: Level) -> Result<Option<(Level, u32)>> {
    if level != Level::Section {
        if first_byte(reader)? != TYPE {
            return skip_declaration(reader, level).map(|()| None);
        }
        reader.read_u8()?;
    }
    let level = match first_byte(reader)? {
        COMPONENT => Level::Component,
        INSTANCE => Level::Instance,
        _ => return skip::<ComponentType<'_>>(reader).map(|()| None),
    };
    reader.read_u8()?;
    Ok(Some((level, reader.read_var_u32()?)))
}

/// Everything a declaration can be other than a type holds no further types.
fn skip_declaration(reader: &mut BinaryReader<'_>, level: Level) -> Result<()> {
    match level {
        Level::Component => skip::<ComponentTypeDeclaration<'_>>(reader),
        Level::Section | Level::Instance => skip::<InstanceTypeDeclaration<'_>>(reader),
    }
}

fn skip<'a, T: FromReader<'a>>(reader: &mut BinaryReader<'a>) -> Result<()> {
    reader.read::<T>().map(drop)
}

fn first_byte(reader: &BinaryReader<'_>) -> Result<u8> {
    reader.clone().read_u8()
}
