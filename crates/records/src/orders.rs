//! Dossiers, their specimens, germs and comments.

use crate::{RecordError, Result, patients::fresh, row};
use jiff::Timestamp;
use lab::{
    id::{ConnectionId, Ids, OrderId, PatientId, VersionId},
    order::{CareSetting, Confidentiality, Expertise, Order, Priority, Purpose, Specimen, SpecimenKind, Visibility},
    quantity::Coded,
    report::Attachment,
};
use store::{Row, Tx, params};

const TABLE: &str = "lab_order";

/// Where a dossier stands; what the list of the bench is sorted and filtered by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, PartialOrd, Ord)]
pub enum OrderStage {
    /// No result yet.
    Awaited,
    /// Results to validate technically.
    Received,
    /// Results to validate by a biologist.
    Technical,
    /// Every result is validated; a report is to be signed.
    Ready,
    /// A partial report was signed; more results are awaited.
    Partial,
    /// The final report was signed.
    Signed,
    /// The report was withdrawn, and nothing has come since.
    Withdrawn,
}

const STAGES: &[(OrderStage, &str)] = &[
    (OrderStage::Awaited, "awaited"),
    (OrderStage::Received, "received"),
    (OrderStage::Technical, "technical"),
    (OrderStage::Ready, "ready"),
    (OrderStage::Partial, "partial"),
    (OrderStage::Signed, "signed"),
    (OrderStage::Withdrawn, "withdrawn"),
];

impl OrderStage {
    /// The stored code.
    pub fn code(self) -> &'static str {
        STAGES.iter().find(|(stage, _)| *stage == self).map_or("awaited", |(_, code)| code)
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        STAGES.iter().find(|(_, known)| *known == code).map(|(stage, _)| *stage)
    }
}

/// What a dossier has beside the rules' own [`Order`].
#[derive(Clone, Debug)]
pub struct OrderRecord {
    /// FINESS of the site that answers for it.
    pub site: String,
    /// The sender that opened it; `None` when registered on a page.
    pub connection: Option<ConnectionId>,
    /// Number at the sending laboratory system.
    pub filler_number: Option<String>,
    /// Stage.
    pub stage: OrderStage,
    /// Whether a result is critical.
    pub critical: bool,
    /// Whether a result is abnormal.
    pub abnormal: bool,
}

fn priority_code(priority: Priority) -> &'static str {
    match priority {
        Priority::Urgent => "urgent",
        Priority::Routine => "routine",
    }
}

fn setting_code(setting: CareSetting) -> &'static str {
    match setting {
        CareSetting::Ambulatory => "ambulatory",
        CareSetting::Inpatient => "inpatient",
        CareSetting::Emergency => "emergency",
    }
}

fn setting_from(code: &str) -> Option<CareSetting> {
    [CareSetting::Ambulatory, CareSetting::Inpatient, CareSetting::Emergency]
        .into_iter()
        .find(|setting| setting_code(*setting) == code)
}

/// Codes of HL7 Confidentiality.
const CONFIDENTIALITIES: &[(Confidentiality, &str)] =
    &[(Confidentiality::Normal, "N"), (Confidentiality::Restricted, "R"), (Confidentiality::VeryRestricted, "V")];

fn confidentiality_code(confidentiality: Confidentiality) -> &'static str {
    CONFIDENTIALITIES.iter().find(|(known, _)| *known == confidentiality).map_or("N", |(_, code)| code)
}

fn confidentiality_from(code: &str) -> Option<Confidentiality> {
    CONFIDENTIALITIES.iter().find(|(_, known)| *known == code).map(|(it, _)| *it)
}

