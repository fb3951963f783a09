//! Registration: a dossier opened on a page, and the explicit, traced exceptions people decide.
//!
//! In: what a person typed or decided, and who they are. Out: records and one audit event per act.
//! A typed identity is provisional: an INS is never typed as qualified. It knows no form and no result.

use jiff::Timestamp;
use lab::{
    finding::Finding,
    id::{ConnectionId, DeliveryId, ObservationId, OrderId, PatientId},
    inbound::ConnectionKind,
    order::{
        CareSetting, Confidentiality, Expertise, Observation, Order, Priority, Specimen, SpecimenKind, Visibility,
    },
    patient::{IdentityStatus, Oppositions, Patient, Sex, Traits},
    person::{AddressRefusal, MssanteAddress, Professional},
    routing::Channel,
    validation::Role,
};
use records::{
    accounts::Account,
    connections::{self, Connection, TrustContract},
    deliveries, observations,
    orders::{self, OrderRecord, OrderStage},
    patients::{self, PatientEvent},
    professionals, work_items,
};
use store::Tx;

use crate::{App, AppError, validation::audit};

/// Most copies of one dossier.
pub const MAX_COPIES: usize = 20;
/// Most analyses of one dossier.
const MAX_ANALYSES: usize = 200;
/// Longest free text of a form.
const MAX_TEXT_BYTES: usize = 2000;

/// Who a dossier is for.
pub enum PatientChoice {
    /// A patient found by search.
    Known(PatientId),
    /// A patient to create.
    New(NewPatient),
}

/// The traits of a patient as typed.
pub struct NewPatient {
    /// Nom de naissance.
    pub birth_name: String,
    /// Prénoms de naissance, separated by spaces; the first is the first given name.
    pub given_names: String,
    /// Birth date.
    pub birth_date: Option<jiff::civil::Date>,
    /// Administrative sex.
    pub sex: Sex,
    /// Code officiel géographique of the birth place.
    pub birth_place: Option<String>,
    /// Nom utilisé.
    pub used_name: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// The person registering saw that a namesake exists and says that it is someone else.
    pub namesake: Namesake,
}

/// What is done when a patient with the same name, birth date and sex exists.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Namesake {
    /// Refuse: it is probably the same person.
    Refused,
    /// Create all the same: it was checked.
    Checked,
}

/// A dossier as typed.
pub struct NewDossier {
    /// Who it is for.
    pub patient: PatientChoice,
    /// Priority.
    pub priority: Priority,
    /// Care setting.
    pub setting: CareSetting,
    /// When the request was written.
    pub prescribed_at: Option<Timestamp>,
    /// When the specimens were taken.
    pub collected_at: Option<Timestamp>,
    /// Who asked.
    pub prescriber: Option<Professional>,
    /// Médecin traitant.
    pub treating_physician: Option<Professional>,
    /// Copies, at most [`MAX_COPIES`].
    pub copies: Vec<Professional>,
    /// Codes of the catalogue.
    pub analyses: Vec<String>,
    /// What it is meant for.
    pub meant_for: MeantFor,
}

/// A dossier just opened.
#[derive(Debug)]
pub struct Registered {
    /// The dossier.
    pub order: OrderId,
    /// Its number, `YYMMDD-NNNN`.
    pub number: String,
    /// Bar-code numbers of its specimens, one per nature: number of the dossier without dash, then a rank.
    pub specimens: Vec<String>,
}

/// What a patient decides about a channel.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opposition {
    /// Opposed.
    Opposed,
    /// Not, or not any more.
    None,
}

/// Whether a dossier feeds the DMP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DmpFeeding {
    /// As usual.
    Automatic,
    /// Blocked by a person (Ségur DMP.02).
    Blocked,
}

/// What the reports of a dossier are meant for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MeantFor {
    /// Care, as usual.
    #[default]
    Care,
    /// An expert or an insurer: who asked for it reads it, and nobody else.
    Expertise,
}

