//! How the operator misbehaves: a plan in, one decision per event out.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What goes wrong. Counts are consumed one per message; 4294967295 is as good as always.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FaultPlan {
    /// New connections are closed at once, open ones at their next command.
    pub down: bool,
    /// Wait before the reply that takes responsibility for a message.
    pub slow_ms: u64,
    /// Messages refused.
    pub refuse: Option<Refusal>,
    /// Messages stored whose acceptance is never told: the connection closes instead.
    pub lose_acknowledgments: u32,
    /// Reports put twice in the return box.
    pub duplicate_reports: u32,
    /// Reports that never come.
    pub lose_reports: u32,
    /// Messages accepted, then returned as undeliverable.
    pub bounces: u32,
    /// How they are returned.
    pub bounce_form: BounceForm,
}

/// A refusal at `RCPT`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Reply code, kept within 400 to 599.
    pub code: u16,
    /// Recipients refused.
    pub times: u32,
    /// The only mailbox refused; any when absent.
    #[serde(default)]
    pub mailbox: Option<String>,
}

/// How an undeliverable message comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BounceForm {
    /// A delivery report (RFC 3464).
    #[default]
    Report,
    /// A plain text, as Mon espace santé sends: « Message non distribué ».
    PlainText,
}

/// The plan in force, shared by every connection.
#[derive(Debug, Default)]
pub struct Faults(Mutex<FaultPlan>);

impl Faults {
    /// Replaces the plan.
    pub fn set(&self, plan: FaultPlan) {
        self.with(|current| *current = plan);
    }

    /// Back to good behavior.
    pub fn clear(&self) {
        self.set(FaultPlan::default());
    }

    /// The plan with what is left of its counts.
    #[must_use]
    pub fn get(&self) -> FaultPlan {
        self.with(|plan| plan.clone())
    }

    pub(super) fn is_down(&self) -> bool {
        self.with(|plan| plan.down)
    }

    pub(super) fn delay(&self) -> Duration {
        self.with(|plan| Duration::from_millis(plan.slow_ms.min(600_000)))
    }

    /// Reply code for this recipient, when it is to be refused.
    pub(super) fn refusal(&self, mailbox: &str) -> Option<u16> {
        self.with(|plan| {
            let refusal = plan.refuse.as_mut()?;
            let only = refusal.mailbox.as_deref().unwrap_or(mailbox);
            if !only.eq_ignore_ascii_case(mailbox) {
                return None;
            }
            take(&mut refusal.times).then(|| refusal.code.clamp(400, 599))
        })
    }

    pub(super) fn loses_acknowledgment(&self) -> bool {
        self.with(|plan| take(&mut plan.lose_acknowledgments))
    }

    pub(super) fn bounce(&self) -> Option<BounceForm> {
        self.with(|plan| take(&mut plan.bounces).then_some(plan.bounce_form))
    }

    /// How many copies of a report to store: 0, 1 or 2.
    pub(super) fn n_report_copies(&self) -> usize {
        self.with(|plan| {
            if take(&mut plan.lose_reports) {
                0
            } else if take(&mut plan.duplicate_reports) {
                2
            } else {
                1
            }
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut FaultPlan) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn take(count: &mut u32) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}
