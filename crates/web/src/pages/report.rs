//! A signed version: when it was received, who validated it, who got it, whether they got the correction.

use app::AppError;
use askama::Template;
use jiff::{Timestamp, tz::TimeZone};
use lab::{
    delivery::DeliveryState,
    id::{DeliveryId, VersionId},
    patient::Patient,
    report::{ACCREDITED_MARK, AccreditationMention, Report, Withdrawal},
    routing::{Act, Channel, WithheldReason},
};
use records::{
    deliveries::{self, AcknowledgmentLine, AttemptLine, Delivery},
    versions::{self, DocumentKind, VersionLine},
};
use wording::Catalogue;

use crate::{
    access::Rule,
    answer::{Answer, Failure, Opening, file, page, see},
    frame::Frame,
    pages::{
        conformity,
        order::{VersionView, setting_code, version_views},
    },
    results::{self, Group},
    show::{FindingView, PatientView, moment, opt_moment, second},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "report.html")]
struct ReportPage {
    f: Frame,
    patient: PatientView,
    id: String,
    order: String,
    order_number: String,
    number: u32,
    status: &'static str,
    received_at: String,
    signed_at: String,
    signer: String,
    /// Who validated which results, and when.
    validators: Vec<(String, String)>,
    /// The laboratory system whose validation was received, when it came validated.
    validated_by_sgl: Option<String>,
    replaces: Option<u32>,
    replaced_by: Option<(String, u32)>,
    summary: String,
    /// Who was told that it is withdrawn, in one sentence.
    told: Option<String>,
    correction: Option<String>,
    document: String,
    deliveries: Vec<DeliveryView>,
    withheld: Vec<WithheldView>,
    versions: Vec<VersionView>,
    /// How well it is known to conform, as a class, and in a sentence.
    checked: (&'static str, String),
    conformity: Vec<FindingView>,
    critical: bool,
    may_retry: bool,
    may_withdraw: bool,
    /// That it must not be used any more, in a sentence.
    withdrawn: Option<String>,
}

/// One tracking line.
struct DeliveryView {
    id: String,
    /// What it does, when it does not bring the version.
    act: Option<&'static str>,
    channel: &'static str,
    name: String,
    address: String,
    state: &'static str,
    state_label: &'static str,
    planned_at: String,
    sent_at: String,
    received_at: String,
    read_at: String,
    next_at: String,
    exchange: String,
    attempts: Vec<AttemptView>,
    acknowledgments: Vec<AcknowledgmentView>,
    /// State of the same recipient's delivery of the latest version, when this one is replaced.
    later: Option<&'static str>,
    is_failed: bool,
}

struct AttemptView {
    started_at: String,
    ended_at: String,
    outcome: &'static str,
    /// What the answer means, when it has words.
    meaning: Option<&'static str>,
    answer: String,
}

struct AcknowledgmentView {
    at: String,
    kind: &'static str,
    proof: &'static str,
    /// Same.
    meaning: Option<&'static str>,
    detail: String,
}

/// Whom it was not sent to, and why.
struct WithheldView {
    channel: &'static str,
    name: String,
    reason: &'static str,
    /// What lets it leave, when a person may: identifier, words of the button.
    release: Option<(String, &'static str)>,
}

struct Tracked {
    delivery: Delivery,
    attempts: Vec<AttemptLine>,
    acknowledgments: Vec<AcknowledgmentLine>,
}

struct Loaded {
    version: VersionLine,
    versions: Vec<VersionLine>,
    model: Report,
    tracked: Vec<Tracked>,
    /// Deliveries of the latest version, when it is another one.
    later: Vec<Delivery>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id = visit.part("version", VersionId::parse)?;
    let loaded = visit
        .read(move |tx| {
            let version = versions::get(tx, id)?;
            let versions = versions::of_order(tx, version.order)?;
            let tracked = deliveries::of_version(tx, id)?
                .into_iter()
                .map(|delivery| {
                    Ok(Tracked {
                        attempts: deliveries::attempts(tx, delivery.id)?,
                        acknowledgments: deliveries::acknowledgments(tx, delivery.id)?,
                        delivery,
                    })
                })
                .collect::<Result<_, AppError>>()?;
            let later = match versions.first().filter(|latest| latest.id != id) {
                Some(latest) => deliveries::of_version(tx, latest.id)?,
                None => Vec::new(),
            };
            Ok(Loaded { model: versions::model(tx, id)?, version, versions, tracked, later })
        })
        .await?;
    note(&visit, "report.view", &loaded.model).await?;
    page(&view(&visit, loaded))
}

fn view(visit: &Visit, loaded: Loaded) -> ReportPage {
    let web = &visit.web;
    let (w, zone) = (web.words, &web.app.settings().zone);
    let (version, model) = (&loaded.version, &loaded.model);
    let mut f = visit.frame("nav.reports", "/comptes-rendus");
    f.title = w.with("report.title", &[("number", &model.request.number), ("version", &version.number.to_string())]);
    let is_replaced = !loaded.later.is_empty() || loaded.versions.first().is_some_and(|it| it.id != version.id);
    let (sent, withheld): (Vec<&Tracked>, Vec<&Tracked>) =
        loaded.tracked.iter().partition(|it| it.delivery.state != DeliveryState::Withheld);
    let of = |act| sent.iter().copied().filter(|it| it.delivery.act == act).collect::<Vec<_>>();
    let (brought, told) = (of(Act::Send), of(Act::Withdraw));
    let replaced_by = loaded.versions.iter().rev().find(|it| it.replaces == Some(version.id));
    let from_sgl = web.app.connections().iter().find(|it| it.label == version.signed_by).map(|it| it.label.clone());
    ReportPage {
        patient: patient_view(w, zone, &model.patient, version.signed_at),
        id: version.id.to_string(),
        order: version.order.to_string(),
        order_number: model.request.number.clone(),
        number: version.number,
        status: status(w, version),
        received_at: moment(model.request.received_at, zone),
        signed_at: moment(version.signed_at, zone),
        signer: version.signer.clone(),
        validators: model.validators().into_iter().map(|(who, at)| (who.printed(), moment(at, zone))).collect(),
        validated_by_sgl: from_sgl,
        replaces: model.ids.replaces.as_ref().map(|it| it.number),
        replaced_by: replaced_by.map(|it| (it.id.to_string(), it.number)),
        summary: summary(w, "report.summary", &brought),
        told: (!told.is_empty()).then(|| summary(w, "report.told_summary", &told)),
        correction: is_replaced.then(|| correction(w, &brought, &loaded)),
        document: version.document.to_string(),
        deliveries: sent.iter().map(|it| delivery_view(w, zone, it, is_replaced, &loaded.later)).collect(),
        withheld: withheld
            .iter()
            .map(|it| WithheldView {
                channel: w.of("channel", it.delivery.channel.code()),
                name: it.delivery.name.clone(),
                reason: w.of("withheld", it.delivery.withheld.as_deref().unwrap_or("")),
                release: release_of(&it.delivery)
                    .filter(|_| !is_replaced && version.withdrawal.is_none() && may_release(visit, &it.delivery))
                    .map(|key| (it.delivery.id.to_string(), w.get(key))),
            })
            .collect(),
        versions: version_views(w, zone, &loaded.versions, Some(version.id)),
        conformity: version
            .conformity
            .iter()
            .map(|it| FindingView::stored(w, &it.code, &it.severity, &it.place).saying(&it.detail))
            .collect(),
        checked: conformity::checked(w, zone, version.checked.as_ref()),
        critical: version.critical,
        may_withdraw: !is_replaced && version.withdrawal.is_none() && Rule::Withdraw.allows(visit.account.role),
        withdrawn: version.withdrawal.as_ref().map(|it| withdrawn(w, zone, it)),
        may_retry: Rule::Retry.allows(visit.account.role),
        f,
    }
}

/// The words of the button that lets a delivery leave, when it waits for a person.
fn release_of(delivery: &Delivery) -> Option<&'static str> {
    match WithheldReason::awaiting(delivery.withheld.as_deref()?, delivery.channel)? {
        // Someone without a secure address is reached otherwise.
        WithheldReason::Expertise if delivery.address.is_none() => None,
        WithheldReason::HiddenFromPatient => Some("report.announced"),
        _ => Some("report.send_by_hand"),
    }
}

fn may_release(visit: &Visit, delivery: &Delivery) -> bool {
    let is_announcement = delivery.withheld.as_deref() == Some(WithheldReason::HiddenFromPatient.code());
    let rule = if is_announcement { Rule::HideFromPatient } else { Rule::Release };
    rule.allows(visit.account.role)
}

/// Lets a delivery leave that waited for a person.
pub(crate) async fn release(visit: Visit) -> Answer {
    let delivery = visit.part("delivery", DeliveryId::parse)?;
    let version = visit.web.app.release(delivery, &visit.account).await?;
    see(&format!("/comptes-rendus/{version}?fait=parti"))
}

fn patient_view(w: &Catalogue, zone: &TimeZone, patient: &Patient, at: Timestamp) -> PatientView {
    PatientView::of(w, patient, at.to_zoned(zone.clone()).date())
}

fn status(w: &Catalogue, version: &VersionLine) -> &'static str {
    match version.status {
        lab::report::ReportStatus::Partial => w.get("report_status.partial"),
        lab::report::ReportStatus::Final => w.get("report_status.final"),
    }
}

