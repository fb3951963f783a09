//! Signing in and out, and the first page of each role.

use app::accounts::{Opened, SignInError};
use askama::Template;
use axum::response::{IntoResponse, Redirect};
use lab::validation::Role;
use wording::Catalogue;

use crate::{
    Web,
    answer::{Answer, Failure, page, see},
    routes::{session_cookie, set_cookie},
    show::wait,
    visit::{Guest, Visit},
};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    w: &'static Catalogue,
    lang: &'static str,
    csrf: String,
    login: String,
    problem: Option<String>,
    /// Login, name, role.
    personas: Vec<(String, String, &'static str)>,
}

pub(crate) async fn show(guest: Guest) -> Answer {
    form(&guest, String::new(), None).await
}

async fn form(guest: &Guest, login: String, problem: Option<String>) -> Answer {
    let w = guest.web.words;
    let personas = if guest.web.settings.personas {
        let accounts = guest.web.app.accounts().await?;
        accounts
            .into_iter()
            .filter(|account| account.active)
            .map(|account| (account.login, account.name, w.of("role", account.role.code())))
            .collect()
    } else {
        Vec::new()
    };
    page(&SignInPage {
        w,
        lang: guest.web.settings.language.code(),
        csrf: guest.csrf.clone(),
        login,
        problem,
        personas,
    })
}

pub(crate) async fn sign_in(guest: Guest) -> Answer {
    let login = guest.fields.one("login").to_owned();
    // A password is taken as typed: its spaces count.
    let password = guest.fields.0.iter().find(|(name, _)| name == "password").map_or("", |(_, value)| value);
    let w = guest.web.words;
    let problem = match guest.web.desk.sign_in(&guest.web.app, &login, password).await {
        Ok(opened) => return enter(&guest.web, &opened),
        Err(SignInError::App(error)) => return Err(error.into()),
        Err(SignInError::Refused) => w.get("sign_in.refused").to_owned(),
        Err(SignInError::Throttled(left)) => w.with("sign_in.throttled", &[("wait", &wait(left.as_secs()))]),
        Err(_) => w.get("sign_in.busy").to_owned(),
    };
    form(&guest, login, Some(problem)).await
}

pub(crate) async fn sign_in_as_persona(guest: Guest) -> Answer {
    if !guest.web.settings.personas {
        return Err(Failure::NotFound);
    }
    match guest.web.app.sign_in_as_persona(guest.fields.one("login")).await? {
        Some(opened) => enter(&guest.web, &opened),
        None => Err(Failure::NotFound),
    }
}

fn enter(web: &Web, opened: &Opened) -> Answer {
    let mut response = Redirect::to("/").into_response();
    let age = web.desk.policy().absolute.as_secs();
    set_cookie(web, response.headers_mut(), session_cookie(web), &opened.token, Some(age));
    Ok(response)
}

pub(crate) async fn sign_out(visit: Visit) -> Answer {
    visit.web.app.sign_out(&visit.token, &visit.account).await?;
    let mut response = Redirect::to("/connexion").into_response();
    set_cookie(&visit.web, response.headers_mut(), session_cookie(&visit.web), "", Some(0));
    Ok(response)
}

/// Everyone starts where their work is.
pub(crate) async fn home(visit: Visit) -> Answer {
    match visit.account.role {
        Role::Administrator => see("/veille"),
        Role::Secretary | Role::Technician | Role::Biologist => see("/paillasse"),
    }
}
