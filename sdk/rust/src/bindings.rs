//! What `wit-bindgen` makes of the worlds. The types are made once, with the
//! verifier, and shared by the other three.
#![expect(clippy::pedantic, clippy::too_many_arguments, reason = "generated from the documented WIT files")]

pub mod verifier {
    wit_bindgen::generate!({
        world: "verifier",
        path: "../../wit/0.1.0",
        additional_derives: [PartialEq, Eq],
        pub_export_macro: true,
        export_macro_name: "export_verifier_world",
        default_bindings_module: "assay_plugin::bindings::verifier",
        generate_all,
    });
}

pub mod scorer {
    wit_bindgen::generate!({
        world: "scorer",
        path: "../../wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_scorer_world",
        default_bindings_module: "assay_plugin::bindings::scorer",
        with: {
            "assay:plugin/types@0.1.0": crate::bindings::verifier::assay::plugin::types,
            "assay:plugin/attachments@0.1.0": crate::bindings::verifier::assay::plugin::attachments,
            "assay:plugin/logging@0.1.0": crate::bindings::verifier::assay::plugin::logging,
        },
    });
}

pub mod reviewer {
    wit_bindgen::generate!({
        world: "reviewer",
        path: "../../wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_reviewer_world",
        default_bindings_module: "assay_plugin::bindings::reviewer",
        with: {
            "assay:plugin/types@0.1.0": crate::bindings::verifier::assay::plugin::types,
            "assay:plugin/attachments@0.1.0": crate::bindings::verifier::assay::plugin::attachments,
            "assay:plugin/logging@0.1.0": crate::bindings::verifier::assay::plugin::logging,
        },
    });
}

pub mod pricing {
    wit_bindgen::generate!({
        world: "pricing",
        path: "../../wit/0.1.0",
        pub_export_macro: true,
        export_macro_name: "export_pricing_world",
        default_bindings_module: "assay_plugin::bindings::pricing",
        with: {
            "assay:plugin/types@0.1.0": crate::bindings::verifier::assay::plugin::types,
            "assay:plugin/logging@0.1.0": crate::bindings::verifier::assay::plugin::logging,
        },
    });
}