/// A sender to declare.
pub struct NewConnection {
    /// Name for people.
    pub label: String,
    /// What it may bring.
    pub kind: ConnectionKind,
    /// MSH-3.
    pub application: String,
    /// MSH-4; empty accepts any.
    pub facility: String,
    /// Whether it belongs to our own identity domain.
    pub own_domain: bool,
    /// What was agreed about identities, in words; empty: nothing.
    pub trust: String,
    /// Whether it is accepted now.
    pub active: bool,
}

impl App {
    /// Opens a dossier: patient, request, awaited observations, numbered specimens.
    ///
    /// Errors: [`AppError::NotAllowed`] for an administrator; findings `REGISTRATION-NAME-MISSING`,
    /// `REGISTRATION-BIRTH-DATE`, `REGISTRATION-BIRTH-PLACE`, `REGISTRATION-NAMESAKE`, `REGISTRATION-NO-ANALYSIS`,
    /// `REGISTRATION-ANALYSIS-UNKNOWN`, `REGISTRATION-NO-PRESCRIBER`, `REGISTRATION-TOO-MANY-COPIES`,
    /// `REGISTRATION-TIME-IN-FUTURE`.
    pub async fn register(&self, new: NewDossier, actor: &Account) -> Result<Registered, AppError> {
        require(actor, &[Role::Secretary, Role::Technician, Role::Biologist])?;
        let now = self.env().now();
        let findings = self.assess_dossier(&new, now);
        if !findings.is_empty() {
            return Err(AppError::Obstacles(findings));
        }
        let (app, login) = (self.clone(), actor.login.clone());
        self.store().write(move |tx| app.register_in(tx, &new, &login, now)).await
    }

    fn assess_dossier(&self, new: &NewDossier, now: Timestamp) -> Vec<Finding> {
        let mut findings = Vec::new();
        if let PatientChoice::New(patient) = &new.patient {
            findings.extend(assess_patient(patient, now.to_zoned(self.settings().zone.clone()).date()));
        }
        if new.analyses.is_empty() || new.analyses.len() > MAX_ANALYSES {
            findings.push(Finding::error("REGISTRATION-NO-ANALYSIS", "codes"));
        }
        if new.analyses.iter().any(|code| self.catalogue().by_code(code).is_none()) {
            findings.push(Finding::error("REGISTRATION-ANALYSIS-UNKNOWN", "codes"));
        }
        if new.prescriber.is_none() {
            findings.push(Finding::error("REGISTRATION-NO-PRESCRIBER", "prescriber"));
        }
        if new.copies.len() > MAX_COPIES {
            findings.push(Finding::error("REGISTRATION-TOO-MANY-COPIES", "copy"));
        }
        for (at, place) in [(new.prescribed_at, "prescribed_at"), (new.collected_at, "collected_at")] {
            if at.is_some_and(|at| at > now) {
                findings.push(Finding::error("REGISTRATION-TIME-IN-FUTURE", place));
            }
        }
        findings
    }

