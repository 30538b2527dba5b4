//! How much of everything a component may have. A compiler spends time and memory on
//! what it is given; these limits are checked, and the whole component is validated,
//! before it gets anything. One pass over the bytes, and never deeper on the host's
//! stack than a function or two, however deep the bytes nest.

mod types;

use wasmparser::{
    CompositeInnerType, CoreType, CoreTypeSectionReader, FuncToValidate, FuncValidatorAllocations,
    FunctionBody, Operator, OperatorsReader, Parser, Payload, TypeSectionReader, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use crate::component::Rejected;

/// What of WebAssembly a judge may be made of: the proposals `engine` leaves on.
pub const FEATURES: WasmFeatures = WasmFeatures::WASM2
    .union(WasmFeatures::COMPONENT_MODEL)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::MULTI_MEMORY)
    .union(WasmFeatures::TAIL_CALL);

/// How much a component may have of everything that costs a validator or a compiler
/// more than its bytes. All counts are of the whole component, nested ones included,
/// where nothing else is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShapeLimits {
    /// Components inside of components; tools that join components nest three or four.
    pub component_nesting_max: u64,
    /// Components; each library that was joined in is one.
    pub components_max: u64,
    /// Core modules; a Python component has one for each of its native libraries.
    pub modules_max: u64,
    /// Instances of modules and components; a validator copies the types of each.
    pub instances_max: u64,
    /// Types inside of types; an interface inside of a world is two deep.
    pub type_nesting_max: u64,
    /// Types and their declarations, of components and modules; all of WASI has some
    /// hundreds.
    pub types_max: u64,
    /// Imports; the libraries of a Python component import some thousands of one another.
    pub imports_max: u64,
    /// Exports, as many for the same reason.
    pub exports_max: u64,
    /// Aliases, and functions lifted or lowered: what joins modules is made of them.
    pub links_max: u64,
    /// Functions with a body; a Python interpreter with its libraries has tens of thousands.
    pub functions_max: u64,
    /// Parameters of one function; a C compiler passes what is large by its address.
    pub params_max: u64,
    /// Results of one function; compilers give one or two.
    pub results_max: u64,
    /// Local variables of one function; an interpreter's largest has a few thousand, and
    /// what a compiler spends grows faster than their number.
    pub locals_max: u64,
    /// Local variables of all functions; five bytes can declare thousands of them.
    pub locals_total_max: u64,
    /// One function's body, bytes; an interpreter's largest has some hundred thousand.
    pub function_bytes_max: u64,
    /// Blocks inside of blocks; a C compiler makes one for each case of a `switch`.
    pub block_nesting_max: u64,
    /// Targets of one `br_table`: the span of a `switch`.
    pub branch_targets_max: u64,
    /// Memories; joined components have one each.
    pub memories_max: u64,
    /// Tables; joined modules have one each.
    pub tables_max: u64,
    /// Global variables; the libraries of a Python component have some thousands.
    pub globals_max: u64,
    /// Element segments: modules have one for each table, and a few more.
    pub element_segments_max: u64,
    /// Data segments; an interpreter initialised ahead of time has thousands.
    pub data_segments_max: u64,
    /// Custom sections, bytes: names and notes. Debugging information belongs elsewhere.
    pub custom_bytes_max: u64,
}

impl Default for ShapeLimits {
    fn default() -> Self {
        Self {
            component_nesting_max: 20,
            components_max: 1_000,
            modules_max: 1_000,
            instances_max: 2_000,
            type_nesting_max: 20,
            types_max: 50_000,
            imports_max: 100_000,
            exports_max: 200_000,
            links_max: 200_000,
            functions_max: 200_000,
            params_max: 100,
            results_max: 20,
            locals_max: 20_000,
            locals_total_max: 5_000_000,
            function_bytes_max: 1 << 20,
            block_nesting_max: 5_000,
            branch_targets_max: 20_000,
            memories_max: 100,
            tables_max: 1_000,
            globals_max: 100_000,
            element_segments_max: 10_000,
            data_segments_max: 100_000,
            custom_bytes_max: 8 << 20,
        }
    }
}

/// One thing a component has too much of.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{place} has {count} {what}, at most {count_max} are taken; {advice}")]
pub struct Excess {
    /// Where: `core module 2, function 17 (byte 0x5f3a)`. Modules and components are
    /// counted from 1 in the order their bytes begin, functions as wasm numbers them.
    pub place: String,
    /// What there is too much of, in the plural.
    pub what: &'static str,
    /// How much there is, as far as it was counted.
    pub count: u64,
    /// How much is taken.
    pub count_max: u64,
    /// What to change.
    pub advice: &'static str,
}

