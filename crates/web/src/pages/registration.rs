//! A new dossier: who, for whom, what. What was typed is never lost when something is missing.

use std::collections::HashMap;

use app::{
    AppError,
    registration::{Namesake, NewDossier, NewPatient, PatientChoice},
};
use askama::Template;
use lab::{
    finding::Finding,
    id::PatientId,
    order::{CareSetting, Priority},
    patient::{Patient, Sex},
    person::{Professional, Rpps},
};
use records::{patients, professionals};

use crate::{
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    pages::order::setting_code,
    show::{FindingView, PatientView},
    visit::Visit,
};

/// Lines for copies on the form; twelve covers every request seen, and the rule allows twenty.
const COPY_LINES: usize = 12;

#[derive(Template)]
#[template(path = "registration.html")]
struct RegistrationPage {
    f: Frame,
    /// The patient found by search.
    patient: Option<PatientView>,
    chapters: Vec<Chapter>,
    /// What correspondent fields propose: `10001234567 Dr Camille MOREAU`.
    correspondents: Vec<String>,
    settings: Vec<(&'static str, &'static str, bool)>,
    sexes: Vec<(&'static str, &'static str, bool)>,
    findings: Vec<FindingView>,
    /// A namesake exists: creating asks for a confirmation.
    has_namesake: bool,
    typed: HashMap<&'static str, String>,
    copies: Vec<String>,
    urgent: bool,
}

impl RegistrationPage {
    fn value(&self, name: &str) -> &str {
        self.typed.get(name).map_or("", String::as_str)
    }

    fn has_copies(&self) -> bool {
        self.copies.iter().any(|copy| !copy.is_empty())
    }
}

struct Chapter {
    label: String,
    analyses: Vec<Choice>,
}

impl Chapter {
    fn has_choice(&self) -> bool {
        self.analyses.iter().any(|choice| choice.checked)
    }
}

struct Choice {
    code: String,
    label: String,
    checked: bool,
}

/// Fields shown again as typed.
const TYPED: &[&str] = &[
    "birth_name",
    "given_names",
    "birth_date",
    "birth_place",
    "used_name",
    "phone",
    "prescribed_at",
    "collected_at",
    "prescriber",
    "treating",
    "codes",
];

const SETTINGS: [CareSetting; 3] = [CareSetting::Ambulatory, CareSetting::Inpatient, CareSetting::Emergency];

pub(crate) async fn show(visit: Visit) -> Answer {
    let patient = PatientId::parse(visit.query.one("patient"));
    page(&form(&visit, patient, Vec::new()).await?)
}

async fn form(visit: &Visit, patient: Option<PatientId>, findings: Vec<Finding>) -> Result<RegistrationPage, Failure> {
    let (patient, known) = visit
        .read(move |tx| {
            let patient: Option<Patient> = patient.map(|id| patients::get(tx, id)).transpose()?;
            Ok((patient, professionals::all(tx)?))
        })
        .await?;
    let f = visit.frame("nav.registration", "/enregistrement");
    let fields = &visit.fields;
    let today = visit.now().to_zoned(visit.web.app.settings().zone.clone()).date();
    let checked: Vec<&str> = fields.all("analysis").collect();
    let mut chapters: Vec<Chapter> = Vec::new();
    for analysis in visit.web.app.catalogue().analyses() {
        let choice = Choice {
            code: analysis.code.clone(),
            label: analysis.label.clone(),
            checked: checked.contains(&analysis.code.as_str()),
        };
        match chapters.iter_mut().find(|chapter| chapter.label == analysis.chapter.label) {
            Some(chapter) => chapter.analyses.push(choice),
            None => chapters.push(Chapter { label: analysis.chapter.label.clone(), analyses: vec![choice] }),
        }
    }
    let setting = if fields.has("setting") { fields.one("setting") } else { "ambulatory" };
    let mut copies: Vec<String> = fields.all("copy").map(str::to_owned).collect();
    copies.resize(COPY_LINES.max(copies.len()), String::new());
    Ok(RegistrationPage {
        patient: patient.map(|patient| PatientView::of(f.w, &patient, today)),
        chapters,
        correspondents: known.iter().filter_map(proposal).collect(),
        settings: SETTINGS
            .iter()
            .map(|it| (setting_code(*it), f.of("setting", setting_code(*it)), setting_code(*it) == setting))
            .collect(),
        sexes: ["F", "M", "U"].into_iter().map(|code| (code, f.of("sex", code), fields.one("sex") == code)).collect(),
        has_namesake: findings.iter().any(|finding| finding.code == "REGISTRATION-NAMESAKE"),
        findings: findings.iter().map(|finding| FindingView::of(f.w, finding)).collect(),
        typed: TYPED.iter().map(|name| (*name, fields.one(name).to_owned())).collect(),
        copies,
        urgent: fields.has("urgent"),
        f,
    })
}