    fn register_in(&self, tx: &mut Tx<'_>, new: &NewDossier, by: &str, now: Timestamp) -> Result<Registered, AppError> {
        let mut ids = self.env().ids();
        let patient = match &new.patient {
            PatientChoice::Known(id) => patients::get(tx, *id)?.id,
            PatientChoice::New(new) => self.create_patient(tx, new, by, now)?,
        };
        let day = now.to_zoned(self.settings().zone.clone()).date();
        let day = format!("{:02}{:02}{:02}", day.year().rem_euclid(100), day.month(), day.day());
        let number = format!("{day}-{:04}", orders::next_in_sequence(tx, &format!("order.{day}"))?);
        let order = Order {
            id: OrderId::fresh(&mut ids),
            number: number.clone(),
            patient,
            placer_number: None,
            priority: new.priority,
            setting: new.setting,
            prescribed_at: new.prescribed_at,
            collected_at: new.collected_at,
            received_at: now,
            prescriber: new.prescriber.clone(),
            treating_physician: new.treating_physician.clone(),
            copies: new.copies.clone(),
            dmp_blocked: false,
            expertise: match new.meant_for {
                MeantFor::Care => None,
                MeantFor::Expertise => Some(Expertise { by: by.to_owned(), at: now }),
            },
            purpose: None,
            confidentiality: Confidentiality::Normal,
            visibility: Visibility::Visible,
        };
        let record = OrderRecord {
            site: self.settings().laboratory.finess.as_str().to_owned(),
            connection: None,
            filler_number: None,
            stage: OrderStage::Awaited,
            critical: false,
            abnormal: false,
        };
        orders::insert(tx, &order, &record, now)?;
        let mut kinds: Vec<&SpecimenKind> = Vec::new();
        // Catalogue order, each analysis once, whatever the order of typing.
        for analysis in self.catalogue().analyses().iter().filter(|it| new.analyses.contains(&it.code)) {
            if !kinds.contains(&&analysis.specimen) {
                kinds.push(&analysis.specimen);
            }
            let observation = Observation::awaited(ObservationId::fresh(&mut ids), &analysis.code);
            observations::insert(tx, order.id, patient, &observation, None)?;
        }
        let specimens = (1..)
            .zip(kinds)
            .map(|(rank, kind)| {
                let specimen = Specimen {
                    number: format!("{}{rank:02}", number.replace('-', "")),
                    kind: kind.clone(),
                    collected_at: new.collected_at,
                    received_at: Some(now),
                    act: None,
                    site: None,
                    collector: None,
                };
                orders::put_specimen(tx, order.id, &specimen)?;
                Ok(specimen.number)
            })
            .collect::<Result<_, AppError>>()?;
        for professional in new.prescriber.iter().chain(&new.treating_physician).chain(&new.copies) {
            note_new_professional(tx, professional)?;
        }
        audit(tx, by, "order.register", &number, Some(patient), now)?;
        Ok(Registered { order: order.id, number, specimens })
    }

    fn create_patient(
        &self,
        tx: &mut Tx<'_>,
        new: &NewPatient,
        by: &str,
        now: Timestamp,
    ) -> Result<PatientId, AppError> {
        let mut ids = self.env().ids();
        let traits = traits(new);
        if new.namesake == Namesake::Refused {
            let date = traits.birth_date.map(|date| date.to_string());
            let known = patients::search(tx, date.as_deref(), &traits.birth_name)?;
            let same = known.iter().any(|it| {
                it.traits.birth_name == traits.birth_name
                    && it.traits.first_given == traits.first_given
                    && it.traits.sex == traits.sex
            });
            if same {
                return Err(AppError::Obstacles(vec![Finding::error("REGISTRATION-NAMESAKE", "birth_name")]));
            }
        }
        let patient = Patient {
            id: PatientId::fresh(&mut ids),
            local_id: patients::next_local_id(tx)?,
            traits,
            status: IdentityStatus::Provisional,
            ins: None,
            oppositions: Oppositions::default(),
            guardian: None,
            address: None,
            phone: new.phone.clone(),
        };
        patients::insert(tx, &patient, now)?;
        let authority = &self.settings().mail.source.documents.roots.patients;
        patients::identify(tx, authority.as_str(), &patient.local_id, patient.id)?;
        let detail = format!(">{}", patient.status.code());
        let event = PatientEvent { at: now, author: by, kind: "status", detail: &detail, message: None };
        patients::add_event(tx, &mut ids, patient.id, &event)?;
        audit(tx, by, "patient.create", &patient.local_id, Some(patient.id), now)?;
        Ok(patient.id)
    }

