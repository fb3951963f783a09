//! Delivery: try now, try later, stop, ask a person.

use jiff::{SignedDuration, Timestamp};

/// Where a delivery stands.
///
/// `Planned → Sent → Accepted → Received → Read`, with the others beside the line. Every delivery ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum DeliveryState {
    /// Decided, not tried.
    Planned,
    /// An attempt is under way, or its outcome is not known.
    Sent,
    /// The first hop said yes.
    Accepted,
    /// Accusé de réception: the registry's success, or the recipient's mail server.
    Received,
    /// Accusé de lecture.
    Read,
    /// Will be tried again.
    Retrying,
    /// Will not be tried again by itself; a person is told.
    Failed,
    /// A later version makes it useless before it left.
    Superseded,
    /// Not made, for a recorded reason.
    Withheld,
}

/// Every state with its stored code, in the order of the line.
const STATES: &[(DeliveryState, &str)] = &[
    (DeliveryState::Planned, "planned"),
    (DeliveryState::Sent, "sent"),
    (DeliveryState::Accepted, "accepted"),
    (DeliveryState::Received, "received"),
    (DeliveryState::Read, "read"),
    (DeliveryState::Retrying, "retrying"),
    (DeliveryState::Failed, "failed"),
    (DeliveryState::Superseded, "superseded"),
    (DeliveryState::Withheld, "withheld"),
];

impl DeliveryState {
    /// The stored code.
    pub fn code(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("planned", |(_, code)| code)
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        STATES.iter().find(|(_, known)| *known == code).map(|(state, _)| *state)
    }

    /// Whether nothing more is expected of the machine.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Received | Self::Read | Self::Failed | Self::Superseded | Self::Withheld)
    }
}

/// What is known of an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttemptOutcome {
    /// The peer took responsibility; its own acknowledgment follows (mail).
    Accepted,
    /// The peer's answer proves reception (registry success, or its duplicate answer with the same content).
    Received,
    /// Nothing was handed over; trying again may work.
    Temporary,
    /// The peer refused for good.
    Permanent,
    /// The bytes may have been handed over: no answer came.
    Unknown,
    /// Our settings are wrong (certificate, address of the service): no attempt helps before a person acts.
    NeedsOperator,
}

/// What the channel can say about an attempt of unknown outcome.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeatable {
    /// A second handing over is recognized by the peer (same identifiers at the registry): try again soon.
    Recognized,
    /// A second handing over would be seen twice (mail): wait for the notification first.
    SeenTwice,
}

/// Bounds of trying again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryPolicy {
    /// Delay after the first failure; doubles each time.
    pub first_delay: SignedDuration,
    /// Longest delay between two attempts.
    pub longest_delay: SignedDuration,
    /// When to stop, from planning.
    pub give_up_after: SignedDuration,
    /// How long to wait for a notification before a mail of unknown outcome is sent again.
    pub unknown_grace: SignedDuration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_delay: SignedDuration::from_secs(30),
            longest_delay: SignedDuration::from_mins(30),
            give_up_after: SignedDuration::from_hours(24),
            unknown_grace: SignedDuration::from_mins(15),
        }
    }
}

/// What to do after an attempt.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NextStep {
    /// New state.
    pub state: DeliveryState,
    /// When the worker looks at it again; `None` when it waits for an answer or has ended.
    pub due_at: Option<Timestamp>,
}

/// Decides what follows the `n_attempts`-th attempt (from 1).
pub fn after_attempt(
    outcome: AttemptOutcome,
    n_attempts: u32,
    planned_at: Timestamp,
    now: Timestamp,
    repeatable: Repeatable,
    policy: &RetryPolicy,
) -> NextStep {
    let ended = |state| NextStep { state, due_at: None };
    match (outcome, repeatable) {
        (AttemptOutcome::Accepted, _) => ended(DeliveryState::Accepted),
        (AttemptOutcome::Received, _) => ended(DeliveryState::Received),
        (AttemptOutcome::Permanent | AttemptOutcome::NeedsOperator, _) => ended(DeliveryState::Failed),
        (AttemptOutcome::Unknown, Repeatable::SeenTwice) => {
            NextStep { state: DeliveryState::Sent, due_at: Some(now + policy.unknown_grace) }
        }
        (AttemptOutcome::Temporary, _) | (AttemptOutcome::Unknown, Repeatable::Recognized) => {
            retry(n_attempts, planned_at, now, policy)
        }
    }
}

fn retry(n_attempts: u32, planned_at: Timestamp, now: Timestamp, policy: &RetryPolicy) -> NextStep {
    let doublings = n_attempts.saturating_sub(1).min(16);
    let delay = policy.first_delay.saturating_mul(1 << doublings).min(policy.longest_delay);
    let due_at = now + delay;
    if due_at.duration_since(planned_at) > policy.give_up_after {
        NextStep { state: DeliveryState::Failed, due_at: None }
    } else {
        NextStep { state: DeliveryState::Retrying, due_at: Some(due_at) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn next(outcome: AttemptOutcome, n: u32, now: i64, repeatable: Repeatable) -> NextStep {
        after_attempt(outcome, n, at(0), at(now), repeatable, &RetryPolicy::default())
    }

    #[test]
    fn delays_double_up_to_the_longest() {
        for (n, delay) in [(1, 30), (2, 60), (3, 120), (7, 1800), (60, 1800)] {
            let step = next(AttemptOutcome::Temporary, n, 0, Repeatable::Recognized);
            assert_eq!(step, NextStep { state: DeliveryState::Retrying, due_at: Some(at(delay)) }, "{n}");
        }
    }

    #[test]
    fn every_delivery_ends_after_a_day_of_failures() {
        let step = next(AttemptOutcome::Temporary, 60, 86_000, Repeatable::Recognized);
        assert_eq!(step, NextStep { state: DeliveryState::Failed, due_at: None });
    }

    #[test]
    fn a_mail_of_unknown_outcome_waits_for_its_notification_before_it_is_sent_again() {
        let step = next(AttemptOutcome::Unknown, 1, 0, Repeatable::SeenTwice);
        assert_eq!(step, NextStep { state: DeliveryState::Sent, due_at: Some(at(900)) });
        let step = next(AttemptOutcome::Unknown, 1, 0, Repeatable::Recognized);
        assert_eq!(step.state, DeliveryState::Retrying);
    }

    #[test]
    fn codes_are_read_back() {
        for (state, code) in STATES {
            assert_eq!(DeliveryState::from_code(code), Some(*state));
        }
    }
}
