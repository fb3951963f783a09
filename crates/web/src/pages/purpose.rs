//! What a dossier is for: a screening of cervical cancer, a rapid test, or neither; and the answers read by eye.

use std::str::FromStr;

use app::purpose::Answered;
use askama::Template;
use jiff::civil::Date;
use lab::{
    catalogue::Analysis,
    finding::Finding,
    id::OrderId,
    order::{Order, Purpose},
    patient::Patient,
    quantity::{Coded, Value},
    report::{
        RapidTest, Screening,
        rapid_test::{TestDevice, Udi},
        screening::{
            CYTOLOGY, HPV_TEST, HpvVaccination, InvitationNumber, ScreeningConclusion, ScreeningContext, VaccineDose,
        },
    },
};
use records::{
    observations::{self, Recorded},
    orders, patients,
};
use terminology::{
    jdv::{self, ValueSet},
    usual::{RAPID_TESTS, UsualRapidTest},
};

use crate::{
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    show::{FindingView, PatientView},
    visit::{Fields, Visit},
};

/// Lines for doses on the form: the longest scheme has three.
const DOSE_LINES: usize = 3;
/// Longest text of the box of a device.
const MAX_BOX_CHARS: usize = 100;

/// The tests of a screening: LOINC code, name of the field, value set of the answers.
const SCREENING_TESTS: [(&str, &str, &ValueSet); 2] =
    [(HPV_TEST, "hpv", &jdv::SCREENING_HPV), (CYTOLOGY, "cytology", &jdv::SCREENING_CYTOLOGY)];

/// The page; marks in its template name the fields.
#[derive(Template)]
#[template(path = "purpose.html")]
struct PurposePage {
    f: Frame,
    patient: PatientView,
    order: String,
    findings: Vec<FindingView>,
    /// `none`, `screening`, `rapid_test`.
    purpose: &'static str,
    contexts: Vec<Choice>,
    invitation: String,
    vaccinations: Vec<Choice>,
    doses: Vec<String>,
    kits: Vec<Choice>,
    mediums: Vec<Choice>,
    conclusions: Vec<Choice>,
    /// The tests of a screening that the catalogue has.
    screening_answers: Vec<Question>,
    tests: Vec<Test>,
    maker: String,
    reference: String,
    lot: String,
    expires_on: String,
    udi: String,
    consent: bool,
}

/// A choice of a list.
struct Choice {
    code: String,
    label: String,
    chosen: bool,
}

/// An analysis whose answer may be typed.
struct Question {
    /// Name of the field.
    name: String,
    label: String,
    answers: Vec<Choice>,
}

/// A rapid test of the list.
struct Test {
    code: &'static str,
    name: &'static str,
    chosen: bool,
    questions: Vec<Question>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let loaded = load(&visit, order).await?;
    visit.web.app.note_access(&visit.account, "order.view", &loaded.order.number, Some(loaded.patient.id)).await?;
    let typed = Fields(stored(&loaded));
    page(&form(&visit, &loaded, &typed, &[]))
}

pub(crate) async fn save(visit: Visit) -> Answer {
    let order = visit.part("id", OrderId::parse)?;
    let saved = match read(&visit) {
        Ok((purpose, answers)) => {
            visit.web.app.set_purpose(order, purpose, answers, &visit.account).await.map_err(Failure::from)
        }
        Err(findings) => Err(Failure::Obstacles(findings)),
    };
    match saved {
        Ok(()) => see(&format!("/dossiers/{order}?fait=objet")),
        Err(Failure::Obstacles(findings)) => {
            let loaded = load(&visit, order).await?;
            let number = &loaded.order.number;
            visit.web.app.note_access(&visit.account, "order.view", number, Some(loaded.patient.id)).await?;
            refused_page(&form(&visit, &loaded, &visit.fields, &findings))
        }
        Err(failure) => Err(failure),
    }
}

struct Loaded {
    order: Order,
    patient: Patient,
    recorded: Vec<Recorded>,
}