    /// Records the patient's decision about a channel, with its author and date.
    pub async fn set_opposition(
        &self,
        patient: PatientId,
        channel: Channel,
        opposition: Opposition,
        actor: &Account,
    ) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist])?;
        let (now, login, mut ids) = (self.env().now(), actor.login.clone(), self.env().ids());
        self.store()
            .write(move |tx| {
                let mut known = patients::get(tx, patient)?;
                let opposed = opposition == Opposition::Opposed;
                let slot = match channel {
                    Channel::Dmp => &mut known.oppositions.dmp,
                    Channel::MssantePro => &mut known.oppositions.mssante_pro,
                    Channel::MssantePatient => &mut known.oppositions.mssante_patient,
                };
                if *slot == opposed {
                    return Ok(());
                }
                *slot = opposed;
                patients::update(tx, &known)?;
                let detail = format!("{}={}", channel.code(), u8::from(opposed));
                let event =
                    PatientEvent { at: now, author: &login, kind: "opposition", detail: &detail, message: None };
                patients::add_event(tx, &mut ids, patient, &event)?;
                audit(tx, &login, "patient.opposition", &detail, Some(patient), now)
            })
            .await
    }

    /// Hides a dossier from the patient until announced, or shows it again: a biologist's decision.
    pub async fn set_visibility(
        &self,
        order: OrderId,
        visibility: Visibility,
        actor: &Account,
    ) -> Result<(), AppError> {
        require(actor, &[Role::Biologist])?;
        let action = match visibility {
            Visibility::HiddenFromPatient => "order.hide",
            Visibility::Visible => "order.show",
        };
        self.change_order(order, actor, action, move |order| order.visibility = visibility).await?;
        if visibility == Visibility::Visible {
            let (now, by, app) = (self.env().now(), actor.login.clone(), self.clone());
            self.store().write(move |tx| app.release_announced(tx, order, &by, now)).await?;
            self.inner.delivery_bell.notify_one();
        }
        Ok(())
    }

    /// Says who may read the reports of a dossier: a biologist's decision.
    pub async fn set_confidentiality(
        &self,
        order: OrderId,
        confidentiality: Confidentiality,
        actor: &Account,
    ) -> Result<(), AppError> {
        require(actor, &[Role::Biologist])?;
        let action = match confidentiality {
            Confidentiality::Normal => "order.confidentiality_normal",
            Confidentiality::Restricted => "order.confidentiality_restricted",
            Confidentiality::VeryRestricted => "order.confidentiality_very_restricted",
        };
        self.change_order(order, actor, action, move |order| order.confidentiality = confidentiality).await
    }

    /// Blocks feeding the DMP for a dossier, or lets it go again.
    pub async fn set_dmp_feeding(&self, order: OrderId, feeding: DmpFeeding, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist])?;
        let action = match feeding {
            DmpFeeding::Blocked => "order.block_dmp",
            DmpFeeding::Automatic => "order.unblock_dmp",
        };
        self.change_order(order, actor, action, move |order| order.dmp_blocked = feeding == DmpFeeding::Blocked).await
    }

    /// Says that a dossier is for an expertise or an insurer, or that it is for care after all.
    ///
    /// What of the version in force has not left is decided again: kept here when it is for an expertise now, let go when
    /// nothing else keeps it. [`AppError::Changed`] when it is said already.
    /// Source: Ségur SGL.DMP.02 (DMP/va1.22).
    pub async fn set_meant_for(&self, order: OrderId, meant_for: MeantFor, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist])?;
        let (now, login, app) = (self.env().now(), actor.login.clone(), self.clone());
        self.store()
            .write(move |tx| {
                let (mut known, _) = orders::get_locked(tx, order)?;
                let is_expertise = meant_for == MeantFor::Expertise;
                if known.expertise.is_some() == is_expertise {
                    return Err(AppError::Changed);
                }
                known.expertise = is_expertise.then(|| Expertise { by: login.clone(), at: now });
                orders::update_routing(tx, &known)?;
                app.decide_again(tx, &known, now)?;
                let action = if is_expertise { "order.expertise" } else { "order.care" };
                audit(tx, &login, action, &known.number, Some(known.patient), now)
            })
            .await?;
        self.inner.delivery_bell.notify_one();
        Ok(())
    }

    async fn change_order(
        &self,
        order: OrderId,
        actor: &Account,
        action: &'static str,
        change: impl FnOnce(&mut Order) + Send + 'static,
    ) -> Result<(), AppError> {
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                let (mut known, _) = orders::get_locked(tx, order)?;
                change(&mut known);
                orders::update_routing(tx, &known)?;
                audit(tx, &login, action, &known.number, Some(known.patient), now)
            })
            .await
    }

    /// Closes a doubt with what was decided. [`AppError::Changed`] when someone closed it meanwhile.
    ///
    /// A dossier no longer waits for a result whose analysis was not recognized, which a technician or a biologist decides.
    pub async fn close_work_item(&self, id: &str, resolution: &str, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Technician, Role::Biologist])?;
        let resolution = resolution.trim().to_owned();
        if resolution.is_empty() || resolution.len() > MAX_TEXT_BYTES {
            return Err(AppError::Obstacles(vec![Finding::error("WORK-ITEM-NO-RESOLUTION", "resolution")]));
        }
        let (now, login, id, role) = (self.env().now(), actor.login.clone(), id.to_owned(), actor.role);
        self.store()
            .write(move |tx| {
                let unmatched = work_items::unmatched_analysis(tx, &id)?;
                if unmatched.is_some() && role == Role::Secretary {
                    return Err(AppError::NotAllowed);
                }
                if !work_items::close(tx, &id, &login, &resolution, now)? {
                    return Err(AppError::Changed);
                }
                if let Some(order) = work_items::order_of(tx, &id)? {
                    orders::sign_again(tx, Some(order))?;
                }
                if let Some((order, code)) = unmatched {
                    orders::get_locked(tx, order)?;
                    observations::remove_awaited(tx, order, &format!("{}{code}", crate::matching::UNMATCHED))?;
                    crate::validation::refresh_stage(tx, order)?;
                }
                audit(tx, &login, "work_item.close", &id, None, now)
            })
            .await
    }

    /// Asks for a failed delivery to be tried again now. [`AppError::Changed`] when it has not failed.
    pub async fn retry_delivery(&self, id: DeliveryId, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist, Role::Administrator])?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                if !deliveries::retry_now(tx, id, now)? {
                    return Err(AppError::Changed);
                }
                audit(tx, &login, "delivery.retry", &id.to_string(), None, now)
            })
            .await?;
        self.inner.delivery_bell.notify_one();
        Ok(())
    }

    /// Declares a sender, or changes what is declared of the same application and facility.
    ///
    /// Findings: `CONNECTION-LABEL`, `CONNECTION-APPLICATION`.
    pub async fn declare_connection(&self, new: NewConnection, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Administrator])?;
        let mut findings = Vec::new();
        let bounded = |text: &str| !text.trim().is_empty() && text.len() <= 180;
        if !bounded(&new.label) {
            findings.push(Finding::error("CONNECTION-LABEL", "label"));
        }
        if !bounded(&new.application) || new.facility.len() > 180 || new.trust.len() > MAX_TEXT_BYTES {
            findings.push(Finding::error("CONNECTION-APPLICATION", "application"));
        }
        if !findings.is_empty() {
            return Err(AppError::Obstacles(findings));
        }
        let (now, login) = (self.env().now(), actor.login.clone());
        let trust = new.trust.trim();
        let connection = Connection {
            id: ConnectionId::fresh(&mut self.env().ids()),
            label: new.label.trim().to_owned(),
            kind: new.kind,
            application: new.application.trim().to_owned(),
            facility: new.facility.trim().to_owned(),
            own_domain: new.own_domain,
            trust: (!trust.is_empty()).then(|| TrustContract { text: trust.to_owned(), by: login.clone(), at: now }),
            active: new.active,
        };
        self.store()
            .write(move |tx| {
                connections::declare(tx, &connection, &login, now)?;
                audit(tx, &login, "connection.declare", &connection.application, None, now)
            })
            .await?;
        self.reload_connections().await
    }

    /// Adds a correspondent, or what is newly known of them. Finding: `PROFESSIONAL-INCOMPLETE`.
    pub async fn put_professional(&self, professional: Professional, actor: &Account) -> Result<(), AppError> {
        require(actor, &[Role::Secretary, Role::Biologist])?;
        let (Some(rpps), false) = (professional.rpps.clone(), professional.family.trim().is_empty()) else {
            return Err(AppError::Obstacles(vec![Finding::error("PROFESSIONAL-INCOMPLETE", "rpps")]));
        };
        self.require_listed(professional.mailbox.as_ref(), "mailbox")?;
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                professionals::upsert(tx, &professional)?;
                audit(tx, &login, "professional.put", rpps.as_str(), None, now)
            })
            .await
    }
}

