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
    /// Nothing was handed over, by a refusal or a failure met with this message; trying again may work.
    Temporary,
    /// The service itself could not be spoken to: that says nothing about this recipient.
    Unreachable,
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
    /// When to stop, from the first refusal of this recipient.
    pub give_up_after: SignedDuration,
    /// When to stop while the service itself does not answer, from planning: an outage is not the recipient's fault.
    /// Source: RFC 5321 §4.5.4.1, which advises four to five days.
    pub unreachable_give_up_after: SignedDuration,
    /// How long to wait for a notification before a mail of unknown outcome is sent again.
    pub unknown_grace: SignedDuration,
    /// How long the mail of a correction waits for the notification of the mail that it replaces.
    pub order_patience: SignedDuration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_delay: SignedDuration::from_secs(30),
            longest_delay: SignedDuration::from_mins(30),
            give_up_after: SignedDuration::from_hours(24),
            unreachable_give_up_after: SignedDuration::from_hours(5 * 24),
            unknown_grace: SignedDuration::from_mins(15),
            order_patience: SignedDuration::from_mins(2),
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

/// What is known of a delivery when an attempt ends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct History {
    /// Attempts made, this one included.
    pub n_attempts: u32,
    /// When it was planned, or when a person last asked to try again.
    pub since: Timestamp,
    /// When it was first refused since then; `None` when this attempt is the first to be.
    pub refused_since: Option<Timestamp>,
    /// What the channel can say about an unknown outcome.
    pub repeatable: Repeatable,
    /// Which part of the quarter of a delay is added to it, of 255: deliveries that failed together come back apart.
    pub spread: u8,
}

/// Decides what follows an attempt.
pub fn after_attempt(outcome: AttemptOutcome, history: &History, now: Timestamp, policy: &RetryPolicy) -> NextStep {
    let ended = |state| NextStep { state, due_at: None };
    match (outcome, history.repeatable) {
        (AttemptOutcome::Accepted, _) => ended(DeliveryState::Accepted),
        (AttemptOutcome::Received, _) => ended(DeliveryState::Received),
        (AttemptOutcome::Permanent | AttemptOutcome::NeedsOperator, _) => ended(DeliveryState::Failed),
        (AttemptOutcome::Unknown, Repeatable::SeenTwice) => {
            NextStep { state: DeliveryState::Sent, due_at: Some(now + policy.unknown_grace) }
        }
        (AttemptOutcome::Unreachable, _) => {
            retry(history, now, history.since + policy.unreachable_give_up_after, policy)
        }
        (AttemptOutcome::Temporary, _) | (AttemptOutcome::Unknown, Repeatable::Recognized) => {
            let until = history.refused_since.unwrap_or(now) + policy.give_up_after;
            retry(history, now, until, policy)
        }
    }
}

fn retry(history: &History, now: Timestamp, until: Timestamp, policy: &RetryPolicy) -> NextStep {
    let due_at = now + delay(history.n_attempts, history.spread, policy);
    if due_at > until {
        NextStep { state: DeliveryState::Failed, due_at: None }
    } else {
        NextStep { state: DeliveryState::Retrying, due_at: Some(due_at) }
    }
}

/// How long to wait after the `n`-th failure (from 1): doubling up to the longest, then spread over a quarter more.
pub fn delay(n: u32, spread: u8, policy: &RetryPolicy) -> SignedDuration {
    let doublings = n.saturating_sub(1).min(16);
    let delay = policy.first_delay.saturating_mul(1 << doublings).min(policy.longest_delay);
    delay + delay * i32::from(spread) / 1020
}

/// Another version's mail to the same box, handed over before this one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Earlier {
    /// Where it stands.
    pub state: DeliveryState,
    /// Whether someone is sending it right now.
    pub is_under_way: bool,
    /// When it was last tried.
    pub tried_at: Option<Timestamp>,
}

/// What a mail that is due may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// Leave now.
    Now,
    /// Look again then.
    At(Timestamp),
    /// Never: a later version says it better.
    Never,
}

/// Decides whether a mail may follow the mails of earlier versions to the same box, so that they arrive in order.
///
/// `answering_since` is when the operator began to answer again: what it took before its outage is delivered first.
/// A mail waits at most [`RetryPolicy::order_patience`] for an answer that may never come.
pub fn turn(
    is_replaced: bool,
    earlier: &[Earlier],
    answering_since: Timestamp,
    now: Timestamp,
    policy: &RetryPolicy,
) -> Turn {
    if is_replaced {
        return Turn::Never;
    }
    let look_again = Turn::At(now + SignedDuration::from_secs(2));
    for mail in earlier {
        let is_unanswered = matches!(mail.state, DeliveryState::Sent | DeliveryState::Accepted);
        let waited_since = mail.tried_at.map(|it| it.max(answering_since));
        if mail.is_under_way || is_unanswered && waited_since.is_some_and(|since| now < since + policy.order_patience) {
            return look_again;
        }
    }
    Turn::Now
}