pub(crate) fn read(row: &Row) -> Result<(Order, OrderRecord)> {
    let order = Order {
        id: row::code(row, TABLE, "id", OrderId::parse)?,
        number: row.string("number")?,
        patient: row::code(row, TABLE, "patient_id", PatientId::parse)?,
        placer_number: row.opt_string("placer_number")?,
        priority: if row.text("priority")? == "urgent" { Priority::Urgent } else { Priority::Routine },
        setting: row::code(row, TABLE, "setting", setting_from)?,
        prescribed_at: row::opt_time(row, TABLE, "prescribed_at")?,
        collected_at: row::opt_time(row, TABLE, "collected_at")?,
        received_at: row::time(row, TABLE, "received_at")?,
        prescriber: row::opt_from_json(row, TABLE, "prescriber")?,
        treating_physician: row::opt_from_json(row, TABLE, "treating")?,
        copies: row::from_json(row, TABLE, "copies")?,
        dmp_blocked: row.bool("dmp_blocked")?,
        expertise: row
            .opt_string("expertise_by")?
            .zip(row::opt_time(row, TABLE, "expertise_at")?)
            .map(|(by, at)| Expertise { by, at }),
        visibility: if row.bool("hidden")? { Visibility::HiddenFromPatient } else { Visibility::Visible },
        confidentiality: row::code(row, TABLE, "confidentiality", confidentiality_from)?,
        purpose: row::opt_from_json(row, TABLE, "purpose")?,
    };
    let record = OrderRecord {
        site: row.string("site")?,
        connection: row.opt_text("connection_id")?.and_then(ConnectionId::parse),
        filler_number: row.opt_string("filler_number")?,
        stage: row::code(row, TABLE, "stage", OrderStage::from_code)?,
        critical: row.bool("critical")?,
        abnormal: row.bool("abnormal")?,
    };
    Ok((order, record))
}

/// Reads a dossier.
pub fn get(tx: &mut Tx<'_>, id: OrderId) -> Result<(Order, OrderRecord)> {
    let row = tx
        .query_opt("SELECT * FROM lab_order WHERE id = $1", params![id.to_string()])?
        .ok_or(RecordError::Missing("dossier"))?;
    read(&row)
}

/// Reads a dossier and keeps others from changing it until the transaction ends.
pub fn get_locked(tx: &mut Tx<'_>, id: OrderId) -> Result<(Order, OrderRecord)> {
    let sql = match tx.dialect() {
        store::Backend::Sqlite => "SELECT * FROM lab_order WHERE id = $1",
        store::Backend::Postgres => "SELECT * FROM lab_order WHERE id = $1 FOR UPDATE",
    };
    let row = tx.query_opt(sql, params![id.to_string()])?.ok_or(RecordError::Missing("dossier"))?;
    read(&row)
}

/// The dossier opened by a sender under its own number.
pub fn by_sender(tx: &mut Tx<'_>, connection: ConnectionId, number: &str) -> Result<Option<OrderId>> {
    find(
        tx,
        "SELECT id FROM lab_order WHERE connection_id = $1 AND (filler_number = $2 OR placer_number = $2) \
         ORDER BY id DESC LIMIT 1",
        params![connection.to_string(), number],
    )
}

/// The dossier with that printed number.
pub fn by_number(tx: &mut Tx<'_>, number: &str) -> Result<Option<OrderId>> {
    find(tx, "SELECT id FROM lab_order WHERE number = $1", params![number])
}

/// The dossiers that hold a specimen of that number: at most two, enough to know whether it is unique.
pub fn by_specimen(tx: &mut Tx<'_>, number: &str) -> Result<Vec<OrderId>> {
    tx.query("SELECT order_id FROM specimen WHERE number = $1 ORDER BY order_id LIMIT 2", params![number])?
        .iter()
        .map(|row| row::code(row, "specimen", "order_id", OrderId::parse))
        .collect()
}

fn find(tx: &mut Tx<'_>, sql: &str, values: &[store::Value<'_>]) -> Result<Option<OrderId>> {
    tx.query_opt(sql, values)?.map(|row| row::code(&row, TABLE, "id", OrderId::parse)).transpose()
}

