//! What a handler answers: a page, a redirection, or a failure said in plain words.

use app::AppError;
use askama::Template;
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
};
use lab::finding::Finding;
use records::RecordError;
use wording::Catalogue;

use crate::{Web, show::FindingView};

/// The answer of a handler.
pub(crate) type Answer = Result<Response, Failure>;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No such page or record.
    NotFound,
    /// The role does not allow it.
    Forbidden,
    /// The form does not come from our page, or is too old.
    Forged,
    /// More than our bounds.
    TooLarge,
    /// The record changed since the page was read.
    Changed,
    /// The data do not allow it.
    Obstacles(Vec<Finding>),
    /// The database is busy; trying again may work.
    Busy,
    /// The program failed.
    Internal(AppError),
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        match error {
            AppError::NotAllowed => Self::Forbidden,
            AppError::Changed => Self::Changed,
            AppError::Obstacles(findings) => Self::Obstacles(findings),
            AppError::Record(RecordError::Missing(_)) => Self::NotFound,
            error if error.is_temporary() => Self::Busy,
            error => Self::Internal(error),
        }
    }
}

impl From<askama::Error> for Failure {
    fn from(_: askama::Error) -> Self {
        Self::Internal(AppError::Rendering("page"))
    }
}

#[derive(Template)]
#[template(path = "failure.html")]
struct FailurePage<'a> {
    lang: &'a str,
    w: &'static Catalogue,
    title: &'static str,
    text: &'static str,
    findings: Vec<FindingView>,
}

impl Failure {
    /// The failure as a page. Failures of the program are logged here, once.
    pub fn page(self, web: &Web) -> Response {
        let w = web.words;
        let (status, title, text) = match &self {
            Self::NotFound => (StatusCode::NOT_FOUND, w.get("failure.not_found"), w.get("failure.not_found.text")),
            Self::Forbidden => (StatusCode::FORBIDDEN, w.get("failure.forbidden"), w.get("failure.forbidden.text")),
            Self::Forged => (StatusCode::FORBIDDEN, w.get("failure.forged"), w.get("failure.forged.text")),
            Self::TooLarge => {
                (StatusCode::PAYLOAD_TOO_LARGE, w.get("failure.too_large"), w.get("failure.too_large.text"))
            }
            Self::Changed => (StatusCode::CONFLICT, w.get("failure.changed"), w.get("failure.changed.text")),
            Self::Obstacles(_) => {
                (StatusCode::UNPROCESSABLE_ENTITY, w.get("failure.obstacles"), w.get("failure.obstacles.text"))
            }
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, w.get("failure.busy"), w.get("failure.busy.text")),
            Self::Internal(error) => {
                tracing::error!(%error, "a page could not be made");
                (StatusCode::INTERNAL_SERVER_ERROR, w.get("failure.internal"), w.get("failure.internal.text"))
            }
        };
        let findings = match &self {
            Self::Obstacles(findings) => findings.iter().map(|finding| FindingView::of(w, finding)).collect(),
            _ => Vec::new(),
        };
        let page = FailurePage { lang: web.settings.language.code(), w, title, text, findings };
        let body = page.render().unwrap_or_else(|_| title.to_owned());
        (status, Html(body)).into_response()
    }
}

/// A rendered page.
pub(crate) fn page(template: &impl Template) -> Answer {
    Ok(Html(template.render()?).into_response())
}

/// A rendered page that says why an act was not done.
pub(crate) fn refused_page(template: &impl Template) -> Answer {
    Ok((StatusCode::UNPROCESSABLE_ENTITY, Html(template.render()?)).into_response())
}

/// After an act: the page to see, so that reloading does not act again.
pub(crate) fn see(path: &str) -> Answer {
    Ok(Redirect::to(path).into_response())
}

/// How a browser should open a file.
#[derive(Clone, Copy)]
pub(crate) enum Opening {
    /// In the browser.
    Inline,
    /// In the browser, as a page that brings its own style and images and runs nothing.
    Page,
    /// Saved.
    Attachment,
}

/// A file with a content type of ours and a name without anything a header could misread.
pub(crate) fn file(bytes: Vec<u8>, content_type: &'static str, name: &str, opening: Opening) -> Answer {
    let name: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_. '".contains(c) { c } else { '_' })
        .take(150)
        .collect();
    let (kind, policy) = match opening {
        // The viewer of the browser needs its own styles.
        Opening::Inline => {
            ("inline", "default-src 'none'; style-src 'unsafe-inline'; object-src 'self'; frame-ancestors 'none'")
        }
        Opening::Page => (
            "inline",
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; \
             frame-ancestors 'none'",
        ),
        Opening::Attachment => ("attachment", "default-src 'none'; sandbox"),
    };
    let headers = [
        (header::CONTENT_TYPE, content_type.to_owned()),
        (header::CONTENT_DISPOSITION, format!("{kind}; filename=\"{name}\"")),
        (header::CONTENT_SECURITY_POLICY, policy.to_owned()),
    ];
    Ok((headers, bytes).into_response())
}
