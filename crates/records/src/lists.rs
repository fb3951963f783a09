//! Read-only lists for the pages: the bench, the reports, the dashboard's counts.

use crate::{Result, orders::OrderStage, row};
use jiff::Timestamp;
use lab::id::{OrderId, PatientId, VersionId};
use store::{Row, Tx, params};

/// A dossier as listed on the bench.
pub struct OrderLine {
    /// The dossier.
    pub id: OrderId,
    /// Number.
    pub number: String,
    /// The patient.
    pub patient: PatientId,
    /// Birth name and first given name.
    pub patient_name: String,
    /// Birth date, ISO.
    pub birth_date: Option<String>,
    /// Sex code `F`, `M` or `U`.
    pub sex: String,
    /// Status code of the identity.
    pub identity: String,
    /// Urgent.
    pub urgent: bool,
    /// A result is critical.
    pub critical: bool,
    /// A result is abnormal.
    pub abnormal: bool,
    /// Stage.
    pub stage: OrderStage,
    /// When received.
    pub received_at: Timestamp,
    /// Observations with a result.
    pub n_results: i64,
    /// Observations.
    pub n_observations: i64,
    /// Open doubts.
    pub n_doubts: i64,
}

fn line(row: &Row) -> Result<OrderLine> {
    Ok(OrderLine {
        id: row::code(row, "lab_order", "id", OrderId::parse)?,
        number: row.string("number")?,
        patient: row::code(row, "lab_order", "patient_id", PatientId::parse)?,
        patient_name: format!("{} {}", row.text("birth_name")?, row.text("first_given")?),
        birth_date: row.opt_string("birth_date")?,
        sex: row.string("sex")?,
        identity: row.string("status")?,
        urgent: row.text("priority")? == "urgent",
        critical: row.bool("critical")?,
        abnormal: row.bool("abnormal")?,
        stage: row::code(row, "lab_order", "stage", OrderStage::from_code)?,
        received_at: row::time(row, "lab_order", "received_at")?,
        n_results: row.int("n_results")?,
        n_observations: row.int("n_observations")?,
        n_doubts: row.int("n_doubts")?,
    })
}

const COLUMNS: &str = "o.id, o.number, o.patient_id, o.priority, o.critical, o.abnormal, o.stage, o.received_at, \
    p.birth_name, p.first_given, p.birth_date, p.sex, p.status, \
    (SELECT COUNT(*) FROM observation b WHERE b.order_id = o.id AND b.stage <> 'awaited') AS n_results, \
    (SELECT COUNT(*) FROM observation b WHERE b.order_id = o.id) AS n_observations, \
    (SELECT COUNT(*) FROM work_item w WHERE w.order_id = o.id AND w.closed_at IS NULL) AS n_doubts";

/// The dossiers of the bench that are in one of these stages: critical first, then urgent, then oldest.
pub fn bench(tx: &mut Tx<'_>, stages: &[OrderStage], limit: u32) -> Result<Vec<OrderLine>> {
    let codes: Vec<&str> = stages.iter().map(|stage| stage.code()).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM lab_order o JOIN patient p ON p.id = o.patient_id WHERE o.stage IN ('{}') \
         ORDER BY o.critical DESC, CASE o.priority WHEN 'urgent' THEN 0 ELSE 1 END, o.received_at, o.id LIMIT $1",
        codes.join("', '")
    );
    tx.query(&sql, params![limit])?.iter().map(line).collect()
}

/// The dossiers of a patient, latest first.
pub fn of_patient(tx: &mut Tx<'_>, patient: PatientId) -> Result<Vec<OrderLine>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lab_order o JOIN patient p ON p.id = o.patient_id WHERE o.patient_id = $1 \
         ORDER BY o.received_at DESC LIMIT 200"
    );
    tx.query(&sql, params![patient.to_string()])?.iter().map(line).collect()
}

/// How many dossiers stand in each stage.
pub fn stage_counts(tx: &mut Tx<'_>) -> Result<Vec<(OrderStage, i64)>> {
    tx.query("SELECT stage, COUNT(*) AS n FROM lab_order GROUP BY stage", params![])?
        .iter()
        .map(|row| Ok((row::code(row, "lab_order", "stage", OrderStage::from_code)?, row.int("n")?)))
        .collect()
}