/// The next number of a named sequence, from 1, without gaps once committed.
pub fn next_in_sequence(tx: &mut Tx<'_>, name: &str) -> Result<i64> {
    let name = format!("sequence.{name}");
    let row = tx.query_one(
        "INSERT INTO setting (name, value) VALUES ($1, '1') \
         ON CONFLICT (name) DO UPDATE SET value = CAST(CAST(setting.value AS BIGINT) + 1 AS TEXT) RETURNING value",
        params![&name],
    )?;
    row.text("value")?.parse().map_err(|_| RecordError::Unexpected { table: "setting", column: "value" })
}

/// Opens a dossier.
pub fn insert(tx: &mut Tx<'_>, order: &Order, record: &OrderRecord, now: Timestamp) -> Result<()> {
    tx.execute(
        "INSERT INTO lab_order (id, site, number, patient_id, connection_id, placer_number, filler_number, priority, \
         setting, prescribed_at, collected_at, received_at, prescriber, treating, copies, dmp_blocked, hidden, stage, \
         critical, abnormal, created_at, confidentiality, purpose, expertise_by, expertise_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, \
         $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
        params![
            order.id.to_string(),
            &record.site,
            &order.number,
            order.patient.to_string(),
            record.connection.map(|id| id.to_string()),
            &order.placer_number,
            &record.filler_number,
            priority_code(order.priority),
            setting_code(order.setting),
            row::opt_micros(order.prescribed_at),
            row::opt_micros(order.collected_at),
            row::micros(order.received_at),
            row::opt_json(order.prescriber.as_ref()),
            row::opt_json(order.treating_physician.as_ref()),
            row::json(&order.copies),
            order.dmp_blocked,
            order.visibility == Visibility::HiddenFromPatient,
            record.stage.code(),
            record.critical,
            record.abnormal,
            row::micros(now),
            confidentiality_code(order.confidentiality),
            row::opt_json(order.purpose.as_ref()),
            order.expertise.as_ref().map(|it| it.by.as_str()),
            row::opt_micros(order.expertise.as_ref().map(|it| it.at)),
        ],
    )?;
    Ok(())
}

/// Records what a dossier is for.
pub fn set_purpose(tx: &mut Tx<'_>, id: OrderId, purpose: Option<&Purpose>) -> Result<()> {
    tx.execute("UPDATE lab_order SET purpose = $2 WHERE id = $1", params![id.to_string(), row::opt_json(purpose)])?;
    Ok(())
}

/// Changes what may change of an open dossier: correspondents and exceptions.
pub fn update_routing(tx: &mut Tx<'_>, order: &Order) -> Result<()> {
    tx.execute(
        "UPDATE lab_order SET prescriber = $2, treating = $3, copies = $4, dmp_blocked = $5, hidden = $6, \
         confidentiality = $7, expertise_by = $8, expertise_at = $9 WHERE id = $1",
        params![
            order.id.to_string(),
            row::opt_json(order.prescriber.as_ref()),
            row::opt_json(order.treating_physician.as_ref()),
            row::json(&order.copies),
            order.dmp_blocked,
            order.visibility == Visibility::HiddenFromPatient,
            confidentiality_code(order.confidentiality),
            order.expertise.as_ref().map(|it| it.by.as_str()),
            row::opt_micros(order.expertise.as_ref().map(|it| it.at)),
        ],
    )?;
    Ok(())
}

/// Whether the dossier of a version is for an expertise or an insurer.
pub fn is_for_expertise(tx: &mut Tx<'_>, version: VersionId) -> Result<bool> {
    let row = tx.query_opt(
        "SELECT o.expertise_at FROM report_version v JOIN lab_order o ON o.id = v.order_id WHERE v.id = $1",
        params![version.to_string()],
    )?;
    Ok(row.map(|row| row.opt_int("expertise_at")).transpose()?.flatten().is_some())
}

