//! Signed versions and their frozen documents.

use crate::{RecordError, Result, row, withdrawals};
use jiff::Timestamp;
use lab::{
    finding::{Finding, Severity},
    id::{Oid, OrderId, VersionId},
    order::Visibility,
    report::{Report, ReportStatus, VersionIds, Withdrawal},
};
use serde::{Deserialize, Serialize};
use store::{Row, Tx, params};

const TABLE: &str = "report_version";

/// A version, and its withdrawal when there is one.
const SELECT: &str = "SELECT v.*, w.id AS withdrawal_id, w.at AS withdrawn_at, w.author AS withdrawn_by, \
    w.reason AS withdrawal_reason FROM report_version v LEFT JOIN withdrawal w ON w.version_id = v.id";

/// A frozen document.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DocumentKind {
    /// The CR-BIO, CDA R2 level 3.
    Cda,
    /// The PDF/A.
    Pdf,
    /// The CR-BIO with the stylesheet that shows it, when that is what leaves.
    SelfPresentable,
    /// The CR-BIO as a page that needs nothing else.
    Page,
    /// The model both were rendered from, as JSON of [`Report`].
    Model,
}

impl DocumentKind {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Cda => "cda",
            Self::Pdf => "pdf",
            Self::SelfPresentable => "self_presentable",
            Self::Page => "page",
            Self::Model => "model",
        }
    }
}

/// A document to freeze with its version.
pub struct NewDocument<'a> {
    /// Kind.
    pub kind: DocumentKind,
    /// File name.
    pub name: &'a str,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: &'a str,
    /// Bytes.
    pub bytes: &'a [u8],
}

/// Format of the stored model; raised when a reader of the old one could be wrong.
const MODEL_FORMAT: u32 = 1;

#[derive(Serialize)]
struct StoredModel<'a> {
    format: u32,
    report: &'a Report,
}

#[derive(Deserialize)]
struct ReadModel {
    format: u32,
    report: Report,
}

/// The bytes of a model.
pub fn encode_model(report: &Report) -> Vec<u8> {
    row::json(&StoredModel { format: MODEL_FORMAT, report }).into_bytes()
}

/// A finding about a document of ours, as kept with the version.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct ConformityFinding {
    /// Code.
    pub code: String,
    /// Where.
    pub place: String,
    /// `information`, `warning`; findings kept before it was written were warnings.
    #[serde(default = "warning")]
    pub severity: String,
    /// What a published rule says, in its words.
    #[serde(default)]
    pub detail: String,
}

fn warning() -> String {
    severity_code(Severity::Warning).to_owned()
}

fn severity_code(severity: Severity) -> &'static str {
    match severity {
        Severity::Information => "information",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// What a version was checked with before it was signed, as kept with it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// When.
    pub at: Timestamp,
    /// With which rules.
    pub rules: CheckedRules,
}

/// The rules that a version was checked with.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum CheckedRules {
    /// Our own only: no pack is installed.
    Own,
    /// Our own only: the pack that is installed could not be read.
    OwnPackUnusable,
    /// Our own and those of a pack.
    Pack(CheckedPack),
}

/// The pack that a version was checked with.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CheckedPack {
    /// The commit of its checkout.
    pub commit: Option<String>,
    /// Else the date of its files.
    pub date: Option<Timestamp>,
    /// Whether its XML schema could be used; none when it has none.
    pub xsd: Option<bool>,
    /// Its schematrons.
    pub schemas: Vec<CheckedSchema>,
}

/// What one schematron found.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq)]
pub struct CheckedSchema {
    /// Its file in the pack.
    pub file: String,
    /// Rules that fired, each counted with each node.
    pub n_fired: usize,
    /// Errors.
    pub n_errors: usize,
    /// Warnings and informations.
    pub n_warnings: usize,
    /// Checks that could not be evaluated on this document.
    pub n_not_evaluable: usize,
    /// Whether all its rules could be read.
    pub is_whole: bool,
}

