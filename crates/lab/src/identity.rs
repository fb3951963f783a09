//! Identity: what an announced identity may become here, and what it allows.
//!
//! In: what we know, what a sender announces, how far we trust the sender. Out: the identity to keep, findings.

use crate::{
    finding::Finding,
    patient::{IdentityStatus, Ins, Patient, Traits},
    redact_debug,
};

/// How far a sender is trusted about identities.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdentityTrust {
    /// The sender is our own identity domain.
    OwnDomain,
    /// Another domain, covered by a recorded trust contract.
    Contract,
    /// Another domain: its INS must be verified here first.
    None,
}

/// An identity as announced by a sender.
#[derive(Clone, PartialEq, Eq)]
pub struct AnnouncedIdentity {
    /// Traits.
    pub traits: Traits,
    /// The INS as announced: absent, readable, or refused by its key or form.
    pub ins: AnnouncedIns,
    /// The sender states that the identity is validated (HL7 v2: PID-32 holds `VALI`).
    pub stated_valid: bool,
    /// The sender states that the identity is doubtful or fictive.
    pub stated_doubtful: bool,
}
redact_debug!(AnnouncedIdentity);

/// An announced INS.
#[derive(Clone, PartialEq, Eq)]
pub enum AnnouncedIns {
    /// None was announced: nothing is said about an INS already known.
    Absent,
    /// The sender asks to delete the INS (HL7 v2: `""` in the identifier).
    Removed,
    /// Well formed, key right.
    Present(Ins),
    /// Announced but unreadable: wrong length, character, key or authority.
    Refused {
        /// Which field, for the finding.
        place: String,
        /// `INS-KEY`, `INS-FORM` or `INS-AUTHORITY`.
        code: &'static str,
    },
}
redact_debug!(AnnouncedIns);

/// What an announced identity becomes here.
#[derive(Clone, PartialEq, Eq)]
pub struct IdentityDecision {
    /// Traits to keep.
    pub traits: Traits,
    /// Status to keep.
    pub status: IdentityStatus,
    /// INS to keep.
    pub ins: Option<Ins>,
    /// What a person should know; a warning or error opens a work item.
    pub findings: Vec<Finding>,
}
redact_debug!(IdentityDecision);

/// Decides what becomes of an announced identity.
///
/// An INS is accepted only when it is well formed, stated valid, complete with its traits, and announced by our own
/// domain or under a trust contract. Otherwise the rest of the identity is kept without it.
/// A qualified identity is never changed by a sender that is not trusted: the difference is a finding.
///
/// Source: PAM France 2.11 (INS accepted only with PID-32 `VALI`); Ségur SGL.INS.38/.39 (re-qualify an INS of another
/// domain unless a trust contract exists), SGL.INS.54 (not VALI: keep traits, drop INS).
pub fn receive(known: Option<&Patient>, announced: &AnnouncedIdentity, trust: IdentityTrust) -> IdentityDecision {
    let mut findings = Vec::new();
    let trusted = trust != IdentityTrust::None;

    if let Some(known) = known
        && !trusted
        && known.status == IdentityStatus::Qualified
    {
        if !known.traits.same_strict(&announced.traits) {
            findings.push(Finding::warning("IDENTITY-DIFFERS", "PID-5"));
        }
        return kept(known, findings);
    }

    let ins = acceptable_ins(announced, trusted, &mut findings);
    let status = match (&ins, announced.stated_doubtful, trusted && announced.stated_valid) {
        (_, true, _) => IdentityStatus::Provisional,
        (Some(_), false, _) => IdentityStatus::Qualified,
        (None, false, true) => IdentityStatus::Validated,
        (None, false, false) => IdentityStatus::Provisional,
    };
    let mut decision = IdentityDecision { traits: announced.traits.clone(), status, ins, findings };
    keep_known_ins(known, announced, trusted, &mut decision);
    decision
}

/// A trusted message that says nothing of the INS leaves a qualified identity as it is when its strict traits agree,
/// and withdraws the INS when they differ.
///
/// Source: RNIV rule 27 (a changed strict trait invalidates the matricule).
fn keep_known_ins(
    known: Option<&Patient>,
    announced: &AnnouncedIdentity,
    trusted: bool,
    decision: &mut IdentityDecision,
) {
    let Some(known) = known.filter(|known| known.ins.is_some()) else { return };
    if announced.ins != AnnouncedIns::Absent || !trusted || announced.stated_doubtful {
        return;
    }
    if known.traits.same_strict(&announced.traits) {
        decision.status = known.status;
        decision.ins = known.ins.clone();
    } else {
        decision.findings.push(Finding::warning("INS-WITHDRAWN-TRAITS-CHANGED", "PID-5"));
    }
}

fn kept(known: &Patient, findings: Vec<Finding>) -> IdentityDecision {
    IdentityDecision { traits: known.traits.clone(), status: known.status, ins: known.ins.clone(), findings }
}

