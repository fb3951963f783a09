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