fn proposal(professional: &Professional) -> Option<String> {
    Some(format!("{} {}", professional.rpps.as_ref()?.as_str(), professional.printed()))
}

pub(crate) async fn register(visit: Visit) -> Answer {
    let known = PatientId::parse(visit.fields.one("patient"));
    let registered = match dossier(&visit, known).await {
        Ok(new) => visit.web.app.register(new, &visit.account).await.map_err(Failure::from),
        Err(failure) => Err(failure),
    };
    match registered {
        Ok(registered) => see(&format!("/dossiers/{}?fait=enregistre", registered.order)),
        Err(Failure::Obstacles(findings)) => refused_page(&form(&visit, known, findings).await?),
        Err(failure) => Err(failure),
    }
}

async fn dossier(visit: &Visit, known: Option<PatientId>) -> Result<NewDossier, Failure> {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let mut named = Vec::new();
    let asked = std::iter::once(("prescriber", fields.one("prescriber")))
        .chain(std::iter::once(("treating", fields.one("treating"))))
        .chain(fields.all("copy").map(|value| ("copy", value)));
    for (place, value) in asked {
        named.push((place, correspondent(visit, value).await?));
        if !value.is_empty() && named.last().is_some_and(|(_, found)| found.is_none()) {
            findings.push(Finding::error("REGISTRATION-CORRESPONDENT-UNKNOWN", place));
        }
    }
    for place in ["prescribed_at", "collected_at"] {
        if fields.has(place) && visit.moment(place).is_none() {
            findings.push(Finding::error("TIME-UNREADABLE", place));
        }
    }
    if !findings.is_empty() {
        return Err(Failure::Obstacles(findings));
    }
    let one = |place: &str| named.iter().find(|(known, _)| *known == place).and_then(|(_, it)| it.clone());
    let typed = fields.one("codes").split([' ', ',', ';']).filter(|code| !code.is_empty()).map(str::to_uppercase);
    Ok(NewDossier {
        patient: match known {
            Some(id) => PatientChoice::Known(id),
            None => PatientChoice::New(new_patient(visit)),
        },
        priority: if fields.has("urgent") { Priority::Urgent } else { Priority::Routine },
        setting: SETTINGS
            .into_iter()
            .find(|setting| setting_code(*setting) == fields.one("setting"))
            .unwrap_or(CareSetting::Ambulatory),
        prescribed_at: visit.moment("prescribed_at"),
        collected_at: visit.moment("collected_at"),
        prescriber: one("prescriber"),
        treating_physician: one("treating"),
        copies: named.iter().filter(|(place, _)| *place == "copy").filter_map(|(_, it)| it.clone()).collect(),
        analyses: typed.chain(fields.all("analysis").map(str::to_owned)).collect(),
    })
}

/// The correspondent whose number begins a field: `10001234567 Dr Camille MOREAU`.
async fn correspondent(visit: &Visit, value: &str) -> Result<Option<Professional>, Failure> {
    let number = value.split_whitespace().next().unwrap_or_default();
    let Some(rpps) = Rpps::parse(number) else { return Ok(None) };
    visit.read(move |tx| Ok::<_, AppError>(professionals::by_rpps(tx, &rpps)?)).await
}

fn new_patient(visit: &Visit) -> NewPatient {
    let fields = &visit.fields;
    NewPatient {
        birth_name: fields.one("birth_name").to_owned(),
        given_names: fields.one("given_names").to_owned(),
        birth_date: fields.one("birth_date").parse().ok(),
        sex: match fields.one("sex") {
            "F" => Sex::Female,
            "M" => Sex::Male,
            _ => Sex::Unknown,
        },
        birth_place: fields.some("birth_place"),
        used_name: fields.some("used_name"),
        phone: fields.some("phone").map(|phone| phone.chars().take(30).collect()),
        namesake: if fields.has("namesake") { Namesake::Checked } else { Namesake::Refused },
    }
}
