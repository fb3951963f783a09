//! A dossier: who, what was asked, results, doubts; technical validation, signature, exceptions.

use std::hash::{DefaultHasher, Hash, Hasher};

use app::{
    AppError,
    registration::{DmpFeeding, MeantFor},
    report::Partial,
};
use askama::Template;
use lab::{
    id::{ObservationId, OrderId},
    order::{CareSetting, Confidentiality, ObservationStage, Order, Priority, Visibility},
    patient::Patient,
    person::Professional,
    quantity::Coded,
};
use records::{
    conversations::{self, Conversation},
    lists,
    observations::{self, Recorded},
    orders::{self, OrderRecord, OrderStage},
    patients,
    versions::{self, VersionLine},
    work_items::{self, WorkItemLine},
};

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    pages::{bench, doubts::DoubtView, mail, purpose},
    results::{self, Bench, Group},
    show::{FindingView, PatientView, moment, opt_moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "order.html")]
struct OrderPage {
    f: Frame,
    patient: PatientView,
    order: OrderView,
    /// What it is for: label, words.
    purpose: Vec<(&'static str, String)>,
    groups: Vec<Group>,
    comments: Vec<String>,
    doubts: Vec<DoubtView>,
    versions: Vec<VersionView>,
    /// What people wrote about it.
    letters: Vec<mail::Line>,
    findings: Vec<FindingView>,
    /// What the person sees: an act on anything else is refused.
    seen: String,
    can: Can,
    neighbors: Neighbors,
    /// Results that may be aborted: id, label.
    open_results: Vec<(String, String)>,
}

struct OrderView {
    id: String,
    stage: &'static str,
    stage_label: &'static str,
    urgent: bool,
    critical: bool,
    placer_number: String,
    setting: &'static str,
    prescribed_at: String,
    collected_at: String,
    received_at: String,
    origin: String,
    prescriber: Option<Correspondent>,
    treating: Option<Correspondent>,
    copies: Vec<Correspondent>,
    specimens: Vec<String>,
    is_hidden: bool,
    /// Who may read its reports: code, words, whether it is so, for each choice.
    confidentiality: Vec<(&'static str, &'static str, bool)>,
    is_dmp_blocked: bool,
    /// Who said that it is for an expertise or an insurer, and when.
    expertise: Option<(String, String)>,
    progress: String,
}

/// A correspondent of a dossier, and whether secure mail reaches them.
struct Correspondent {
    name: String,
    mailbox: Option<String>,
}

/// A version as listed in its dossier.
pub(crate) struct VersionView {
    pub id: String,
    pub number: u32,
    pub status: &'static str,
    pub signed_at: String,
    pub signer: String,
    pub current: bool,
    pub withdrawn: bool,
}

/// What this person may do to this dossier now.
struct Can {
    technical: bool,
    sign: bool,
    sign_partial: bool,
    abort: bool,
    comment: bool,
    hide: bool,
    dmp: bool,
    settle: bool,
}

#[derive(Default)]
struct Neighbors {
    previous: Option<String>,
    next: Option<String>,
    position: String,
}

struct Loaded {
    order: Order,
    record: OrderRecord,
    patient: Patient,
    bench: Vec<Bench>,
    organisms: Vec<(String, Coded)>,
    comments: Vec<String>,
    specimens: Vec<lab::order::Specimen>,
    doubts: Vec<WorkItemLine>,
    versions: Vec<VersionLine>,
    conversations: Vec<Conversation>,
    line: Vec<OrderId>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let loaded = load(&visit, order).await?;
    visit.web.app.note_access(&visit.account, "order.view", &loaded.order.number, Some(loaded.patient.id)).await?;
    let mut shown = view(&visit, loaded, Vec::new());
    if let Some(next) = OrderId::parse(visit.query.one("suivant")).filter(|_| shown.neighbors.next.is_none()) {
        shown.neighbors.next = Some(format!("/dossiers/{next}"));
    }
    page(&shown)
}

async fn load(visit: &Visit, order: OrderId) -> Result<Loaded, Failure> {
    let n_previous = visit.web.app.settings().n_previous;
    visit
        .read(move |tx| {
            let (order, record) = orders::get(tx, order)?;
            let patient = patients::get(tx, order.patient)?;
            let bench = observations::of_order(tx, order.id)?
                .into_iter()
                .map(|recorded| {
                    let observation = &recorded.observation;
                    let previous = observations::previous(tx, patient.id, order.id, observation, n_previous)?;
                    let history = match observation.n_corrections {
                        0 if observation.value.is_some() => Vec::new(),
                        _ => observations::history(tx, observation.id)?,
                    };
                    Ok(Bench { recorded, previous, history })
                })
                .collect::<Result<_, AppError>>()?;
            let line = match record.stage {
                OrderStage::Signed | OrderStage::Withdrawn => Vec::new(),
                stage => lists::bench(tx, &[stage], bench::LIMIT)?.into_iter().map(|line| line.id).collect(),
            };
            Ok(Loaded {
                organisms: orders::organisms(tx, order.id)?,
                comments: orders::comments(tx, order.id)?.into_iter().map(|(_, text)| text).collect(),
                specimens: orders::specimens(tx, order.id)?,
                doubts: work_items::open_items(tx, Some(order.id))?,
                versions: versions::of_order(tx, order.id)?,
                conversations: conversations::of_order(tx, order.id)?,
                order,
                record,
                patient,
                bench,
                line,
            })
        })
        .await
}

fn view(visit: &Visit, loaded: Loaded, findings: Vec<FindingView>) -> OrderPage {
    let web = &visit.web;
    let (w, zone) = (web.words, &web.app.settings().zone);
    let mut f = visit.frame("order.title", "/paillasse");
    f.title = w.with("order.title", &[("number", &loaded.order.number)]);
    let today = visit.now().to_zoned(zone.clone()).date();
    let any = |stage| loaded.bench.iter().any(|it| it.recorded.observation.stage == stage);
    let (waits_technician, waits_biologist) =
        (any(ObservationStage::Received), any(ObservationStage::TechnicallyValidated));
    let awaits = any(ObservationStage::Awaited);
    let role = visit.account.role;
    // A corrected or completed dossier whose results are all validated is signed again too.
    let signable = waits_biologist || loaded.record.stage == OrderStage::Ready;
    let can = Can {
        technical: waits_technician && Rule::ValidateTechnically.allows(role),
        sign: signable && !awaits && !waits_technician && Rule::Sign.allows(role),
        sign_partial: signable && (awaits || waits_technician) && Rule::Sign.allows(role),
        abort: Rule::ValidateTechnically.allows(role),
        comment: Rule::ValidateTechnically.allows(role),
        hide: Rule::HideFromPatient.allows(role),
        dmp: Rule::DecideExceptions.allows(role),
        settle: Rule::SettleDoubts.allows(role),
    };
    let groups = results::of_dossier(w, zone, web.app.catalogue(), &loaded.bench, &loaded.organisms);
    let open_results = groups
        .iter()
        .flat_map(|group| &group.rows)
        .filter(|row| row.is_open)
        .map(|row| (row.id.clone(), row.label.clone()))
        .collect();
    let origin = loaded
        .record
        .connection
        .and_then(|id| web.app.connections().iter().find(|it| it.id == id).map(|it| it.label.clone()));
    let doubts = loaded.doubts.iter().map(|item| DoubtView::of(w, zone, item)).collect();
    OrderPage {
        patient: PatientView::of(w, &loaded.patient, today),
        seen: seen(loaded.bench.iter().map(|it| &it.recorded)),
        neighbors: neighbors(w, &loaded),
        versions: version_views(w, zone, &loaded.versions, None),
        letters: loaded.conversations.iter().map(|it| mail::Line::of(it, zone)).collect(),
        purpose: purpose::said(w, loaded.order.purpose.as_ref()),
        order: order_view(w, zone, &loaded, origin),
        groups,
        comments: loaded.comments,
        doubts,
        findings,
        can,
        open_results,
        f,
    }
}

fn order_view(w: &wording::Catalogue, zone: &jiff::tz::TimeZone, loaded: &Loaded, origin: Option<String>) -> OrderView {
    let (order, record) = (&loaded.order, &loaded.record);
    let n_results = loaded.bench.iter().filter(|it| it.recorded.observation.stage > ObservationStage::Awaited).count();
    OrderView {
        id: order.id.to_string(),
        stage: record.stage.code(),
        stage_label: w.of("stage", record.stage.code()),
        urgent: order.priority == Priority::Urgent,
        critical: record.critical,
        placer_number: order.placer_number.clone().unwrap_or_default(),
        setting: w.of("setting", setting_code(order.setting)),
        prescribed_at: opt_moment(order.prescribed_at, zone),
        collected_at: opt_moment(order.collected_at, zone),
        received_at: moment(order.received_at, zone),
        origin: origin.unwrap_or_else(|| w.get("order.origin_page").to_owned()),
        prescriber: order.prescriber.as_ref().map(correspondent),
        treating: order.treating_physician.as_ref().map(correspondent),
        copies: order.copies.iter().map(correspondent).collect(),
        specimens: loaded.specimens.iter().map(|it| format!("{} ({})", it.number, it.kind.label)).collect(),
        confidentiality: CONFIDENTIALITIES
            .iter()
            .map(|(it, code)| (*code, w.of("confidentiality", code), *it == order.confidentiality))
            .collect(),
        is_hidden: order.visibility == Visibility::HiddenFromPatient,
        is_dmp_blocked: order.dmp_blocked,
        expertise: order.expertise.as_ref().map(|it| (it.by.clone(), moment(it.at, zone))),
        progress: format!("{n_results}/{}", loaded.bench.len()),
    }
}

/// Who may read reports, with codes of forms and keys.
const CONFIDENTIALITIES: [(Confidentiality, &str); 3] = [
    (Confidentiality::Normal, "normal"),
    (Confidentiality::Restricted, "restricted"),
    (Confidentiality::VeryRestricted, "very_restricted"),
];

/// Code of a care setting in keys.
pub(crate) fn setting_code(setting: CareSetting) -> &'static str {
    match setting {
        CareSetting::Ambulatory => "ambulatory",
        CareSetting::Inpatient => "inpatient",
        CareSetting::Emergency => "emergency",
    }
}