/// That a version is withdrawn: since when, by whom, why.
pub(crate) fn withdrawn(w: &Catalogue, zone: &TimeZone, it: &Withdrawal) -> String {
    let values = [
        ("at", moment(it.at, zone)),
        ("by", it.by.clone()),
        ("reason", w.of("withdrawal_reason", it.reason.code()).to_owned()),
    ];
    w.with("report.withdrawn", &values.each_ref().map(|(key, value)| (*key, value.as_str())))
}

/// Who has it, in one sentence.
fn summary(w: &Catalogue, key: &str, sent: &[&Tracked]) -> String {
    let count =
        |states: &[DeliveryState]| sent.iter().filter(|it| states.contains(&it.delivery.state)).count().to_string();
    use DeliveryState::{Accepted, Failed, Planned, Read, Received, Retrying, Sent};
    w.with(
        key,
        &[
            ("n", &sent.len().to_string()),
            ("received", &count(&[Received, Read])),
            ("read", &count(&[Read])),
            ("pending", &count(&[Planned, Sent, Accepted, Retrying])),
            ("failed", &count(&[Failed])),
        ],
    )
}

/// Whether those who were sent this version have the latest.
fn correction(w: &Catalogue, sent: &[&Tracked], loaded: &Loaded) -> String {
    let got: Vec<&Tracked> = sent.iter().copied().filter(|it| it.delivery.n_attempts > 0).collect();
    let has_latest = |it: &Tracked| {
        later_of(&it.delivery, &loaded.later)
            .is_some_and(|it| matches!(it.state, DeliveryState::Received | DeliveryState::Read))
    };
    let latest = loaded.versions.first().map_or(0, |it| it.number);
    w.with(
        "report.correction",
        &[
            ("version", &latest.to_string()),
            ("n", &got.len().to_string()),
            ("received", &got.iter().filter(|it| has_latest(it)).count().to_string()),
        ],
    )
}

