//! The mailboxes: messages in, messages out, in memory.
//!
//! Headers and envelope of every message stay for ever; bodies stay up to a bound, then the oldest
//! go. A message is never deleted, so its sequence number and its UID are the same number.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use tokio::sync::watch;

mod stored;

pub(super) use stored::Stored;
use stored::{bare_id, header, headers_len};

/// Headers kept for a message whose body was dropped.
const MAX_KEPT_HEADERS: usize = 16 * 1024;

/// One box, for a list.
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxSummary {
    /// Lower-case address.
    pub address: String,
    /// Messages in it.
    pub n_messages: usize,
    /// Messages not marked as read.
    pub n_unseen: usize,
}

/// One message, for a list.
#[derive(Clone, PartialEq, Eq)]
pub struct MessageSummary {
    /// Identifier in the whole operator.
    pub id: u64,
    /// Its IMAP UID in its box.
    pub uid: u32,
    /// Envelope sender; empty for a report.
    pub sender: String,
    /// Decoded subject.
    pub subject: String,
    /// `Message-ID`, without brackets.
    pub message_id: Option<String>,
    /// Seconds since 1970-01-01T00:00:00Z.
    pub received_s: i64,
    /// Size as submitted.
    pub size_bytes: usize,
    /// Marked as read.
    pub is_seen: bool,
    /// The body is still there.
    pub has_body: bool,
    /// A receipt was asked for by `Disposition-Notification-To`.
    pub wants_receipt: bool,
}

/// Counters since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Statistics {
    /// Connections accepted, both protocols.
    pub n_connections: u64,
    /// Messages stored by SMTP.
    pub n_accepted: u64,
    /// Senders, recipients or messages refused.
    pub n_refused: u64,
    /// Reports and receipts put in return boxes.
    pub n_reports: u64,
    /// Bodies dropped to respect the memory bound.
    pub n_dropped_bodies: u64,
}

/// A message to store.
pub(super) struct Incoming {
    pub(super) address: String,
    pub(super) sender: String,
    /// Trace headers, then the message as submitted.
    pub(super) bytes: Bytes,
    pub(super) n_trace_bytes: usize,
}

/// What IMAP tells about a box.
#[derive(Clone, Copy)]
pub(super) struct BoxState {
    pub(super) uid_validity: u32,
    pub(super) n_messages: usize,
    pub(super) first_unseen: Option<usize>,
}

pub(super) struct Mailboxes {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
    max_body_bytes: u64,
}

struct Inner {
    boxes: BTreeMap<String, Box_>,
    messages: Vec<Stored>,
    /// Messages whose body is kept, oldest first.
    with_body: VecDeque<u64>,
    body_bytes: u64,
    received: HashMap<String, usize>,
    statistics: Statistics,
    first_uid_validity: u32,
}

struct Box_ {
    uid_validity: u32,
    ids: Vec<u64>,
    n_unseen: usize,
}

impl Mailboxes {
    pub(super) fn new(max_body_bytes: u64) -> Self {
        let inner = Inner {
            boxes: BTreeMap::new(),
            messages: Vec::new(),
            with_body: VecDeque::new(),
            body_bytes: 0,
            received: HashMap::new(),
            statistics: Statistics::default(),
            // A restarted operator has lost its messages, so its numbers must not look the same.
            first_uid_validity: u32::try_from(now_s()).unwrap_or(1).max(1),
        };
        Self { inner: Mutex::new(inner), changed: watch::Sender::new(0), max_body_bytes }
    }

    /// Stores a message; the box is created when needed. Returns the identifier.
    pub(super) fn store(&self, incoming: Incoming) -> u64 {
        let headers_len = headers_len(&incoming.bytes);
        let kept = headers_len.min(MAX_KEPT_HEADERS);
        let headers = Bytes::copy_from_slice(&incoming.bytes[..kept]);
        let message_id = header(&headers, "Message-ID").map(|id| bare_id(&id));
        let wants_receipt = header(&headers, "Disposition-Notification-To").is_some();
        let size_bytes = incoming.bytes.len() - incoming.n_trace_bytes;

        let mut inner = self.lock();
        let id = inner.messages.len() as u64;
        let address = incoming.address.to_ascii_lowercase();
        let mailbox = inner.mailbox(&address);
        mailbox.ids.push(id);
        mailbox.n_unseen += 1;
        let uid = u32::try_from(mailbox.ids.len()).unwrap_or(u32::MAX);
        if let Some(message_id) = &message_id {
            *inner.received.entry(message_id.clone()).or_default() += 1;
        }
        inner.body_bytes += incoming.bytes.len() as u64;
        inner.with_body.push_back(id);
        inner.messages.push(Stored {
            id,
            address,
            uid,
            sender: incoming.sender,
            message_id,
            received_s: now_s(),
            is_seen: false,
            size_bytes,
            wants_receipt,
            headers,
            body: Some(incoming.bytes),
            n_trace_bytes: incoming.n_trace_bytes,
        });
        inner.drop_oldest_bodies(self.max_body_bytes);
        drop(inner);
        self.changed.send_modify(|version| *version += 1);
        id
    }

