//! A router that remembers what it was given, so that the documentation and the tests
//! speak of the routes that run, and of no others.

use std::sync::Arc;

use axum::Router;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use crate::app::App;

/// One thing the server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// How it is asked.
    pub method: Method,
    /// Where, with `{names}` for what varies.
    pub path: &'static str,
}

/// Routes, and the list of them.
#[derive(Default)]
pub struct Table {
    router: Router<Arc<App>>,
    routes: Vec<Route>,
}

impl Table {
    /// Without any.
    pub fn new() -> Self {
        Self::default()
    }

    fn with(mut self, method: Method, path: &'static str, handler: MethodRouter<Arc<App>>) -> Self {
        self.router = self.router.route(path, handler);
        self.routes.push(Route { method, path });
        self
    }

    /// `GET path`.
    #[must_use]
    pub fn get<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Self {
        self.with(Method::GET, path, get(handler))
    }

    /// `POST path`.
    #[must_use]
    pub fn post<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Self {
        self.with(Method::POST, path, post(handler))
    }

    /// `PUT path`.
    #[must_use]
    pub fn put<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Self {
        self.with(Method::PUT, path, put(handler))
    }

    /// `PATCH path`.
    #[must_use]
    pub fn patch<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Self {
        self.with(Method::PATCH, path, patch(handler))
    }

    /// `DELETE path`.
    #[must_use]
    pub fn delete<T: 'static>(self, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Self {
        self.with(Method::DELETE, path, delete(handler))
    }

    /// A route made by hand, for one that needs a layer of its own.
    #[must_use]
    pub fn route(self, method: Method, path: &'static str, handler: MethodRouter<Arc<App>>) -> Self {
        self.with(method, path, handler)
    }

    /// These and those.
    #[must_use]
    pub fn merge(mut self, other: Self) -> Self {
        self.router = self.router.merge(other.router);
        self.routes.extend(other.routes);
        self
    }

    /// The router, and what it answers.
    pub fn into_parts(self) -> (Router<Arc<App>>, Vec<Route>) {
        (self.router, self.routes)
    }
}
