//! The patients' DMPs: what was deposited, its versions, its visibility, its bytes.
//! Services and identifiers in, pages and files out.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Form, Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::files::{self, Kind, Wanted};
use super::wording::{self, PatientView};
use super::{Services, cda, not_found, page, refuse, see_other, segment};
use crate::dmp::{DocumentRecord, Status};

/// Patients shown on one page.
const MAX_PATIENTS: usize = 500;
/// Documents of a patient shown on one page.
const MAX_DOCUMENTS: usize = 500;

#[derive(Template)]
#[template(path = "patients.html")]
struct PatientsPage {
    here: &'static str,
    search: String,
    notice: Option<&'static str>,
    rows: Vec<PatientRow>,
    n_hidden: usize,
}

#[derive(Default)]
struct PatientRow {
    ins: String,
    link: String,
    n_documents: usize,
    n_in_force: usize,
    n_shown: usize,
    last: String,
}

/// What the list is narrowed to, and what just happened.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    fait: String,
}

pub(super) async fn patients(State(services): State<Services>, Query(asked): Query<Asked>) -> Response {
    let documents = services.dmp.documents();
    let mut by_patient: BTreeMap<&str, PatientRow> = BTreeMap::new();
    for document in documents.iter().filter(|d| d.patient_id.contains(asked.q.trim())) {
        let row = by_patient.entry(&document.patient_id).or_default();
        row.n_documents += 1;
        row.n_in_force += usize::from(document.status == Status::Approved);
        row.n_shown += usize::from(wording::patient_view(document).is_shown);
        // Records come oldest first.
        row.last = wording::instant(document.recorded_at);
    }
    let n_hidden = by_patient.len().saturating_sub(MAX_PATIENTS);
    let rows = by_patient.into_iter().take(MAX_PATIENTS).map(|(ins, row)| PatientRow {
        ins: ins.to_owned(),
        link: format!("/dmp/{}", segment(ins)),
        ..row
    });
    let notice = match asked.fait.as_str() {
        "ouvert" => Some("Le DMP est ouvert : il accepte les dépôts."),
        "ferme" => Some("Le DMP est fermé : les dépôts sont refusés (DMPClosed)."),
        _ => None,
    };
    let rows = rows.collect();
    page(&PatientsPage { here: "/dmp", search: asked.q, notice, rows, n_hidden })
}

/// Opening or closing a DMP.
#[derive(Deserialize)]
pub(super) struct Opening {
    ins: String,
    /// `ouvrir` or `fermer`.
    acte: String,
}

pub(super) async fn open_or_close(State(services): State<Services>, Form(opening): Form<Opening>) -> Response {
    let ins: String = opening.ins.split_whitespace().collect();
    if ins.len() != 15 || !ins.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return refuse(StatusCode::BAD_REQUEST, "Un matricule INS a 15 caractères.");
    }
    match opening.acte.as_str() {
        "ouvrir" => services.dmp.open_dmp(&ins),
        "fermer" => services.dmp.close_dmp(&ins),
        _ => return refuse(StatusCode::BAD_REQUEST, "Cet acte n'existe pas."),
    }
    see_other(if opening.acte == "ouvrir" { "/dmp?fait=ouvert" } else { "/dmp?fait=ferme" })
}

#[derive(Template)]
#[template(path = "patient.html")]
struct PatientPage {
    here: &'static str,
    ins: String,
    rows: Vec<Row>,
    n_hidden: usize,
}

/// A document, for people.
struct Row {
    title: String,
    link: String,
    version: u32,
    status: &'static str,
    status_code: &'static str,
    is_in_force: bool,
    replaces: Option<Link>,
    replaced_by: Option<Link>,
    badges: Vec<Badge>,
    view: PatientView,
    created: String,
    recorded: String,
    unique_id: String,
    entry_uuid: String,
    institution: String,
    type_code: String,
    mime_type: String,
    size: String,
    hash: String,
    has_bytes: bool,
    n_pdf: usize,
}

