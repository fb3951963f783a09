//! Patients, their identifiers, and the history of their identity.

use crate::{RecordError, Result, row};
use jiff::Timestamp;
use lab::{
    id::{Ids, MessageId, PatientId},
    patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Patient, Sex, Traits},
};
use store::{Row, Tx, params};
use uuid::Uuid;

const TABLE: &str = "patient";

const SEXES: &[(Sex, &str)] = &[(Sex::Female, "F"), (Sex::Male, "M"), (Sex::Unknown, "U")];
const AUTHORITIES: &[(InsAuthority, &str)] = &[
    (InsAuthority::Nir, "nir"),
    (InsAuthority::Nia, "nia"),
    (InsAuthority::NirTest, "nir_test"),
    (InsAuthority::NirDemo, "nir_demo"),
];

fn from_table<T: Copy>(table: &[(T, &str)], code: &str) -> Option<T> {
    table.iter().find(|(_, known)| *known == code).map(|(value, _)| *value)
}

fn to_table<T: PartialEq>(table: &[(T, &'static str)], value: &T) -> &'static str {
    table.iter().find(|(known, _)| known == value).map_or("", |(_, code)| code)
}

pub(crate) fn read(row: &Row) -> Result<Patient> {
    let ins = match (row.opt_text("ins")?, row.opt_text("ins_authority")?) {
        (Some(matricule), Some(authority)) => Some(Ins {
            matricule: InsMatricule::parse(matricule)
                .map_err(|_| RecordError::Unexpected { table: TABLE, column: "ins" })?,
            authority: from_table(AUTHORITIES, authority)
                .ok_or(RecordError::Unexpected { table: TABLE, column: "ins_authority" })?,
        }),
        _ => None,
    };
    let birth_date = row
        .opt_text("birth_date")?
        .map(|text| text.parse().map_err(|_| RecordError::Unexpected { table: TABLE, column: "birth_date" }))
        .transpose()?;
    Ok(Patient {
        id: row::code(row, TABLE, "id", PatientId::parse)?,
        local_id: row.string("local_id")?,
        traits: Traits {
            birth_name: row.string("birth_name")?,
            first_given: row.string("first_given")?,
            given_names: row.string("given_names")?,
            birth_date,
            sex: row::code(row, TABLE, "sex", |code| from_table(SEXES, code))?,
            birth_place: row.opt_string("birth_place")?,
            used_name: row.opt_string("used_name")?,
            used_given: row.opt_string("used_given")?,
        },
        status: row::code(row, TABLE, "status", IdentityStatus::from_code)?,
        ins,
        oppositions: Oppositions {
            dmp: row.bool("opposed_dmp")?,
            mssante_pro: row.bool("opposed_mssante_pro")?,
            mssante_patient: row.bool("opposed_mssante_patient")?,
        },
        address: row::opt_from_json(row, TABLE, "address")?,
        phone: row.opt_string("phone")?,
        guardian: row::opt_from_json(row, TABLE, "guardian")?,
    })
}

/// Reads a patient.
pub fn get(tx: &mut Tx<'_>, id: PatientId) -> Result<Patient> {
    let row = tx
        .query_opt("SELECT * FROM patient WHERE id = $1", params![id.to_string()])?
        .ok_or(RecordError::Missing("patient"))?;
    read(&row)
}

/// The patient with that number in a domain of identification; follows merges.
pub fn by_identifier(tx: &mut Tx<'_>, authority: &str, value: &str) -> Result<Option<Patient>> {
    tx.query_opt(
        "SELECT p.* FROM patient_identifier i JOIN patient p ON p.id = i.patient_id \
         WHERE i.authority = $1 AND i.value = $2",
        params![authority, value],
    )?
    .map(|row| read(&row))
    .transpose()
}

/// Creates a patient with their number in a domain; answers the number given in the laboratory.
pub fn insert(tx: &mut Tx<'_>, patient: &Patient, now: Timestamp) -> Result<()> {
    write(
        tx,
        patient,
        "INSERT INTO patient (id, local_id, birth_name, first_given, given_names, birth_date, sex, birth_place, \
         used_name, used_given, status, ins, ins_authority, opposed_dmp, opposed_mssante_pro, \
         opposed_mssante_patient, address, phone, guardian, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
        Some(now),
    )
}

/// Rewrites a patient.
pub fn update(tx: &mut Tx<'_>, patient: &Patient) -> Result<()> {
    write(
        tx,
        patient,
        "UPDATE patient SET local_id = $2, birth_name = $3, first_given = $4, given_names = $5, birth_date = $6, \
         sex = $7, birth_place = $8, used_name = $9, used_given = $10, status = $11, ins = $12, ins_authority = $13, \
         opposed_dmp = $14, opposed_mssante_pro = $15, opposed_mssante_patient = $16, address = $17, phone = $18, \
         guardian = $19 WHERE id = $1",
        None,
    )
}

fn write(tx: &mut Tx<'_>, patient: &Patient, sql: &str, created_at: Option<Timestamp>) -> Result<()> {
    let traits = &patient.traits;
    let mut values = params![
        patient.id.to_string(),
        &patient.local_id,
        &traits.birth_name,
        &traits.first_given,
        &traits.given_names,
        traits.birth_date.map(|date| date.to_string()),
        to_table(SEXES, &traits.sex),
        &traits.birth_place,
        &traits.used_name,
        &traits.used_given,
        patient.status.code(),
        patient.ins.as_ref().map(|ins| ins.matricule.as_str()),
        patient.ins.as_ref().map(|ins| to_table(AUTHORITIES, &ins.authority)),
        patient.oppositions.dmp,
        patient.oppositions.mssante_pro,
        patient.oppositions.mssante_patient,
        row::opt_json(patient.address.as_ref()),
        &patient.phone,
        row::opt_json(patient.guardian.as_ref()),
    ]
    .to_vec();
    values.extend(created_at.map(|at| store::Value::from(row::micros(at))));
    tx.execute(sql, &values)?;
    Ok(())
}

/// Ties a number of a domain to a patient.
pub fn identify(tx: &mut Tx<'_>, authority: &str, value: &str, patient: PatientId) -> Result<()> {
    tx.execute(
        "INSERT INTO patient_identifier (authority, value, patient_id) VALUES ($1, $2, $3) \
         ON CONFLICT (authority, value) DO UPDATE SET patient_id = excluded.patient_id",
        params![authority, value, patient.to_string()],
    )?;
    Ok(())
}

/// The next number in the laboratory, from 1, never given twice.
pub fn next_local_id(tx: &mut Tx<'_>) -> Result<String> {
    Ok(format!("P{:07}", crate::orders::next_in_sequence(tx, "patient")?))
}

/// Moves everything of one patient to another; the merged record stays, pointing at the survivor.
pub fn merge(tx: &mut Tx<'_>, victim: PatientId, survivor: PatientId) -> Result<()> {
    let (victim, survivor) = (victim.to_string(), survivor.to_string());
    for sql in [
        "UPDATE lab_order SET patient_id = $2 WHERE patient_id = $1",
        "UPDATE observation SET patient_id = $2 WHERE patient_id = $1",
        "UPDATE work_item SET patient_id = $2 WHERE patient_id = $1",
        "UPDATE patient_identifier SET patient_id = $2 WHERE patient_id = $1",
        "UPDATE patient SET merged_into = $2, ins = NULL, ins_authority = NULL WHERE id = $1",
    ] {
        tx.execute(sql, params![&victim, &survivor])?;
    }
    Ok(())
}

/// Records an event of the identity: status, INS, opposition or merge.
pub fn add_event(tx: &mut Tx<'_>, ids: &mut dyn Ids, patient: PatientId, event: &PatientEvent<'_>) -> Result<()> {
    tx.execute(
        "INSERT INTO patient_event (id, patient_id, at, author, kind, detail, message_id) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![
            ids.uuid().to_string(),
            patient.to_string(),
            row::micros(event.at),
            event.author,
            event.kind,
            event.detail,
            event.message.map(|id| id.to_string()),
        ],
    )?;
    Ok(())
}

/// An event of an identity.
pub struct PatientEvent<'a> {
    /// When.
    pub at: Timestamp,
    /// Who: an account's login or a connection's label.
    pub author: &'a str,
    /// `status`, `ins`, `opposition` or `merge`.
    pub kind: &'static str,
    /// What, in codes: `PROV>QUAL`, `dmp=1`.
    pub detail: &'a str,
    /// The message that brought it.
    pub message: Option<MessageId>,
}

/// The events of a patient, oldest first: time, author, kind, detail.
pub fn events(tx: &mut Tx<'_>, patient: PatientId) -> Result<Vec<(Timestamp, String, String, String)>> {
    tx.query(
        "SELECT at, author, kind, detail FROM patient_event WHERE patient_id = $1 ORDER BY id",
        params![patient.to_string()],
    )?
    .iter()
    .map(|row| {
        Ok((row::time(row, "patient_event", "at")?, row.string("author")?, row.string("kind")?, row.string("detail")?))
    })
    .collect()
}

/// Patients whose birth date and the beginning of their birth or used name fit, at most 50.
///
/// Source: Ségur SGL.INS.07 (search by birth date, optionally the first letters of the name).
pub fn search(tx: &mut Tx<'_>, birth_date: Option<&str>, name_prefix: &str) -> Result<Vec<Patient>> {
    let pattern = format!("{}%", name_prefix.to_uppercase().replace(['%', '_'], ""));
    let rows = match birth_date {
        Some(date) => tx.query(
            "SELECT * FROM patient WHERE merged_into IS NULL AND birth_date = $1 AND (birth_name LIKE $2 OR used_name LIKE $2) \
             ORDER BY birth_name, first_given LIMIT 50",
            params![date, &pattern],
        )?,
        None => tx.query(
            "SELECT * FROM patient WHERE merged_into IS NULL AND (birth_name LIKE $1 OR used_name LIKE $1) \
             ORDER BY birth_name, first_given LIMIT 50",
            params![&pattern],
        )?,
    };
    rows.iter().map(read).collect()
}

/// A fresh identifier in text form, for tables without a type of their own.
pub(crate) fn fresh(ids: &mut dyn Ids) -> String {
    let id: Uuid = ids.uuid();
    id.to_string()
}

/// Whether a number of the laboratory is taken.
pub fn local_id_exists(tx: &mut Tx<'_>, local_id: &str) -> Result<bool> {
    Ok(tx.query_opt("SELECT 1 AS one FROM patient WHERE local_id = $1", params![local_id])?.is_some())
}