fn acceptable_ins(announced: &AnnouncedIdentity, trusted: bool, findings: &mut Vec<Finding>) -> Option<Ins> {
    let ins = match &announced.ins {
        AnnouncedIns::Absent => return None,
        AnnouncedIns::Removed => {
            findings.push(Finding::information("INS-REMOVED", "PID-3"));
            return None;
        }
        AnnouncedIns::Refused { place, code } => {
            findings.push(Finding::error(code, place));
            return None;
        }
        AnnouncedIns::Present(ins) => ins,
    };
    if announced.stated_doubtful {
        findings.push(Finding::warning("INS-DOUBTFUL", "PID-32"));
    } else if !announced.stated_valid {
        findings.push(Finding::warning("INS-NOT-VALI", "PID-32"));
    } else if !trusted {
        findings.push(Finding::warning("INS-NO-TRUST", "PID-3"));
    } else if !announced.traits.are_complete() {
        findings.push(Finding::warning("INS-TRAITS-MISSING", "PID-5"));
    } else {
        return Some(ins.clone());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::PatientId;
    use crate::patient::{InsAuthority, InsMatricule, Oppositions, Sex};

    fn traits() -> Traits {
        Traits {
            birth_name: "PAT-TROIS".into(),
            first_given: "DOMINIQUE".into(),
            given_names: "DOMINIQUE MARIE-LOUISE".into(),
            birth_date: Some(jiff::civil::date(1979, 3, 28)),
            sex: Sex::Female,
            birth_place: Some("63220".into()),
            used_name: None,
            used_given: None,
        }
    }

    fn ins() -> Ins {
        let matricule = InsMatricule::parse("279035121518989").expect("a published test matricule");
        Ins { matricule, authority: InsAuthority::NirTest }
    }

    fn announced(ins: AnnouncedIns, stated_valid: bool) -> AnnouncedIdentity {
        AnnouncedIdentity { traits: traits(), ins, stated_valid, stated_doubtful: false }
    }

    fn codes(decision: &IdentityDecision) -> Vec<&'static str> {
        decision.findings.iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn an_ins_is_accepted_only_when_stated_valid_by_a_trusted_sender() {
        use IdentityStatus::{Provisional, Qualified};
        let table: [(bool, IdentityTrust, IdentityStatus, &[&str]); 5] = [
            (true, IdentityTrust::OwnDomain, Qualified, &[]),
            (true, IdentityTrust::Contract, Qualified, &[]),
            (true, IdentityTrust::None, Provisional, &["INS-NO-TRUST"]),
            (false, IdentityTrust::OwnDomain, Provisional, &["INS-NOT-VALI"]),
            (false, IdentityTrust::None, Provisional, &["INS-NOT-VALI"]),
        ];
        for (valid, trust, status, expected) in table {
            let decision = receive(None, &announced(AnnouncedIns::Present(ins()), valid), trust);
            assert_eq!(decision.status, status, "{valid} {trust:?}");
            assert_eq!(decision.ins.is_some(), status == Qualified);
            assert_eq!(codes(&decision), expected);
        }
    }

    #[test]
    fn a_wrong_key_drops_the_ins_and_keeps_the_traits() {
        let refused = AnnouncedIns::Refused { place: "PID-3[2]".into(), code: "INS-KEY" };
        let decision = receive(None, &announced(refused, true), IdentityTrust::OwnDomain);
        assert!(decision.ins.is_none());
        assert_eq!(decision.status, IdentityStatus::Validated);
        assert_eq!(codes(&decision), ["INS-KEY"]);
    }

    #[test]
    fn an_untrusted_sender_cannot_change_a_qualified_identity() {
        let known = Patient {
            id: PatientId(uuid::Uuid::nil()),
            local_id: "1".into(),
            traits: traits(),
            status: IdentityStatus::Qualified,
            ins: Some(ins()),
            oppositions: Oppositions::default(),
            guardian: None,
            address: None,
            phone: None,
        };
        let mut other = announced(AnnouncedIns::Absent, true);
        other.traits.birth_name = "AUTRE".into();
        let decision = receive(Some(&known), &other, IdentityTrust::None);
        assert_eq!(decision.traits.birth_name, "PAT-TROIS");
        assert_eq!(codes(&decision), ["IDENTITY-DIFFERS"]);
        // Our own domain may, and the INS goes with the old traits.
        let decision = receive(Some(&known), &other, IdentityTrust::OwnDomain);
        assert_eq!(decision.traits.birth_name, "AUTRE");
        assert!(decision.ins.is_none());
    }

    #[test]
    fn a_doubtful_identity_falls_back_to_provisional_without_ins() {
        let mut doubtful = announced(AnnouncedIns::Present(ins()), true);
        doubtful.stated_doubtful = true;
        let decision = receive(None, &doubtful, IdentityTrust::OwnDomain);
        assert_eq!(decision.status, IdentityStatus::Provisional);
        assert!(decision.ins.is_none());
    }
}
