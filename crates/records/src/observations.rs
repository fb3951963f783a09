//! Observations of dossiers, their validation, their history.

use crate::{Result, patients::fresh, row};
use jiff::Timestamp;
use lab::{
    id::{Ids, MessageId, ObservationId, OrderId, PatientId},
    order::{Observation, ObservationStage, Outcome},
    quantity::{Interpretation, Value},
    report::{PreviousResult, Review, Validator},
};
use store::{Row, Tx, params};

const TABLE: &str = "observation";

const STAGES: &[(ObservationStage, &str)] = &[
    (ObservationStage::Awaited, "awaited"),
    (ObservationStage::Received, "received"),
    (ObservationStage::TechnicallyValidated, "technical"),
    (ObservationStage::Validated, "validated"),
];

fn stage_code(stage: ObservationStage) -> &'static str {
    STAGES.iter().find(|(known, _)| *known == stage).map_or("awaited", |(_, code)| code)
}

fn stage_from(code: &str) -> Option<ObservationStage> {
    STAGES.iter().find(|(_, known)| *known == code).map(|(stage, _)| *stage)
}

fn outcome_code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Completed => "completed",
        Outcome::Aborted => "aborted",
    }
}

fn unit_of(value: &Option<Value>) -> Option<String> {
    match value {
        Some(Value::Number { unit: Some(unit), .. }) => Some(unit.ucum.clone()),
        _ => None,
    }
}

fn read(row: &Row) -> Result<Observation> {
    Ok(Observation {
        id: row::code(row, TABLE, "id", ObservationId::parse)?,
        analysis: row.string("analysis")?,
        stage: row::code(row, TABLE, "stage", stage_from)?,
        outcome: if row.text("outcome")? == "aborted" { Outcome::Aborted } else { Outcome::Completed },
        value: row::opt_from_json(row, TABLE, "value")?,
        interpretation: row.opt_text("interpretation")?.and_then(Interpretation::from_code),
        range: row::opt_from_json(row, TABLE, "value_range")?,
        observed_at: row::opt_time(row, TABLE, "observed_at")?,
        method: row::opt_from_json(row, TABLE, "method")?,
        analyzer: row.opt_string("analyzer")?,
        comments: row::from_json(row, TABLE, "comments")?,
        isolate: row.opt_string("isolate")?,
        figure: row::opt_from_json(row, TABLE, "figure")?,
        n_corrections: u32::try_from(row.int("n_corrections")?).unwrap_or(u32::MAX),
    })
}

/// An observation with who validated it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// The observation.
    pub observation: Observation,
    /// Who validated it technically.
    pub technical_by: Option<String>,
    /// When it was.
    pub technical_at: Option<Timestamp>,
    /// The biologist and time of the validation.
    pub validator: Option<Validator>,
    /// The account that acted, or the connection that brought the validation.
    pub validated_by: Option<String>,
    /// Whether a biologist looked at it; means something once it is validated.
    pub review: Review,
}

/// The observations of a dossier, in the order they were asked.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Recorded>> {
    tx.query("SELECT * FROM observation WHERE order_id = $1 ORDER BY id", params![order.to_string()])?
        .iter()
        .map(|row| {
            let validator =
                match (row::opt_from_json(row, TABLE, "validator")?, row::opt_time(row, TABLE, "validated_at")?) {
                    (Some(professional), Some(at)) => Some(Validator { professional, at }),
                    _ => None,
                };
            Ok(Recorded {
                observation: read(row)?,
                technical_by: row.opt_string("technical_by")?,
                technical_at: row::opt_time(row, TABLE, "technical_at")?,
                validator,
                validated_by: row.opt_string("validated_by")?,
                review: if row.bool("automatic")? { Review::Automatic } else { Review::ByBiologist },
            })
        })
        .collect()
}

/// Adds an observation to a dossier.
pub fn insert(
    tx: &mut Tx<'_>,
    order: OrderId,
    patient: PatientId,
    observation: &Observation,
    message: Option<MessageId>,
) -> Result<()> {
    tx.execute(
        "INSERT INTO observation (id, order_id, patient_id, analysis, stage, outcome, value, unit, interpretation, \
         value_range, observed_at, method, analyzer, comments, isolate, n_corrections, message_id, figure) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)",
        params![
            observation.id.to_string(),
            order.to_string(),
            patient.to_string(),
            &observation.analysis,
            stage_code(observation.stage),
            outcome_code(observation.outcome),
            row::opt_json(observation.value.as_ref()),
            unit_of(&observation.value),
            observation.interpretation.map(Interpretation::code),
            row::opt_json(observation.range.as_ref()),
            row::opt_micros(observation.observed_at),
            row::opt_json(observation.method.as_ref()),
            &observation.analyzer,
            row::json(&observation.comments),
            &observation.isolate,
            observation.n_corrections,
            message.map(|id| id.to_string()),
            row::opt_json(observation.figure.as_ref()),
        ],
    )?;
    Ok(())
}

