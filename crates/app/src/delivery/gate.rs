//! The gate before the operator: closed while it cannot be spoken to, opened by one probe, not by a crowd.
//!
//! In: what became of connections. Out: whether mails may try. While it is closed no mail is tried, so that an outage
//! costs one connection now and then instead of one a mail, and uses up the patience of no recipient.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use lab::delivery::{RetryPolicy, delay};

/// Whether the operator answers, as far as this process knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// It answers, or nobody has asked yet.
    Open { since: Timestamp },
    /// It did not; someone may ask again then.
    Closed { probe_at: Timestamp, n_failures: u32 },
}

/// What a mail may do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Passage {
    /// Try.
    Open,
    /// Try, alone: whether the operator answers again depends on it.
    Probe,
    /// Wait until then.
    Closed(Timestamp),
}

/// What a connection that could not be opened means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closed {
    /// When to ask again.
    pub(super) probe_at: Timestamp,
    /// Whether nobody knew before.
    pub(super) is_news: bool,
}

/// One operator's gate.
pub(super) struct Gate(Mutex<State>);

impl Gate {
    pub(super) fn new(now: Timestamp) -> Self {
        Self(Mutex::new(State::Open { since: now }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Since when the operator answers; now, while it does not.
    pub(super) fn answering_since(&self, now: Timestamp) -> Timestamp {
        match *self.state() {
            State::Open { since } => since,
            State::Closed { .. } => now,
        }
    }

    /// Asks for passage. Whoever is told to probe must then say [`opened`](Self::opened) or [`closed`](Self::closed);
    /// meanwhile the others wait.
    pub(super) fn passage(&self, now: Timestamp, policy: &RetryPolicy) -> Passage {
        let mut state = self.state();
        match *state {
            State::Open { .. } => Passage::Open,
            State::Closed { probe_at, .. } if now < probe_at => Passage::Closed(probe_at),
            State::Closed { n_failures, .. } => {
                *state = State::Closed { probe_at: now + policy.first_delay, n_failures };
                Passage::Probe
            }
        }
    }

    /// A connection was opened.
    pub(super) fn opened(&self, now: Timestamp) {
        let mut state = self.state();
        if let State::Closed { .. } = *state {
            tracing::info!("the mail operator answers again");
            *state = State::Open { since: now };
        }
    }

    /// No connection could be opened.
    pub(super) fn closed(&self, now: Timestamp, passage: Passage, policy: &RetryPolicy) -> Closed {
        let mut state = self.state();
        let (n_failures, is_news) = match *state {
            State::Open { .. } => {
                tracing::warn!("the mail operator does not answer: mails wait until it does");
                (1, true)
            }
            // Mails that were on their way when the gate closed tell nothing new.
            State::Closed { probe_at, .. } if passage != Passage::Probe => return Closed { probe_at, is_news: false },
            State::Closed { n_failures, .. } => (n_failures.saturating_add(1), false),
        };
        let probe_at = now + delay(n_failures, 0, policy);
        *state = State::Closed { probe_at, n_failures };
        Closed { probe_at, is_news }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("in range")
    }

    #[test]
    fn an_outage_is_probed_by_one_mail_at_growing_delays_and_ends_with_one_connection() {
        let (gate, policy) = (Gate::new(at(0)), RetryPolicy::default());
        let closed = |probe_at, is_news| Closed { probe_at: at(probe_at), is_news };
        assert_eq!(gate.passage(at(10), &policy), Passage::Open);
        assert_eq!(gate.closed(at(10), Passage::Open, &policy), closed(40, true));
        assert_eq!(gate.closed(at(11), Passage::Open, &policy), closed(40, false), "others tell nothing new");
        assert_eq!(gate.passage(at(39), &policy), Passage::Closed(at(40)));
        assert_eq!(gate.passage(at(40), &policy), Passage::Probe);
        assert_eq!(gate.passage(at(40), &policy), Passage::Closed(at(70)), "one probe at a time");
        assert_eq!(gate.closed(at(41), Passage::Probe, &policy), closed(101, false));
        assert_eq!(gate.answering_since(at(50)), at(50));
        assert_eq!(gate.passage(at(101), &policy), Passage::Probe);
        gate.opened(at(102));
        assert_eq!(gate.passage(at(102), &policy), Passage::Open);
        assert_eq!(gate.answering_since(at(500)), at(102));
    }

    #[test]
    fn a_day_of_outage_costs_some_fifty_probes() {
        let (gate, policy) = (Gate::new(at(0)), RetryPolicy::default());
        let (mut next, mut n_probes) = (gate.closed(at(0), Passage::Open, &policy).probe_at, 0);
        while next < at(86_400) {
            assert_eq!(gate.passage(next, &policy), Passage::Probe);
            next = gate.closed(next, Passage::Probe, &policy).probe_at;
            n_probes += 1;
        }
        assert!((50..60).contains(&n_probes), "{n_probes}");
    }
}
