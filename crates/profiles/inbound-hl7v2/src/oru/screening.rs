//! What a sender says of a screening of cervical cancer beside its results: observations that are no results.
//!
//! In: the requests of a message, the identifiers of its patient. Out: the facts, taken out of both.
//! HL7 v2 has no place of its own for them: a fact is recognized by its answer, which is of one national value set only.
//!
//! | fact         | where                                                                                 |
//! |--------------|---------------------------------------------------------------------------------------|
//! | context      | OBX-5 of JDV_ContexteExamenCCU_CISIS, whatever OBX-3 asks                              |
//! | conclusion   | OBX-5 of JDV_ConclusionSimplifieeCCU_CISIS                                             |
//! | kit, medium  | OBX-5 of JDV_TrousseCCU_CISIS, JDV_MilieuCytologieCCU_CISIS                            |
//! | vaccination  | OBX-3 LOINC 11369-6: OBX-5 `Y`, `N`, or `U`; OBX-3 LOINC 30973-2: rank, OBX-14 the day |
//! | invitation   | PID-3 of authority 1.2.250.1.161.1.20.1.2, as the identifier of the CDA                |
//!
//! Source: CR-BIO 2024.01, DEP-CCU examples (codes and identifiers); HL7 v2.5 tables 0136 and 0532 (`Y`, `N`, `U`). The
//! places in the message are ours.

use super::{OrderResult, SentObservation};
use crate::{identifier::LocalId, patient::AnnouncedPatient};
use jiff::tz::TimeZone;
use lab::{
    matching::SentValue,
    quantity::Coded,
    redact_debug,
    report::screening::{HpvVaccination, InvitationNumber, ScreeningConclusion, ScreeningContext, VaccineDose},
};
use terminology::jdv;

/// Invitations of the regional centers (CRCDC). Source: DEP-CCU examples.
const INVITATION_ROOT: &str = "1.2.250.1.161.1.20.1.2";
/// LOINC, history of vaccinations.
const VACCINATION: &str = "11369-6";
/// LOINC, rank of a dose.
const DOSE: &str = "30973-2";

/// What a message says of a screening; nothing that it does not say is a fact.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct AnnouncedScreening {
    /// Why the examination is done.
    pub context: Option<ScreeningContext>,
    /// Number of the invitation.
    pub invitation: Option<InvitationNumber>,
    /// What is known of the vaccination.
    pub vaccination: Option<HpvVaccination>,
    /// Kit of the search for HPV.
    pub kit: Option<Coded>,
    /// Medium of the sample.
    pub medium: Option<Coded>,
    /// What the patient is told.
    pub conclusion: Option<ScreeningConclusion>,
}
redact_debug!(AnnouncedScreening);

/// Takes the facts out of the message; `None` when there are none, and then nothing is taken.
///
/// Vaccinations alone make no screening: they stay observations.
pub(super) fn take(
    orders: &mut [OrderResult],
    patient: &mut AnnouncedPatient,
    zone: &TimeZone,
) -> Option<AnnouncedScreening> {
    let mut said = AnnouncedScreening { invitation: invitation(&mut patient.local_ids), ..Default::default() };
    for order in orders.iter_mut() {
        order.observations.retain(|it| !said.take_answer(it));
    }
    if said == AnnouncedScreening::default() {
        return None;
    }
    for order in orders {
        let collected_at = order.collected_at;
        order.observations.retain(|it| {
            // Without a day of its own an observation bears that of the sample.
            let day = it.observed_at.filter(|at| Some(*at) != collected_at).map(|at| zone.to_datetime(at).date());
            !said.take_vaccination(it, day)
        });
    }
    Some(said)
}

fn invitation(ids: &mut Vec<LocalId>) -> Option<InvitationNumber> {
    let at = ids.iter().position(|it| it.authority.universal_id == INVITATION_ROOT)?;
    InvitationNumber::parse(&ids.remove(at).value)
}

impl AnnouncedScreening {
    /// Whether the observation is a fact told by its coded answer, which is then taken.
    fn take_answer(&mut self, observation: &SentObservation) -> bool {
        let SentValue::Coded(Coded { code, .. }) = &observation.value else { return false };
        if let Some(context) = ScreeningContext::ALL.into_iter().find(|it| it.code() == code) {
            self.context = Some(context);
        } else if let Some(conclusion) = ScreeningConclusion::ALL.into_iter().find(|it| it.code() == code) {
            self.conclusion = Some(conclusion);
        } else if let Some(kit) = jdv::SCREENING_KIT.find(code) {
            self.kit = Some(Coded::concept(kit));
        } else if let Some(medium) = jdv::SCREENING_MEDIUM.find(code) {
            self.medium = Some(Coded::concept(medium));
        } else {
            return false;
        }
        true
    }

    fn take_vaccination(&mut self, observation: &SentObservation, day: Option<jiff::civil::Date>) -> bool {
        match observation.code.loinc.as_str() {
            VACCINATION => match answer(&observation.value).as_str() {
                // Doses may have been told before.
                "Y" => _ = self.vaccination.get_or_insert(HpvVaccination::Done(Vec::new())),
                "N" => self.vaccination = Some(HpvVaccination::NotDone),
                "U" | "UNK" => self.vaccination = Some(HpvVaccination::Unknown),
                _ => return false,
            },
            DOSE => {
                let Ok(rank) = answer(&observation.value).parse::<u8>() else { return false };
                let dose = VaccineDose { rank: Some(rank).filter(|rank| *rank > 0), given_on: day };
                match &mut self.vaccination {
                    Some(HpvVaccination::Done(doses)) => doses.push(dose),
                    other => *other = Some(HpvVaccination::Done(vec![dose])),
                }
            }
            _ => return false,
        }
        true
    }
}

fn answer(value: &SentValue) -> String {
    match value {
        SentValue::Coded(coded) => coded.code.trim().to_uppercase(),
        SentValue::Text(text) | SentValue::Numeric(text) => text.trim().to_uppercase(),
        _ => String::new(),
    }
}