/// Records where a dossier stands; what changed may let it be signed.
pub fn set_stage(tx: &mut Tx<'_>, id: OrderId, stage: OrderStage, critical: bool, abnormal: bool) -> Result<()> {
    tx.execute(
        "UPDATE lab_order SET stage = $2, critical = $3, abnormal = $4, sign_after = NULL WHERE id = $1",
        params![id.to_string(), stage.code(), critical, abnormal],
    )?;
    Ok(())
}

/// Validated dossiers to sign now, at most `limit`: critical first, then urgent, then oldest.
pub fn to_sign(tx: &mut Tx<'_>, now: Timestamp, limit: u32) -> Result<Vec<OrderId>> {
    tx.query(
        "SELECT id FROM lab_order WHERE stage = 'ready' AND (sign_after IS NULL OR sign_after <= $1) \
         ORDER BY critical DESC, CASE priority WHEN 'urgent' THEN 0 ELSE 1 END, received_at, id LIMIT $2",
        params![row::micros(now), limit],
    )?
    .iter()
    .map(|row| row::code(row, TABLE, "id", OrderId::parse))
    .collect()
}

/// A dossier that could not be signed lets the others pass until then.
pub fn put_off_signature(tx: &mut Tx<'_>, id: OrderId, until: Timestamp) -> Result<()> {
    tx.execute("UPDATE lab_order SET sign_after = $2 WHERE id = $1", params![id.to_string(), row::micros(until)])?;
    Ok(())
}

/// What stood in the way of signatures may be gone: of one dossier, or of all.
pub fn sign_again(tx: &mut Tx<'_>, id: Option<OrderId>) -> Result<()> {
    let id = id.map(|id| id.to_string());
    tx.execute(
        "UPDATE lab_order SET sign_after = NULL WHERE stage = 'ready' AND sign_after IS NOT NULL AND ($1 = '' OR id = $1)",
        params![id.as_deref().unwrap_or("")],
    )?;
    Ok(())
}

/// Adds a specimen, or completes the one with its number.
pub fn put_specimen(tx: &mut Tx<'_>, order: OrderId, specimen: &Specimen) -> Result<()> {
    tx.execute(
        "INSERT INTO specimen (order_id, number, kind_code, kind_label, collected_at, received_at, act, site, \
         collector) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (order_id, number) DO UPDATE SET \
         kind_code = excluded.kind_code, kind_label = excluded.kind_label, \
         collected_at = COALESCE(excluded.collected_at, specimen.collected_at), \
         received_at = COALESCE(excluded.received_at, specimen.received_at), \
         act = COALESCE(excluded.act, specimen.act), site = COALESCE(excluded.site, specimen.site), \
         collector = COALESCE(excluded.collector, specimen.collector)",
        params![
            order.to_string(),
            &specimen.number,
            &specimen.kind.code,
            &specimen.kind.label,
            row::opt_micros(specimen.collected_at),
            row::opt_micros(specimen.received_at),
            row::opt_json(specimen.act.as_ref()),
            row::opt_json(specimen.site.as_ref()),
            row::opt_json(specimen.collector.as_ref()),
        ],
    )?;
    Ok(())
}

