//! The INS in the document. Findings `CRBIO-L14`, `CRBIO-L18`.

use super::{Parts, path};
use ins::{Environment, authority_of};
use lab::{
    finding::Finding,
    patient::{IdentityStatus, InsMatricule},
};

/// L14: a matricule has the right key, and one document is of one world, real or test.
pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let mut first = None;
    for id in &parts.ids {
        let Some(authority) = id.attribute("root").and_then(authority_of) else {
            continue;
        };
        let is_right = id.attribute("extension").is_some_and(|it| InsMatricule::parse(it).is_ok());
        let is_test = Environment::Test.accepts(authority);
        if !is_right || *first.get_or_insert(is_test) != is_test {
            findings.push(Finding::error("CRBIO-L14", path(*id)));
        }
    }
}

/// L18: an INS leaves only when the identity is qualified. Source: RNIV; Ségur SGL.INS.37.
pub(super) fn not_qualified(parts: &Parts<'_, '_>, identity: IdentityStatus, findings: &mut Vec<Finding>) {
    if identity == IdentityStatus::Qualified {
        return;
    }
    for id in &parts.ids {
        if id.attribute("root").and_then(authority_of).is_some() {
            findings.push(Finding::error("CRBIO-L18", path(*id)));
        }
    }
}
