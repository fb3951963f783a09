//! What pages need beside themselves, held in the binary: one style sheet, one small module, one icon.

use axum::{http::header, response::IntoResponse};

use crate::{answer::Answer, visit::Guest};

/// Stays in a browser for an hour: a new version of the program is seen the same morning.
const CACHE: &str = "private, max-age=3600";

pub(crate) async fn style(_: Guest) -> Answer {
    asset("text/css; charset=utf-8", include_str!("../../assets/style.css"))
}

pub(crate) async fn keys(_: Guest) -> Answer {
    asset("text/javascript; charset=utf-8", include_str!("../../assets/keys.js"))
}

pub(crate) async fn icon(_: Guest) -> Answer {
    asset("image/svg+xml", include_str!("../../assets/icon.svg"))
}

fn asset(content_type: &'static str, text: &'static str) -> Answer {
    Ok(([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, CACHE)], text).into_response())
}
