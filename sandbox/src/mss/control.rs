//! HTTP control of the operator: JSON in, JSON out. For tests and for the pages of the sandbox.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};

use super::{FaultPlan, Grammar, Reading, Shared, Statistics, report};

/// Where mail programs find the servers, as they look for them at a provider (`clientConfig` 1.1).
pub const AUTOCONFIG_PATH: &str = "/mail/config-v1.1.xml";

pub(super) fn router(shared: Arc<Shared>, smtp: SocketAddr, imap: SocketAddr) -> Router {
    let file = autoconfig(&shared, smtp, imap);
    Router::new()
        .route(AUTOCONFIG_PATH, get(move || async move { ([(CONTENT_TYPE, "text/xml")], file) }))
        .route("/sandbox/mss/faults", get(faults).post(set_faults))
        .route("/sandbox/mss/received", get(received))
        .route("/sandbox/mss/statistics", get(statistics))
        .route("/sandbox/mss/messages/{id}/read", post(read))
        .with_state(shared)
}

/// The file, which says the same for every address.
fn autoconfig(shared: &Shared, smtp: SocketAddr, imap: SocketAddr) -> String {
    let server = |tag: &str, kind: &str, at: SocketAddr| {
        let (host, port) = (at.ip(), at.port());
        format!(
            "<{tag} type=\"{kind}\"><hostname>{host}</hostname><port>{port}</port><socketType>STARTTLS</socketType>\
             <username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></{tag}>"
        )
    };
    let domain = &shared.settings.operator_domain;
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<clientConfig version=\"1.1\"><emailProvider id=\"{domain}\">\
         <domain>{domain}</domain><displayName>Opérateur simulé</displayName>{}{}</emailProvider></clientConfig>\n",
        server("incomingServer", "imap", imap),
        server("outgoingServer", "smtp", smtp),
    )
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<FaultPlan> {
    Json(shared.faults.get())
}

async fn set_faults(State(shared): State<Arc<Shared>>, Json(plan): Json<FaultPlan>) -> Json<FaultPlan> {
    shared.faults.set(plan);
    Json(shared.faults.get())
}

async fn statistics(State(shared): State<Arc<Shared>>) -> Json<Statistics> {
    Json(shared.mailboxes.statistics())
}

#[derive(Deserialize)]
struct ReceivedQuery {
    message_id: String,
}

#[derive(Serialize)]
struct ReceivedAnswer {
    n_received: usize,
}

async fn received(State(shared): State<Arc<Shared>>, Query(query): Query<ReceivedQuery>) -> Json<ReceivedAnswer> {
    Json(ReceivedAnswer { n_received: shared.mailboxes.received(&query.message_id) })
}

/// What the recipient did: `{"did": "displayed"}`, `{"did": "failed", "code": 902, …}`.
#[derive(Deserialize)]
#[serde(tag = "did", rename_all = "snake_case", deny_unknown_fields)]
enum ReadRequest {
    Displayed,
    Deleted,
    Integrated,
    Failed {
        code: u16,
        text: String,
        /// `"1.1.2"` or, by default, `"1.1.3"`.
        #[serde(default)]
        grammar: Option<String>,
    },
}

async fn read(State(shared): State<Arc<Shared>>, Path(id): Path<u64>, Json(request): Json<ReadRequest>) -> StatusCode {
    let reading = match request {
        ReadRequest::Displayed => Reading::Displayed,
        ReadRequest::Deleted => Reading::Deleted,
        ReadRequest::Integrated => Reading::Integrated,
        ReadRequest::Failed { code, text, grammar } => Reading::NotIntegrated {
            code,
            text,
            grammar: match grammar.as_deref() {
                Some("1.1.2") => Grammar::V1_1_2,
                _ => Grammar::V1_1_3,
            },
        },
    };
    if shared.mailboxes.message(id).is_none() {
        StatusCode::NOT_FOUND
    } else if report::answer(&shared, id, &reading) {
        StatusCode::NO_CONTENT
    } else {
        // Nobody asked for a receipt.
        StatusCode::CONFLICT
    }
}
