//! A server that says back what it is told: what this library does at most on a machine,
//! for `assay benchmark` to stand beside what the marketplace does.

use std::io;
use std::net::SocketAddr;

use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

use super::connections;
use crate::config::Limits;

/// Answers `POST /echo` until the process ends; says first where it listens.
pub async fn run(listen: SocketAddr, announce: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    announce(listener.local_addr()?);
    let router = Router::new().route("/echo", post(|Json(body): Json<Value>| async { Json(body) }));
    connections::serve(listener, router, &Limits::default(), std::future::pending()).await
}