impl App {
    /// Refuses an address that may not be written to.
    ///
    /// Finding: `RECIPIENT-DOMAIN-NOT-LISTED`.
    pub(crate) fn require_listed(&self, address: Option<&MssanteAddress>, place: &str) -> Result<(), AppError> {
        if address.is_none_or(|address| self.settings().trusted.trusts(address)) {
            return Ok(());
        }
        Err(AppError::Obstacles(vec![Finding::error(AddressRefusal::NotListed.code(), place)]))
    }
}

pub(crate) fn require(actor: &Account, roles: &[Role]) -> Result<(), AppError> {
    roles.contains(&actor.role).then_some(()).ok_or(AppError::NotAllowed)
}

fn note_new_professional(tx: &mut Tx<'_>, professional: &Professional) -> Result<(), AppError> {
    if let Some(rpps) = &professional.rpps
        && professionals::by_rpps(tx, rpps)?.is_none()
    {
        professionals::upsert(tx, professional)?;
    }
    Ok(())
}

fn assess_patient(new: &NewPatient, today: jiff::civil::Date) -> Vec<Finding> {
    let mut findings = Vec::new();
    if ins::fold(&new.birth_name).is_empty() || new.birth_name.len() > 100 || new.given_names.len() > 200 {
        findings.push(Finding::error("REGISTRATION-NAME-MISSING", "birth_name"));
    }
    if new.birth_date.is_none_or(|date| date > today || date.year() < 1890) {
        findings.push(Finding::error("REGISTRATION-BIRTH-DATE", "birth_date"));
    }
    if new
        .birth_place
        .as_ref()
        .is_some_and(|code| code.len() != 5 || !code.bytes().all(|it| it.is_ascii_alphanumeric()))
    {
        findings.push(Finding::error("REGISTRATION-BIRTH-PLACE", "birth_place"));
    }
    findings
}