/// The same recipient's delivery of a later version.
fn later_of<'a>(delivery: &Delivery, later: &'a [Delivery]) -> Option<&'a Delivery> {
    later.iter().find(|it| {
        it.channel == delivery.channel
            && it.act == Act::Send
            && match &delivery.address {
                Some(address) => it.address.as_ref() == Some(address),
                None => it.name == delivery.name,
            }
    })
}

fn delivery_view(w: &Catalogue, zone: &TimeZone, it: &Tracked, is_replaced: bool, later: &[Delivery]) -> DeliveryView {
    let delivery = &it.delivery;
    let time = |at: Option<Timestamp>| at.map(|at| second(at, zone)).unwrap_or_default();
    // Codes of mail servers: the DMP has its own.
    let meaning = |answer: &str| {
        let code = app::delivery::refusal(answer).filter(|_| delivery.channel != Channel::Dmp)?;
        Some(w.of("refusal", code))
    };
    DeliveryView {
        id: delivery.id.to_string(),
        act: Some(delivery.act).filter(|it| *it != Act::Send).map(|it| w.of("act", it.code())),
        channel: w.of("channel", delivery.channel.code()),
        name: match delivery.channel {
            Channel::Dmp => w.get("report.dmp_of_patient").to_owned(),
            Channel::MssantePro | Channel::MssantePatient => delivery.name.clone(),
        },
        address: delivery.address.as_ref().map(|it| it.as_str().to_owned()).unwrap_or_default(),
        state: delivery.state.code(),
        state_label: w.of("delivery", delivery.state.code()),
        planned_at: second(delivery.planned_at, zone),
        sent_at: time(it.attempts.first().map(|(started_at, ..)| *started_at)),
        received_at: time(delivery.received_at),
        read_at: time(delivery.read_at),
        next_at: opt_moment(delivery.due_at, zone),
        exchange: delivery.exchange.to_string(),
        attempts: it
            .attempts
            .iter()
            .map(|(started_at, ended_at, outcome, answer)| AttemptView {
                started_at: second(*started_at, zone),
                ended_at: time(*ended_at),
                outcome: w.of("outcome", outcome.as_deref().unwrap_or("under_way")),
                meaning: meaning(answer),
                answer: answer.clone(),
            })
            .collect(),
        acknowledgments: it
            .acknowledgments
            .iter()
            .map(|(at, kind, proof, detail)| AcknowledgmentView {
                at: second(*at, zone),
                kind: w.of("acknowledgment", kind),
                proof: w.of("proof", proof),
                meaning: meaning(detail),
                detail: detail.clone(),
            })
            .collect(),
        later: is_replaced.then(|| match later_of(delivery, later) {
            Some(later) => w.of("delivery", later.state.code()),
            None => w.get("report.later_none"),
        }),
        is_failed: delivery.state == DeliveryState::Failed,
    }
}