    /// Becomes ready each time something is stored.
    pub(super) fn changes(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    pub(super) fn count(&self, change: impl FnOnce(&mut Statistics)) {
        change(&mut self.lock().statistics);
    }

    pub(super) fn statistics(&self) -> Statistics {
        self.lock().statistics
    }

    pub(super) fn summaries(&self) -> Vec<MailboxSummary> {
        let inner = self.lock();
        let summary = |(address, mailbox): (&String, &Box_)| MailboxSummary {
            address: address.clone(),
            n_messages: mailbox.ids.len(),
            n_unseen: mailbox.n_unseen,
        };
        inner.boxes.iter().map(summary).collect()
    }

    pub(super) fn messages(&self, address: &str, limit: usize) -> Vec<MessageSummary> {
        let stored: Vec<Stored> = {
            let inner = self.lock();
            let Some(mailbox) = inner.boxes.get(&address.to_ascii_lowercase()) else {
                return Vec::new();
            };
            mailbox.ids.iter().rev().take(limit).filter_map(|&id| inner.message(id)).collect()
        };
        stored.iter().map(Stored::summary).collect()
    }

    pub(super) fn message(&self, id: u64) -> Option<Stored> {
        self.lock().message(id)
    }

    pub(super) fn len(&self, address: &str) -> usize {
        let inner = self.lock();
        inner.boxes.get(&address.to_ascii_lowercase()).map_or(0, |mailbox| mailbox.ids.len())
    }

    pub(super) fn received(&self, message_id: &str) -> usize {
        self.lock().received.get(message_id).copied().unwrap_or(0)
    }

    /// State of a box, created when it does not exist.
    pub(super) fn state(&self, address: &str) -> BoxState {
        let mut inner = self.lock();
        let mailbox = inner.mailbox(address);
        let (uid_validity, n_messages) = (mailbox.uid_validity, mailbox.ids.len());
        let ids = if mailbox.n_unseen == 0 { Vec::new() } else { mailbox.ids.clone() };
        let first_unseen = ids.iter().position(|&id| inner.messages.get(id as usize).is_some_and(|m| !m.is_seen));
        BoxState { uid_validity, n_messages, first_unseen }
    }

    /// The message with that UID, which is also its sequence number.
    pub(super) fn by_uid(&self, address: &str, uid: u32) -> Option<Stored> {
        let inner = self.lock();
        let index = (uid as usize).checked_sub(1)?;
        let id = *inner.boxes.get(address)?.ids.get(index)?;
        inner.message(id)
    }

    /// UIDs of the messages that are not marked as read, or of all.
    pub(super) fn uids(&self, address: &str, only_unseen: bool) -> Vec<u32> {
        let inner = self.lock();
        let Some(mailbox) = inner.boxes.get(address) else {
            return Vec::new();
        };
        mailbox
            .ids
            .iter()
            .filter_map(|&id| inner.messages.get(id as usize))
            .filter(|message| !only_unseen || !message.is_seen)
            .map(|message| message.uid)
            .collect()
    }

    pub(super) fn set_seen(&self, id: u64, is_seen: bool) {
        let mut inner = self.lock();
        let Some(message) = inner.messages.get_mut(id as usize) else {
            return;
        };
        if message.is_seen == is_seen {
            return;
        }
        message.is_seen = is_seen;
        let address = message.address.clone();
        let mailbox = inner.mailbox(&address);
        mailbox.n_unseen = if is_seen { mailbox.n_unseen.saturating_sub(1) } else { mailbox.n_unseen + 1 };
    }

    pub(super) fn renumber(&self, address: &str) {
        let mut inner = self.lock();
        let mailbox = inner.mailbox(&address.to_ascii_lowercase());
        mailbox.uid_validity = mailbox.uid_validity.wrapping_add(1).max(1);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn mailbox(&mut self, address: &str) -> &mut Box_ {
        let uid_validity = self.first_uid_validity;
        self.boxes.entry(address.to_owned()).or_insert_with(|| Box_ { uid_validity, ids: Vec::new(), n_unseen: 0 })
    }

    fn message(&self, id: u64) -> Option<Stored> {
        self.messages.get(usize::try_from(id).ok()?).cloned()
    }

    fn drop_oldest_bodies(&mut self, max_body_bytes: u64) {
        while self.body_bytes > max_body_bytes {
            let Some(id) = self.with_body.pop_front() else {
                return;
            };
            let body = self.messages.get_mut(id as usize).and_then(|message| message.body.take());
            self.body_bytes -= body.map_or(0, |body| body.len() as u64);
            self.statistics.n_dropped_bodies += 1;
        }
    }
}

impl std::fmt::Debug for MailboxSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MailboxSummary({} messages)", self.n_messages)
    }
}

impl std::fmt::Debug for MessageSummary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "MessageSummary({}, {} bytes)", self.id, self.size_bytes)
    }
}

/// Seconds since 1970-01-01T00:00:00Z.
pub(super) fn now_s() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incoming(text: &'static str) -> Incoming {
        Incoming {
            address: "A@x.mssante.fr".to_owned(),
            sender: String::new(),
            bytes: Bytes::from_static(text.as_bytes()),
            n_trace_bytes: 0,
        }
    }

    #[test]
    fn the_oldest_bodies_go_first_and_their_headers_stay() {
        let text = "Message-ID:\r\n <m-1@x>\r\nSubject: s\r\nContent-Type: a/b\r\n\r\n0123456789\r\n";
        let mailboxes = Mailboxes::new(2 * text.len() as u64);
        for _ in 0..3 {
            mailboxes.store(incoming(text));
        }
        assert_eq!(mailboxes.received("m-1@x"), 3);
        let list = mailboxes.messages("a@X.mssante.fr", 10);
        let bodies: Vec<_> = list.iter().map(|m| (m.uid, m.has_body)).collect();
        assert_eq!(bodies, [(3, true), (2, true), (1, false)]);
        let oldest = mailboxes.message(0).expect("message");
        assert!(oldest.submitted().is_none());
        let readable = String::from_utf8(oldest.readable().to_vec()).expect("ASCII");
        assert!(readable.contains("Subject: s\r\nX-Original-Content-Type: a/b\r\n\r\n(Simulation)"));
        assert_eq!(mailboxes.statistics().n_dropped_bodies, 1);
    }
}
