//! Patients: search by traits, identity with its history, oppositions, dossiers.

use app::registration::Opposition;
use askama::Template;
use jiff::civil::Date;
use lab::{id::PatientId, routing::Channel};
use records::{journal, lists, patients};

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, see},
    frame::Frame,
    pages::bench::Line,
    show::{PatientView, moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "patients.html")]
struct PatientsPage {
    f: Frame,
    birth_date: String,
    name: String,
    is_asked: bool,
    found: Vec<PatientView>,
}

/// Source: Ségur SGL.INS.07 (search by birth date, and the first letters of the name).
pub(crate) async fn search(visit: Visit) -> Answer {
    let birth_date = visit.query.one("naissance").to_owned();
    let name = ins::fold(visit.query.one("nom"));
    let date: Option<Date> = birth_date.parse().ok();
    // A single letter for all birth dates would list everyone.
    let is_asked = date.is_some() || name.len() >= 2;
    let found = if is_asked {
        let prefix = name.clone();
        let date = date.map(|date| date.to_string());
        visit.read(move |tx| Ok(patients::search(tx, date.as_deref(), &prefix)?)).await?
    } else {
        Vec::new()
    };
    let today = visit.now().to_zoned(visit.web.app.settings().zone.clone()).date();
    let found = found.iter().map(|patient| PatientView::of(visit.web.words, patient, today)).collect();
    page(&PatientsPage { f: visit.frame("nav.patients", "/patients"), birth_date, name, is_asked, found })
}

#[derive(Template)]
#[template(path = "patient.html")]
struct PatientPage {
    f: Frame,
    patient: PatientView,
    channels: Vec<ChannelView>,
    events: Vec<EventView>,
    lines: Vec<Line>,
    accesses: Vec<EventView>,
    may_decide: bool,
    may_register: bool,
    may_read_accesses: bool,
}

struct ChannelView {
    code: &'static str,
    label: &'static str,
    opposed: bool,
}

struct EventView {
    at: String,
    author: String,
    what: String,
}

const CHANNELS: [Channel; 3] = [Channel::Dmp, Channel::MssantePro, Channel::MssantePatient];

pub(crate) async fn show(visit: Visit) -> Answer {
    let id = visit.part("id", PatientId::parse)?;
    let (patient, events, lines, accesses) = visit
        .read(move |tx| {
            let patient = patients::get(tx, id)?;
            Ok((patient, patients::events(tx, id)?, lists::of_patient(tx, id)?, journal::latest(tx, Some(id), 30)?))
        })
        .await?;
    visit.web.app.note_access(&visit.account, "patient.view", &patient.local_id, Some(id)).await?;
    let mut f = visit.frame("nav.patients", "/patients");
    f.title = patient.traits.printed();
    let (w, zone) = (visit.web.words, &visit.web.app.settings().zone);
    let opposed = [patient.oppositions.dmp, patient.oppositions.mssante_pro, patient.oppositions.mssante_patient];
    let role = visit.account.role;
    page(&PatientPage {
        channels: CHANNELS
            .into_iter()
            .zip(opposed)
            .map(|(channel, opposed)| ChannelView {
                code: channel.code(),
                label: w.of("channel", channel.code()),
                opposed,
            })
            .collect(),
        events: events
            .iter()
            .rev()
            .map(|(at, author, kind, detail)| EventView {
                at: moment(*at, zone),
                author: author.clone(),
                what: event(&f, kind, detail),
            })
            .collect(),
        lines: lines.iter().map(|line| Line::of(&f, line, visit.now())).collect(),
        accesses: accesses
            .iter()
            .map(|it| EventView {
                at: moment(it.at, zone),
                author: it.actor.clone(),
                what: format!("{} ({})", f.of("audit", &it.action), it.subject),
            })
            .collect(),
        may_decide: Rule::DecideExceptions.allows(role),
        may_register: Rule::Register.allows(role),
        may_read_accesses: Rule::ReadJournal.allows(role),
        patient: PatientView::of(w, &patient, visit.now().to_zoned(zone.clone()).date()),
        f,
    })
}

/// An event of the identity in words: `PROV>QUAL` → *identité provisoire → qualifiée*.
fn event(f: &Frame, kind: &str, detail: &str) -> String {
    let family = f.of("patient_event", kind);
    let words = match kind {
        "status" => detail.split_once('>').map(|(from, to)| match from {
            "" => f.of("identity", to).to_owned(),
            _ => format!("{} → {}", f.of("identity", from), f.of("identity", to)),
        }),
        "opposition" => detail.split_once('=').map(|(channel, value)| {
            let decision = if value == "1" { f.t("opposition.set") } else { f.t("opposition.lifted") };
            format!("{} : {decision}", f.of("channel", channel))
        }),
        _ => None,
    };
    format!("{family} — {}", words.unwrap_or_else(|| detail.to_owned()))
}

pub(crate) async fn set_opposition(visit: Visit) -> Answer {
    let id = visit.part("id", PatientId::parse)?;
    let channel = Channel::from_code(visit.fields.one("channel")).ok_or(Failure::NotFound)?;
    let opposition = match visit.fields.one("to") {
        "opposed" => Opposition::Opposed,
        "none" => Opposition::None,
        _ => return Err(Failure::NotFound),
    };
    visit.web.app.set_opposition(id, channel, opposition, &visit.account).await?;
    see(&format!("/patients/{id}?fait=opposition"))
}