#[derive(Template)]
#[template(path = "reading.html")]
struct ReadingPage {
    f: Frame,
    patient: PatientView,
    id: String,
    number: u32,
    order_number: String,
    status: &'static str,
    laboratory: Vec<String>,
    accreditation: Option<AccreditationMention>,
    mentions: Vec<String>,
    /// The INS Datamatrix, as an element of the page; digits of ours only.
    symbol: Option<String>,
    setting: &'static str,
    urgent: bool,
    prescribed_at: String,
    collected_at: String,
    received_at: String,
    signed_at: String,
    prescriber: String,
    treating: String,
    signer: String,
    replaces: Option<String>,
    withdrawn: Option<String>,
    groups: Vec<Group>,
    comments: Vec<String>,
}

/// The report as a page, from the model it was signed from.
pub(crate) async fn read(visit: Visit) -> Answer {
    let id = visit.part("version", VersionId::parse)?;
    let (version, model) = visit.read(move |tx| Ok((versions::get(tx, id)?, versions::model(tx, id)?))).await?;
    note(&visit, "document.view", &model).await?;
    let w = visit.web.words;
    let zone = &model.zone;
    let mut f = visit.frame("nav.reports", "/comptes-rendus");
    f.title = w.with("reading.title", &[("number", &model.request.number)]);
    let laboratory = &model.laboratory;
    let mut lines = vec![laboratory.name.clone()];
    lines.extend(laboratory.address.lines.iter().cloned());
    lines.push(format!("{} {}", laboratory.address.postal_code, laboratory.address.city));
    lines.push(laboratory.phone.clone());
    let replaces = model.ids.replaces.as_ref().map(|replaced| {
        let key = if model.is_correction() { "reading.corrects" } else { "reading.completes" };
        w.with(key, &[("n", &replaced.number.to_string())])
    });
    let printed = |it: &Option<lab::person::Professional>| {
        it.as_ref().map(lab::person::Professional::printed).unwrap_or_default()
    };
    page(&ReadingPage {
        patient: patient_view(w, zone, &model.patient, model.signed_at),
        id: id.to_string(),
        number: version.number,
        order_number: model.request.number.clone(),
        status: status(w, &version),
        laboratory: lines,
        mentions: mentions(w, &model),
        symbol: visit.web.app.symbol(&model.patient).map(|symbol| symbol.svg(MODULE_MM)),
        accreditation: model.mentions.accreditation.clone(),
        setting: w.of("setting", setting_code(model.request.setting)),
        urgent: model.request.priority == lab::order::Priority::Urgent,
        prescribed_at: opt_moment(model.request.prescribed_at, zone),
        collected_at: opt_moment(model.request.collected_at, zone),
        received_at: moment(model.request.received_at, zone),
        signed_at: moment(model.signed_at, zone),
        prescriber: printed(&model.request.prescriber),
        treating: printed(&model.request.treating_physician),
        signer: model.signer.printed(),
        replaces,
        withdrawn: version.withdrawal.as_ref().map(|it| withdrawn(w, zone, it)),
        groups: results::of_report(w, &model),
        comments: model.comments.clone(),
        f,
    })
}