async fn load(visit: &Visit, order: OrderId) -> Result<Loaded, Failure> {
    visit
        .read(move |tx| {
            let (order, _) = orders::get(tx, order)?;
            let patient = patients::get(tx, order.patient)?;
            let recorded = observations::of_order(tx, order.id)?;
            Ok(Loaded { order, patient, recorded })
        })
        .await
}

/// What the dossier says now, as the fields of the form.
fn stored(loaded: &Loaded) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut put = |name: &str, value: &str| fields.push((name.to_owned(), value.to_owned()));
    match &loaded.order.purpose {
        None => put("purpose", "none"),
        Some(Purpose::Screening(it)) => {
            put("purpose", "screening");
            put("context", it.context.code());
            put("invitation", it.invitation.as_ref().map_or("", InvitationNumber::as_str));
            put("vaccination", vaccination_code(&it.vaccination));
            if let HpvVaccination::Done(doses) = &it.vaccination {
                doses.iter().filter_map(|dose| dose.given_on).for_each(|day| put("dose", &day.to_string()));
            }
            put("kit", it.kit.as_ref().map_or("", |kit| &kit.code));
            put("medium", it.medium.as_ref().map_or("", |medium| &medium.code));
            put("conclusion", it.conclusion.map_or("", ScreeningConclusion::code));
        }
        Some(Purpose::RapidTest(it)) => {
            put("purpose", "rapid_test");
            put("test", RAPID_TESTS.iter().find(|known| known.name == it.name).map_or("", |known| known.code));
            put("maker", &it.device.maker);
            put("reference", &it.device.reference);
            put("lot", &it.device.lot);
            put("expires_on", &it.device.expires_on.map(|day| day.to_string()).unwrap_or_default());
            put("udi", it.device.udi.as_ref().map_or("", |udi| &udi.code));
            put("consent", "1");
        }
    }
    fields
}

/// What a dossier is for, in a few lines: label, words.
pub(crate) fn said(w: &wording::Catalogue, purpose: Option<&Purpose>) -> Vec<(&'static str, String)> {
    match purpose {
        None => vec![("", w.get("purpose.none").to_owned())],
        Some(Purpose::Screening(it)) => {
            let label = |set: &ValueSet, code: &str| set.label(code).unwrap_or(code).to_owned();
            let mut all = vec![
                ("", w.get("purpose.screening").to_owned()),
                (w.get("purpose.context"), label(&jdv::SCREENING_CONTEXT, it.context.code())),
                (w.get("purpose.vaccination"), w.of("vaccination", vaccination_code(&it.vaccination)).to_owned()),
            ];
            let told = it.conclusion.map_or(w.get("purpose.no_conclusion"), |it| w.of("conclusion", it.code()));
            all.push((w.get("purpose.conclusion"), told.to_owned()));
            all
        }
        Some(Purpose::RapidTest(it)) => {
            let device = [&it.device.maker, &it.device.reference, &it.device.lot];
            let device: Vec<&str> = device.into_iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
            vec![("", format!("TROD {}", it.name)), (w.get("purpose.device"), device.join(", "))]
        }
    }
}

