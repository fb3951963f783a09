//! The page of reports: texts, look and accredited analyses that the laboratory decided, and a specimen of it.
//!
//! In: what a person typed, a logo. Out: the page in force, from which the next versions are signed.
//! A signed version never changes: it bears the texts that were in force.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, civil::date};
use lab::{
    catalogue::Catalogue,
    finding::Finding,
    id::{Ids, ObservationId, Oid, OrderId, PatientId, VersionId},
    order::{CareSetting, Confidentiality, Observation, ObservationStage, Order, Priority, Visibility},
    patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Patient, Sex, Traits},
    quantity::{Decimal, Value, interpret},
    report::{self, Draft, MentionTexts, PreviousResult, Recipient, Report, Review, Validated, Validator, VersionIds},
    validation::Role,
};
use records::{
    accounts::Account,
    report_page::{self, ReportPage, Saved},
};
use rendering::{Logo, LogoError, Renderer, Style, Symbol, html::Look};
use wording::Language;

use crate::{App, AppError, registration::require, validation::audit};

/// Longest text of the laboratory, in characters.
pub const MAX_TEXT_CHARACTERS: usize = 2000;
/// Results of the specimen.
const N_SPECIMEN: usize = 12;
/// Its earlier results, latest first: eighths of the usual values away from their middle.
const EARLIER: [(i64, i64); 4] = [(1, -2), (-1, 1), (2, 1), (-1, -3)];

/// The page of reports in force, ready to be printed from.
pub struct PageInForce {
    /// Its number; 0 before anything was decided.
    pub number: i64,
    /// What was decided, or the starting texts.
    pub page: ReportPage,
    /// Who decided and when; `None` before anything was.
    pub decided: Option<(String, Timestamp)>,
    /// The catalogue, with the analyses that the accreditation covers.
    pub catalogue: Catalogue,
    pub(crate) renderer: Renderer,
    pub(crate) look: Look,
}

impl PageInForce {
    /// The page of a laboratory that has decided nothing: the starting texts, no accredited analysis.
    pub(crate) fn starting(catalogue: &Catalogue) -> Self {
        let w = wording::catalogue(Language::French);
        let texts = MentionTexts {
            scope: w.get("mention.scope").to_owned(),
            accreditation: w.get("mention.accreditation").to_owned(),
            automatic_validation: w.get("mention.automatic_validation").to_owned(),
            personal_data: w.get("mention.personal_data").to_owned(),
        };
        let accent = Style::default().accent;
        let page = ReportPage { texts, accent, accredited: Vec::new(), logo: None, self_presentable: false };
        Self::of(0, page, None, catalogue)
    }

    fn of(number: i64, page: ReportPage, decided: Option<(String, Timestamp)>, catalogue: &Catalogue) -> Self {
        // A stored logo was read when it was given; one that a later program cannot read is left out, not the report.
        let logo = page.logo.as_deref().and_then(|bytes| Logo::decode(bytes).ok());
        let style = Style { accent: page.accent, logo };
        Self {
            number,
            catalogue: catalogue.clone().with_accredited(page.accredited.iter().map(String::as_str)),
            look: Look::of(&style),
            renderer: Renderer::new(style),
            page,
            decided,
        }
    }
}

/// What becomes of the logo.
pub enum LogoChange {
    /// It stays as it is.
    Kept,
    /// There is none any more.
    Removed,
    /// This file takes its place.
    Replaced(Vec<u8>),
}

/// A page as a person typed it.
pub struct NewPage {
    /// Texts.
    pub texts: MentionTexts,
    /// `#RRGGBB`.
    pub accent: String,
    /// Local codes of the accredited analyses.
    pub accredited: Vec<String>,
    /// The logo.
    pub logo: LogoChange,
    /// Whether documents leave with the stylesheet that shows them.
    pub self_presentable: bool,
}

impl App {
    /// The page of reports in force.
    pub fn page_in_force(&self) -> Arc<PageInForce> {
        match self.inner.page.read() {
            Ok(page) => Arc::clone(&page),
            Err(poisoned) => Arc::clone(&poisoned.into_inner()),
        }
    }

    /// Reads the page in force again: another process of the laboratory may have changed it.
    pub async fn reload_page(&self) -> Result<(), AppError> {
        let Some(Saved { number, page, by, at }) =
            self.store().read(|tx| report_page::latest(tx).map_err(AppError::from)).await?
        else {
            return Ok(());
        };
        let fresh = Arc::new(PageInForce::of(number, page, Some((by, at)), self.catalogue()));
        match self.inner.page.write() {
            Ok(mut page) => *page = fresh,
            Err(poisoned) => *poisoned.into_inner() = fresh,
        }
        Ok(())
    }

