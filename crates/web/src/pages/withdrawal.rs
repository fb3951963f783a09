//! Withdrawing a report: which one, who is told, why.

use app::AppError;
use askama::Template;
use lab::{
    id::VersionId,
    report::{WITHDRAWAL_REASONS, WithdrawalReason},
    routing::{self, Channel, Sending},
};
use records::{
    versions::{self, VersionLine},
    withdrawals,
};

use crate::{
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    show::{FindingView, PatientView, moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "withdrawal.html")]
struct WithdrawalPage {
    f: Frame,
    patient: PatientView,
    id: String,
    findings: Vec<FindingView>,
    signed: String,
    /// Whether it can be withdrawn: neither replaced nor withdrawn already.
    is_current: bool,
    /// Those who are told: name, mailbox, number of the version they hold.
    told: Vec<(String, String, u32)>,
    is_in_dmp: bool,
    /// Code and words of each reason.
    reasons: Vec<(&'static str, &'static str)>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    page(&form(&visit, Vec::new()).await?)
}

pub(crate) async fn withdraw(visit: Visit) -> Answer {
    let id = visit.part("version", VersionId::parse)?;
    let reason = WithdrawalReason::from_code(visit.fields.one("reason")).filter(|_| visit.fields.has("confirmed"));
    let Some(reason) = reason else {
        let finding = lab::finding::Finding::error("WITHDRAWAL-REASON", "");
        return refused_page(&form(&visit, vec![FindingView::of(visit.web.words, &finding)]).await?);
    };
    visit.web.app.withdraw(id, reason, &visit.account).await?;
    see(&format!("/comptes-rendus/{id}?fait=annule"))
}

async fn form(visit: &Visit, findings: Vec<FindingView>) -> Result<WithdrawalPage, Failure> {
    let id = visit.part("version", VersionId::parse)?;
    let (version, model, sendings, is_current) = visit
        .read(move |tx| {
            let version = versions::get(tx, id)?;
            let sendings = withdrawals::sendings(tx, version.order)?;
            Ok::<_, AppError>((version, versions::model(tx, id)?, sendings, versions::is_current(tx, id)?))
        })
        .await?;
    super::report::note(visit, "report.view", &model).await?;
    let w = visit.web.words;
    let zone = &visit.web.app.settings().zone;
    let mut f = visit.frame("nav.reports", "/comptes-rendus");
    f.title =
        w.with("withdrawal.title", &[("number", &model.request.number), ("version", &version.number.to_string())]);
    let held = routing::holders(sendings);
    Ok(WithdrawalPage {
        patient: PatientView::of(w, &model.patient, version.signed_at.to_zoned(zone.clone()).date()),
        id: id.to_string(),
        findings,
        signed: signed(&version, zone),
        is_current,
        told: held.iter().filter_map(told).collect(),
        is_in_dmp: held.iter().any(|it| it.channel == Channel::Dmp),
        reasons: WITHDRAWAL_REASONS.iter().map(|(_, code)| (*code, w.of("withdrawal_reason", code))).collect(),
        f,
    })
}

fn signed(version: &VersionLine, zone: &jiff::tz::TimeZone) -> String {
    format!("{}, {}", version.signer, moment(version.signed_at, zone))
}

fn told(it: &Sending) -> Option<(String, String, u32)> {
    Some((it.name.clone(), it.address.as_ref()?.as_str().to_owned(), it.number))
}