/// The specimens of a dossier.
pub fn specimens(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Specimen>> {
    tx.query("SELECT * FROM specimen WHERE order_id = $1 ORDER BY number", params![order.to_string()])?
        .iter()
        .map(|row| {
            Ok(Specimen {
                number: row.string("number")?,
                kind: SpecimenKind { code: row.string("kind_code")?, label: row.string("kind_label")? },
                collected_at: row::opt_time(row, "specimen", "collected_at")?,
                received_at: row::opt_time(row, "specimen", "received_at")?,
                act: row::opt_from_json(row, "specimen", "act")?,
                site: row::opt_from_json(row, "specimen", "site")?,
                collector: row::opt_from_json(row, "specimen", "collector")?,
            })
        })
        .collect()
}

/// Keeps the report of a subcontractor, after those the dossier has; the same file is kept once.
pub fn put_attachment(tx: &mut Tx<'_>, order: OrderId, attachment: &Attachment) -> Result<()> {
    let id = order.to_string();
    let known = "SELECT 1 AS one FROM attachment WHERE order_id = $1 AND pdf = $2";
    if tx.query_opt(known, params![&id, attachment.pdf.as_slice()])?.is_some() {
        return Ok(());
    }
    let n_known = tx.query("SELECT number FROM attachment WHERE order_id = $1", params![&id])?.len();
    tx.execute(
        "INSERT INTO attachment (order_id, number, title, laboratory, observed_at, pdf) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![
            &id,
            n_known as i64 + 1,
            &attachment.title,
            row::json(&attachment.laboratory),
            row::micros(attachment.observed_at),
            attachment.pdf.as_slice(),
        ],
    )?;
    Ok(())
}

/// The reports of subcontractors in a dossier, in the order they came.
pub fn attachments(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<Attachment>> {
    const TABLE: &str = "attachment";
    tx.query("SELECT * FROM attachment WHERE order_id = $1 ORDER BY number", params![order.to_string()])?
        .iter_mut()
        .map(|row| {
            Ok(Attachment {
                title: row.string("title")?,
                laboratory: row::from_json(row, TABLE, "laboratory")?,
                observed_at: row::time(row, TABLE, "observed_at")?,
                pdf: row.take_bytes("pdf")?,
            })
        })
        .collect()
}

/// Records the germ of an isolate.
pub fn put_organism(tx: &mut Tx<'_>, order: OrderId, isolate: &str, organism: &Coded) -> Result<()> {
    tx.execute(
        "INSERT INTO organism (order_id, isolate, code) VALUES ($1, $2, $3) \
         ON CONFLICT (order_id, isolate) DO UPDATE SET code = excluded.code",
        params![order.to_string(), isolate, row::json(organism)],
    )?;
    Ok(())
}

/// The germs of a dossier, by isolate.
pub fn organisms(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(String, Coded)>> {
    tx.query("SELECT isolate, code FROM organism WHERE order_id = $1 ORDER BY isolate", params![order.to_string()])?
        .iter()
        .map(|row| Ok((row.string("isolate")?, row::from_json(row, "organism", "code")?)))
        .collect()
}

/// A comment on a dossier, or on one battery of it.
pub struct NewComment<'a> {
    /// Who wrote it: an account, or the label of a connection.
    pub author: &'a str,
    /// What it says.
    pub text: &'a str,
    /// Code of the battery; `None` for the whole dossier.
    pub battery: Option<&'a str>,
}

/// Adds a comment, once.
pub fn add_comment(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    order: OrderId,
    comment: &NewComment<'_>,
    now: Timestamp,
) -> Result<()> {
    let NewComment { author, text, battery } = *comment;
    let same = tx.query_opt(
        "SELECT 1 AS one FROM order_comment WHERE order_id = $1 AND text = $2 AND COALESCE(battery, '') = $3",
        params![order.to_string(), text, battery.unwrap_or("")],
    )?;
    if same.is_none() {
        tx.execute(
            "INSERT INTO order_comment (id, order_id, at, author, text, battery) VALUES ($1, $2, $3, $4, $5, $6)",
            params![fresh(ids), order.to_string(), row::micros(now), author, text, battery],
        )?;
    }
    Ok(())
}

/// The comments of a dossier, oldest first: code of the battery, or `None` for the whole dossier; text.
pub fn comments(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<(Option<String>, String)>> {
    tx.query("SELECT battery, text FROM order_comment WHERE order_id = $1 ORDER BY id", params![order.to_string()])?
        .iter()
        .map(|row| Ok((row.opt_string("battery")?, row.string("text")?)))
        .collect()
}