fn correspondent(professional: &Professional) -> Correspondent {
    Correspondent {
        name: professional.printed(),
        mailbox: professional.mailbox.as_ref().map(|address| address.as_str().to_owned()),
    }
}

/// The versions of a dossier, latest first.
pub(crate) fn version_views(
    w: &wording::Catalogue,
    zone: &jiff::tz::TimeZone,
    versions: &[VersionLine],
    current: Option<lab::id::VersionId>,
) -> Vec<VersionView> {
    versions
        .iter()
        .map(|it| VersionView {
            id: it.id.to_string(),
            number: it.number,
            status: match it.status {
                lab::report::ReportStatus::Partial => w.get("report_status.partial"),
                lab::report::ReportStatus::Final => w.get("report_status.final"),
            },
            signed_at: moment(it.signed_at, zone),
            signer: it.signer.clone(),
            current: current == Some(it.id),
            withdrawn: it.withdrawal.is_some(),
        })
        .collect()
}

fn neighbors(w: &wording::Catalogue, loaded: &Loaded) -> Neighbors {
    let Some(at) = loaded.line.iter().position(|id| *id == loaded.order.id) else { return Neighbors::default() };
    let path = |id: Option<&OrderId>| id.map(|id| format!("/dossiers/{id}"));
    let (rank, n) = ((at + 1).to_string(), loaded.line.len().to_string());
    Neighbors {
        previous: path(at.checked_sub(1).and_then(|at| loaded.line.get(at))),
        next: path(loaded.line.get(at + 1)),
        position: w.with("order.position", &[("rank", &rank), ("n", &n)]),
    }
}

