//! Figures for whoever runs the house, in the text format of Prometheus.

use std::sync::atomic::AtomicU64;
use std::time::{Duration, Instant};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Everything that is counted.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Histogram,
    requests_in_flight: Gauge,
    verdicts: Family<VerdictLabels, Counter>,
    verdict_fuel: Histogram,
    plugin_runs: Family<PluginLabels, Counter>,
    plugin_fuel: Family<PluginName, Counter>,
    plugin_seconds: Family<PluginName, Counter<f64, AtomicU64>>,
    jobs: Counter,
    chargebacks: Counter,
    callbacks_refused: Counter,
    group_changes: Histogram,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: String,
    route: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct VerdictLabels {
    world: String,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PluginLabels {
    plugin: String,
    outcome: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PluginName {
    plugin: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];
        let fuel = [1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10];
        let mut metrics = Self {
            registry: Registry::with_prefix("assay"),
            requests: Family::default(),
            request_seconds: Histogram::new(seconds),
            requests_in_flight: Gauge::default(),
            verdicts: Family::default(),
            verdict_fuel: Histogram::new(fuel),
            plugin_runs: Family::default(),
            plugin_fuel: Family::default(),
            plugin_seconds: Family::default(),
            jobs: Counter::default(),
            chargebacks: Counter::default(),
            callbacks_refused: Counter::default(),
            group_changes: Histogram::new((0..10).map(|power| f64::from(1_u32 << power))),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "Requests answered", self.requests.clone());
        let time = self.request_seconds.clone();
        registry.register_with_unit("request", "Time to answer", Unit::Seconds, time);
        registry.register("requests_in_flight", "Requests being worked on", self.requests_in_flight.clone());
        registry.register("verdicts", "Runs of components", self.verdicts.clone());
        registry.register("verdict_fuel", "Fuel of a run", self.verdict_fuel.clone());
        registry.register(
            "plugin_runs",
            "Runs of a component by what came of them",
            self.plugin_runs.clone(),
        );
        registry.register("plugin_fuel", "Fuel that a component's runs took", self.plugin_fuel.clone());
        let seconds = self.plugin_seconds.clone();
        registry.register_with_unit("plugin", "Time that a component's runs took", Unit::Seconds, seconds);
        registry.register("jobs", "Jobs done by this host", self.jobs.clone());
        registry.register("chargebacks", "Card payments charged back", self.chargebacks.clone());
        let refused = self.callbacks_refused.clone();
        registry.register("payment_callbacks_refused", "Callbacks of providers that were refused", refused);
        let groups = self.group_changes.clone();
        registry.register("commit_group_changes", "Changes of a group", groups);
    }

    /// A request came in.
    #[expect(clippy::disallowed_methods, reason = "how long something took is no part of any decision")]
    pub fn request_started(&self) -> RequestTimer<'_> {
        self.requests_in_flight.inc();
        RequestTimer { metrics: self, started: Instant::now() }
    }

    /// A component runs.
    #[expect(clippy::disallowed_methods, reason = "how long something took is no part of any decision")]
    pub fn run_started(&self) -> RunTimer<'_> {
        RunTimer { metrics: self, started: Instant::now() }
    }

    /// For the committer's listener: counts how large each group is.
    pub fn group_sizes(&self) -> impl Fn(usize) + Send + Sync + 'static {
        let groups = self.group_changes.clone();
        move |changes| groups.observe(f64::from(u32::try_from(changes).unwrap_or(u32::MAX)))
    }

    /// A job was done.
    pub fn job_done(&self) {
        self.jobs.inc();
    }

    /// A card payment was charged back.
    pub fn chargeback(&self) {
        self.chargebacks.inc();
    }

    /// A provider's callback was refused.
    pub fn callback_refused(&self) {
        self.callbacks_refused.inc();
    }

    /// All of it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

/// A request under way; it counts as such until it is answered or dropped.
pub struct RequestTimer<'a> {
    metrics: &'a Metrics,
    started: Instant,
}

impl RequestTimer<'_> {
    /// It was answered.
    pub fn finish(self, method: &str, route: &str, status: u16) -> Duration {
        let elapsed = self.started.elapsed();
        let labels = RequestLabels { method: method.into(), route: route.into(), status };
        self.metrics.requests.get_or_create(&labels).inc();
        self.metrics.request_seconds.observe(elapsed.as_secs_f64());
        elapsed
    }
}

impl Drop for RequestTimer<'_> {
    fn drop(&mut self) {
        self.metrics.requests_in_flight.dec();
    }
}

/// A run under way.
pub struct RunTimer<'a> {
    metrics: &'a Metrics,
    started: Instant,
}

impl RunTimer<'_> {
    /// It ended: of which component, `name@version`, in which world, with what outcome.
    pub fn finish(self, plugin: &str, world: &str, outcome: &str, fuel: u64) {
        let metrics = self.metrics;
        let labels = VerdictLabels { world: world.into(), outcome: outcome.into() };
        metrics.verdicts.get_or_create(&labels).inc();
        #[expect(clippy::cast_precision_loss, reason = "a histogram's buckets are far apart")]
        metrics.verdict_fuel.observe(fuel as f64);
        let labels = PluginLabels { plugin: plugin.into(), outcome: outcome.into() };
        metrics.plugin_runs.get_or_create(&labels).inc();
        let name = PluginName { plugin: plugin.into() };
        metrics.plugin_fuel.get_or_create(&name).inc_by(fuel);
        metrics.plugin_seconds.get_or_create(&name).inc_by(self.started.elapsed().as_secs_f64());
    }
}
