//! Acknowledgment: what comes back to the return box is stored raw, then tied to its delivery.

use std::{sync::atomic::Ordering, time::Duration};

use jiff::Timestamp;
use lab::{
    acknowledgment::{NotFiled, Proof, Witness, apply, is_believable},
    delivery::DeliveryState,
    id::MessageId,
    person::MssanteAddress,
};
use mail::{
    Received,
    report::{Action, Decoded, DeliveryStatus, DispositionKind, RecipientStatus, Report},
};
use records::{
    conversations::{self, NewLetter},
    deliveries::{self, Delivery, NewAcknowledgment},
    messages::{self, MessageState, NewMessage},
    versions,
    work_items::{self, NewWorkItem},
};
use sha2::{Digest, Sha256};
use store::Tx;
use transport::{
    credentials::Token,
    imap::{Cursor, ImapBox},
};

use crate::{
    App, AppError,
    delivery::open_failed,
    mailboxes::{self, Opened},
    settings::ReturnBox,
};

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
    /// The three digits of an integration failure.
    failure: Option<u16>,
}

impl App {
    /// Reads a return box until the process ends; a box that fails is opened again, one that opens with a token waits for it.
    pub async fn run_return_box(self, return_box: ReturnBox) {
        let mut delay = REOPENED_AFTER.0;
        let (seen, address) = (&self.inner.mailboxes, &return_box.address);
        let token = mailboxes::token(&return_box.imap);
        loop {
            if let Some(token) = token {
                token.granted().await;
            }
            match ImapBox::connect(return_box.imap.clone()).await {
                Ok(opened) => {
                    delay = REOPENED_AFTER.0;
                    seen.note(address, Opened::Since(self.env().now()));
                    tokio::select! {
                        () = self.follow(opened, address) => {}
                        // Dropping the session closes it (CONF.10).
                        () = ended(token) => continue,
                    }
                    tracing::info!("the return box is opened again");
                }
                Err(error) => {
                    seen.note(address, Opened::Failed(self.env().now(), mailboxes::imap_code(&error)));
                    tracing::warn!(%error, "the return box could not be opened");
                }
            }
            tokio::time::sleep(delay).await;
            delay = (delay * 2).min(REOPENED_AFTER.1);
        }
    }

    /// Reads what comes as the server tells of it, until something fails or someone asks that it be read now.
    async fn follow(&self, mut opened: ImapBox, address: &MssanteAddress) {
        let interval = self.settings().return_box_interval;
        let is_ours = *address == self.settings().mail.sender.address;
        loop {
            let asked_at = self.env().now();
            match self.read_return_box(&mut opened, address).await {
                Ok(true) => {}
                Ok(false) => {
                    if is_ours {
                        self.inner.return_box_read_us.store(asked_at.as_microsecond(), Ordering::Relaxed);
                    }
                    tokio::select! {
                        waited = opened.wait(TOLD_WITHIN, interval) => match waited {
                            Ok(waited) => opened = waited,
                            Err(error) => return tracing::warn!(%error, "the return box went away"),
                        },
                        // A mail waits for what the box may hold: it is opened again, and what came is read.
                        () = self.inner.return_box_bell.notified(), if is_ours => return,
                    }
                }
                Err(_) => return,
            }
        }
    }

    /// Reads what is new; answers whether more waits. The cursor moves in the transaction that stores the messages.
    async fn read_return_box(&self, opened: &mut ImapBox, address: &MssanteAddress) -> Result<bool, AppError> {
        let address = address.as_str().to_owned();
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
        let sender = self.settings().mail.sender.address.clone();
        self.store()
            .write(move |tx| {
                for (_, bytes) in &polled.messages {
                    receive(tx, &mut ids, &address, &sender, bytes, now)?;
                }
                for uid in &polled.skipped {
                    let item = NewWorkItem {
                        station: "acknowledgment",
                        code: "RETURN-BOX-OVERSIZED",
                        subject: &uid.to_string(),
                        ..NewWorkItem::default()
                    };
                    work_items::open(tx, &mut ids, &item, now)?;
                }
                deliveries::set_return_box(tx, &address, polled.cursor.uid_validity, polled.cursor.next_uid)?;
                Ok::<_, AppError>(())
            })
            .await?;
        Ok(has_more)
    }
}

/// Waits until the token that opened a box ends; for ever where there is none.
async fn ended(token: Option<&Token>) {
    match token {
        Some(token) => token.ended().await,
        None => std::future::pending().await,
    }
}

