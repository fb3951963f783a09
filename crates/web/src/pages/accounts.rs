//! Accounts: an administrator manages them, everyone changes their own password.

use app::accounts::{AccountActor, MIN_PASSWORD_CHARS, NewAccount, SignInError};
use askama::Template;
use lab::{
    finding::Finding,
    person::{Professional, Rpps, Specialty},
    validation::Role,
};

use crate::{
    answer::{Answer, Failure, page, see},
    frame::Frame,
    visit::{Fields, Visit},
};

#[derive(Template)]
#[template(path = "accounts.html")]
struct AccountsPage {
    f: Frame,
    lines: Vec<Line>,
    roles: Vec<(&'static str, &'static str)>,
    min_password_chars: usize,
}

struct Line {
    login: String,
    name: String,
    role: &'static str,
    rpps: String,
    active: bool,
    is_self: bool,
}

const ROLES: [Role; 4] = [Role::Secretary, Role::Technician, Role::Biologist, Role::Administrator];

pub(crate) async fn list(visit: Visit) -> Answer {
    let accounts = visit.web.app.accounts().await?;
    let f = visit.frame("nav.accounts", "/comptes");
    let lines = accounts
        .into_iter()
        .map(|it| Line {
            is_self: it.id == visit.account.id,
            role: f.of("role", it.role.code()),
            rpps: it.professional.and_then(|it| it.rpps).map(|it| it.as_str().to_owned()).unwrap_or_default(),
            login: it.login,
            name: it.name,
            active: it.active,
        })
        .collect();
    let roles = ROLES.iter().map(|role| (role.code(), f.of("role", role.code()))).collect();
    page(&AccountsPage { f, lines, roles, min_password_chars: MIN_PASSWORD_CHARS })
}

pub(crate) async fn create(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let role = Role::from_code(fields.one("role")).ok_or(Failure::NotFound)?;
    let new = NewAccount {
        login: fields.one("login").to_owned(),
        name: fields.one("name").to_owned(),
        role,
        password: password(fields),
        professional: (role == Role::Biologist).then(|| biologist(fields)),
    };
    visit.web.app.create_account(new, AccountActor::Account(&visit.account)).await?;
    see("/comptes?fait=compte")
}

/// Code and label of the profession, as documents write it. Source: JDV_J01 (XdsAuthorSpecialty).
fn specialty(profession: &str) -> (&'static str, &'static str) {
    match profession {
        "pharmacist" => ("G15_21/G", "Pharmacien biologiste"),
        _ => ("G15_10/SM03", "Médecin - Biologie médicale (SM)"),
    }
}

/// Who a biologist is on a report.
fn biologist(fields: &Fields) -> Professional {
    let profession = fields.one("profession");
    let (code, label) = specialty(profession);
    let title = if profession == "pharmacist" { "" } else { "DR" };
    Professional {
        rpps: Rpps::parse(fields.one("rpps")),
        family: fields.one("family").to_uppercase(),
        given: fields.one("given").to_owned(),
        title: title.to_owned(),
        specialty: Some(Specialty { code: code.to_owned(), label: label.to_owned() }),
        mailbox: None,
        phone: None,
        address: None,
    }
}

fn password(fields: &Fields) -> String {
    as_typed(fields, "password")
}

/// A password as typed: its spaces count.
fn as_typed(fields: &Fields, field: &str) -> String {
    fields.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone()).unwrap_or_default()
}

pub(crate) async fn set_password(visit: Visit) -> Answer {
    let login = visit.part("login", |it| Some(it.to_owned()))?;
    visit.web.app.set_password(&login, password(&visit.fields), AccountActor::Account(&visit.account)).await?;
    see("/comptes?fait=mot-de-passe")
}

pub(crate) async fn set_active(visit: Visit) -> Answer {
    let login = visit.part("login", |it| Some(it.to_owned()))?;
    let active = match visit.fields.one("to") {
        "active" => true,
        "inactive" => false,
        _ => return Err(Failure::NotFound),
    };
    visit.web.app.set_account_active(&login, active, AccountActor::Account(&visit.account)).await?;
    see("/comptes?fait=compte")
}

#[derive(Template)]
#[template(path = "own_account.html")]
struct OwnAccountPage {
    f: Frame,
    login: String,
    min_password_chars: usize,
}

pub(crate) async fn own(visit: Visit) -> Answer {
    let f = visit.frame("own_account.title", "/mon-compte");
    page(&OwnAccountPage { f, login: visit.account.login, min_password_chars: MIN_PASSWORD_CHARS })
}

pub(crate) async fn set_own_password(visit: Visit) -> Answer {
    let login = visit.account.login.clone();
    // A session left open must not be enough to take the account over.
    let current = as_typed(&visit.fields, "current");
    match visit.web.desk.confirm(&visit.web.app, &login, &current).await {
        Ok(true) => {}
        Ok(false) | Err(SignInError::Throttled(_)) => {
            return Err(Failure::Obstacles(vec![Finding::error("ACCOUNT-CURRENT-PASSWORD", "current")]));
        }
        Err(SignInError::App(error)) => return Err(error.into()),
        Err(_) => return Err(Failure::Busy),
    }
    visit.web.app.set_password(&login, password(&visit.fields), AccountActor::Account(&visit.account)).await?;
    see("/mon-compte?fait=mot-de-passe")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn professions_are_those_of_the_national_list() {
        for profession in ["physician", "pharmacist"] {
            let (code, label) = specialty(profession);
            assert_eq!(terminology::jdv::AUTHOR_SPECIALTY.label(code), Some(label));
        }
    }
}
