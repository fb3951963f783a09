//! Acknowledgment: what comes back to the return box is stored raw, then tied to its delivery.

use std::time::Duration;

use jiff::Timestamp;
use lab::{
    acknowledgment::{Proof, apply},
    delivery::DeliveryState,
    id::MessageId,
};
use mail::report::{Action, Decoded, DispositionKind, Report};
use records::{
    deliveries::{self, Delivery, NewAcknowledgment},
    messages::{self, MessageState, NewMessage},
    versions,
    work_items::{self, NewWorkItem},
};
use sha2::{Digest, Sha256};
use store::Tx;
use transport::imap::{Cursor, ImapBox};

use crate::{App, AppError, delivery::open_failed};

/// Longest wait for the server to tell of something; the box is then read anyway. Well under the 29 minutes after which
/// a server may end an idle session, and what network equipment forgets. Source: RFC 2177 §3.
const TOLD_WITHIN: Duration = Duration::from_secs(9 * 60);

/// Delay before a box that failed is opened again: the first, which doubles, and the longest.
const REOPENED_AFTER: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// What an answer says, ready to be recorded.
struct Answered {
    /// Identifiers of the delivery it may be about, best first.
    keys: Vec<String>,
    kind: &'static str,
    /// `None` for a person's own words, which prove nothing and want an answer.
    proof: Option<Proof>,
    detail: String,
}

