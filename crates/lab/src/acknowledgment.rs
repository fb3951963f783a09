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
    use DeliveryState::{Failed, Read, Received, Superseded, Withheld};
    match (state, proof) {
        (Withheld | Superseded, _) => state,
        (_, Proof::Read) => Read,
        (Read, _) => Read,
        (_, Proof::Received) => Received,
        (Received, Proof::NotReceived | Proof::Delayed) => Received,
        (_, Proof::NotReceived) => Failed,
        // Received all the same: the work item says that the recipient could not file it.
        (_, Proof::NotFiled) => Received,
        (_, Proof::Delayed) => state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Accepted, Failed, Read, Received, Sent, Withheld};

    #[test]
    fn answers_in_any_order_lead_to_the_best_state_proved() {
        let table: [(DeliveryState, &[Proof], DeliveryState); 7] = [
            (Accepted, &[Proof::Received], Received),
            (Sent, &[Proof::Received], Received),
            (Accepted, &[Proof::Read, Proof::Received], Read),
            (Accepted, &[Proof::Received, Proof::NotReceived], Received),
            (Accepted, &[Proof::NotReceived], Failed),
            (Failed, &[Proof::Received], Received),
            (Withheld, &[Proof::Received], Withheld),
        ];
        for (start, proofs, expected) in table {
            let end = proofs.iter().fold(start, |state, proof| apply(state, *proof));
            assert_eq!(end, expected, "{start:?} {proofs:?}");
        }
    }
}