/// A mark of what a page shows of the results; another mark means that something arrived meanwhile.
fn seen<'a>(recorded: impl Iterator<Item = &'a Recorded>) -> String {
    let mut hasher = DefaultHasher::new();
    for it in recorded {
        let observation = &it.observation;
        (observation.id, observation.stage, observation.n_corrections, &observation.comments).hash(&mut hasher);
        observation.value.as_ref().map(lab::quantity::Value::printed).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

/// Refuses an act on results that are not those the person saw.
async fn require_seen(visit: &Visit, order: OrderId) -> Result<(), Failure> {
    let recorded = visit.read(move |tx| Ok(observations::of_order(tx, order)?)).await?;
    if seen(recorded.iter()) == visit.fields.one("seen") { Ok(()) } else { Err(Failure::Changed) }
}

/// The page of the dossier again, with what stands in the way.
async fn with_findings(visit: &Visit, order: OrderId, failure: Failure) -> Answer {
    let Failure::Obstacles(findings) = failure else { return Err(failure) };
    let loaded = load(visit, order).await?;
    visit.web.app.note_access(&visit.account, "order.view", &loaded.order.number, Some(loaded.patient.id)).await?;
    let findings = findings.iter().map(|finding| FindingView::of(visit.web.words, finding)).collect();
    refused_page(&view(visit, loaded, findings))
}

/// The dossier after this one in its tab, to go on reading.
async fn next_of(visit: &Visit, order: OrderId) -> Result<Option<OrderId>, Failure> {
    visit
        .read(move |tx| {
            let (_, record) = orders::get(tx, order)?;
            let line = lists::bench(tx, &[record.stage], bench::LIMIT)?;
            let at = line.iter().position(|it| it.id == order);
            Ok(at.and_then(|at| line.get(at + 1)).map(|line| line.id))
        })
        .await
}

fn go_on(visit: &Visit, order: OrderId, next: Option<OrderId>, done: &str) -> Answer {
    match (visit.fields.has("next"), next) {
        (true, Some(next)) => see(&format!("/dossiers/{next}?fait={done}")),
        (true, None) => see("/paillasse?fait=fin"),
        // The act took the dossier out of its line: the page still knows what comes next.
        (false, Some(next)) => see(&format!("/dossiers/{order}?fait={done}&suivant={next}")),
        (false, None) => see(&format!("/dossiers/{order}?fait={done}")),
    }
}

pub(crate) async fn validate_technically(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    require_seen(&visit, order).await?;
    let next = next_of(&visit, order).await?;
    visit.web.app.validate_technically(order, &visit.account).await?;
    go_on(&visit, order, next, "technique")
}

pub(crate) async fn sign(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    require_seen(&visit, order).await?;
    let partial = match (visit.fields.has("partial"), visit.fields.has("confirmed")) {
        (true, true) => Partial::Accepted,
        _ => Partial::Refused,
    };
    let next = next_of(&visit, order).await?;
    match visit.web.app.sign(order, &visit.account, partial).await {
        Ok(_) => go_on(&visit, order, next, "signe"),
        Err(error) => with_findings(&visit, order, error.into()).await,
    }
}

pub(crate) async fn abort(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let observation = ObservationId::parse(visit.fields.one("observation")).ok_or(Failure::NotFound)?;
    let reason = short_text(&visit, "reason")?;
    visit.web.app.abort_result(order, observation, &reason, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait=interrompu"))
}

pub(crate) async fn comment(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let text = short_text(&visit, "text")?;
    visit.web.app.comment_order(order, &text, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait=commente"))
}

fn short_text(visit: &Visit, name: &str) -> Result<String, Failure> {
    match visit.fields.some(name) {
        Some(text) if text.len() <= 2000 => Ok(text),
        _ => Err(Failure::Obstacles(vec![lab::finding::Finding::error("FORM-TEXT", name)])),
    }
}

pub(crate) async fn set_visibility(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let (visibility, done) = match visit.fields.one("to") {
        "hidden" => (Visibility::HiddenFromPatient, "masque"),
        "visible" => (Visibility::Visible, "visible"),
        _ => return Err(Failure::NotFound),
    };
    visit.web.app.set_visibility(order, visibility, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait={done}"))
}

pub(crate) async fn set_confidentiality(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let to = visit.fields.one("to");
    let Some((confidentiality, _)) = CONFIDENTIALITIES.iter().find(|(_, code)| *code == to) else {
        return Err(Failure::NotFound);
    };
    visit.web.app.set_confidentiality(order, *confidentiality, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait=confidentialite"))
}

/// Says that it is for an expertise or an insurer, or for care after all.
pub(crate) async fn set_meant_for(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let (meant_for, done) = match visit.fields.one("to") {
        "expertise" => (MeantFor::Expertise, "expertise"),
        "care" => (MeantFor::Care, "soins"),
        _ => return Err(Failure::NotFound),
    };
    visit.web.app.set_meant_for(order, meant_for, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait={done}"))
}

pub(crate) async fn set_dmp(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let (feeding, done) = match visit.fields.one("to") {
        "blocked" => (DmpFeeding::Blocked, "bloque"),
        "automatic" => (DmpFeeding::Automatic, "debloque"),
        _ => return Err(Failure::NotFound),
    };
    visit.web.app.set_dmp_feeding(order, feeding, &visit.account).await?;
    see(&format!("/dossiers/{order}?fait={done}"))
}
