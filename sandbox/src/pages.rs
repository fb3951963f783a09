//! Pages for people: what the simulated services received, and how to make them misbehave.
//!
//! In: the two services. Out: an HTTP router of French pages, without script nor external asset,
//! every one of them labelled as a simulation. What peers sent is shown as text, never as markup.
//! It deliberately knows no user: it is made for loopback.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::{get, post};

use crate::dmp::Dmp;
use crate::mss::MssHandle;

mod archive;
mod cda;
mod documents;
mod faults;
mod files;
mod mailboxes;
mod message;
mod wording;

/// Nothing but our own style sheet: what a peer sent can't bring anything with it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; form-action 'self'; \
                                       base-uri 'none'; frame-ancestors 'none'";
/// Longest form taken, in bytes.
const MAX_FORM_BYTES: usize = 16 * 1024;

/// Where the services of the DMP are, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DmpPaths {
    /// Path of the repository.
    pub repository: String,
    /// Path of the registry.
    pub registry: String,
}

impl DmpPaths {
    /// The paths of a DMP started with these settings.
    #[must_use]
    pub fn of(settings: &crate::dmp::Settings) -> Self {
        Self { repository: settings.repository_path.clone(), registry: settings.registry_path.clone() }
    }
}

/// What every page reads.
#[derive(Clone)]
struct Services {
    mss: Arc<MssHandle>,
    dmp: Arc<Dmp>,
    paths: Arc<DmpPaths>,
}

/// The pages. They touch neither `/sandbox/…` nor the paths of the DMP, so the three routers merge.
///
/// | Path                             | Page                                              |
/// |----------------------------------|---------------------------------------------------|
/// | `/`                              | services, counts, faults in force                 |
/// | `/boites`, `/boites/{address}`   | mailboxes, messages                               |
/// | `/messages/{id}`                 | one message, its files, its archive, its source   |
/// | `/dmp`, `/dmp/{ins}`             | patients, documents                               |
/// | `/documents/{unique_id}`         | one document, its CDA, its PDF copies             |
/// | `/pannes`                        | faults                                            |
/// | `/autorite.pem`                  | the authority of the operator's certificate       |
///
/// A `POST` that a browser says comes from another site is refused with 403. The router brings the
/// fallback, so the routers it is merged with have none.
pub fn router(mss: Arc<MssHandle>, dmp: Arc<Dmp>, paths: DmpPaths) -> Router {
    Router::new()
        .route("/", get(overview))
        .route("/style.css", get(style))
        .route("/autorite.pem", get(authority))
        .route("/boites", get(mailboxes::list))
        .route("/boites/{address}", get(mailboxes::one))
        .route("/boites/{address}/renumerotation", post(mailboxes::renumber))
        .route("/messages/{id}", get(message::page))
        .route("/messages/{id}/source", get(message::source))
        .route("/messages/{id}/pieces/{n}", get(message::attachment))
        .route("/messages/{id}/pieces/{n}/fichiers/{k}", get(message::archived_file))
        .route("/messages/{id}/accuse", post(message::answer))
        .route("/dmp", get(documents::patients).post(documents::open_or_close))
        .route("/dmp/{ins}", get(documents::of_patient))
        .route("/documents/{unique_id}", get(documents::one))
        .route("/documents/{unique_id}/cda", get(documents::bytes))
        .route("/documents/{unique_id}/pdf/{n}", get(documents::pdf))
        .route("/pannes", get(faults::page))
        .route("/pannes/messagerie", post(faults::set_mail))
        .route("/pannes/dmp", post(faults::set_dmp))
        .route("/pannes/arret", post(faults::clear))
        .fallback(async || not_found())
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(axum::middleware::from_fn(guard))
        .with_state(Services { mss, dmp, paths: Arc::new(paths) })
}

/// Refuses what another site asks for, and puts the security headers on every answer.
async fn guard(request: Request, next: Next) -> Response {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let mut response = if is_safe || is_same_origin(request.headers()) {
        next.run(request).await
    } else {
        refuse(StatusCode::FORBIDDEN, "Cette demande vient d'un autre site.")
    };
    let headers = response.headers_mut();
    let mut set = |name, value| {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    };
    set(header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::X_FRAME_OPTIONS, "DENY");
    // Not `no-referrer`: browsers would then hide the origin of our own forms.
    set(header::REFERRER_POLICY, "same-origin");
    set(header::CACHE_CONTROL, "no-store");
    response
}