/// Stores one message of the return box and applies what it proves.
fn receive(
    tx: &mut Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    mailbox: &str,
    sender: &MssanteAddress,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), AppError> {
    let decoded = mail::report::decode(bytes);
    // Our identifiers are in the domain of the sending box, whichever box is answered.
    let answered = read(&decoded, sender.domain());
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
    let doubted = delivery.as_ref().filter(|it| answered.proof.is_some() && !is_from_its_recipient(it, &decoded));
    if let Some(delivery) = doubted {
        return doubt(tx, ids, id, delivery, answered.kind, now);
    }
    match (delivery, answered.proof) {
        (Some(delivery), Some(proof)) => record(tx, ids, id, &delivery, &answered, proof, now),
        (delivery, None) => converse(tx, ids, id, delivery.as_ref(), bytes, now),
        (None, Some(_)) => {
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

/// A person's words join the conversation with them about the dossier, when one is known.
fn converse(
    tx: &mut Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    message: MessageId,
    delivery: Option<&Delivery>,
    bytes: &[u8],
    now: Timestamp,
) -> Result<(), AppError> {
    let received = Received::decode(bytes);
    let from = received.from.unwrap_or_default();
    let peer = bounded(&from.address).to_lowercase();
    // The name we know them by, when it is their own box that was written to.
    let known = delivery.filter(|it| it.address.as_ref().is_some_and(|address| address.as_str() == peer));
    let shown = from.display_name.filter(|name| !name.trim().is_empty()).unwrap_or_else(|| peer.clone());
    let order = delivery.map(|it| versions::get(tx, it.version)).transpose()?.map(|version| version.order);
    let letter = NewLetter {
        message,
        order,
        delivery: delivery.map(|it| it.id),
        peer: &peer,
        name: &known.map_or_else(|| bounded(&shown), |it| it.name.clone()),
        subject: &bounded(&received.subject),
        is_automatic: received.is_automatic,
    };
    conversations::receive(tx, ids, &letter, now)?;
    Ok(())
}

/// What a stranger wrote, in a line that fits a page.
fn bounded(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect::<String>().trim().to_owned()
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
            code: match NotFiled::of(answered.failure) {
                NotFiled::Identity => "NOT-FILED-IDENTITY",
                NotFiled::Version => "NOT-FILED-VERSION",
                NotFiled::Other => "NOT-FILED",
            },
            place: &delivery.name,
            subject: &answered.detail,
            order: Some(versions::get(tx, delivery.version)?.order),
            message: Some(message),
            delivery: Some(delivery.id),
            ..NewWorkItem::default()
        };
        work_items::open(tx, ids, &item, now)?;
    }
    Ok(())
}

/// Whether what an answer proves may be believed. A non-delivery in plain words names nobody: it is believed, because it
/// asks a person to look.
fn is_from_its_recipient(delivery: &Delivery, decoded: &Decoded) -> bool {
    let Some(address) = delivery.address.as_ref().map(|it| it.as_str()) else { return false };
    let author = decoded.from.as_deref();
    let witness = match &decoded.report {
        Report::Delivery(status) => {
            let told = about(status, address);
            Witness::Operator {
                original: told.and_then(|it| it.original_recipient.as_deref()),
                last: told.and_then(|it| it.final_recipient.as_deref()),
            }
        }
        Report::Disposition(disposition) => Witness::Recipient {
            author,
            about: disposition.final_recipient.as_deref().or(disposition.original_recipient.as_deref()),
        },
        Report::Bounce(_) => return true,
        Report::Other => Witness::Recipient { author, about: None },
    };
    is_believable(address, &witness)
}

/// What a notification says about one address, else what it says first.
fn about<'a>(status: &'a DeliveryStatus, address: &str) -> Option<&'a RecipientStatus> {
    let names = |it: &&RecipientStatus| {
        let told = it.original_recipient.as_deref().or(it.final_recipient.as_deref());
        told.is_some_and(|told| told.eq_ignore_ascii_case(address))
    };
    status.recipients.iter().find(names).or(status.recipients.first())
}

/// An answer that someone else may have written: kept, shown to a person, without effect.
fn doubt(
    tx: &mut Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    message: MessageId,
    delivery: &Delivery,
    kind: &'static str,
    now: Timestamp,
) -> Result<(), AppError> {
    let item = NewWorkItem {
        station: "acknowledgment",
        code: "ACKNOWLEDGMENT-DOUBTED",
        subject: kind,
        message: Some(message),
        order: Some(versions::get(tx, delivery.version)?.order),
        delivery: Some(delivery.id),
        ..NewWorkItem::default()
    };
    Ok(work_items::open(tx, ids, &item, now)?)
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
/// A mail that is no report (a person's answer) proves nothing: it joins a conversation about the dossier it refers to.
fn read(decoded: &Decoded, domain: &str) -> Answered {
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
            let proof = match disposition.kind {
                _ if decoded.integration_failure.is_some() || disposition.is_error() => Proof::NotFiled,
                DispositionKind::Displayed | DispositionKind::Processed => Proof::Read,
                _ => Proof::Received,
            };
            ("mdn", Some(proof), disposition.error.clone().unwrap_or_default())
        }
        Report::Bounce(bounce) => ("bounce", Some(Proof::NotReceived), bounce.text.clone()),
        _ if decoded.integration_failure.is_some() => ("mdn", Some(Proof::NotFiled), decoded.subject.clone()),
        _ => ("mail", None, String::new()),
    };
    keys.extend(decoded.about().into_iter().map(str::to_owned));
    let keys = keys.iter().filter_map(|key| exchange_of(key, domain).map(str::to_owned)).collect();
    let failure = decoded.integration_failure.map(|it| it.code).or_else(|| match &decoded.report {
        Report::Disposition(disposition) => disposition.error_code(),
        _ => None,
    });
    Answered { keys, kind, proof, detail: detail.trim().to_owned(), failure }
}

/// The exchange identifier of a Message-ID of ours: its left part. An envelope identifier is left as it is; the
/// identifiers of other domains are not ours, whatever their left part.
fn exchange_of<'a>(key: &'a str, domain: &str) -> Option<&'a str> {
    let key = key.trim().trim_start_matches('<').trim_end_matches('>');
    match key.split_once('@') {
        None => Some(key),
        Some((left, right)) => right.eq_ignore_ascii_case(domain).then_some(left),
    }
}