fn form(visit: &Visit, loaded: &Loaded, typed: &Fields, findings: &[Finding]) -> PurposePage {
    let f = visit.frame("purpose.title", "/paillasse");
    let today = visit.now().to_zoned(visit.web.app.settings().zone.clone()).date();
    let of_catalogue = |loinc: &str| visit.web.app.catalogue().by_loinc(loinc).next();
    let question = |name: String, analysis: &Analysis, set: &ValueSet| {
        let known = loaded.recorded.iter().find(|it| it.observation.analysis == analysis.code);
        let known = known.and_then(|it| match it.observation.value.as_ref()? {
            Value::Coded(coded) => Some(coded.code.as_str()),
            _ => None,
        });
        let chosen = if typed.has(&name) { typed.one(&name) } else { known.unwrap_or_default() };
        Question { answers: concepts(set, chosen), label: analysis.label.clone(), name }
    };
    let screening_answers = SCREENING_TESTS
        .into_iter()
        .filter_map(|(loinc, name, set)| Some(question(name.to_owned(), of_catalogue(loinc)?, set)))
        .collect();
    let tests = RAPID_TESTS.iter().map(|test| Test {
        code: test.code,
        name: test.name,
        chosen: typed.one("test") == test.code,
        questions: questions_of(visit, test)
            .map(|(name, analysis)| question(name, analysis, &jdv::RAPID_TEST_RESULT))
            .collect(),
    });
    let mut doses: Vec<String> = typed.all("dose").take(DOSE_LINES).map(str::to_owned).collect();
    doses.resize(DOSE_LINES, String::new());
    let text = |name: &str| typed.one(name).to_owned();
    let words = |prefix: &str, codes: &[&str], chosen: &str| -> Vec<Choice> {
        let choice = |code: &&str| Choice {
            code: (*code).to_owned(),
            label: f.of(prefix, code).to_owned(),
            chosen: *code == chosen,
        };
        codes.iter().map(choice).collect()
    };
    PurposePage {
        patient: PatientView::of(f.w, &loaded.patient, today),
        order: loaded.order.id.to_string(),
        findings: findings.iter().map(|finding| FindingView::of(f.w, finding)).collect(),
        purpose: match typed.one("purpose") {
            "screening" => "screening",
            "rapid_test" => "rapid_test",
            _ => "none",
        },
        contexts: concepts(&jdv::SCREENING_CONTEXT, typed.one("context")),
        invitation: text("invitation"),
        vaccinations: words("vaccination", &VACCINATIONS, typed.one("vaccination")),
        doses,
        kits: concepts(&jdv::SCREENING_KIT, typed.one("kit")),
        mediums: concepts(&jdv::SCREENING_MEDIUM, typed.one("medium")),
        conclusions: words(
            "conclusion",
            &ScreeningConclusion::ALL.map(ScreeningConclusion::code),
            typed.one("conclusion"),
        ),
        screening_answers,
        tests: tests.collect(),
        maker: text("maker"),
        reference: text("reference"),
        lot: text("lot"),
        expires_on: text("expires_on"),
        udi: text("udi"),
        consent: typed.has("consent"),
        f,
    }
}

fn concepts(set: &ValueSet, chosen: &str) -> Vec<Choice> {
    let choice =
        |it: &jdv::Concept| Choice { code: it.code.to_owned(), label: it.label.to_owned(), chosen: it.code == chosen };
    set.concepts.iter().map(choice).collect()
}

/// The analyses of a rapid test that the catalogue has, each with the name of its field.
fn questions_of<'a>(visit: &'a Visit, test: &'a UsualRapidTest) -> impl Iterator<Item = (String, &'a Analysis)> {
    let catalogue = visit.web.app.catalogue();
    let analyses = test.analyses.iter().filter_map(|code| catalogue.by_code(code));
    analyses.map(|analysis| (format!("{}.{}", test.code, analysis.code), analysis))
}

/// Codes of what is known of a vaccination, in forms and keys.
const VACCINATIONS: [&str; 3] = ["unknown", "not_done", "done"];

fn vaccination_code(vaccination: &HpvVaccination) -> &'static str {
    match vaccination {
        HpvVaccination::Unknown => VACCINATIONS[0],
        HpvVaccination::NotDone => VACCINATIONS[1],
        HpvVaccination::Done(_) => VACCINATIONS[2],
    }
}

/// What the form says: the purpose, and the analyses that belong to it.
fn read(visit: &Visit) -> Result<(Option<Purpose>, Vec<Answered>), Vec<Finding>> {
    match visit.fields.one("purpose") {
        "screening" => screening(visit),
        "rapid_test" => rapid_test(visit),
        _ => Ok((None, Vec::new())),
    }
}