    /// Decides the page of the next reports.
    ///
    /// Errors: [`AppError::NotAllowed`] for another role than biologist or administrator; findings `PAGE-TEXT`,
    /// `PAGE-ACCENT`, `PAGE-ANALYSIS`, `PAGE-LOGO-SIZE`, `PAGE-LOGO-KIND`, `PAGE-LOGO-DAMAGED`.
    /// Source: Ségur SGL.DOC.08, .09, .10 (texts that users set).
    pub async fn save_page(&self, new: NewPage, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Biologist, Role::Administrator])?;
        let page = self.assess_page(new).map_err(AppError::Obstacles)?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                let number = report_page::insert(tx, &page, &login, now)?;
                audit(tx, &login, "page.save", &number.to_string(), None, now)
            })
            .await?;
        self.reload_page().await
    }

    fn assess_page(&self, new: NewPage) -> Result<ReportPage, Vec<Finding>> {
        let mut findings = Vec::new();
        let mut text = |place: &'static str, text: &str| {
            let text = text.trim().replace("\r\n", "\n");
            if text.is_empty() || text.chars().count() > MAX_TEXT_CHARACTERS {
                findings.push(Finding::error("PAGE-TEXT", place));
            }
            text
        };
        let texts = MentionTexts {
            scope: text("scope", &new.texts.scope),
            accreditation: text("accreditation", &new.texts.accreditation),
            automatic_validation: text("automatic_validation", &new.texts.automatic_validation),
            personal_data: text("personal_data", &new.texts.personal_data),
        };
        let accent = report_page::read_accent(&new.accent).filter(|accent| is_dark(*accent));
        if accent.is_none() {
            findings.push(Finding::error("PAGE-ACCENT", "accent"));
        }
        if new.accredited.iter().any(|code| self.catalogue().by_code(code).is_none()) {
            findings.push(Finding::error("PAGE-ANALYSIS", "accredited"));
        }
        let logo = match new.logo {
            LogoChange::Kept => self.page_in_force().page.logo.clone(),
            LogoChange::Removed => None,
            LogoChange::Replaced(bytes) => {
                if let Err(error) = Logo::decode(&bytes) {
                    let code = match error {
                        LogoError::TooLarge => "PAGE-LOGO-SIZE",
                        LogoError::Kind => "PAGE-LOGO-KIND",
                        LogoError::Damaged => "PAGE-LOGO-DAMAGED",
                    };
                    findings.push(Finding::error(code, "logo"));
                }
                Some(bytes)
            }
        };
        match accent {
            Some(accent) if findings.is_empty() => {
                let NewPage { accredited, self_presentable, .. } = new;
                Ok(ReportPage { texts, accent, accredited, logo, self_presentable })
            }
            _ => Err(findings),
        }
    }

    /// A specimen of the page in force, as PDF: an invented patient, analyses of the catalogue, every text of the
    /// laboratory that its settings lead to.
    pub async fn specimen(&self) -> Result<Vec<u8>, AppError> {
        let app = self.clone();
        let made = tokio::task::spawn_blocking(move || {
            let report = app.specimen_report(app.env().now())?;
            let symbol =
                ins::datamatrix(&report.patient, ins::Environment::Test).and_then(|text| Symbol::encode(&text));
            Some(app.page_in_force().renderer.render(&report, symbol.as_ref()))
        });
        made.await.ok().flatten().ok_or(AppError::Rendering("specimen"))
    }

    /// A report about an invented patient.
    pub(crate) fn specimen_report(&self, now: Timestamp) -> Option<Report> {
        let page = self.page_in_force();
        report::assemble(specimen(self, &page, now), &page.catalogue, now)
    }
}

/// Whether titles in this color are read on white, and on a black-and-white printer: a contrast of 4.5 to 1.
///
/// Source: WCAG 2.1, 1.4.3 (contrast ratio, relative luminance).
fn is_dark(accent: [u8; 3]) -> bool {
    let [red, green, blue] = accent.map(|level| {
        let level = f64::from(level) / 255.0;
        if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
    });
    let luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    1.05 / (luminance + 0.05) >= 4.5
}

