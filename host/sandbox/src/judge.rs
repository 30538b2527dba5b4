//! A component that is ready to judge.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use wasmtime::Engine;
use wasmtime::component::{ComponentExportIndex, InstancePre, Linker};

use crate::cache;
use crate::component::{Manifest, Rejected};
use crate::digest::Digest;
use crate::runner::Code;
use crate::state::State;
use crate::world::World;

/// A component that is ready to judge. Cheap to clone.
#[derive(Clone)]
pub struct Judge {
    /// The digest of its bytes.
    pub digest: Digest,
    /// What it is for.
    pub world: World,
    /// What it says about itself.
    pub manifest: Arc<Manifest>,
    /// How many bytes it has.
    pub component_bytes: usize,
    pub(crate) ready: Arc<Ready>,
}

pub(crate) enum Ready {
    /// In this process.
    Here(Here),
    /// In a child, which is given this code. What the last run took of fuel.
    Away { code: Code, fuel: AtomicU64 },
}

/// A component linked in this process.
pub(crate) struct Here {
    pub(crate) instance_pre: InstancePre<State>,
    pub(crate) export: ComponentExportIndex,
    /// What the last run took of fuel that was not cut short.
    pub(crate) fuel: AtomicU64,
}

impl Here {
    pub(crate) const fn new(instance_pre: InstancePre<State>, export: ComponentExportIndex) -> Self {
        Self { instance_pre, export, fuel: AtomicU64::new(0) }
    }
}

impl Judge {
    /// Whether it runs in a process of its own.
    pub fn is_away(&self) -> bool {
        matches!(*self.ready, Ready::Away { .. })
    }

    pub(crate) fn here(&self) -> Option<&Here> {
        match &*self.ready {
            Ready::Here(here) => Some(here),
            Ready::Away { .. } => None,
        }
    }

    /// Bytes of machine code in this process.
    pub(crate) fn code_bytes(&self) -> usize {
        self.here().map_or(0, |here| {
            let range = here.instance_pre.component().image_range();
            range.end.addr() - range.start.addr()
        })
    }

    /// The machine code of a component that is linked in this process.
    pub(crate) fn machine_code(&self) -> Result<Vec<u8>, Rejected> {
        let here = self.here().ok_or_else(|| Rejected::Host("compiled elsewhere".to_owned()))?;
        here.instance_pre.component().serialize().map_err(|error| Rejected::Host(format!("{error:#}")))
    }

    /// The same judge, its machine code carried over to another engine.
    pub(crate) fn carried(&self, engine: &Engine, linker: &Linker<State>) -> wasmtime::Result<Self> {
        let here = self.here().ok_or_else(|| wasmtime::format_err!("it is in another process"))?;
        let component = cache::carry(engine, here.instance_pre.component())?;
        let instance_pre = linker.instantiate_pre(&component)?;
        let export = component
            .get_export_index(None, self.world.export())
            .ok_or_else(|| wasmtime::format_err!("its export was lost on the way"))?;
        Ok(Self { ready: Arc::new(Ready::Here(Here::new(instance_pre, export))), ..self.clone() })
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Judge({} {} {})", self.manifest.name, self.world, self.digest)
    }
}
