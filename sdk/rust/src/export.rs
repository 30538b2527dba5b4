//! The macros that turn a judge into a component.
//!
//! Nothing is exported off wasm, so that the same crate compiles and is tested
//! natively, several judges in one binary included.

/// Makes a [`Verifier`](crate::Verifier) the component's export and writes its manifest.
#[macro_export]
macro_rules! export_verifier {
    ($judge:ty) => {
        $crate::__export!(
            $judge,
            "verifier",
            verifier,
            export_verifier_world,
            fn verify(
                task: $crate::Task,
                delivery: $crate::Delivery,
                config: String,
            ) -> Result<$crate::Report, $crate::Problem> {
                <$judge as $crate::Verifier>::verify(&task, &delivery, $crate::worlds::parse_config(&config)?)
            }
        );
    };
}

/// Makes a [`Scorer`](crate::Scorer) the component's export and writes its manifest.
#[macro_export]
macro_rules! export_scorer {
    ($judge:ty) => {
        $crate::__export!(
            $judge,
            "scorer",
            scorer,
            export_scorer_world,
            fn score(
                task: $crate::Task,
                delivery: $crate::Delivery,
                config: String,
            ) -> Result<$crate::Scorecard, $crate::Problem> {
                <$judge as $crate::Scorer>::score(&task, &delivery, $crate::worlds::parse_config(&config)?)
            }
        );
    };
}

/// Makes a [`Reviewer`](crate::Reviewer) the component's export and writes its manifest.
#[macro_export]
macro_rules! export_reviewer {
    ($judge:ty) => {
        $crate::__export!(
            $judge,
            "reviewer",
            reviewer,
            export_reviewer_world,
            fn review(
                task: $crate::Task,
                delivery: $crate::Delivery,
                scorecard: $crate::Scorecard,
                reports: Vec<Result<$crate::Report, $crate::Problem>>,
                config: String,
            ) -> Result<$crate::Decision, $crate::Problem> {
                <$judge as $crate::Reviewer>::review(
                    &task,
                    &delivery,
                    &scorecard,
                    &reports,
                    $crate::worlds::parse_config(&config)?,
                )
            }
        );
    };
}

/// Makes a [`Pricing`](crate::Pricing) the component's export and writes its manifest.
#[macro_export]
macro_rules! export_pricing {
    ($judge:ty) => {
        $crate::__export!(
            $judge,
            "pricing",
            pricing,
            export_pricing_world,
            fn decide(
                listing: $crate::Listing,
                book: Vec<$crate::Bid>,
                event: $crate::PricingEvent,
                config: String,
            ) -> Result<Vec<$crate::PricingDecision>, $crate::Problem> {
                <$judge as $crate::Pricing>::decide(
                    &listing,
                    &book,
                    &event,
                    $crate::worlds::parse_config(&config)?,
                )
            }
        );
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($judge:ty, $world:literal, $module:ident, $export:ident, $function:item) => {
        $crate::__manifest!($world);

        #[cfg(target_arch = "wasm32")]
        mod __assay_component {
            use super::*;
            struct Component;
            impl $crate::bindings::$module::Guest for Component {
                $function
            }
            $crate::bindings::$module::$export!(Component with_types_in $crate::bindings::$module);
        }
    };
}