/// Records a signed version; `visibility` is what its deliveries obey, whatever the dossier says later.
pub fn insert(
    tx: &mut Tx<'_>,
    report: &Report,
    visibility: Visibility,
    signed_by: &str,
    conformity: &[Finding],
    checked: &Checked,
    documents: &[NewDocument<'_>],
) -> Result<()> {
    let ids = &report.ids;
    let conformity: Vec<_> = conformity
        .iter()
        .map(|finding| ConformityFinding {
            code: finding.code.to_owned(),
            place: finding.place.clone(),
            severity: severity_code(finding.severity).to_owned(),
            detail: finding.detail.clone(),
        })
        .collect();
    let known = "SELECT COUNT(*) AS n FROM report_version WHERE order_id = $1";
    let rank = tx.query_one(known, params![report.request.order.to_string()])?.int("n")? + 1;
    tx.execute(
        "INSERT INTO report_version (id, order_id, patient_id, number, document, set_oid, status, signed_at, signed_by, \
         signer, replaces, critical, hidden, conformity, checked, set_number) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, \
         $12, $13, $14, $15, $16)",
        params![
            ids.version.to_string(),
            report.request.order.to_string(),
            report.patient.id.to_string(),
            rank,
            ids.document.as_str(),
            ids.set.as_str(),
            status_code(report.status),
            row::micros(report.signed_at),
            signed_by,
            report.signer.printed(),
            ids.replaces.as_ref().map(|replaced| replaced.version.to_string()),
            report.has_critical(),
            visibility == Visibility::HiddenFromPatient,
            row::json(&conformity),
            row::json(checked),
            ids.number,
        ],
    )?;
    for document in documents {
        tx.execute(
            "INSERT INTO document (version_id, kind, name, sha256, bytes) VALUES ($1, $2, $3, $4, $5)",
            params![ids.version.to_string(), document.kind.code(), document.name, document.sha256, document.bytes],
        )?;
    }
    Ok(())
}

fn status_code(status: ReportStatus) -> &'static str {
    match status {
        ReportStatus::Partial => "partial",
        ReportStatus::Final => "final",
    }
}

fn status_from(code: &str) -> Option<ReportStatus> {
    match code {
        "partial" => Some(ReportStatus::Partial),
        "final" => Some(ReportStatus::Final),
        _ => None,
    }
}

/// A signed version as listed.
#[derive(Clone, Debug)]
pub struct VersionLine {
    /// Our identifier.
    pub id: VersionId,
    /// The dossier.
    pub order: OrderId,
    /// Number in the report, 1 to n.
    pub number: u32,
    /// Document.
    pub document: Oid,
    /// Report.
    pub set: Oid,
    /// Partial or final.
    pub status: ReportStatus,
    /// When signed.
    pub signed_at: Timestamp,
    /// Account or connection.
    pub signed_by: String,
    /// Signer, as printed.
    pub signer: String,
    /// What it replaces.
    pub replaces: Option<VersionId>,
    /// Whether a result is critical.
    pub critical: bool,
    /// Whether it is hidden from the patient.
    pub visibility: Visibility,
    /// What was found in the document, and did not block.
    pub conformity: Vec<ConformityFinding>,
    /// What it was checked with; none when it was signed before that was kept.
    pub checked: Option<Checked>,
    /// That it must not be used any more, when it was withdrawn.
    pub withdrawal: Option<Withdrawal>,
}

impl VersionLine {
    /// The identifiers that the next version follows.
    pub fn ids(&self) -> VersionIds {
        VersionIds {
            version: self.id,
            document: self.document.clone(),
            set: self.set.clone(),
            number: self.number,
            replaces: None,
        }
    }
}

