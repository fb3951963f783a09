//! How the operator misbehaves: a plan in, one decision per event out.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

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
    /// First attempts put off.
    pub greylist: Option<Greylist>,
    /// Boxes that have no room left.
    pub full: Option<FullBox>,
    /// Wait before the TLS handshake of every connection, SMTP and IMAP.
    pub slow_tls_ms: u64,
    /// TLS handshakes, SMTP and IMAP, cut in the middle of the server's first message.
    pub cut_tls: u32,
    /// TLS handshakes, SMTP and IMAP, answered by bytes that are not TLS.
    pub garble_tls: u32,
}

/// Greylisting: the first attempt of a sender with a recipient is put off, and taken when tried again later.
///
/// Each pair is put off once, whatever the number of messages; attempts before the delay are put off too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Greylist {
    /// From the first attempt of a pair to the first one taken.
    pub delay_ms: u64,
    /// Reply code: 451, or 450 for anything else.
    #[serde(default)]
    pub code: u16,
    /// The only mailbox whose senders are put off; any when absent.
    #[serde(default)]
    pub mailbox: Option<String>,
}

/// A box that has no room left (RFC 3463 §3.3, x.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FullBox {
    /// How the sender learns it.
    pub told: FullBoxTold,
    /// Messages concerned.
    pub times: u32,
    /// The only mailbox that is full; any when absent.
    #[serde(default)]
    pub mailbox: Option<String>,
}

/// How a sender learns that a box is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "at")]
pub enum FullBoxTold {
    /// At `RCPT`.
    Recipient {
        /// 452 to be tried again; anything else is 552, for good.
        code: u16,
    },
    /// After the message: nothing is kept of it, for any of its recipients.
    Content {
        /// Same.
        code: u16,
    },
    /// The message is taken, then comes back: a delivery report with the status 5.2.2.
    Report {
        /// From the acceptance to the report.
        after_ms: u64,
    },
}

/// What becomes of a TLS handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handshake {
    Made,
    Cut,
    Garbled,
}

/// Why a message comes back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Return {
    /// Nobody has that box.
    Unknown(BounceForm),
    /// The box is full; told after that wait.
    Full { after: Duration },
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

/// Pairs of a sender and a recipient remembered by the greylist; beyond, all are forgotten.
const MAX_PAIRS: usize = 10_000;
/// Longest wait on request.
const MAX_WAIT: Duration = Duration::from_secs(600);

/// The plan in force, shared by every connection.
#[derive(Default)]
pub struct Faults(Mutex<State>);

#[derive(Default)]
struct State {
    plan: FaultPlan,
    /// When each sender was first put off with each recipient; lower case.
    first_attempts: HashMap<(String, String), Instant>,
}

impl Faults {
    /// Replaces the plan. Without a greylist in it, who was put off is forgotten.
    pub fn set(&self, plan: FaultPlan) {
        let mut state = self.lock();
        if plan.greylist.is_none() {
            state.first_attempts.clear();
        }
        state.plan = plan;
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
        self.with(|plan| wait(plan.slow_ms))
    }

    /// How long the next handshake waits, and what becomes of it.
    pub(super) fn handshake(&self) -> (Duration, Handshake) {
        self.with(|plan| {
            let end = if take(&mut plan.cut_tls) {
                Handshake::Cut
            } else if take(&mut plan.garble_tls) {
                Handshake::Garbled
            } else {
                Handshake::Made
            };
            (wait(plan.slow_tls_ms), end)
        })
    }

    /// Reply code for a sender who has to come back, when the recipient is greylisted.
    pub(super) fn puts_off(&self, sender: &str, mailbox: &str, now: Instant) -> Option<u16> {
        let mut state = self.lock();
        let greylist = state.plan.greylist.clone().filter(|it| concerns(it.mailbox.as_ref(), mailbox))?;
        if state.first_attempts.len() >= MAX_PAIRS {
            state.first_attempts.clear();
        }
        let pair = (sender.to_ascii_lowercase(), mailbox.to_ascii_lowercase());
        let first = *state.first_attempts.entry(pair).or_insert(now);
        let is_early = first == now || now < first + wait(greylist.delay_ms);
        is_early.then_some(if greylist.code == 451 { 451 } else { 450 })
    }

    /// Reply code for a recipient whose box is full, at `RCPT`.
    pub(super) fn full_at_recipient(&self, mailbox: &str) -> Option<u16> {
        self.full(mailbox, |told| match told {
            FullBoxTold::Recipient { code } => Some(full_code(code)),
            FullBoxTold::Content { .. } | FullBoxTold::Report { .. } => None,
        })
    }

