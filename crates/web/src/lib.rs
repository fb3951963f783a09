//! The pages of the laboratory, rendered on the server: one module per page, in the order of the flow.
//!
//! In: requests of people's browsers. Out: French pages that work without scripts.
//! Every route states its rule; sessions, rights, CSRF and bounds are decided in one place ([`routes`]).
//! It decides nothing about results: acts go to `app`, lists come from `records`.

pub mod access;
pub mod routes;

mod answer;
mod frame;
mod pages;
mod results;
mod show;
mod visit;

use std::sync::Arc;

use app::{
    App,
    accounts::{Desk, SessionPolicy},
};
use axum::Router;
use wording::{Catalogue, Language};

/// Settings of the pages.
#[derive(Clone, Debug, Default)]
pub struct WebSettings {
    /// Whether anyone may sign in as a demonstration persona in one click. Never with real patients.
    pub personas: bool,
    /// Links to the pages of the sandbox, shown on every page when given.
    pub sandbox_links: Option<Vec<SandboxLink>>,
    /// Language of the screens.
    pub language: Language,
    /// Whether cookies are bound to TLS (`Secure`, `__Host-`): always, but on a loopback address without TLS.
    pub secure_cookies: bool,
    /// How long sessions last.
    pub sessions: SessionPolicy,
}

/// A page of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxLink {
    /// What it simulates.
    pub label: String,
    /// Address.
    pub url: String,
}

/// What every page needs; cheap to clone.
#[derive(Clone)]
pub(crate) struct Web(Arc<Inner>);

pub(crate) struct Inner {
    pub app: App,
    pub settings: WebSettings,
    pub words: &'static Catalogue,
    pub desk: Desk,
}

impl std::ops::Deref for Web {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

/// The pages over an application.
pub fn router(app: App, settings: WebSettings) -> Router {
    let words = wording::catalogue(settings.language);
    let desk = Desk::new(settings.sessions);
    let web = Web(Arc::new(Inner { app, settings, words, desk }));
    pages::routes().into_router(web)
}

/// Every route with its rule, for the tests and the documents.
pub fn route_list() -> Vec<routes::Entry> {
    pages::routes().entries().to_vec()
}
