//! HTTP: every surface, over the same verbs.
//!
//! A handler reads its input, asks one verb, and answers; it decides nothing. What a
//! surface has of its own is words: field names, shapes, units of money. Reading
//! order: [`routes`], then a surface, then what they share.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;

use crate::app::App;

pub mod agent;
pub mod agent_tasks;
pub mod answer;
pub mod blobs;
pub mod callbacks;
pub mod channels;
pub mod commission;
pub mod connections;
pub mod console;
pub mod docs;
pub mod echo;
pub mod fields;
pub mod finance;
pub mod finance_money;
pub mod finance_withdrawals;
pub mod guarding;
pub mod handoffs;
mod intake;
pub mod jose;
pub mod limits;
pub mod middleware;
pub mod openapi;
pub mod operations;
mod patient;
pub mod people;
pub mod plugins;
pub mod problem;
pub mod receipts;
pub mod render;
pub mod request;
pub mod rewards;
pub mod routes;
pub mod secrets;
mod statement_csv;
pub mod table;
pub mod test_mode;
pub mod threads;
mod unread;
pub mod watch;
pub mod webhooks;
pub mod work;

/// A server that listens and has not begun to answer.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
}

impl Server {
    /// Listens on the address of the settings.
    pub async fn listen(app: Arc<App>) -> io::Result<Self> {
        let listener = TcpListener::bind(app.settings.listen).await?;
        app.listens_at(listener.local_addr()?);
        Ok(Self { listener, app })
    }

    /// Where it listens; the real port where the settings said 0.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` is over, then lets requests under way finish.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        self.app.warm_up();
        let router = routes::router(Arc::clone(&self.app));
        let stop = async {
            stop.await;
            // Streams would never end by themselves.
            self.app.hub.close();
        };
        connections::serve(self.listener, router, &self.app.settings.limits, stop).await
    }
}