    /// Reply code for a message to a box that is full.
    pub(super) fn full_at_content(&self, mailbox: &str) -> Option<u16> {
        self.full(mailbox, |told| match told {
            FullBoxTold::Content { code } => Some(full_code(code)),
            FullBoxTold::Recipient { .. } | FullBoxTold::Report { .. } => None,
        })
    }

    fn full<T>(&self, mailbox: &str, told: impl FnOnce(FullBoxTold) -> Option<T>) -> Option<T> {
        self.with(|plan| {
            let full = plan.full.as_mut().filter(|it| concerns(it.mailbox.as_ref(), mailbox))?;
            let told = told(full.told)?;
            take(&mut full.times).then_some(told)
        })
    }

    /// Reply code for this recipient, when it is to be refused.
    pub(super) fn refusal(&self, mailbox: &str) -> Option<u16> {
        self.with(|plan| {
            let refusal = plan.refuse.as_mut()?;
            if !concerns(refusal.mailbox.as_ref(), mailbox) {
                return None;
            }
            take(&mut refusal.times).then(|| refusal.code.clamp(400, 599))
        })
    }

    pub(super) fn loses_acknowledgment(&self) -> bool {
        self.with(|plan| take(&mut plan.lose_acknowledgments))
    }

    /// Why a message taken for that mailbox comes back, when it does.
    pub(super) fn returns(&self, mailbox: &str) -> Option<Return> {
        let full = self.full(mailbox, |told| match told {
            FullBoxTold::Report { after_ms } => Some(Return::Full { after: wait(after_ms) }),
            FullBoxTold::Recipient { .. } | FullBoxTold::Content { .. } => None,
        });
        full.or_else(|| self.with(|plan| take(&mut plan.bounces).then_some(Return::Unknown(plan.bounce_form))))
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
        f(&mut self.lock().plan)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Faults(…)")
    }
}

fn wait(ms: u64) -> Duration {
    Duration::from_millis(ms).min(MAX_WAIT)
}

fn concerns(only: Option<&String>, mailbox: &str) -> bool {
    only.is_none_or(|only| only.eq_ignore_ascii_case(mailbox))
}

fn full_code(code: u16) -> u16 {
    if code == 452 { 452 } else { 552 }
}

fn take(count: &mut u32) -> bool {
    let is_left = *count > 0;
    *count = count.saturating_sub(1);
    is_left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_put_off_until_the_delay_has_passed_since_its_first_attempt_and_never_again() {
        let faults = Faults::default();
        let greylist = Greylist { delay_ms: 1_000, code: 451, mailbox: None };
        faults.set(FaultPlan { greylist: Some(greylist), ..FaultPlan::default() });
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        for (sender, mailbox, ms, expected) in [
            ("a@x", "b@y", 0, Some(451)),
            ("A@x", "b@Y", 999, Some(451)),
            ("a@x", "c@y", 1_000, Some(451)),
            ("a@x", "b@y", 1_000, None),
            ("a@x", "b@y", 1_001, None),
            ("a@x", "c@y", 1_999, Some(451)),
            ("a@x", "c@y", 2_000, None),
        ] {
            assert_eq!(faults.puts_off(sender, mailbox, at(ms)), expected, "{sender} {mailbox} {ms}");
        }
        let greylist = Greylist { delay_ms: 0, code: 0, mailbox: Some("b@y".to_owned()) };
        faults.clear();
        faults.set(FaultPlan { greylist: Some(greylist), ..FaultPlan::default() });
        assert_eq!(faults.puts_off("a@x", "c@y", at(3_000)), None);
        assert_eq!(faults.puts_off("a@x", "b@y", at(3_000)), Some(450), "a cleared greylist has forgotten");
        assert_eq!(faults.puts_off("a@x", "b@y", at(3_001)), None);
    }

    #[test]
    fn handshakes_break_as_many_times_as_asked() {
        let faults = Faults::default();
        faults.set(FaultPlan { slow_tls_ms: u64::MAX, cut_tls: 1, garble_tls: 1, ..FaultPlan::default() });
        let ends: Vec<_> = (0..3).map(|_| faults.handshake()).collect();
        let expected = [Handshake::Cut, Handshake::Garbled, Handshake::Made].map(|end| (MAX_WAIT, end));
        assert_eq!(ends, expected);
    }
}