/// Writes a new result into an observation, taking back any validation it had.
pub fn update_result(tx: &mut Tx<'_>, observation: &Observation, message: Option<MessageId>) -> Result<()> {
    tx.execute(
        "UPDATE observation SET stage = $2, outcome = $3, value = $4, unit = $5, interpretation = $6, \
         value_range = $7, observed_at = $8, method = $9, analyzer = $10, comments = $11, n_corrections = $12, \
         message_id = $13, figure = $14, technical_by = NULL, technical_at = NULL, validated_by = NULL, validated_at = NULL, \
         validator = NULL, automatic = 0 WHERE id = $1",
        params![
            observation.id.to_string(),
            stage_code(observation.stage),
            outcome_code(observation.outcome),
            row::opt_json(observation.value.as_ref()),
            unit_of(&observation.value),
            observation.interpretation.map(Interpretation::code),
            row::opt_json(observation.range.as_ref()),
            row::opt_micros(observation.observed_at),
            row::opt_json(observation.method.as_ref()),
            &observation.analyzer,
            row::json(&observation.comments),
            observation.n_corrections,
            message.map(|id| id.to_string()),
            row::opt_json(observation.figure.as_ref()),
        ],
    )?;
    Ok(())
}

/// Keeps the value that a correction replaces.
pub fn keep_history(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    replaced: &Observation,
    author: &str,
    now: Timestamp,
) -> Result<()> {
    tx.execute(
        "INSERT INTO observation_history (id, observation_id, replaced_at, value, interpretation, author) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            fresh(ids),
            replaced.id.to_string(),
            row::micros(now),
            row::opt_json(replaced.value.as_ref()),
            replaced.interpretation.map(Interpretation::code),
            author,
        ],
    )?;
    Ok(())
}

/// The replaced values of an observation, oldest first: when, value, author.
pub fn history(tx: &mut Tx<'_>, id: ObservationId) -> Result<Vec<(Timestamp, Option<Value>, String)>> {
    tx.query(
        "SELECT replaced_at, value, author FROM observation_history WHERE observation_id = $1 ORDER BY id",
        params![id.to_string()],
    )?
    .iter()
    .map(|row| {
        Ok((
            row::time(row, "observation_history", "replaced_at")?,
            row::opt_from_json(row, "observation_history", "value")?,
            row.string("author")?,
        ))
    })
    .collect()
}

/// Records the technical validation of an observation.
pub fn validate_technically(tx: &mut Tx<'_>, id: ObservationId, by: &str, now: Timestamp) -> Result<()> {
    tx.execute(
        "UPDATE observation SET stage = 'technical', technical_by = $2, technical_at = $3 \
         WHERE id = $1 AND stage = 'received'",
        params![id.to_string(), by, row::micros(now)],
    )?;
    Ok(())
}

/// Records the validation of an observation, in the name of a biologist who looked at it or not.
pub fn validate(tx: &mut Tx<'_>, id: ObservationId, by: &str, validator: &Validator, review: Review) -> Result<()> {
    tx.execute(
        "UPDATE observation SET stage = 'validated', technical_by = COALESCE(technical_by, $2), \
         technical_at = COALESCE(technical_at, $3), validated_by = $2, validated_at = $3, validator = $4, automatic = $5 \
         WHERE id = $1",
        params![
            id.to_string(),
            by,
            row::micros(validator.at),
            row::json(&validator.professional),
            review == Review::Automatic,
        ],
    )?;
    Ok(())
}

/// Takes back the validation of every result of a dossier: a biologist validates them again.
pub fn return_to_biologist(tx: &mut Tx<'_>, order: OrderId) -> Result<()> {
    tx.execute(
        "UPDATE observation SET stage = 'technical', validated_by = NULL, validated_at = NULL, validator = NULL, \
         automatic = 0 WHERE order_id = $1 AND stage = 'validated'",
        params![order.to_string()],
    )?;
    Ok(())
}

/// Records that a biologist looked at every validated result of a dossier.
pub fn note_review(tx: &mut Tx<'_>, order: OrderId) -> Result<()> {
    tx.execute(
        "UPDATE observation SET automatic = 0 WHERE order_id = $1 AND stage = 'validated' AND automatic <> 0",
        params![order.to_string()],
    )?;
    Ok(())
}

/// Comparable earlier results of a patient: same analysis, same unit, validated, other dossier, latest first.
pub fn previous(
    tx: &mut Tx<'_>,
    patient: PatientId,
    order: OrderId,
    observation: &Observation,
    limit: u32,
) -> Result<Vec<PreviousResult>> {
    let Some(before) = observation.observed_at else { return Ok(Vec::new()) };
    tx.query(
        "SELECT observed_at, value, method FROM observation WHERE patient_id = $1 AND analysis = $2 AND stage = 'validated' \
         AND order_id <> $3 AND value IS NOT NULL AND observed_at < $4 AND COALESCE(unit, '') = $5 \
         ORDER BY observed_at DESC LIMIT $6",
        params![
            patient.to_string(),
            &observation.analysis,
            order.to_string(),
            row::micros(before),
            unit_of(&observation.value).unwrap_or_default(),
            limit,
        ],
    )?
    .iter()
    .map(|row| {
        Ok(PreviousResult {
            observed_at: row::time(row, TABLE, "observed_at")?,
            value: row::from_json(row, TABLE, "value")?,
            method: row::opt_from_json(row, TABLE, "method")?,
        })
    })
    .collect()
}

/// Forgets an observation that is no longer awaited.
pub fn remove_awaited(tx: &mut Tx<'_>, order: OrderId, analysis: &str) -> Result<()> {
    tx.execute(
        "DELETE FROM observation WHERE order_id = $1 AND analysis = $2 AND stage = 'awaited'",
        params![order.to_string(), analysis],
    )?;
    Ok(())
}
