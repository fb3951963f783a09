//! Acknowledgment: which state an answer proves.

use crate::delivery::DeliveryState;

/// What an answer says about a delivery.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Proof {
    /// The recipient's server has it (DSN delivered, relayed, expanded; registry success).
    Received,
    /// Handing over takes longer (DSN delayed).
    Delayed,
    /// It was not handed over (DSN failed, bounce).
    NotReceived,
    /// A person or a system read it (MDN displayed, processed).
    Read,
    /// The recipient's system could not file it (MDN error 900–906).
    NotFiled,
}

/// What a recipient's system lacked to file a document: who acts on it, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NotFiled {
    /// It knows another identity, or none (902 to 905): the identity is compared with the recipient.
    Identity,
    /// The version, or who may send it, does not suit it (900, 901).
    Version,
    /// Anything else (906), or a code that is not published.
    Other,
}

impl NotFiled {
    /// From the three digits of an integration failure.
    ///
    /// Source: CI-SIS Transmission au LPS d'un document CDA 1.1.3, `applicationErrorCondition`.
    pub fn of(code: Option<u16>) -> Self {
        match code {
            Some(902..=905) => Self::Identity,
            Some(900 | 901) => Self::Version,
            _ => Self::Other,
        }
    }
}

/// The state after an answer. Answers may come late, twice or out of order: a better state is never lost.
pub fn apply(state: DeliveryState, proof: Proof) -> DeliveryState {
    use DeliveryState::{Accepted, Failed, Read, Received, Retrying, Sent, Superseded, Withheld};
    match (state, proof) {
        (Withheld | Superseded, _) => state,
        (_, Proof::Read) => Read,
        (Read, _) => Read,
        (_, Proof::Received) => Received,
        (Received, Proof::NotReceived | Proof::Delayed) => Received,
        (_, Proof::NotReceived) => Failed,
        // Received all the same: the work item says that the recipient could not file it.
        (_, Proof::NotFiled) => Received,
        // The operator has it after all: an attempt of unknown outcome is not made again.
        (Sent | Retrying, Proof::Delayed) => Accepted,
        (_, Proof::Delayed) => state,
    }
}

/// Who speaks in an answer, and about whom; every address as written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Witness<'a> {
    /// The operator's notification of a handing over (DSN): the address that we gave, and the one it came to.
    Operator {
        /// `Original-Recipient`.
        original: Option<&'a str>,
        /// `Final-Recipient`.
        last: Option<&'a str>,
    },
    /// The recipient, or the system behind its box (MDN, integration failure).
    Recipient {
        /// `From`.
        author: Option<&'a str>,
        /// `Final-Recipient`, or `Original-Recipient`.
        about: Option<&'a str>,
    },
}

/// Whether an answer may be believed about the mail to this address.
///
/// The operator names the address that we gave it, or where the mail came to: the same address, or the same domain when
/// it told only that, as an alias does. The recipient writes from its own box; a gateway of the same domain may write for
/// it when it names it. Anything else is for a person to read: whoever received one mail knows how to forge an answer to
/// it, but writes from an address that its own operator checked.
pub fn is_believable(address: &str, witness: &Witness<'_>) -> bool {
    let is_it = |told: &str| told.trim().eq_ignore_ascii_case(address);
    let is_beside = |told: &str| match (domain(told), domain(address)) {
        (Some(told), Some(known)) => told.trim().eq_ignore_ascii_case(known),
        _ => false,
    };
    match *witness {
        Witness::Operator { original: Some(original), .. } => is_it(original),
        Witness::Operator { original: None, last } => last.is_some_and(is_beside),
        Witness::Recipient { author: Some(author), about } => {
            is_it(author) || is_beside(author) && about.is_none_or(is_it)
        }
        Witness::Recipient { author: None, .. } => false,
    }
}

fn domain(address: &str) -> Option<&str> {
    address.rsplit_once('@').map(|(_, domain)| domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOX: &str = "claire.moreau@medecin.test.mssante.fr";

    #[test]
    fn an_operator_is_believed_about_the_address_that_it_was_given() {
        let told = |original, last| is_believable(BOX, &Witness::Operator { original, last });
        assert!(told(Some(BOX), None) && told(Some("CLAIRE.Moreau@medecin.test.mssante.fr"), Some("x@y.fr")));
        assert!(told(None, Some(BOX)) && told(None, Some("cabinet@medecin.test.mssante.fr")), "an alias");
        assert!(!told(None, None) && !told(None, Some("x@y.fr")) && !told(None, Some("nobody")));
        assert!(!told(Some("antoine.rossi@medecin.test.mssante.fr"), Some(BOX)), "it speaks of another mail");
    }

    #[test]
    fn a_recipient_is_believed_from_its_own_box_or_by_its_own_gateway() {
        let told = |author, about| is_believable(BOX, &Witness::Recipient { author, about });
        assert!(told(Some(BOX), None) && told(Some(BOX), Some("x@y.fr")));
        assert!(told(Some("passerelle@medecin.test.mssante.fr"), Some(BOX)));
        assert!(told(Some("passerelle@medecin.test.mssante.fr"), None));
        assert!(!told(Some("passerelle@medecin.test.mssante.fr"), Some("antoine.rossi@medecin.test.mssante.fr")));
        assert!(!told(Some("x@y.fr"), Some(BOX)) && !told(None, Some(BOX)), "anyone may name the box");
        assert!(!told(Some("x@medecin.test.mssante.fr.evil.fr"), Some(BOX)));
    }
    use DeliveryState::{Accepted, Failed, Read, Received, Sent, Withheld};

    #[test]
    fn answers_in_any_order_lead_to_the_best_state_proved() {
        let table: [(DeliveryState, &[Proof], DeliveryState); 9] = [
            (Accepted, &[Proof::Received], Received),
            (Sent, &[Proof::Received], Received),
            (Accepted, &[Proof::Read, Proof::Received], Read),
            (Accepted, &[Proof::Received, Proof::NotReceived], Received),
            (Accepted, &[Proof::NotReceived], Failed),
            (Failed, &[Proof::Received], Received),
            (Withheld, &[Proof::Received], Withheld),
            (Sent, &[Proof::Delayed], Accepted),
            (Failed, &[Proof::Delayed], Failed),
        ];
        for (start, proofs, expected) in table {
            let end = proofs.iter().fold(start, |state, proof| apply(state, *proof));
            assert_eq!(end, expected, "{start:?} {proofs:?}");
        }
    }
}