/// Side of a module of the INS Datamatrix on the screen, in millimetres.
const MODULE_MM: f32 = 0.42;

/// What the report says under its results, in the order of its PDF.
fn mentions(w: &Catalogue, model: &Report) -> Vec<String> {
    let mentions = &model.mentions;
    let accreditation = mentions.accreditation.as_ref().map(|it| format!("{ACCREDITED_MARK} {}", it.sentence));
    let subcontractors = model.subcontractors().into_iter().map(|it| {
        let accreditation =
            it.accreditation.as_ref().map(|number| format!("{} {number}", w.get("reading.accreditation")));
        let parts = [Some(it.name.clone()), Some(it.contact.clone()), accreditation];
        let parts: Vec<String> = parts.into_iter().flatten().filter(|part| !part.is_empty()).collect();
        format!("{} {}", w.get("reading.subcontracted"), parts.join(", "))
    });
    let automatic = mentions.automatic_validation.clone();
    automatic.into_iter().chain(accreditation).chain(subcontractors).chain(mentions.personal_data.clone()).collect()
}

pub(crate) async fn pdf(visit: Visit) -> Answer {
    document(visit, DocumentKind::Pdf, "application/pdf", Opening::Inline).await
}

pub(crate) async fn cda(visit: Visit) -> Answer {
    document(visit, DocumentKind::Cda, "application/xml", Opening::Attachment).await
}

/// What a recipient sees of the document: its own text, not our model.
pub(crate) async fn level_3(visit: Visit) -> Answer {
    let (name, bytes, _) = opened(&visit, DocumentKind::Cda).await?;
    let page = visit.web.app.page_of(&bytes, None).ok_or(AppError::Rendering("page"))?;
    file(page.into_bytes(), "text/html; charset=utf-8", &named(&name, "HTM"), Opening::Page)
}

pub(crate) async fn level_1(visit: Visit) -> Answer {
    let (name, pdf, model) = opened(&visit, DocumentKind::Pdf).await?;
    let document = visit.web.app.level_1(&model, &pdf);
    file(document, "application/xml", &named(&name, "N1.XML"), Opening::Attachment)
}

pub(crate) async fn self_presentable(visit: Visit) -> Answer {
    let (name, bytes, _) = opened(&visit, DocumentKind::Cda).await?;
    let id = visit.part("version", VersionId::parse)?;
    let frozen = visit.read(move |tx| Ok(versions::opt_document(tx, id, DocumentKind::SelfPresentable)?)).await?;
    let made = || visit.web.app.self_presentable(&bytes);
    let document = frozen.map(|(_, bytes)| bytes).or_else(made).ok_or(AppError::Rendering("self-presentable"))?;
    file(document, "application/xml", &named(&name, "AP.XML"), Opening::Attachment)
}

/// The name of another form of a file.
fn named(name: &str, extension: &str) -> String {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    format!("{stem}.{extension}")
}

async fn document(visit: Visit, kind: DocumentKind, content_type: &'static str, opening: Opening) -> Answer {
    let (name, bytes, _) = opened(&visit, kind).await?;
    file(bytes, content_type, &name, opening)
}

/// A frozen document with its name and the model it was rendered from; the access is noted.
async fn opened(visit: &Visit, kind: DocumentKind) -> Result<(String, Vec<u8>, Report), Failure> {
    let id = visit.part("version", VersionId::parse)?;
    let opened = visit
        .read(move |tx| {
            let (name, bytes) = versions::document(tx, id, kind)?;
            Ok((name, bytes, versions::model(tx, id)?))
        })
        .await?;
    note(visit, "document.view", &opened.2).await?;
    Ok(opened)
}

pub(crate) async fn note(visit: &Visit, action: &'static str, model: &Report) -> Result<(), AppError> {
    visit.web.app.note_access(&visit.account, action, model.ids.document.as_str(), Some(model.patient.id)).await
}
