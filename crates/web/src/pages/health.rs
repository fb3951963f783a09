//! Whether the program answers and reaches its database, for machines. Holds no data of anyone.

use axum::{
    http::{StatusCode, header},
    response::IntoResponse,
};
use store::{StoreError, params};

use crate::{answer::Answer, visit::Guest};

pub(crate) async fn show(guest: Guest) -> Answer {
    let answered = guest.web.app.store().read(|tx| tx.query_one("SELECT 1 AS one", params![])?.int("one")).await;
    let (status, state) = match answered {
        Ok(1) => (StatusCode::OK, "ok"),
        Ok(_) | Err::<_, StoreError>(_) => (StatusCode::SERVICE_UNAVAILABLE, "database"),
    };
    let body = format!("{{\"state\":\"{state}\",\"version\":\"{}\"}}\n", env!("CARGO_PKG_VERSION"));
    Ok((status, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}