fn screening(visit: &Visit) -> Result<(Option<Purpose>, Vec<Answered>), Vec<Finding>> {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let context = ScreeningContext::ALL.into_iter().find(|it| it.code() == fields.one("context"));
    if context.is_none() {
        findings.push(Finding::error("PURPOSE-CONTEXT", "context"));
    }
    let invitation = fields.some("invitation").map(|typed| InvitationNumber::parse(&typed));
    if invitation == Some(None) {
        findings.push(Finding::error("PURPOSE-INVITATION", "invitation"));
    }
    let vaccination = match fields.one("vaccination") {
        "not_done" => HpvVaccination::NotDone,
        "done" => {
            let days: Vec<_> = fields.all("dose").take(DOSE_LINES).map(Date::from_str).collect();
            if days.iter().any(Result::is_err) {
                findings.push(Finding::error("PURPOSE-DAY", "dose"));
            }
            let dose = |(at, day)| VaccineDose { rank: Some(at as u8 + 1), given_on: Some(day) };
            HpvVaccination::Done(days.into_iter().flatten().enumerate().map(dose).collect())
        }
        _ => HpvVaccination::Unknown,
    };
    let Some(context) = context.filter(|_| findings.is_empty()) else { return Err(findings) };
    let conclusion = ScreeningConclusion::ALL.into_iter().find(|it| it.code() == fields.one("conclusion"));
    let screening = Screening {
        invitation: invitation.flatten(),
        vaccination,
        kit: coded(&jdv::SCREENING_KIT, fields.one("kit")),
        medium: coded(&jdv::SCREENING_MEDIUM, fields.one("medium")),
        conclusion,
        ..Screening::new(context)
    };
    let answers = SCREENING_TESTS.into_iter().filter_map(|(loinc, name, set)| {
        let answer = coded(set, fields.one(name))?;
        let analysis = visit.web.app.catalogue().by_loinc(loinc).next()?.code.clone();
        Some(Answered { analysis, answer: Some(answer) })
    });
    Ok((Some(Purpose::Screening(screening)), answers.collect()))
}

fn rapid_test(visit: &Visit) -> Result<(Option<Purpose>, Vec<Answered>), Vec<Finding>> {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let mut must = |holds: bool, code: &'static str, place: &str| {
        if !holds {
            findings.push(Finding::error(code, place));
        }
    };
    let test = RAPID_TESTS.iter().find(|test| test.code == fields.one("test"));
    must(test.is_some(), "PURPOSE-TEST", "test");
    must(fields.has("maker"), "PURPOSE-MAKER", "maker");
    must(fields.has("consent"), "PURPOSE-CONSENT", "consent");
    let udi = fields.some("udi").map(|typed| Udi::parse(&typed));
    must(udi != Some(None), "PURPOSE-UDI", "udi");
    let expires_on = fields.some("expires_on").map(|typed| Date::from_str(&typed));
    must(!matches!(expires_on, Some(Err(_))), "PURPOSE-DAY", "expires_on");
    let Some(test) = test.filter(|_| findings.is_empty()) else { return Err(findings) };
    let udi = udi.flatten();
    let text = |name: &str| fields.one(name).chars().take(MAX_BOX_CHARS).collect::<String>();
    // What the identifier says needs no typing.
    let lot = fields.some("lot").map(|_| text("lot")).or_else(|| Some(udi.as_ref()?.lot()?.to_owned()));
    let day = expires_on.and_then(Result::ok).or_else(|| udi.as_ref()?.expires_on());
    let device = TestDevice {
        maker: text("maker"),
        reference: text("reference"),
        lot: lot.unwrap_or_default(),
        expires_on: day,
        udi,
    };
    let answers = questions_of(visit, test).map(|(name, analysis)| Answered {
        analysis: analysis.code.clone(),
        answer: coded(&jdv::RAPID_TEST_RESULT, fields.one(&name)),
    });
    Ok((Some(Purpose::RapidTest(RapidTest::usual(test, device))), answers.collect()))
}

/// The concept chosen in a value set; `None` when nothing is.
fn coded(set: &ValueSet, code: &str) -> Option<Coded> {
    set.find(code).map(Coded::concept)
}