fn traits(new: &NewPatient) -> Traits {
    let given_names = ins::fold(&new.given_names);
    Traits {
        birth_name: ins::fold(&new.birth_name),
        first_given: given_names.split(' ').next().unwrap_or_default().to_owned(),
        given_names,
        birth_date: new.birth_date,
        sex: new.sex,
        birth_place: new.birth_place.as_ref().map(|code| code.to_ascii_uppercase()),
        used_name: new.used_name.as_deref().map(ins::fold).filter(|name| !name.is_empty()),
        used_given: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed() -> NewPatient {
        NewPatient {
            birth_name: "d'Île-Éluard".into(),
            given_names: "Zoé  Chloë".into(),
            birth_date: Some(jiff::civil::date(1980, 2, 29)),
            sex: Sex::Female,
            birth_place: Some("2a004".into()),
            used_name: Some(" ".into()),
            phone: None,
            namesake: Namesake::Refused,
        }
    }

    #[test]
    fn typed_traits_are_written_as_the_national_identity_writes_them() {
        let traits = traits(&typed());
        assert_eq!(traits.birth_name, "D'ILE-ELUARD");
        assert_eq!((traits.first_given.as_str(), traits.given_names.as_str()), ("ZOE", "ZOE CHLOE"));
        assert_eq!(traits.birth_place.as_deref(), Some("2A004"));
        assert_eq!(traits.used_name, None);
    }

    #[test]
    fn a_birth_date_in_the_future_or_missing_is_a_finding() {
        let today = jiff::civil::date(2026, 1, 1);
        assert!(assess_patient(&typed(), today).is_empty());
        for wrong in [None, Some(jiff::civil::date(2026, 1, 2)), Some(jiff::civil::date(1789, 7, 14))] {
            let new = NewPatient { birth_date: wrong, ..typed() };
            assert_eq!(assess_patient(&new, today)[0].code, "REGISTRATION-BIRTH-DATE");
        }
    }
}