fn read(row: &Row) -> Result<VersionLine> {
    Ok(VersionLine {
        id: row::code(row, TABLE, "id", VersionId::parse)?,
        order: row::code(row, TABLE, "order_id", OrderId::parse)?,
        number: u32::try_from(row.int("set_number")?)
            .map_err(|_| RecordError::Unexpected { table: TABLE, column: "set_number" })?,
        document: row::code(row, TABLE, "document", Oid::parse)?,
        set: row::code(row, TABLE, "set_oid", Oid::parse)?,
        status: row::code(row, TABLE, "status", status_from)?,
        signed_at: row::time(row, TABLE, "signed_at")?,
        signed_by: row.string("signed_by")?,
        signer: row.string("signer")?,
        replaces: row.opt_text("replaces")?.and_then(VersionId::parse),
        critical: row.bool("critical")?,
        visibility: if row.bool("hidden")? { Visibility::HiddenFromPatient } else { Visibility::Visible },
        conformity: row::from_json(row, TABLE, "conformity")?,
        checked: row::opt_from_json(row, TABLE, "checked")?,
        withdrawal: withdrawals::read(row)?,
    })
}

/// The versions of a dossier, latest first: those of its report, and of earlier ones that were withdrawn.
pub fn of_order(tx: &mut Tx<'_>, order: OrderId) -> Result<Vec<VersionLine>> {
    let sql = format!("{SELECT} WHERE v.order_id = $1 ORDER BY v.number DESC");
    tx.query(&sql, params![order.to_string()])?.iter().map(read).collect()
}

/// Reads a version.
pub fn get(tx: &mut Tx<'_>, id: VersionId) -> Result<VersionLine> {
    let row = tx
        .query_opt(&format!("{SELECT} WHERE v.id = $1"), params![id.to_string()])?
        .ok_or(RecordError::Missing("version"))?;
    read(&row)
}

/// Reads a frozen document: name and bytes.
pub fn document(tx: &mut Tx<'_>, id: VersionId, kind: DocumentKind) -> Result<(String, Vec<u8>)> {
    opt_document(tx, id, kind)?.ok_or(RecordError::Missing("document"))
}

/// As [`document`], for one that a version may lack.
pub fn opt_document(tx: &mut Tx<'_>, id: VersionId, kind: DocumentKind) -> Result<Option<(String, Vec<u8>)>> {
    let row = tx.query_opt(
        "SELECT name, bytes FROM document WHERE version_id = $1 AND kind = $2",
        params![id.to_string(), kind.code()],
    )?;
    row.map(|mut row| Ok((row.string("name")?, row.take_bytes("bytes")?))).transpose()
}

/// The bytes that leave: the self-presentable form when it was frozen, else the document alone.
pub fn sent_document(tx: &mut Tx<'_>, id: VersionId) -> Result<Vec<u8>> {
    match opt_document(tx, id, DocumentKind::SelfPresentable)? {
        Some((_, bytes)) => Ok(bytes),
        None => Ok(document(tx, id, DocumentKind::Cda)?.1),
    }
}

/// Reads the model of a version.
pub fn model(tx: &mut Tx<'_>, id: VersionId) -> Result<Report> {
    let (_, bytes) = document(tx, id, DocumentKind::Model)?;
    let unexpected = || RecordError::Unexpected { table: "document", column: "bytes" };
    let stored: ReadModel = serde_json::from_slice(&bytes).map_err(|_| unexpected())?;
    (stored.format == MODEL_FORMAT).then_some(stored.report).ok_or_else(unexpected)
}

/// Whether sending this version is of use: no later one replaces it, and it is not withdrawn.
pub fn is_current(tx: &mut Tx<'_>, id: VersionId) -> Result<bool> {
    let outdated = tx.query_opt(
        "SELECT 1 AS one FROM report_version WHERE replaces = $1 \
         UNION ALL SELECT 1 AS one FROM withdrawal WHERE version_id = $1",
        params![id.to_string()],
    )?;
    Ok(outdated.is_none())
}
