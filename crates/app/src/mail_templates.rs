//! Mail templates: what the laboratory writes around the required parts of its mails, and a preview of it.
//!
//! In: what a person typed for one occasion. Out: the template in force, from which the next mails are written.
//! A mail that was handed over once keeps the template it left with.

use jiff::Timestamp;
use lab::{
    finding::Finding,
    id::{Ids, Oid, VersionId, WithdrawalId},
    report::{Replaced, Report, ReportStatus, Withdrawal, WithdrawalReason},
    validation::Role,
};
use mssante::{Event, Letter, OCCASIONS, Occasion, Template, texts};
use records::{
    accounts::Account,
    mail_templates::{self, Saved},
};
use store::Tx;

use crate::{App, AppError, registration::require, validation::audit};

/// The template of an occasion that mails are written from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct InForce {
    /// Its number; 0 before anything was decided.
    pub number: i64,
    /// The laboratory's own; `None`: the original text.
    pub own: Option<Template>,
}

impl InForce {
    /// What holds before anything was decided.
    pub const ORIGINAL: Self = Self { number: 0, own: None };

    fn of(saved: Option<Saved>) -> Self {
        saved.map_or(Self::ORIGINAL, |it| Self { number: it.number, own: template(&it) })
    }
}

/// The template that is in force in this transaction.
pub(crate) fn latest(tx: &mut Tx<'_>, occasion: Occasion) -> Result<InForce, AppError> {
    let Some(code) = occasion.code() else { return Ok(InForce::ORIGINAL) };
    Ok(InForce::of(mail_templates::latest(tx, code)?))
}

/// The template that was decided under this number; 0 is the original text.
pub(crate) fn numbered(tx: &mut Tx<'_>, occasion: Occasion, number: i64) -> Result<InForce, AppError> {
    match occasion.code() {
        Some(code) if number != InForce::ORIGINAL.number => {
            let known = mail_templates::get(tx, code, number)?;
            Ok(InForce::of(Some(known.ok_or(records::RecordError::Missing("mail template"))?)))
        }
        _ => Ok(InForce::ORIGINAL),
    }
}

/// The laboratory's own template of a decision; `None` when it went back to the original text.
fn template(saved: &Saved) -> Option<Template> {
    saved.texts.clone().map(|(opening, closing)| Template::kept(opening, closing))
}

/// A decision about the template of an occasion, as listed.
pub struct Decision {
    /// Number by occasion: 1, 2, 3…
    pub number: i64,
    /// The laboratory's own; `None`: back to the original text.
    pub own: Option<Template>,
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

impl From<Saved> for Decision {
    fn from(saved: Saved) -> Self {
        Self { number: saved.number, own: template(&saved), by: saved.by, at: saved.at }
    }
}

impl App {
    /// Each occasion with the decision in force; `None` before the first one.
    pub async fn mail_templates(&self) -> Result<Vec<(Occasion, Option<Decision>)>, AppError> {
        let saved = self.store().read(|tx| Ok::<_, AppError>(mail_templates::in_force(tx)?)).await?;
        let decided = |code: &str| saved.iter().find(|it| it.occasion == code).cloned().map(Decision::from);
        Ok(OCCASIONS.iter().map(|(occasion, code)| (*occasion, decided(code))).collect())
    }

    /// What was decided about an occasion, latest first: the first one is in force.
    pub async fn mail_template_history(&self, occasion: Occasion) -> Result<Vec<Decision>, AppError> {
        let Some(code) = occasion.code() else { return Ok(Vec::new()) };
        let saved = self.store().read(move |tx| Ok::<_, AppError>(mail_templates::history(tx, code)?)).await?;
        Ok(saved.into_iter().map(Decision::from).collect())
    }

    /// Decides what the next mails of an occasion say; `None` goes back to the original text, which is a decision too.
    /// What is in force already is not decided again.
    ///
    /// Errors: [`AppError::NotAllowed`] for another role than biologist or administrator; [`AppError::Obstacles`] with
    /// the findings of [`Template::parse`], or with `TEMPLATE-OCCASION` when no such mail is ever sent.
    pub async fn save_mail_template(
        &self,
        occasion: Occasion,
        typed: Option<(&str, &str)>,
        actor: &Account,
    ) -> Result<(), AppError> {
        require(actor, &[Role::Biologist, Role::Administrator])?;
        let Some(code) = occasion.code() else {
            return Err(AppError::Obstacles(vec![Finding::error("TEMPLATE-OCCASION", "")]));
        };
        let typed = typed.map(|(opening, closing)| Template::parse(occasion, opening, closing));
        let typed = typed.transpose().map_err(AppError::Obstacles)?;
        let original = Template::original(occasion, &texts::fr::TEXTS);
        let own = typed.filter(|it| *it != original);
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                if latest(tx, occasion)?.own == own {
                    return Ok(());
                }
                let texts = own.as_ref().map(|it| (it.opening(), it.closing()));
                let number = mail_templates::insert(tx, code, texts, &login, now)?;
                audit(tx, &login, "mail_template.save", &format!("{code} {number}"), None, now)
            })
            .await
    }

    /// The letter that a template makes, about an invented patient.
    ///
    /// Errors: [`AppError::Rendering`].
    pub fn preview_mail(&self, occasion: Occasion, template: &Template) -> Result<Letter, AppError> {
        let now = self.env().now();
        let report = self.specimen_report(now).ok_or(AppError::Rendering("specimen"))?;
        let (report, withdrawal) = invented(report, occasion.event, &mut self.env().ids(), now);
        Ok(mssante::letter(&report, occasion.audience, withdrawal.as_ref(), template, &self.settings().mail))
    }
}

/// The specimen as a mail of this event would find it.
fn invented(mut report: Report, event: Event, ids: &mut dyn Ids, now: Timestamp) -> (Report, Option<Withdrawal>) {
    let mut replaces = |status| {
        let (version, document) = (VersionId::fresh(ids), Oid::from_uuid(ids.uuid()));
        Replaced { version, document, number: 1, status, signed_at: Some(now) }
    };
    match event {
        Event::New | Event::Withdrawal => {}
        Event::Partial => report.status = ReportStatus::Partial,
        Event::Completion => report.ids.replaces = Some(replaces(ReportStatus::Partial)),
        Event::Correction => report.ids.replaces = Some(replaces(ReportStatus::Final)),
    }
    if report.ids.replaces.is_some() {
        report.ids.number = 2;
    }
    let withdrawal = (event == Event::Withdrawal).then(|| Withdrawal {
        id: WithdrawalId::fresh(ids),
        at: now,
        by: String::new(),
        reason: WithdrawalReason::WrongPatient,
    });
    (report, withdrawal)
}
