//! Purpose: a person says what a dossier is for, and enters the answers that no device sends.

use jiff::Timestamp;
use lab::{
    finding::Finding,
    id::{Ids, ObservationId, OrderId},
    order::{Observation, ObservationStage, Order, Outcome, Purpose},
    quantity::{Coded, Value},
};
use records::{accounts::Account, observations, orders};
use store::Tx;

use crate::{
    App, AppError,
    validation::{audit, refresh_stage},
};

impl App {
    /// Says what a dossier is for, with the analyses that belong to it and their answers when they were read by eye.
    ///
    /// An analysis that the dossier does not have is added to it; an answer replaces the one before, which is kept.
    /// What was validated is validated again when something changes.
    /// Errors: [`AppError::NotAllowed`] for a role that does not validate technically; [`AppError::Obstacles`] with
    /// `REGISTRATION-ANALYSIS-UNKNOWN` for a code that is not of the catalogue.
    pub async fn set_purpose(
        &self,
        order: OrderId,
        purpose: Option<Purpose>,
        answers: Vec<Answered>,
        actor: &Account,
    ) -> Result<(), AppError> {
        if !actor.role.may_validate(ObservationStage::TechnicallyValidated) {
            return Err(AppError::NotAllowed);
        }
        let unknown = answers.iter().find(|it| self.catalogue().by_code(&it.analysis).is_none());
        if let Some(unknown) = unknown {
            return Err(AppError::Obstacles(vec![Finding::error("REGISTRATION-ANALYSIS-UNKNOWN", &*unknown.analysis)]));
        }
        let (now, login) = (self.env().now(), actor.login.clone());
        let mut ids = self.env().ids();
        self.store()
            .write(move |tx| {
                let (known, _) = orders::get_locked(tx, order)?;
                put(tx, &known, purpose.as_ref(), &login, now)?;
                let recorded = observations::of_order(tx, order)?;
                let mut n_entered = 0;
                for answered in &answers {
                    let known_result = recorded
                        .iter()
                        .map(|it| &it.observation)
                        .find(|it| it.analysis == answered.analysis && it.isolate.is_none());
                    n_entered += usize::from(enter(tx, &mut ids, &known, known_result, answered, &login, now)?);
                }
                if n_entered > 0 {
                    audit(tx, &login, "result.enter", &known.number, Some(known.patient), now)?;
                }
                refresh_stage(tx, order)?;
                Ok(())
            })
            .await
    }
}

/// An analysis of a dossier, and its answer when there is one.
#[derive(Clone)]
pub struct Answered {
    /// Local code of the analysis.
    pub analysis: String,
    /// What was read.
    pub answer: Option<Coded>,
}

/// Enters an answer; whether one was entered.
fn enter(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    order: &Order,
    known: Option<&Observation>,
    answered: &Answered,
    actor: &str,
    now: Timestamp,
) -> Result<bool, AppError> {
    let mut observation = match known {
        Some(known) => known.clone(),
        None => {
            let asked = Observation::awaited(ObservationId::fresh(ids), &answered.analysis);
            observations::insert(tx, order.id, order.patient, &asked, None)?;
            asked
        }
    };
    let Some(answer) = &answered.answer else { return Ok(false) };
    let value = Some(Value::Coded(answer.clone()));
    let is_first = observation.stage == ObservationStage::Awaited;
    if !is_first && observation.value == value {
        return Ok(false);
    }
    if !is_first {
        observations::keep_history(tx, ids, &observation, actor, now)?;
        observation.n_corrections += 1;
    }
    observation.value = value;
    observation.outcome = Outcome::Completed;
    observation.interpretation = None;
    observation.stage = ObservationStage::Received;
    observation.observed_at = Some(now);
    observations::update_result(tx, &observation, None)?;
    Ok(true)
}

/// Records what a dossier is for. What its report says changes with it, so that validated results are validated again.
pub(crate) fn put(
    tx: &mut Tx<'_>,
    order: &Order,
    purpose: Option<&Purpose>,
    actor: &str,
    now: Timestamp,
) -> Result<(), AppError> {
    if order.purpose.as_ref() == purpose {
        return Ok(());
    }
    orders::set_purpose(tx, order.id, purpose)?;
    observations::return_to_biologist(tx, order.id)?;
    audit(tx, actor, "order.purpose", &order.number, Some(order.patient), now)
}
