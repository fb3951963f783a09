//! Misbehavior on request: what to do wrong, and how many times.
//! It does not know the services: they ask which faults apply to the request at hand.

use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// One way to misbehave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
pub enum Fault {
    /// Answers 503 without doing anything and closes the connection.
    Down,
    /// Waits before answering; combines with the others.
    Slow {
        /// How long, in milliseconds; at most ten minutes.
        ms: u64,
    },
    /// Refuses the deposit with this code.
    Refuse {
        /// Error code, e.g. `XDSRegistryBusy`.
        code: String,
    },
    /// Records the deposit, but answers that it was there already, as after a retry inside.
    DuplicateAnswer,
    /// Records the deposit, then closes the connection without answering.
    LostAcknowledgment,
}

/// A fault in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultRule {
    /// What to do.
    #[serde(flatten)]
    pub fault: Fault,
    /// For how many requests; until cleared when absent.
    #[serde(default)]
    pub next: Option<u32>,
}

const N_RULES_MAX: usize = 100;

/// The faults in force, shared by every handle.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<FaultRule>>>);

/// What to do wrong with the request at hand.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Misbehavior {
    pub wait_ms: u64,
    pub fault: Option<Fault>,
}

impl Faults {
    /// Adds a fault for the next `next` requests, or until [`Faults::clear`]. The oldest rule goes
    /// when there are more than a hundred.
    pub fn set(&self, fault: Fault, next: Option<u32>) {
        let mut rules = self.rules();
        if rules.len() == N_RULES_MAX {
            rules.remove(0);
        }
        rules.push(FaultRule { fault, next });
    }

    /// Behaves again.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// The faults in force, oldest first.
    pub fn active(&self) -> Vec<FaultRule> {
        self.rules().clone()
    }

    /// What applies to one request: every delay, and the oldest other fault. Each rule used counts
    /// down. Queries and status changes are only subject to [`Fault::Down`] and [`Fault::Slow`].
    pub(crate) fn take(&self, is_deposit: bool) -> Misbehavior {
        let mut misbehavior = Misbehavior::default();
        self.rules().retain_mut(|rule| {
            match &rule.fault {
                Fault::Slow { ms } => misbehavior.wait_ms += ms,
                _ if misbehavior.fault.is_some() => return true,
                Fault::Down => misbehavior.fault = Some(Fault::Down),
                _ if !is_deposit => return true,
                other => misbehavior.fault = Some(other.clone()),
            }
            match &mut rule.next {
                Some(n) => {
                    *n = n.saturating_sub(1);
                    *n > 0
                }
                None => true,
            }
        });
        misbehavior.wait_ms = misbehavior.wait_ms.min(600_000);
        misbehavior
    }

    fn rules(&self) -> MutexGuard<'_, Vec<FaultRule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_combine_with_the_oldest_fault_and_rules_count_down() {
        let faults = Faults::default();
        faults.set(Fault::Slow { ms: 5 }, Some(2));
        faults.set(Fault::DuplicateAnswer, Some(1));
        faults.set(Fault::LostAcknowledgment, None);
        let wanted = |wait_ms, fault: Option<Fault>| Misbehavior { wait_ms, fault };
        assert_eq!(faults.take(false), wanted(5, None), "queries are only delayed");
        assert_eq!(faults.take(true), wanted(5, Some(Fault::DuplicateAnswer)));
        for _ in 0..3 {
            assert_eq!(faults.take(true), wanted(0, Some(Fault::LostAcknowledgment)));
        }
        faults.clear();
        assert_eq!(faults.take(true), Misbehavior::default());
    }
}