/// Decides whether a mail of unknown outcome may be sent again: only once the operator answered, and its notifications
/// could be read, for as long as one takes to come.
///
/// `unknown_since` is when the last attempt ended so; `read_until` when the return box was last read to its end. `None`: a person decides, too much time has passed.
pub fn again(
    planned_at: Timestamp,
    unknown_since: Timestamp,
    answering_since: Timestamp,
    read_until: Option<Timestamp>,
    now: Timestamp,
    policy: &RetryPolicy,
) -> Option<Turn> {
    let known_from = unknown_since.max(answering_since) + policy.unknown_grace;
    if now >= known_from && read_until.is_some_and(|read| read >= known_from) {
        return Some(Turn::Now);
    }
    (now < planned_at + policy.unreachable_give_up_after)
        .then(|| Turn::At(known_from.max(now + SignedDuration::from_secs(2))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    fn next(outcome: AttemptOutcome, n: u32, now: i64, refused: Option<i64>, repeatable: Repeatable) -> NextStep {
        let history = History { n_attempts: n, since: at(0), refused_since: refused.map(at), repeatable, spread: 0 };
        after_attempt(outcome, &history, at(now), &RetryPolicy::default())
    }

    #[test]
    fn delays_double_up_to_the_longest_and_are_spread_over_a_quarter_more() {
        for (n, delay) in [(1, 30), (2, 60), (3, 120), (7, 1800), (60, 1800)] {
            let step = next(AttemptOutcome::Temporary, n, 0, None, Repeatable::Recognized);
            assert_eq!(step, NextStep { state: DeliveryState::Retrying, due_at: Some(at(delay)) }, "{n}");
        }
        let policy = RetryPolicy::default();
        assert_eq!(delay(7, 255, &policy), SignedDuration::from_secs(2250));
        assert!((0..=254).all(|spread| delay(7, spread, &policy) < delay(7, spread + 1, &policy)));
    }

    #[test]
    fn every_delivery_ends_after_a_day_of_refusals() {
        let failed = NextStep { state: DeliveryState::Failed, due_at: None };
        assert_eq!(next(AttemptOutcome::Temporary, 60, 86_000, Some(0), Repeatable::Recognized), failed);
        let after_an_outage = next(AttemptOutcome::Temporary, 60, 200_000, None, Repeatable::Recognized);
        assert_eq!(after_an_outage.state, DeliveryState::Retrying, "the day of the recipient begins with its refusal");
    }

    #[test]
    fn an_outage_of_the_service_does_not_end_a_delivery_for_days() {
        for (days, state) in [(1, DeliveryState::Retrying), (4, DeliveryState::Retrying), (5, DeliveryState::Failed)] {
            let step = next(AttemptOutcome::Unreachable, 60, days * 86_400, None, Repeatable::SeenTwice);
            assert_eq!(step.state, state, "{days} days");
        }
    }

    #[test]
    fn a_mail_of_unknown_outcome_waits_for_its_notification_before_it_is_sent_again() {
        let step = next(AttemptOutcome::Unknown, 1, 0, None, Repeatable::SeenTwice);
        assert_eq!(step, NextStep { state: DeliveryState::Sent, due_at: Some(at(900)) });
        let step = next(AttemptOutcome::Unknown, 1, 0, None, Repeatable::Recognized);
        assert_eq!(step.state, DeliveryState::Retrying);
    }

    #[test]
    fn a_mail_of_unknown_outcome_is_sent_again_only_when_its_notification_could_have_come() {
        let again = |answering, read: Option<i64>, now| {
            again(at(0), at(0), at(answering), read.map(at), at(now), &RetryPolicy::default())
        };
        assert_eq!(again(0, Some(901), 902), Some(Turn::Now));
        assert_eq!(again(0, Some(899), 902), Some(Turn::At(at(904))), "the return box was not read since");
        assert_eq!(again(0, None, 902), Some(Turn::At(at(904))), "the return box was never read");
        assert_eq!(again(5000, Some(5001), 5001), Some(Turn::At(at(5900))), "the operator was down");
        assert_eq!(again(5000, Some(5901), 5902), Some(Turn::Now));
        assert_eq!(again(0, None, 5 * 86_400), None, "a person decides");
    }

    #[test]
    fn the_mail_of_a_correction_follows_the_mail_that_it_replaces() {
        use DeliveryState::{Accepted, Failed, Planned, Read, Received, Sent, Superseded};
        let policy = RetryPolicy::default();
        let earlier =
            |state, is_under_way, tried: Option<i64>| Earlier { state, is_under_way, tried_at: tried.map(at) };
        let turn = |it: &[Earlier], answering, now| turn(false, it, at(answering), at(now), &policy);
        for state in [Received, Read, Failed, Superseded] {
            assert_eq!(turn(&[earlier(state, false, Some(90))], 0, 100), Turn::Now, "{state:?}");
        }
        assert_eq!(turn(&[earlier(Planned, true, None)], 0, 100), Turn::At(at(102)), "someone holds it");
        for state in [Sent, Accepted] {
            assert_eq!(turn(&[earlier(state, false, Some(90))], 0, 100), Turn::At(at(102)), "{state:?}");
            assert_eq!(turn(&[earlier(state, false, Some(90))], 0, 211), Turn::Now, "{state:?}: not for ever");
            assert_eq!(turn(&[earlier(state, false, Some(90))], 5000, 5100), Turn::At(at(5102)), "after an outage");
        }
        assert_eq!(super::turn(true, &[], at(0), at(100), &policy), Turn::Never);
    }

    #[test]
    fn codes_are_read_back() {
        for (state, code) in STATES {
            assert_eq!(DeliveryState::from_code(code), Some(*state));
        }
    }
}