impl App {
    /// Reads the return box until the process ends; a box that fails is opened again.
    pub async fn run_return_box(self) {
        let mut delay = REOPENED_AFTER.0;
        loop {
            match ImapBox::connect(self.settings().imap.clone()).await {
                Ok(opened) => {
                    delay = REOPENED_AFTER.0;
                    self.follow(opened).await;
                    tracing::warn!("the return box could not be read; it is opened again");
                }
                Err(error) => tracing::warn!(%error, "the return box could not be opened"),
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(REOPENED_AFTER.1);
        }
    }

    /// Reads what comes as the server tells of it, until something fails.
    async fn follow(&self, mut opened: ImapBox) {
        let interval = self.settings().return_box_interval;
        loop {
            match self.read_return_box(&mut opened).await {
                Ok(true) => {}
                Ok(false) => match opened.wait(TOLD_WITHIN, interval).await {
                    Ok(waited) => opened = waited,
                    Err(error) => return tracing::warn!(%error, "the return box went away"),
                },
                Err(_) => return,
            }
        }
    }

    /// Reads what is new; answers whether more waits. The cursor moves in the transaction that stores the messages.
    async fn read_return_box(&self, opened: &mut ImapBox) -> Result<bool, AppError> {
        let address = self.settings().mail.sender.address.as_str().to_owned();
        let key = address.clone();
        let known = self.store().read(move |tx| Ok::<_, AppError>(deliveries::return_box(tx, &key)?)).await?;
        let cursor = known.map_or_else(Cursor::default, |(uid_validity, next_uid)| Cursor { uid_validity, next_uid });
        let polled = opened.poll(cursor).await.map_err(|error| {
            tracing::warn!(%error, "the return box could not be polled");
            AppError::Rendering("reading of the return box")
        })?;
        let has_more = polled.has_more;
        if polled.messages.is_empty() && polled.cursor == cursor {
            return Ok(has_more);
        }
        let (now, mut ids) = (self.env().now(), self.env().ids());
        self.store()
            .write(move |tx| {
                for (_, bytes) in &polled.messages {
                    receive(tx, &mut ids, &address, bytes, now)?;
                }
                deliveries::set_return_box(tx, &address, polled.cursor.uid_validity, polled.cursor.next_uid)?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(has_more)
    }
}

/// Stores one message of the return box and applies what it proves.
fn receive(
    tx: &mut Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    mailbox: &str,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), AppError> {
    let decoded = mail::report::decode(bytes);
    let answered = read(&decoded);
    let id = MessageId::fresh(ids);
    let hash: [u8; 32] = Sha256::digest(bytes).into();
    let control_id = decoded.message_id.as_deref().unwrap_or("");
    // A folder that was renumbered is read again from its start: what is known already changes nothing.
    let seen = messages::earlier(tx, None, mailbox, control_id)?.iter().any(|(known, _)| known[..] == hash[..]);
    if seen {
        return Ok(());
    }
    messages::insert(
        tx,
        &NewMessage {
            id,
            received_at: now,
            transport: "imap",
            peer: mailbox,
            connection: None,
            control_id,
            kind: answered.kind,
            content_hash: &hash,
            raw: bytes,
            answer: None,
            state: MessageState::Processed,
            note: "",
        },
    )?;
    let mut delivery = None;
    for key in &answered.keys {
        delivery = deliveries::find(tx, key)?;
        if delivery.is_some() {
            break;
        }
    }
    match (delivery, answered.proof) {
        (Some(delivery), Some(proof)) => record(tx, ids, id, &delivery, &answered, proof, now),
        (Some(delivery), None) => {
            let order = versions::get(tx, delivery.version)?.order;
            let item = NewWorkItem {
                station: "acknowledgment",
                code: "MAIL-REPLY",
                subject: &delivery.name,
                message: Some(id),
                order: Some(order),
                delivery: Some(delivery.id),
                ..NewWorkItem::default()
            };
            Ok(work_items::open(tx, ids, &item, now)?)
        }
        (None, _) => {
            let item = NewWorkItem {
                station: "acknowledgment",
                code: "ACKNOWLEDGMENT-UNTIED",
                subject: answered.kind,
                message: Some(id),
                ..NewWorkItem::default()
            };
            Ok(work_items::open(tx, ids, &item, now)?)
        }
    }
}

fn record(
    tx: &mut Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    message: MessageId,
    delivery: &Delivery,
    answered: &Answered,
    proof: Proof,
    now: Timestamp,
) -> Result<(), AppError> {
    let state = apply(delivery.state, proof);
    let acknowledgment = NewAcknowledgment {
        delivery: delivery.id,
        message,
        kind: answered.kind,
        proof: proof_code(proof),
        detail: &answered.detail,
    };
    deliveries::acknowledge(tx, ids, &acknowledgment, state, now)?;
    if state == DeliveryState::Failed && delivery.state != DeliveryState::Failed {
        open_failed(tx, ids, delivery.id, now)?;
    }
    if proof == Proof::NotFiled {
        let item = NewWorkItem {
            station: "acknowledgment",
            code: "ACKNOWLEDGMENT-NOT-FILED",
            subject: &answered.detail,
            message: Some(message),
            delivery: Some(delivery.id),
            ..NewWorkItem::default()
        };
        work_items::open(tx, ids, &item, now)?;
    }
    Ok(())
}

fn proof_code(proof: Proof) -> &'static str {
    match proof {
        Proof::Received => "received",
        Proof::Delayed => "delayed",
        Proof::NotReceived => "not_received",
        Proof::Read => "read",
        Proof::NotFiled => "not_filed",
    }
}

/// What a received mail proves, and about which delivery.
///
/// A mail that is no report (a person's answer) proves nothing: it becomes a work item of the dossier it refers to.
fn read(decoded: &Decoded) -> Answered {
    let mut keys: Vec<String> = Vec::new();
    let (kind, proof, detail) = match &decoded.report {
        Report::Delivery(status) => {
            keys.extend(status.original_envelope_id.clone());
            let recipient = status.recipients.first();
            let proof = match recipient.map(|it| it.action) {
                Some(Action::Delivered | Action::Relayed | Action::Expanded) => Proof::Received,
                Some(Action::Failed) => Proof::NotReceived,
                _ => Proof::Delayed,
            };
            let detail = recipient.map(|it| {
                format!(
                    "{:?} {} {}",
                    it.action,
                    it.status.as_deref().unwrap_or(""),
                    it.diagnostic.as_deref().unwrap_or("")
                )
            });
            ("dsn", Some(proof), detail.unwrap_or_default())
        }
        Report::Disposition(disposition) => {
            keys.extend(disposition.original_message_id.clone());
            let proof = match (&decoded.integration_failure, disposition.kind) {
                (Some(_), _) => Proof::NotFiled,
                (None, DispositionKind::Displayed | DispositionKind::Processed) => Proof::Read,
                _ => Proof::Received,
            };
            ("mdn", Some(proof), disposition.error.clone().unwrap_or_default())
        }
        Report::Bounce(bounce) => ("bounce", Some(Proof::NotReceived), bounce.text.clone()),
        _ if decoded.integration_failure.is_some() => ("mdn", Some(Proof::NotFiled), decoded.subject.clone()),
        _ => ("mail", None, String::new()),
    };
    keys.extend(decoded.about().into_iter().map(str::to_owned));
    let keys = keys.iter().map(|key| exchange_of(key).to_owned()).collect();
    Answered { keys, kind, proof, detail: detail.trim().to_owned() }
}

/// The exchange identifier of a Message-ID: its left part. An envelope identifier is left as it is.
fn exchange_of(key: &str) -> &str {
    let key = key.trim().trim_start_matches('<').trim_end_matches('>');
    key.split_once('@').map_or(key, |(left, _)| left)
}