/// An invented patient of the official test identities, with numbers in the middle of their usual values, one just above.
fn specimen(app: &App, page: &PageInForce, now: Timestamp) -> Draft {
    let mut ids = app.env().ids();
    let settings = app.settings();
    let director = settings.laboratory.director.clone();
    let patient = Patient {
        id: PatientId::fresh(&mut ids),
        local_id: "SPECIMEN".into(),
        traits: Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE".into(),
            birth_date: Some(date(1979, 3, 28)),
            sex: Sex::Female,
            birth_place: Some("51215".into()),
            used_name: None,
            used_given: None,
        },
        status: IdentityStatus::Qualified,
        ins: InsMatricule::parse("279035121518989")
            .ok()
            .map(|matricule| Ins { matricule, authority: InsAuthority::NirTest }),
        oppositions: Oppositions::default(),
        guardian: None,
        address: None,
        phone: None,
    };
    let order = Order {
        id: OrderId::fresh(&mut ids),
        number: "SPECIMEN".into(),
        patient: patient.id,
        placer_number: None,
        priority: Priority::Routine,
        setting: CareSetting::Ambulatory,
        prescribed_at: None,
        collected_at: Some(now),
        received_at: now,
        prescriber: Some(director.clone()),
        treating_physician: None,
        copies: Vec::new(),
        dmp_blocked: false,
        expertise: None,
        purpose: None,
        confidentiality: Confidentiality::Normal,
        visibility: Visibility::Visible,
    };
    let validator = Validator { professional: director.clone(), at: now };
    // Accredited analyses first, so that their mark is seen.
    let (marked, plain): (Vec<_>, Vec<_>) = page.catalogue.analyses().iter().partition(|analysis| analysis.accredited);
    let age = patient.age_days(now.to_zoned(settings.zone.clone()).date());
    let mut validated = Vec::new();
    for analysis in marked.into_iter().take(N_SPECIMEN / 2).chain(plain) {
        let Some(range) = analysis.range_for(Sex::Female, age) else { continue };
        let (low, Some(high)) = (range.low.unwrap_or_default(), range.high) else { continue };
        let at = validated.len();
        let value = |number: Decimal| Value::Number { comparator: None, number, unit: analysis.unit.clone() };
        let number = level(low, high, if at == 1 { 5 } else { 0 });
        let mut observation = Observation::awaited(ObservationId::fresh(&mut ids), &analysis.code);
        observation.stage = ObservationStage::Validated;
        observation.interpretation = interpret(&value(number), Some(&range), &analysis.critical);
        observation.value = Some(value(number));
        observation.observed_at = Some(now);
        let earlier = |days: i64, number: Decimal| PreviousResult {
            observed_at: now - SignedDuration::from_hours(24 * days),
            value: value(number),
            method: None,
        };
        let (recent, older) = EARLIER[at % EARLIER.len()];
        let previous = vec![earlier(90, level(low, high, recent)), earlier(300, level(low, high, older))];
        observation.range = Some(range);
        let review = if at == 0 { Review::Automatic } else { Review::ByBiologist };
        validated.push(Validated { observation, validator: validator.clone(), previous, review });
        if validated.len() == N_SPECIMEN {
            break;
        }
    }
    Draft {
        ids: VersionIds {
            version: VersionId::fresh(&mut ids),
            document: Oid::from_uuid(ids.uuid()),
            set: Oid::from_uuid(ids.uuid()),
            number: 1,
            replaces: None,
        },
        order,
        recipients: vec![Recipient::Professional(director.clone()), Recipient::Patient],
        attachments: Vec::new(),
        patient,
        laboratory: settings.laboratory.clone(),
        signer: director,
        validated,
        awaited: Vec::new(),
        organisms: Vec::new(),
        specimens: Vec::new(),
        comments: vec![(None, wording::catalogue(Language::French).get("mention.specimen").to_owned())],
        zone: settings.zone.clone(),
        texts: page.page.texts.clone(),
    }
}

/// The middle of usual values, and so many eighths of their width away from it; with the digits of the upper one.
fn level(low: Decimal, high: Decimal, eighths: i64) -> Decimal {
    let mut level = (low + high) / Decimal::TWO + (high - low) * Decimal::new(125 * eighths, 3);
    level.rescale(high.scale());
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_dark_enough_to_be_read() {
        for dark in [[0x12, 0x3B, 0x5D], [0, 0, 0], [0x8B, 0, 0], [0x00, 0x6B, 0x3C]] {
            assert!(is_dark(dark), "{dark:?}");
        }
        for pale in [[255, 255, 255], [255, 200, 0], [0x90, 0xC0, 0xF0], [0xAA, 0xAA, 0xAA]] {
            assert!(!is_dark(pale), "{pale:?}");
        }
    }

    #[test]
    fn invented_results_have_the_digits_of_their_usual_values() {
        let decimal = |text: &str| text.parse::<Decimal>().expect("a decimal");
        let printed = |low, high, eighths| level(decimal(low), decimal(high), eighths).to_string();
        assert_eq!(printed("4.0", "10.0", 0), "7.0");
        assert_eq!(printed("136", "145", 5), "146");
        assert_eq!(printed("0", "35", -3), "4");
    }
}