/// Whether a browser sent the request from one of these pages. Tools that are not browsers tell
/// nothing, and no site can make them act.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).map(HeaderValue::as_bytes);
    if let Some(site) = text(header::HeaderName::from_static("sec-fetch-site")) {
        return site == b"same-origin";
    }
    match text(header::ORIGIN) {
        None => true,
        Some(origin) => {
            let authority = origin.strip_prefix(b"http://");
            authority.is_some() && authority == text(header::HOST)
        }
    }
}

/// A page, or why it could not be written.
fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the sandbox was not written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// An error page. `text` is a French sentence.
fn refuse(status: StatusCode, text: &'static str) -> Response {
    let html = page(&ErrorPage { here: "", text });
    (status, html).into_response()
}

fn not_found() -> Response {
    refuse(StatusCode::NOT_FOUND, "Le simulateur ne connaît pas ce que vous demandez.")
}

fn see_other(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// `text` as one segment of a path.
fn segment(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend(char::from_digit(u32::from(byte >> 4), 16).map(|c| c.to_ascii_uppercase()));
            out.extend(char::from_digit(u32::from(byte & 15), 16).map(|c| c.to_ascii_uppercase()));
        }
    }
    out
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    here: &'static str,
    text: &'static str,
}

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    here: &'static str,
    smtp: String,
    imap: String,
    base: String,
    paths: Arc<DmpPaths>,
    n_mailboxes: usize,
    n_messages: usize,
    mail: crate::mss::Statistics,
    n_patients: usize,
    n_documents: usize,
    n_in_force: usize,
    faults: Vec<String>,
    transactions: Vec<Transaction>,
}

struct Transaction {
    at: String,
    name: &'static str,
    errors: String,
}

/// Transactions of the DMP shown on the first page.
const N_TRANSACTIONS: usize = 12;

async fn overview(State(services): State<Services>, headers: HeaderMap) -> Response {
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mailboxes = services.mss.mailboxes();
    let documents = services.dmp.documents();
    let patients: std::collections::BTreeSet<&str> =
        documents.iter().map(|document| document.patient_id.as_str()).collect();
    let in_force = |document: &&crate::dmp::DocumentRecord| document.status == crate::dmp::Status::Approved;
    let transactions = services.dmp.transactions();
    page(&Overview {
        here: "/",
        smtp: services.mss.smtp_addr.to_string(),
        imap: services.mss.imap_addr.to_string(),
        base: format!("http://{host}"),
        paths: services.paths.clone(),
        n_mailboxes: mailboxes.len(),
        n_messages: mailboxes.iter().map(|mailbox| mailbox.n_messages).sum(),
        mail: services.mss.statistics(),
        n_patients: patients.len(),
        n_documents: documents.len(),
        n_in_force: documents.iter().filter(in_force).count(),
        faults: faults::in_force(&services),
        transactions: transactions
            .iter()
            .rev()
            .take(N_TRANSACTIONS)
            .map(|transaction| Transaction {
                at: wording::instant(transaction.at),
                name: transaction.transaction,
                errors: transaction.errors.join(", "),
            })
            .collect(),
    })
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("pages/style.css")).into_response()
}

async fn authority(State(services): State<Services>) -> Response {
    files::download("autorite-bac-a-sable.pem", services.mss.ca_pem.clone().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_tools_without_origin_may_act() {
        let with = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs
                .iter()
                .map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
            is_same_origin(&pairs.collect())
        };
        let host = ("host", "127.0.0.1:8080");
        assert!(with(&[host]));
        assert!(with(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(with(&[host, ("sec-fetch-site", "same-origin"), ("origin", "null")]));
        assert!(!with(&[host, ("origin", "http://127.0.0.1:8081")]));
        assert!(!with(&[host, ("origin", "null")]));
        assert!(!with(&[("origin", "null")]));
        for site in ["cross-site", "same-site", "none"] {
            assert!(!with(&[host, ("sec-fetch-site", site)]), "{site}");
        }
    }

    #[test]
    fn a_segment_holds_no_separator() {
        assert_eq!(segment("a@b/..?é"), "a%40b%2F..%3F%C3%A9");
    }
}
