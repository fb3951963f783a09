//! The pages, in the order of the flow, and their routes.

mod accounts;
mod assets;
mod bench;
mod conformity;
mod connections;
mod correspondents;
mod deliverability;
mod directory;
mod doubts;
mod guide;
mod health;
mod journal;
mod mail;
mod mail_templates;
mod mailboxes;
mod order;
mod patients;
mod purpose;
mod receptions;
mod registration;
mod report;
mod report_page;
mod reports;
mod sign_in;
mod watch;
mod withdrawal;

use crate::{access::Rule, routes::Routes};

/// Every route of the pages.
pub(crate) fn routes() -> Routes {
    Routes::default()
        .public_get("/connexion", "one must be able to sign in", sign_in::show)
        .public_post("/connexion", "one must be able to sign in", sign_in::sign_in)
        .public_post("/connexion/persona", "demonstration only, refused unless enabled", sign_in::sign_in_as_persona)
        .public_get("/sante", "watched by machines, holds no data", health::show)
        .public_get("/static/style.css", "the same for everyone", assets::style)
        .public_get("/static/keys.js", "the same for everyone", assets::keys)
        .public_get("/static/icon.svg", "the same for everyone", assets::icon)
        .get("/", Rule::OwnSession, sign_in::home)
        .post("/deconnexion", Rule::OwnSession, sign_in::sign_out)
        .get("/mon-compte", Rule::OwnSession, accounts::own)
        .post("/mon-compte", Rule::OwnSession, accounts::set_own_password)
        .get("/guide", Rule::OwnSession, guide::show)
        .get("/receptions", Rule::ReadMessages, receptions::list)
        .get("/receptions/{id}", Rule::ReadMessages, receptions::show)
        .get("/enregistrement", Rule::Register, registration::show)
        .post("/enregistrement", Rule::Register, registration::register)
        .get("/patients", Rule::ReadPatients, patients::search)
        .get("/patients/{id}", Rule::ReadPatients, patients::show)
        .post("/patients/{id}/opposition", Rule::DecideExceptions, patients::set_opposition)
        .get("/doutes", Rule::SettleDoubts, doubts::list)
        .post("/doutes/{id}/cloture", Rule::SettleDoubts, doubts::close)
        .get("/paillasse", Rule::ReadDossiers, bench::show)
        .get("/dossiers/{id}", Rule::ReadDossiers, order::show)
        .post("/dossiers/{id}/validation-technique", Rule::ValidateTechnically, order::validate_technically)
        .post("/dossiers/{id}/interrompre", Rule::ValidateTechnically, order::abort)
        .post("/dossiers/{id}/commentaire", Rule::ValidateTechnically, order::comment)
        .post("/dossiers/{id}/signature", Rule::Sign, order::sign)
        .get("/dossiers/{id}/objet", Rule::ValidateTechnically, purpose::show)
        .post("/dossiers/{id}/objet", Rule::ValidateTechnically, purpose::save)
        .post("/dossiers/{id}/visibilite", Rule::HideFromPatient, order::set_visibility)
        .post("/dossiers/{id}/confidentialite", Rule::HideFromPatient, order::set_confidentiality)
        .post("/dossiers/{id}/dmp", Rule::DecideExceptions, order::set_dmp)
        .post("/dossiers/{id}/expertise", Rule::DecideExceptions, order::set_meant_for)
        .get("/comptes-rendus", Rule::ReadReports, reports::list)
        .get("/comptes-rendus/{version}", Rule::ReadReports, report::show)
        .get("/comptes-rendus/{version}/lecture", Rule::ReadReports, report::read)
        .get("/comptes-rendus/{version}/pdf", Rule::ReadReports, report::pdf)
        .get("/comptes-rendus/{version}/cda", Rule::ReadReports, report::cda)
        .get("/comptes-rendus/{version}/niveau-3", Rule::ReadReports, report::level_3)
        .get("/comptes-rendus/{version}/niveau-1", Rule::ReadReports, report::level_1)
        .get("/comptes-rendus/{version}/auto-presentable", Rule::ReadReports, report::self_presentable)
        .get("/comptes-rendus/{version}/annulation", Rule::Withdraw, withdrawal::show)
        .post("/comptes-rendus/{version}/annulation", Rule::Withdraw, withdrawal::withdraw)
        .post("/envois/{delivery}/depart", Rule::Release, report::release)
        .get("/courrier", Rule::ReadMail, mail::list)
        .get("/courrier/{conversation}", Rule::ReadMail, mail::show)
        .get("/courrier/{conversation}/pieces/{letter}/{n}", Rule::ReadMail, mail::attachment)
        .post("/courrier/{conversation}/attribution", Rule::AnswerMail, mail::assign)
        .post("/courrier/{conversation}/rattachement", Rule::AnswerMail, mail::tie)
        .post("/courrier/{conversation}/reponse", Rule::AnswerMail, mail::answer)
        .post("/courrier/{conversation}/cloture", Rule::AnswerMail, mail::close)
        .get("/acheminement", Rule::Watch, deliverability::show)
        .get("/acheminement/export", Rule::Watch, deliverability::export)
        .get("/veille", Rule::Watch, watch::show)
        .post("/veille/{delivery}/relance", Rule::Retry, watch::retry)
        .get("/correspondants", Rule::ReadCorrespondents, correspondents::list)
        .post("/correspondants", Rule::EditCorrespondents, correspondents::put)
        .post("/correspondants/adresse", Rule::EditCorrespondents, correspondents::enter_address)
        .get("/annuaire", Rule::ReadDirectory, directory::show)
        .get("/annuaire/propositions", Rule::ReadCorrespondents, directory::proposals)
        .post("/annuaire/correspondant", Rule::EditCorrespondents, directory::adopt)
        .get("/boites", Rule::ReadMailboxes, mailboxes::show)
        .post("/boites/{address}/essai", Rule::OpenMailboxes, mailboxes::try_out)
        .post("/boites/{address}/jeton", Rule::OpenMailboxes, mailboxes::grant)
        .post("/boites/{address}/fermeture", Rule::OpenMailboxes, mailboxes::withdraw)
        .get("/connexions-declarees", Rule::DeclareConnections, connections::list)
        .post("/connexions-declarees", Rule::DeclareConnections, connections::declare)
        .get("/page-compte-rendu", Rule::EditReportPage, report_page::show)
        .upload("/page-compte-rendu", Rule::EditReportPage, report_page::save)
        .get("/page-compte-rendu/specimen", Rule::EditReportPage, report_page::specimen)
        .get("/modeles-messages", Rule::EditMailTemplates, mail_templates::show)
        .post("/modeles-messages", Rule::EditMailTemplates, mail_templates::save)
        .post("/modeles-messages/origine", Rule::EditMailTemplates, mail_templates::restore)
        .get("/conformite", Rule::ReadConformity, conformity::show)
        .post("/conformite/lecture", Rule::ReadPackAgain, conformity::read_again)
        .get("/comptes", Rule::ManageAccounts, accounts::list)
        .post("/comptes", Rule::ManageAccounts, accounts::create)
        .post("/comptes/{login}/mot-de-passe", Rule::ManageAccounts, accounts::set_password)
        .post("/comptes/{login}/activite", Rule::ManageAccounts, accounts::set_active)
        .get("/journal", Rule::ReadJournal, journal::show)
}