/// Validates a component and holds it against the limits. The first thing wrong, in the
/// order of the bytes.
pub(crate) fn check(bytes: &[u8], limits: &ShapeLimits) -> Result<(), Rejected> {
    let mut walk = Walk::new(bytes, limits);
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(broken)?;
        walk.count(&payload)?;
        if let ValidPayload::Func(function, body) = walk.validator.payload(&payload).map_err(broken)? {
            walk.function(function, &body)?;
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn broken(error: wasmparser::BinaryReaderError) -> Rejected {
    Rejected::Malformed(error.to_string())
}

/// One total of the whole component.
struct Total {
    what: &'static str,
    count: u64,
    count_max: u64,
    advice: &'static str,
}

const fn total(what: &'static str, count_max: u64, advice: &'static str) -> Total {
    Total { what, count: 0, count_max, advice }
}

const SMALLER: &str = "split it into smaller functions";
const LEAVE_OUT: &str = "leave libraries out that it does not need, or build it with optimisation for size";
const FLATTER: &str = "join its components side by side, not inside of one another";

struct Walk<'a> {
    bytes: &'a [u8],
    limits: &'a ShapeLimits,
    validator: Validator,
    allocations: FuncValidatorAllocations,
    /// What the bytes are in, outermost first.
    open: Vec<Place>,
    components: Total,
    modules: Total,
    instances: Total,
    types: Total,
    imports: Total,
    exports: Total,
    links: Total,
    functions: Total,
    locals: Total,
    memories: Total,
    tables: Total,
    globals: Total,
    element_segments: Total,
    data_segments: Total,
    custom_bytes: Total,
}

#[derive(Clone, Copy)]
enum Place {
    Component(u64),
    Module(u64),
}

impl<'a> Walk<'a> {
    fn new(bytes: &'a [u8], limits: &'a ShapeLimits) -> Self {
        let strip = "strip it (wasm-tools strip, or strip = true in the profile)";
        Self {
            bytes,
            limits,
            validator: Validator::new_with_features(FEATURES),
            allocations: FuncValidatorAllocations::default(),
            open: Vec::new(),
            components: total("components inside of it", limits.components_max, FLATTER),
            modules: total("core modules", limits.modules_max, LEAVE_OUT),
            instances: total("instances", limits.instances_max, LEAVE_OUT),
            types: total("types and declarations", limits.types_max, LEAVE_OUT),
            imports: total("imports", limits.imports_max, LEAVE_OUT),
            exports: total("exports", limits.exports_max, LEAVE_OUT),
            links: total("aliases and adapted functions", limits.links_max, LEAVE_OUT),
            functions: total("functions", limits.functions_max, LEAVE_OUT),
            locals: total("local variables", limits.locals_total_max, LEAVE_OUT),
            memories: total("memories", limits.memories_max, "let its modules share one"),
            tables: total("tables", limits.tables_max, "let its modules share one"),
            globals: total("global variables", limits.globals_max, "keep variables in memory"),
            element_segments: total("element segments", limits.element_segments_max, "join them"),
            data_segments: total("data segments", limits.data_segments_max, "join them"),
            custom_bytes: total("bytes of custom sections", limits.custom_bytes_max, strip),
        }
    }

    /// Counts what a payload announces, before anything looks into it.
    fn count(&mut self, payload: &Payload<'_>) -> Result<(), Rejected> {
        match payload {
            Payload::ModuleSection { .. } => {
                self.modules.add(1)?;
                self.open.push(Place::Module(self.modules.count));
                Ok(())
            }
            Payload::ComponentSection { .. } => self.component(),
            Payload::End(_) => {
                self.open.pop();
                Ok(())
            }
            Payload::TypeSection(section) => self.core_types(section),
            Payload::CoreTypeSection(section) => self.module_types(section),
            Payload::ComponentTypeSection(section) => self.component_types(section.range()),
            Payload::ImportSection(section) => self.imports.add(section.count().into()),
            Payload::ComponentImportSection(section) => self.imports.add(section.count().into()),
            Payload::ExportSection(section) => self.exports.add(section.count().into()),
            Payload::ComponentExportSection(section) => self.exports.add(section.count().into()),
            Payload::InstanceSection(section) => self.instances.add(section.count().into()),
            Payload::ComponentInstanceSection(section) => self.instances.add(section.count().into()),
            Payload::ComponentAliasSection(section) => self.links.add(section.count().into()),
            Payload::ComponentCanonicalSection(section) => self.links.add(section.count().into()),
            Payload::FunctionSection(section) => self.functions.add(section.count().into()),
            Payload::TableSection(section) => self.tables.add(section.count().into()),
            Payload::MemorySection(section) => self.memories.add(section.count().into()),
            Payload::GlobalSection(section) => self.globals.add(section.count().into()),
            Payload::ElementSection(section) => self.element_segments.add(section.count().into()),
            Payload::DataSection(section) => self.data_segments.add(section.count().into()),
            Payload::CustomSection(section) => self.custom_bytes.add(section.data().len() as u64),
            // The others hold nothing to count, or nothing that validates.
            _ => Ok(()),
        }
    }

    fn component(&mut self) -> Result<(), Rejected> {
        self.components.add(1)?;
        self.open.push(Place::Component(self.components.count));
        let nesting = self.open.len() as u64;
        self.hold("levels of components around it", nesting, self.limits.component_nesting_max, FLATTER)
    }

    fn core_types(&mut self, section: &TypeSectionReader<'_>) -> Result<(), Rejected> {
        self.types.add(section.count().into())?;
        for group in section.clone() {
            for core_type in group.map_err(broken)?.types() {
                if let CompositeInnerType::Func(function) = &core_type.composite_type.inner {
                    let (params, results) = (function.params().len() as u64, function.results().len() as u64);
                    let advice = "pass them in memory";
                    self.hold("parameters for one function", params, self.limits.params_max, advice)?;
                    self.hold("results for one function", results, self.limits.results_max, advice)?;
                }
            }
        }
        Ok(())
    }

    fn module_types(&mut self, section: &CoreTypeSectionReader<'_>) -> Result<(), Rejected> {
        self.types.add(section.count().into())?;
        for core_type in section.clone() {
            if let CoreType::Module(declarations) = core_type.map_err(broken)? {
                self.types.add(declarations.len() as u64)?;
            }
        }
        Ok(())
    }

    fn component_types(&mut self, range: std::ops::Range<usize>) -> Result<(), Rejected> {
        let section = self.bytes.get(range.clone()).unwrap_or_default();
        let seen = types::look(section, range.start, self.limits.type_nesting_max).map_err(broken)?;
        self.types.add(seen.declarations)?;
        self.hold(
            "levels of types",
            seen.nesting,
            self.limits.type_nesting_max,
            "name the inner types outside",
        )
    }

    /// Validates a function, and holds it against the limits on the way.
    fn function(
        &mut self,
        function: FuncToValidate<ValidatorResources>,
        body: &FunctionBody<'_>,
    ) -> Result<(), Rejected> {
        let limits = self.limits;
        let place = Function { place: self.place(), index: function.index, byte: body.range().start };
        place.hold("bytes", body.range().len() as u64, limits.function_bytes_max, SMALLER)?;
        let mut locals = 0;
        for group in body.get_locals_reader().map_err(broken)? {
            locals += u64::from(group.map_err(broken)?.0);
            place.hold("local variables", locals, limits.locals_max, SMALLER)?;
        }
        self.locals.add(locals)?;

        let mut validator = function.into_validator(std::mem::take(&mut self.allocations));
        let mut reader = body.get_binary_reader();
        validator.read_locals(&mut reader).map_err(broken)?;
        let mut operators = OperatorsReader::new(reader);
        while !operators.eof() {
            let (operator, offset) = operators.read_with_offset().map_err(broken)?;
            if let Operator::BrTable { targets } = &operator {
                let count = targets.len().into();
                place.hold("targets in one br_table", count, limits.branch_targets_max, SMALLER)?;
            }
            validator.op(offset, &operator).map_err(broken)?;
            // The function itself is the outermost block.
            let nesting = u64::from(validator.control_stack_height()).saturating_sub(1);
            place.hold("levels of blocks", nesting, limits.block_nesting_max, SMALLER)?;
        }
        operators.finish().map_err(broken)?;
        self.allocations = validator.into_allocations();
        Ok(())
    }

    fn place(&self) -> String {
        match self.open.last() {
            None => "the component".to_owned(),
            Some(Place::Component(number)) => format!("component {number} inside of it"),
            Some(Place::Module(number)) => format!("core module {number}"),
        }
    }

    fn hold(
        &self,
        what: &'static str,
        count: u64,
        count_max: u64,
        advice: &'static str,
    ) -> Result<(), Rejected> {
        if count <= count_max {
            return Ok(());
        }
        Err(Rejected::Shape(Excess { place: self.place(), what, count, count_max, advice }))
    }
}

impl Total {
    fn add(&mut self, count: u64) -> Result<(), Rejected> {
        self.count += count;
        let Self { what, count, count_max, advice } = *self;
        if count <= count_max {
            return Ok(());
        }
        Err(Rejected::Shape(Excess { place: "the component".to_owned(), what, count, count_max, advice }))
    }
}

/// A function, for saying where.
struct Function {
    place: String,
    index: u32,
    byte: usize,
}

impl Function {
    fn hold(
        &self,
        what: &'static str,
        count: u64,
        count_max: u64,
        advice: &'static str,
    ) -> Result<(), Rejected> {
        if count <= count_max {
            return Ok(());
        }
        let place = format!("{}, function {} (byte {:#x})", self.place, self.index, self.byte);
        Err(Rejected::Shape(Excess { place, what, count, count_max, advice }))
    }
}
