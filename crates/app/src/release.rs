//! Release: a person lets leave what waited for them: mail of a hospitalized patient, a result that was announced.

use jiff::Timestamp;
use lab::{
    finding::Finding,
    id::{DeliveryId, OrderId, VersionId},
    order::Visibility,
    person::MssanteAddress,
    routing::{self, Channel, Routed, WithheldReason},
    validation::Role,
};
use records::{
    accounts::Account,
    deliveries::{self, Delivery},
    patients, versions,
};
use store::Tx;

use crate::{App, AppError, validation::audit};

impl App {
    /// Lets a withheld delivery leave: chosen in a hospital by a secretary or a biologist, or announced to the patient,
    /// which a biologist alone says.
    ///
    /// Errors: [`AppError::NotAllowed`], [`AppError::Changed`] when it is not withheld for such a reason any more or its
    /// version is not in force; finding `RELEASE-IMPOSSIBLE` when something else stands in the way (identity, opposition).
    /// Source: Ségur SGL.MSS.18/.21; CI-SIS volet transmission, INVISIBLE_PATIENT lifted after the consultation.
    pub async fn release(&self, delivery: DeliveryId, actor: &Account) -> Result<VersionId, AppError> {
        let (now, by, role, app) = (self.env().now(), actor.login.clone(), actor.role, self.clone());
        let version = self
            .store()
            .write(move |tx| {
                let known = deliveries::get(tx, delivery)?;
                let code = known.withheld.as_deref();
                let reason =
                    code.and_then(|it| WithheldReason::awaiting(it, known.channel)).ok_or(AppError::Changed)?;
                let may = match reason {
                    WithheldReason::HiddenFromPatient => role == Role::Biologist,
                    _ => matches!(role, Role::Secretary | Role::Biologist),
                };
                if !may {
                    return Err(AppError::NotAllowed);
                }
                app.release_in(tx, &known, reason, &by, now)?;
                Ok(known.version)
            })
            .await?;
        self.inner.delivery_bell.notify_one();
        Ok(version)
    }

    /// Lets the report of a dossier that was just shown to the patient leave for them, when it waited for that.
    pub(crate) fn release_announced(
        &self,
        tx: &mut Tx<'_>,
        order: OrderId,
        by: &str,
        now: Timestamp,
    ) -> Result<(), AppError> {
        let Some(latest) = versions::of_order(tx, order)?.into_iter().next() else { return Ok(()) };
        let hidden = WithheldReason::HiddenFromPatient;
        let waiting = deliveries::of_version(tx, latest.id)?;
        match waiting.iter().find(|it| it.withheld.as_deref() == Some(hidden.code())) {
            // Shown, and still kept by something else, which its line says: not a reason to refuse the act.
            Some(waiting) => match self.release_in(tx, waiting, hidden, by, now) {
                Err(AppError::Obstacles(_) | AppError::Changed) => Ok(()),
                done => done,
            },
            None => Ok(()),
        }
    }

    fn release_in(
        &self,
        tx: &mut Tx<'_>,
        delivery: &Delivery,
        reason: WithheldReason,
        by: &str,
        now: Timestamp,
    ) -> Result<(), AppError> {
        if !versions::is_current(tx, delivery.version)? {
            return Err(AppError::Changed);
        }
        let version = versions::get(tx, delivery.version)?;
        let address = match delivery.channel {
            Channel::MssantePatient => self.patient_box(tx, delivery.version)?,
            Channel::MssantePro | Channel::Dmp => delivery.address.clone(),
        };
        let address = address.ok_or_else(|| AppError::Obstacles(vec![Finding::error("RELEASE-IMPOSSIBLE", "")]))?;
        if !deliveries::release(tx, delivery.id, &address, now)? {
            return Err(AppError::Changed);
        }
        let action = match reason {
            WithheldReason::HiddenFromPatient => "delivery.announce",
            _ => "delivery.choose",
        };
        let patient = records::orders::get(tx, version.order)?.0.patient;
        audit(tx, by, action, &delivery.id.to_string(), Some(patient), now)
    }

    /// The box of the patient of a version, as the identity and the oppositions are now; `None`: nothing may go there.
    fn patient_box(&self, tx: &mut Tx<'_>, version: VersionId) -> Result<Option<MssanteAddress>, AppError> {
        let report = versions::model(tx, version)?;
        let mail = &self.settings().mail;
        let environment = mail.source.documents.environment;
        let mut patient = (*report.patient).clone();
        patient.oppositions = patients::get(tx, patient.id)?.oppositions;
        let routed = Routed {
            status: report.status,
            visibility: Visibility::Visible,
            previous_mailboxes: &[],
            patient_holds: false,
            paper_wanted: &[],
            collector: None,
            patient_mailbox: ins::patient_mailbox(&report.patient, environment, &mail.patient_domain),
            ins_is_sendable: ins::sendable(&report.patient, environment).is_some(),
        };
        Ok(routing::patient_box(&patient, &routed).ok())
    }
}
