//! What should have happened and did not: alerts, overdue and failed deliveries. No result, and no patient's name.

use app::AppError;
use askama::Template;
use lab::{delivery::DeliveryState, id::DeliveryId, routing::Channel};
use records::{
    deliveries::{self, Delivery},
    journal, lists,
};
use store::Tx;

use crate::{
    access::Rule,
    answer::{Answer, page, see},
    frame::Frame,
    show::{age, moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "watch.html")]
struct WatchPage {
    f: Frame,
    alerts: Vec<AlertView>,
    failed: Vec<Line>,
    overdue: Vec<Line>,
    channels: Vec<(&'static str, Vec<i64>)>,
    states: Vec<&'static str>,
    may_retry: bool,
    may_read: bool,
}

struct AlertView {
    raised_at: String,
    kind: &'static str,
    delivery: String,
    /// What to do, and on which page.
    remedy: Option<(&'static str, &'static str)>,
}

/// A delivery that did not end as it should.
struct Line {
    id: String,
    version: String,
    order_number: String,
    version_number: i64,
    channel: &'static str,
    recipient: String,
    state: &'static str,
    state_label: &'static str,
    age: String,
    n_attempts: u32,
    answer: String,
}

struct Read {
    delivery: Delivery,
    name: (String, i64),
    answer: String,
}

const STATES: [DeliveryState; 9] = [
    DeliveryState::Planned,
    DeliveryState::Sent,
    DeliveryState::Accepted,
    DeliveryState::Received,
    DeliveryState::Read,
    DeliveryState::Retrying,
    DeliveryState::Failed,
    DeliveryState::Superseded,
    DeliveryState::Withheld,
];

pub(crate) async fn show(visit: Visit) -> Answer {
    let planned_before = visit.now() - visit.web.app.settings().overdue_after;
    let (alerts, failed, overdue, counts) = visit
        .read(move |tx| {
            let (failed, overdue) = (deliveries::failed(tx)?, deliveries::overdue(tx, planned_before)?);
            Ok((journal::open_alerts(tx)?, named(tx, failed)?, named(tx, overdue)?, deliveries::counts(tx)?))
        })
        .await?;
    let f = visit.frame("nav.watch", "/veille");
    let zone = &visit.web.app.settings().zone;
    let may_read = Rule::ReadReports.allows(visit.account.role);
    let view = |read: Vec<Read>| read.iter().map(|it| line(&f, it, &visit, may_read)).collect();
    let channels = [Channel::Dmp, Channel::MssantePro, Channel::MssantePatient]
        .into_iter()
        .map(|channel| {
            let of_state =
                |state| counts.iter().find(|(known, at, _)| *known == channel && *at == state).map_or(0, |(.., n)| *n);
            (f.of("channel", channel.code()), STATES.into_iter().map(of_state).collect())
        })
        .collect();
    let alerts = alerts
        .iter()
        .map(|it| AlertView {
            raised_at: moment(it.raised_at, zone),
            kind: f.of("alert", &it.kind),
            delivery: it.delivery.map(|id| id.to_string()).unwrap_or_default(),
            remedy: (it.kind == "pack_unusable").then(|| {
                let page = if Rule::ReadConformity.allows(visit.account.role) { "/conformite" } else { "" };
                (f.of("pack_problem", &it.subject), page)
            }),
        })
        .collect();
    page(&WatchPage {
        alerts,
        failed: view(failed),
        overdue: view(overdue),
        channels,
        states: STATES.iter().map(|state| f.of("delivery", state.code())).collect(),
        may_retry: Rule::Retry.allows(visit.account.role),
        may_read,
        f,
    })
}

/// Adds what a person recognizes a delivery by, and the last answer.
fn named(tx: &mut Tx<'_>, deliveries: Vec<Delivery>) -> Result<Vec<Read>, AppError> {
    deliveries
        .into_iter()
        .map(|delivery| {
            let name = lists::version_name(tx, delivery.version)?;
            let answer = deliveries::attempts(tx, delivery.id)?.pop().map(|(.., answer)| answer).unwrap_or_default();
            Ok(Read { delivery, name, answer })
        })
        .collect()
}

fn line(f: &Frame, it: &Read, visit: &Visit, may_read: bool) -> Line {
    let delivery = &it.delivery;
    Line {
        id: delivery.id.to_string(),
        version: delivery.version.to_string(),
        order_number: it.name.0.clone(),
        version_number: it.name.1,
        channel: f.of("channel", delivery.channel.code()),
        // The recipient of a patient's mail is the patient; an answer may quote a mailbox.
        recipient: match delivery.channel {
            Channel::MssantePatient | Channel::Dmp => f.t("watch.the_patient").to_owned(),
            Channel::MssantePro => delivery.name.clone(),
        },
        state: delivery.state.code(),
        state_label: f.of("delivery", delivery.state.code()),
        age: age(delivery.planned_at, visit.now()),
        n_attempts: delivery.n_attempts,
        answer: if may_read || delivery.channel == Channel::Dmp { it.answer.clone() } else { redacted(&it.answer) },
    }
}

/// An answer without the words that hold an address: a patient's mailbox is their matricule.
fn redacted(answer: &str) -> String {
    answer.split_whitespace().map(|word| if word.contains('@') { "…@…" } else { word }).collect::<Vec<_>>().join(" ")
}

pub(crate) async fn retry(visit: Visit) -> Answer {
    let id = visit.part("delivery", DeliveryId::parse)?;
    visit.web.app.retry_delivery(id, &visit.account).await?;
    see("/veille?fait=relance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_shown_to_an_administrator_holds_no_mailbox() {
        assert_eq!(redacted("550 5.1.1 <279035121518989@patient.mssante.fr> unknown"), "550 5.1.1 …@… unknown");
    }
}
