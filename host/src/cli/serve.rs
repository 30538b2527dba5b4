//! `assay serve`.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use tracing_subscriber::EnvFilter;

use super::{Outcome, line};
use crate::app::App;
use crate::config::Settings;
use crate::http::{Server, connections};

/// Starts, says where it listens, answers until it is told to stop.
pub(super) async fn run(settings: Settings) -> Outcome {
    let filter = EnvFilter::try_from_env("ASSAY_LOG").unwrap_or_else(|_| EnvFilter::new("info,sqlx=warn"));
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    let drain = Duration::from_millis(settings.limits.drain_ms_max);
    connections::raise_descriptors();
    let app = App::start(settings).await.map_err(line)?;
    let server = Server::listen(app.clone()).await;
    let server = server.map_err(|error| format!("cannot listen on {}: {error}", app.settings.listen))?;
    // Before anyone can know where it listens, so that whoever does can stop it.
    let stop = stop_asked().map_err(|error| format!("cannot listen for signals: {error}"))?;
    announce(&app.base_url());
    if app.settings.payments.is_live() && app.settings.payments.rules.public_url.is_none() {
        tracing::warn!(
            "ASSAY_PUBLIC_URL is not set: providers are told an address that may be of this machine alone"
        );
    }
    tracing::info!(mode = app.mode_word(), lane = %app.lane, profile = app.sandbox.profile(), "started");
    let jobs = app.run_jobs();
    let post_office = app.run_post_office();
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let serving = tokio::spawn(server.run(async move {
        stop.await;
        let _ = stopping.send(());
    }));
    let _ = stopped.await;
    tracing::info!("stopping: requests under way are finished first");
    jobs.abort();
    post_office.abort();
    if let Ok(ended) = tokio::time::timeout(drain, serving).await {
        ended.map_err(line)?.map_err(line)?;
    } else {
        tracing::warn!("some requests took too long and were dropped");
    }
    if tokio::time::timeout(drain, app.stop()).await.is_err() {
        tracing::warn!("the database took too long: whoever still waited for a commit was not answered");
    }
    Ok(ExitCode::SUCCESS)
}

/// A bare server, for comparing.
pub(super) async fn echo(listen: SocketAddr) -> Outcome {
    let announced = |address| announce(&format!("http://{address}"));
    crate::http::echo::run(listen, announced).await.map_err(line)?;
    Ok(ExitCode::SUCCESS)
}

#[expect(clippy::print_stdout, reason = "the first line of the output is part of the interface")]
fn announce(base_url: &str) {
    println!("listening on {base_url}");
    let _ = std::io::stdout().flush();
}

/// Over once the process is asked to stop. Signals count from the call on.
fn stop_asked() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