/// A signed version as listed with how its deliveries stand.
pub struct ReportLine {
    /// The version.
    pub id: VersionId,
    /// The dossier.
    pub order: OrderId,
    /// Number of the dossier.
    pub order_number: String,
    /// Patient as printed.
    pub patient_name: String,
    /// Number of the version.
    pub number: i64,
    /// `partial` or `final`.
    pub status: String,
    /// When signed.
    pub signed_at: Timestamp,
    /// Signer as printed.
    pub signer: String,
    /// A result is critical.
    pub critical: bool,
    /// It must not be used any more.
    pub is_withdrawn: bool,
    /// Deliveries received or read.
    pub n_received: i64,
    /// Deliveries under way.
    pub n_pending: i64,
    /// Deliveries failed.
    pub n_failed: i64,
    /// Deliveries withheld.
    pub n_withheld: i64,
}

/// The latest signed versions, latest first.
pub fn reports(tx: &mut Tx<'_>, limit: u32) -> Result<Vec<ReportLine>> {
    let count = |states: &str| {
        format!(
            "(SELECT COUNT(*) FROM delivery d WHERE d.version_id = v.id AND d.act = 'send' AND d.state IN ({states}))"
        )
    };
    let sql = format!(
        "SELECT v.id, v.order_id, v.set_number, v.status, v.signed_at, v.signer, v.critical, o.number AS order_number, \
         p.birth_name, p.first_given, \
         (SELECT COUNT(*) FROM withdrawal w WHERE w.version_id = v.id) AS n_withdrawals, {} AS n_received, {} AS n_pending, {} AS n_failed, {} AS n_withheld \
         FROM report_version v JOIN lab_order o ON o.id = v.order_id JOIN patient p ON p.id = v.patient_id \
         ORDER BY v.signed_at DESC, v.id DESC LIMIT $1",
        count("'received', 'read'"),
        count("'planned', 'sent', 'accepted', 'retrying'"),
        count("'failed'"),
        count("'withheld'"),
    );
    tx.query(&sql, params![limit])?
        .iter()
        .map(|row| {
            Ok(ReportLine {
                id: row::code(row, "report_version", "id", VersionId::parse)?,
                order: row::code(row, "report_version", "order_id", OrderId::parse)?,
                order_number: row.string("order_number")?,
                patient_name: format!("{} {}", row.text("birth_name")?, row.text("first_given")?),
                number: row.int("set_number")?,
                status: row.string("status")?,
                signed_at: row::time(row, "report_version", "signed_at")?,
                signer: row.string("signer")?,
                critical: row.bool("critical")?,
                is_withdrawn: row.int("n_withdrawals")? > 0,
                n_received: row.int("n_received")?,
                n_pending: row.int("n_pending")?,
                n_failed: row.int("n_failed")?,
                n_withheld: row.int("n_withheld")?,
            })
        })
        .collect()
}

/// The dossiers of a stage, latest first: what was just done.
pub fn latest_of_stage(tx: &mut Tx<'_>, stage: OrderStage, limit: u32) -> Result<Vec<OrderLine>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM lab_order o JOIN patient p ON p.id = o.patient_id WHERE o.stage = $1 \
         ORDER BY o.received_at DESC, o.id DESC LIMIT $2"
    );
    tx.query(&sql, params![stage.code(), limit])?.iter().map(line).collect()
}

/// What a version is called: number of its dossier, number of the version.
pub fn version_name(tx: &mut Tx<'_>, version: VersionId) -> Result<(String, i64)> {
    let row = tx
        .query_opt(
            "SELECT o.number AS order_number, v.set_number FROM report_version v JOIN lab_order o ON o.id = v.order_id \
             WHERE v.id = $1",
            params![version.to_string()],
        )?
        .ok_or(crate::RecordError::Missing("version"))?;
    Ok((row.string("order_number")?, row.int("set_number")?))
}

/// How many versions were signed.
pub fn count_reports(tx: &mut Tx<'_>) -> Result<i64> {
    Ok(tx.query_one("SELECT COUNT(*) AS n FROM report_version", params![])?.int("n")?)
}
