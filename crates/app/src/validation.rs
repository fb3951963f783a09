//! Validation: the technician's act, the biologist's act, and where a dossier stands after each.

use jiff::Timestamp;
use lab::{
    id::{ObservationId, OrderId},
    order::{ObservationStage, Outcome},
    quantity::Interpretation,
    report::ReportStatus,
};
use records::{
    accounts::Account,
    journal::{self, AuditEvent},
    observations::{self, Recorded},
    orders::{self, NewComment, OrderStage},
    versions::{self, VersionLine},
};
use store::Tx;

use crate::{App, AppError};

impl App {
    /// Validates technically every received result of a dossier.
    pub async fn validate_technically(&self, order: OrderId, actor: &Account) -> Result<(), AppError> {
        if !actor.role.may_validate(ObservationStage::TechnicallyValidated) {
            return Err(AppError::NotAllowed);
        }
        let (now, login) = (self.env().now(), actor.login.clone());
        self.store()
            .write(move |tx| {
                let (known, _) = orders::get_locked(tx, order)?;
                for it in observations::of_order(tx, order)? {
                    if it.observation.stage == ObservationStage::Received {
                        observations::validate_technically(tx, it.observation.id, &login, now)?;
                    }
                }
                refresh_stage(tx, order)?;
                audit(tx, &login, "order.validate_technically", &known.number, Some(known.patient), now)
            })
            .await
    }

    /// Says that a result could not be obtained, and why.
    pub async fn abort_result(
        &self,
        order: OrderId,
        observation: ObservationId,
        reason: &str,
        actor: &Account,
    ) -> Result<(), AppError> {
        if !actor.role.may_validate(ObservationStage::TechnicallyValidated) || reason.trim().is_empty() {
            return Err(AppError::NotAllowed);
        }
        let (now, login, reason) = (self.env().now(), actor.login.clone(), reason.trim().to_owned());
        let mut ids = self.env().ids();
        self.store()
            .write(move |tx| {
                let (known, _) = orders::get_locked(tx, order)?;
                for Recorded { mut observation, .. } in
                    observations::of_order(tx, order)?.into_iter().filter(|it| it.observation.id == observation)
                {
                    observations::keep_history(tx, &mut ids, &observation, &login, now)?;
                    observation.outcome = Outcome::Aborted;
                    observation.value = None;
                    observation.interpretation = None;
                    observation.comments.push(reason.clone());
                    observation.observed_at.get_or_insert(now);
                    observation.stage = ObservationStage::Received;
                    observations::update_result(tx, &observation, None)?;
                }
                refresh_stage(tx, order)?;
                audit(tx, &login, "result.abort", &known.number, Some(known.patient), now)
            })
            .await
    }

    /// Adds a comment on the whole dossier, printed on the next version.
    pub async fn comment_order(&self, order: OrderId, text: &str, actor: &Account) -> Result<(), AppError> {
        if !actor.role.may_validate(ObservationStage::TechnicallyValidated) || text.trim().is_empty() {
            return Err(AppError::NotAllowed);
        }
        let (now, login, text) = (self.env().now(), actor.login.clone(), text.trim().to_owned());
        let mut ids = self.env().ids();
        self.store()
            .write(move |tx| {
                let (known, _) = orders::get_locked(tx, order)?;
                let comment = NewComment { author: &login, text: &text, battery: None };
                orders::add_comment(tx, &mut ids, order, &comment, now)?;
                audit(tx, &login, "order.comment", &known.number, Some(known.patient), now)
            })
            .await
    }
}

/// Appends an audit event.
pub(crate) fn audit(
    tx: &mut Tx<'_>,
    actor: &str,
    action: &str,
    subject: &str,
    patient: Option<lab::id::PatientId>,
    now: Timestamp,
) -> Result<(), AppError> {
    Ok(journal::append(tx, &AuditEvent { actor, action, subject, patient }, now)?)
}

/// Recomputes where a dossier stands from its observations and its latest version.
pub(crate) fn refresh_stage(tx: &mut Tx<'_>, order: OrderId) -> Result<OrderStage, AppError> {
    let recorded = observations::of_order(tx, order)?;
    let latest = versions::of_order(tx, order)?.into_iter().next();
    let stage = stage_of(&recorded, latest.as_ref());
    let has =
        |test: fn(Interpretation) -> bool| recorded.iter().any(|it| it.observation.interpretation.is_some_and(test));
    orders::set_stage(tx, order, stage, has(Interpretation::is_critical), has(Interpretation::is_abnormal))?;
    Ok(stage)
}

fn stage_of(recorded: &[Recorded], latest: Option<&VersionLine>) -> OrderStage {
    let any = |stage| recorded.iter().any(|it| it.observation.stage == stage);
    if any(ObservationStage::Received) {
        return OrderStage::Received;
    }
    let withdrawal = latest.and_then(|version| version.withdrawal.as_ref());
    if let Some(withdrawal) = withdrawal.filter(|_| !any(ObservationStage::Validated)) {
        let since = |it: &Recorded| it.technical_at.is_some_and(|at| at > withdrawal.at);
        if !recorded.iter().any(since) {
            return OrderStage::Withdrawn;
        }
    }
    if any(ObservationStage::TechnicallyValidated) {
        return OrderStage::Technical;
    }
    let awaits = any(ObservationStage::Awaited);
    let validated_since = |version: &VersionLine| {
        recorded.iter().filter_map(|it| it.validator.as_ref()).any(|validator| validator.at > version.signed_at)
    };
    match latest {
        Some(version) if !validated_since(version) => match version.status {
            ReportStatus::Partial => OrderStage::Partial,
            ReportStatus::Final => OrderStage::Signed,
        },
        _ if awaits || recorded.is_empty() => OrderStage::Awaited,
        _ => OrderStage::Ready,
    }
}