struct Link {
    to: String,
    text: String,
}

struct Badge {
    text: String,
    code: String,
    is_strong: bool,
}

pub(super) async fn of_patient(State(services): State<Services>, Path(ins): Path<String>) -> Response {
    let mut documents = services.dmp.documents();
    documents.retain(|document| document.patient_id == ins);
    let n_hidden = documents.len().saturating_sub(MAX_DOCUMENTS);
    let newest_first = documents.iter().rev().take(MAX_DOCUMENTS);
    let rows = newest_first.map(|document| row(&services, document)).collect();
    page(&PatientPage { here: "/dmp", ins, rows, n_hidden })
}

#[derive(Template)]
#[template(path = "document.html")]
struct DocumentPage {
    here: &'static str,
    ins: String,
    patient_link: String,
    document: Row,
    pdf_sizes: Vec<String>,
    sections: Vec<cda::Section>,
    is_readable: bool,
}

pub(super) async fn one(State(services): State<Services>, Path(unique_id): Path<String>) -> Response {
    let documents = services.dmp.documents();
    let Some(document) = documents.iter().find(|d| d.unique_id == unique_id) else {
        return not_found();
    };
    let reading = services.dmp.document(&unique_id).and_then(|bytes| cda::read(&bytes));
    let is_readable = reading.is_some();
    let reading = reading.unwrap_or_default();
    page(&DocumentPage {
        here: "/dmp",
        ins: document.patient_id.clone(),
        patient_link: format!("/dmp/{}", segment(&document.patient_id)),
        document: row(&services, document),
        pdf_sizes: reading.pdf_sizes.iter().map(|&n| wording::size(n as u64)).collect(),
        sections: reading.sections,
        is_readable,
    })
}

pub(super) async fn bytes(
    State(services): State<Services>,
    Path(unique_id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Response {
    let Some(bytes) = services.dmp.document(&unique_id) else {
        return not_found();
    };
    let name = format!("{unique_id}.xml");
    files::give(&wanted, &name, Kind::of(&name, "", &bytes), bytes.to_vec())
}

pub(super) async fn pdf(State(services): State<Services>, Path((unique_id, n)): Path<(String, usize)>) -> Response {
    let pdf = services.dmp.document(&unique_id).and_then(|bytes| cda::pdf(&bytes, n));
    let Some(pdf) = pdf else { return not_found() };
    let name = format!("{unique_id}.pdf");
    let kind = Kind::of(&name, "", &pdf);
    files::show(&name, kind, pdf)
}

fn row(services: &Services, document: &DocumentRecord) -> Row {
    let bytes = services.dmp.document(&document.unique_id);
    let badge = |code: &String| Badge {
        text: wording::confidentiality(code).to_owned(),
        code: code.clone(),
        is_strong: code != "N",
    };
    Row {
        title: document.title.clone(),
        link: link(&document.unique_id),
        version: document.version,
        status: wording::status(document.status),
        status_code: wording::status_code(document.status),
        is_in_force: document.status == Status::Approved,
        replaces: document.replaces.as_deref().map(linked),
        replaced_by: document.replaced_by.as_deref().map(linked),
        badges: document.confidentiality_codes.iter().map(badge).collect(),
        view: wording::patient_view(document),
        created: wording::digits(&document.creation_time),
        recorded: wording::instant(document.recorded_at),
        unique_id: document.unique_id.clone(),
        entry_uuid: document.entry_uuid.clone(),
        institution: document.author_institution.clone(),
        type_code: document.type_code.clone(),
        mime_type: document.mime_type.clone(),
        size: wording::size(document.size_bytes),
        hash: document.hash.clone(),
        n_pdf: bytes.as_deref().map_or(0, cda::n_pdf),
        has_bytes: bytes.is_some(),
    }
}

fn link(unique_id: &str) -> String {
    format!("/documents/{}", segment(unique_id))
}

fn linked(unique_id: &str) -> Link {
    Link { to: link(unique_id), text: unique_id.to_owned() }
}
