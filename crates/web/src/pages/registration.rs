//! A new dossier: who, for whom, what. What was typed is never lost when something is missing.

use std::collections::HashMap;

use app::{
    AppError,
    directory::Search,
    registration::{MeantFor, Namesake, NewDossier, NewPatient, PatientChoice},
};
use askama::Template;
use lab::{
    finding::Finding,
    id::PatientId,
    order::{CareSetting, Priority},
    patient::{Patient, Sex},
    person::{AddressRefusal, MssanteAddress, Professional, Rpps},
};
use records::{patients, professionals};

use crate::{
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    pages::{directory::MatchView, order::setting_code},
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
    is_expertise: bool,
    /// What was searched in the directory, and who was found.
    directory: Option<Vec<MatchView>>,
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
    "directory_q",
    "directory_place",
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
        is_expertise: fields.has("expertise"),
        directory: None,
        f,
    })
}

fn proposal(professional: &Professional) -> Option<String> {
    Some(format!("{} {}", professional.rpps.as_ref()?.as_str(), professional.printed()))
}

pub(crate) async fn register(visit: Visit) -> Answer {
    let known = PatientId::parse(visit.fields.one("patient"));
    if visit.fields.has("directory_search") || visit.fields.has("directory_pick") {
        return searched(&visit, known).await;
    }
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

/// The form as it was typed, with what the directory has, or with the one that was picked in their field.
async fn searched(visit: &Visit, known: Option<PatientId>) -> Answer {
    let mut shown = form(visit, known, Vec::new()).await?;
    let picked = visit.fields.one("directory_pick");
    if let Some((place, proposal)) = picked.split_once(':') {
        let proposal = proposal.chars().take(200).collect::<String>();
        match place {
            "copy" => {
                if let Some(empty) = shown.copies.iter_mut().find(|copy| copy.is_empty()) {
                    *empty = proposal;
                }
            }
            _ => {
                if let Some(field) = ["prescriber", "treating"].into_iter().find(|name| *name == place) {
                    shown.typed.insert(field, proposal);
                }
            }
        }
    } else {
        let text = visit.fields.one("directory_q").chars().take(100).collect();
        let place = visit.fields.one("directory_place").chars().take(100).collect();
        let found = visit.web.app.search_directory(Search { text, place, limit: 12 }).await?;
        shown.directory = Some(found.matches.iter().map(|it| MatchView::of(visit, it)).collect());
    }
    page(&shown)
}

async fn dossier(visit: &Visit, known: Option<PatientId>) -> Result<NewDossier, Failure> {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let mut named = Vec::new();
    let asked = std::iter::once(("prescriber", fields.one("prescriber")))
        .chain(std::iter::once(("treating", fields.one("treating"))))
        .chain(fields.all("copy").map(|value| ("copy", value)));
    for (place, value) in asked {
        let address = value.split_whitespace().last().unwrap_or_default();
        if let Err(refusal @ AddressRefusal::NotListed) = visit.web.app.settings().trusted.read(address) {
            findings.push(Finding::error(refusal.code(), place));
            continue;
        }
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
        meant_for: if fields.has("expertise") { MeantFor::Expertise } else { MeantFor::Care },
    })
}

/// The correspondent whose number begins a field: `10001234567 Dr Camille MOREAU`, with the address that may end it.
/// Somebody of the directory who is not one yet, or not at that address, becomes so.
async fn correspondent(visit: &Visit, value: &str) -> Result<Option<Professional>, Failure> {
    let number = value.split_whitespace().next().unwrap_or_default();
    let Some(rpps) = Rpps::parse(number) else { return Ok(None) };
    let address = value.split_whitespace().last().and_then(MssanteAddress::parse);
    let key = rpps.clone();
    let known = visit.read(move |tx| Ok::<_, AppError>(professionals::by_rpps(tx, &key)?)).await?;
    match known {
        Some(known) if address.is_none() || known.mailbox == address => Ok(Some(known)),
        _ => match visit.web.app.adopt_professional(rpps, address, &visit.account).await {
            Ok(professional) => Ok(Some(professional)),
            Err(AppError::Obstacles(_)) => Ok(None),
            Err(error) => Err(error.into()),
        },
    }
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
