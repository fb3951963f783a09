//! Inbound: what a peer sends is stored and committed, then answered, then processed.
//!
//! The answer says only whether the message can be understood; what the laboratory makes of it comes after, in order,
//! and a doubt becomes a work item.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use hl7v2::{
    Limits, Message,
    ack::{AckCode, ErrorCondition, ErrorDetail, Reply, acknowledge, acknowledge_undecodable},
};
use jiff::Timestamp;
use lab::{
    finding::Finding,
    id::{ConnectionId, MessageId},
    inbound::{Repetition, repetition},
};
use records::{
    connections::Connection,
    messages::{self, MessageState, NewMessage, Waiting},
    work_items::{self, NewWorkItem},
};
use sha2::{Digest, Sha256};
use store::Tx;
use transport::mllp::{Event, Handler, HandlerFuture, Peer};

use crate::{App, AppError, identity, matching};

pub mod folder;

/// Messages processed in one transaction.
const BATCH: u32 = 32;
/// As [`BATCH`], while senders are sending: their answers wait for the transaction before them.
const BATCH_BESIDE_INTAKE: u32 = 4;
/// While senders are sending, processing takes one part in so many of the writer's time: a sender that waits is worse than
/// a bench that is late by seconds.
const INTAKE_SHARE: u32 = 4;
/// How long after a message senders are thought to be sending.
const INTAKE_QUIET_MS: i64 = 50;

/// What was understood of a message, before anything is stored.
struct Understood {
    control_id: String,
    kind: String,
    sender: (String, String),
    content_hash: [u8; 32],
    /// Why it cannot be processed; empty when it can.
    refusal: Vec<Finding>,
}

/// What the sender is answered.
struct Verdict {
    code: AckCode,
    state: MessageState,
    findings: Vec<Finding>,
}

impl App {
    /// Receives one message: stores it with its answer, durably, then returns the answer.
    ///
    /// When the database does not take it, the answer asks the sender to send it again.
    pub async fn receive(&self, transport: &'static str, peer: &str, bytes: Vec<u8>) -> Vec<u8> {
        match self.store_and_answer(transport, peer, bytes).await {
            Ok((answer, _)) => answer,
            Err((error, answer)) => {
                tracing::error!(%error, transport, "a message could not be stored; its sender is asked to send it again");
                answer
            }
        }
    }

    /// As [`receive`](Self::receive), telling whether and as what the message was stored.
    pub async fn store_and_answer(
        &self,
        transport: &'static str,
        peer: &str,
        bytes: Vec<u8>,
    ) -> Result<(Vec<u8>, MessageId), (AppError, Vec<u8>)> {
        let decoded = hl7v2::decode(&bytes, &self.limits());
        let now = self.env().now();
        let id = MessageId(self.env().uuid());
        let understood = self.understand(&decoded, &bytes);
        let connection = self.sender(&understood.sender);
        let mut verdict = judge(&understood, connection.as_ref());
        let answer = self.answer(decoded.as_ref().ok(), &bytes, &verdict, id, now);
        let (peer, connection) = (readable(peer), connection.map(|it| it.id));
        let is_accepted = verdict.code == AckCode::Accept;
        let bytes = Arc::new(bytes);
        let raw = Arc::clone(&bytes);
        let stored = self
            .store()
            .write(move |tx| {
                let earlier = messages::earlier(tx, connection, &peer, &understood.control_id)?;
                let repeated = earlier.iter().find(|(hash, _)| hash[..] == understood.content_hash[..]);
                let known = repeated.or(earlier.first()).map(|(hash, _)| hash.as_slice());
                let (mut answer, mut note) = (answer, "");
                match repetition(known, &understood.content_hash) {
                    Repetition::First => {}
                    // Without a control id nothing says that two equal messages are one.
                    _ if understood.control_id.is_empty() => {}
                    Repetition::Duplicate => {
                        verdict.state = MessageState::Duplicate;
                        if let Some((_, Some(first))) = repeated {
                            answer.clone_from(first);
                        }
                        note = "duplicate";
                    }
                    Repetition::ReusedControlId => {
                        verdict.findings.push(Finding::warning("INBOUND-CONTROL-ID-REUSED", "MSH-10"));
                        note = "control_id_reused";
                    }
                }
                messages::insert(
                    tx,
                    &NewMessage {
                        id,
                        received_at: now,
                        transport,
                        peer: &peer,
                        connection,
                        control_id: &understood.control_id,
                        kind: &understood.kind,
                        content_hash: &understood.content_hash,
                        raw: &raw,
                        answer: Some(&answer),
                        state: verdict.state,
                        note,
                    },
                )?;
                messages::add_findings(tx, id, &verdict.findings)?;
                Ok::<_, AppError>(answer)
            })
            .await;
        if is_accepted {
            self.inner.received_at_ms.store(now.as_millisecond(), Ordering::Relaxed);
            self.inner.inbound_bell.notify_one();
        }
        stored.map(|answer| (answer, id)).map_err(|error| {
            let again = Verdict {
                code: AckCode::Reject,
                state: MessageState::Refused,
                findings: vec![Finding::error("INBOUND-NOT-STORED", "")],
            };
            (error, self.answer(decoded.as_ref().ok(), &bytes, &again, id, now))
        })
    }

    fn limits(&self) -> Limits {
        Limits { max_bytes: self.settings().max_message_bytes, ..Limits::default() }
    }

    fn understand(&self, decoded: &Result<Message, hl7v2::DecodeError>, bytes: &[u8]) -> Understood {
        let message = match decoded {
            Ok(message) => message,
            Err(error) => {
                return Understood {
                    control_id: String::new(),
                    kind: String::new(),
                    sender: Default::default(),
                    content_hash: Sha256::digest(bytes).into(),
                    refusal: vec![undecodable(error)],
                };
            }
        };
        let mut hash = Sha256::new();
        for part in message.content_hash_input() {
            hash.update(part);
        }
        let kind = message.message_type();
        let header = message.header();
        let field = |n: usize| readable(&header.field(n).component(1).text());
        Understood {
            control_id: readable(&message.control_id()),
            kind: readable(&format!("{}^{}", kind.code, kind.trigger)),
            sender: (field(3), field(4)),
            content_hash: hash.finalize().into(),
            refusal: self.unreadable(message),
        }
    }

    /// Why a decoded message cannot be processed; empty when it can.
    fn unreadable(&self, message: &Message) -> Vec<Finding> {
        let zone = &self.settings().zone;
        let kind = message.message_type();
        let read = match kind.code.trim() {
            "ADT" => inbound_hl7v2::adt::read(message, zone).map(drop),
            _ => inbound_hl7v2::oru::read(message, zone).map(drop),
        };
        let mut findings = read.err().unwrap_or_default();
        if message.control_id().is_empty() {
            findings.push(Finding::error("INBOUND-CONTROL-ID-MISSING", "MSH-10"));
        }
        findings
    }

    /// The declared sender with that application and facility; one that names its facility is preferred.
    fn sender(&self, (application, facility): &(String, String)) -> Option<Connection> {
        let connections = self.connections();
        let fits = |it: &&Connection, exact: bool| {
            it.active
                && it.application == *application
                && (if exact { it.facility == *facility } else { it.facility.is_empty() })
        };
        connections.iter().find(|it| fits(it, true)).or_else(|| connections.iter().find(|it| fits(it, false))).cloned()
    }

    fn answer(
        &self,
        message: Option<&Message>,
        bytes: &[u8],
        verdict: &Verdict,
        id: MessageId,
        now: Timestamp,
    ) -> Vec<u8> {
        let errors: Vec<ErrorDetail> = verdict
            .findings
            .iter()
            .filter(|finding| finding.severity == lab::finding::Severity::Error)
            .take(20)
            .map(error_detail)
            .collect();
        // 20 characters, the bound of MSH-10 in v2.5: the end of the identifier, where its chance is.
        let control_id: String = id.0.simple().to_string().chars().skip(12).collect();
        let reply = Reply {
            code: verdict.code,
            text: "",
            errors: &errors,
            time: hl7_time(now, &self.settings().zone),
            control_id: &control_id,
        };
        match message {
            Some(message) => acknowledge(message, &reply),
            None => acknowledge_undecodable(bytes, &reply),
        }
    }

    /// Processes what was received, in order, until the process ends.
    pub async fn run_inbound(self) {
        loop {
            let started = Instant::now();
            match self.process_waiting().await {
                Ok(0) => {
                    let bell = self.inner.inbound_bell.notified();
                    let _ = tokio::time::timeout(Duration::from_secs(2), bell).await;
                }
                Ok(_) if self.is_receiving() => tokio::time::sleep(started.elapsed() * (INTAKE_SHARE - 1)).await,
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "received messages could not be processed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn is_receiving(&self) -> bool {
        let last = self.inner.received_at_ms.load(Ordering::Relaxed);
        self.env().now().as_millisecond() - last < INTAKE_QUIET_MS
    }

    /// Processes a batch in one transaction; answers how many messages it held. A message that fails fails alone.
    pub async fn process_waiting(&self) -> Result<usize, AppError> {
        let app = self.clone();
        let limit = if self.is_receiving() { BATCH_BESIDE_INTAKE } else { BATCH };
        let n = self
            .store()
            .write(move |tx| {
                let waiting = messages::take_waiting(tx, limit)?;
                for message in &waiting {
                    app.process_one(tx, message)?;
                }
                Ok::<_, AppError>(waiting.len())
            })
            .await?;
        if n > 0 {
            self.inner.signing_bell.notify_one();
        }
        Ok(n)
    }

    fn process_one(&self, tx: &mut Tx<'_>, waiting: &Waiting) -> Result<(), AppError> {
        let now = self.env().now();
        match tx.attempt(|tx| self.process(tx, waiting, now)) {
            Ok(findings) => Ok(messages::finish(tx, waiting.id, MessageState::Processed, &findings, now)?),
            // The whole batch is tried again.
            Err(error) if error.is_temporary() => Err(error),
            Err(error) => {
                tracing::error!(message.id = %waiting.id, %error, "a message could not be processed");
                let finding = Finding::error("INBOUND-PROCESSING-FAILED", "");
                messages::finish(tx, waiting.id, MessageState::Failed, &[finding], now)?;
                let item = NewWorkItem {
                    station: "inbound",
                    code: "INBOUND-PROCESSING-FAILED",
                    message: Some(waiting.id),
                    ..NewWorkItem::default()
                };
                Ok(work_items::open(tx, &mut self.env().ids(), &item, now)?)
            }
        }
    }

    fn process(&self, tx: &mut Tx<'_>, waiting: &Waiting, now: Timestamp) -> Result<Vec<Finding>, AppError> {
        let connections = self.connections();
        let declared = |id: ConnectionId| connections.iter().find(|it| it.id == id);
        let Some(connection) = waiting.connection.and_then(declared) else {
            return Ok(vec![Finding::error("INBOUND-SENDER-UNKNOWN", "MSH-3")]);
        };
        let message = match hl7v2::decode(&waiting.raw, &self.limits()) {
            Ok(message) => message,
            Err(error) => return Ok(vec![undecodable(&error)]),
        };
        let mut ids = self.env().ids();
        let context = Context { app: self, connection, message: waiting.id, received_at: waiting.received_at, now };
        if message.message_type().code.trim() == "ADT" {
            identity::process(tx, &mut ids, &context, &message)
        } else {
            matching::process(tx, &mut ids, &context, &message)
        }
    }
}

/// What processing a message needs beside the message.
pub(crate) struct Context<'a> {
    pub(crate) app: &'a App,
    pub(crate) connection: &'a Connection,
    pub(crate) message: MessageId,
    pub(crate) received_at: Timestamp,
    pub(crate) now: Timestamp,
}

fn judge(understood: &Understood, connection: Option<&Connection>) -> Verdict {
    let refuse = |code, findings| Verdict { code, state: MessageState::Refused, findings };
    if !understood.refusal.is_empty() {
        let unsupported = understood
            .refusal
            .iter()
            .any(|it| matches!(it.code, "INBOUND-TYPE-UNSUPPORTED" | "INBOUND-VERSION-UNSUPPORTED"));
        let code = if unsupported { AckCode::Reject } else { AckCode::Error };
        return refuse(code, understood.refusal.clone());
    }
    match connection {
        Some(_) => Verdict { code: AckCode::Accept, state: MessageState::Received, findings: Vec::new() },
        None => refuse(AckCode::Reject, vec![Finding::error("INBOUND-SENDER-UNKNOWN", "MSH-3")]),
    }
}

fn undecodable(error: &hl7v2::DecodeError) -> Finding {
    use hl7v2::DecodeError as E;
    let code = match error {
        E::Malformed { .. } => "INBOUND-MALFORMED",
        E::Unsupported { .. } => "INBOUND-UNSUPPORTED",
        E::TooLarge { .. } | E::TooMany { .. } => "INBOUND-TOO-LARGE",
        _ => "INBOUND-MALFORMED",
    };
    let place = match error {
        E::Malformed { at, .. } | E::Unsupported { at, .. } => at.to_string(),
        _ => String::new(),
    };
    Finding::error(code, place)
}

/// The ERR segment of a finding: where, the nearest condition of table 0357, our code, and the French sentence.
fn error_detail(finding: &Finding) -> ErrorDetail {
    let condition = match finding.code {
        "INBOUND-TYPE-UNSUPPORTED" => ErrorCondition::UnsupportedMessageType,
        "INBOUND-VERSION-UNSUPPORTED" => ErrorCondition::UnsupportedVersion,
        code if code.ends_with("-MISSING") => ErrorCondition::RequiredFieldMissing,
        "INBOUND-MALFORMED" => ErrorCondition::DataType,
        _ => ErrorCondition::ApplicationError,
    };
    ErrorDetail {
        application: Some((finding.code.to_owned(), String::new(), "PAILLASSE".to_owned())),
        diagnostic: finding.place.clone(),
        user_message: wording::catalogue(wording::Language::French)
            .get(&format!("finding.{}", finding.code))
            .to_owned(),
        ..ErrorDetail::new(condition)
    }
}

fn hl7_time(at: Timestamp, zone: &jiff::tz::TimeZone) -> hl7v2::Ts {
    let zoned = at.to_zoned(zone.clone());
    let part = |n: i8| u8::try_from(n).unwrap_or(0);
    hl7v2::Ts {
        year: u16::try_from(zoned.year()).unwrap_or(0),
        month: part(zoned.month()),
        day: part(zoned.day()),
        hour: part(zoned.hour()),
        minute: part(zoned.minute()),
        second: part(zoned.second()),
        nanosecond: 0,
        n_decimals: 0,
        precision: hl7v2::Precision::Second,
        offset_minutes: i16::try_from(zoned.offset().seconds() / 60).ok(),
    }
}

/// A text that every database takes: no control character, at most 200 characters.
fn readable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

/// The MLLP side of reception.
pub(crate) struct MllpReception {
    pub(crate) app: App,
}

impl Handler for MllpReception {
    fn receive<'a>(&'a self, peer: &'a Peer, event: Event) -> HandlerFuture<'a> {
        Box::pin(async move {
            let peer = peer.addr.ip().to_string();
            match event {
                Event::Frame(bytes) => Some(self.app.receive("mllp", &peer, bytes.into()).await),
                Event::Truncated { bytes, .. } => {
                    self.app.keep_unusable("mllp", &peer, bytes.to_vec(), "INBOUND-TRUNCATED").await;
                    None
                }
                Event::TooLarge { head, .. } => {
                    Some(self.app.keep_unusable("mllp", &peer, head.to_vec(), "INBOUND-TOO-LARGE").await)
                }
            }
        })
    }
}

impl App {
    /// Keeps what cannot be a message, with the reason; answers the refusal to send.
    async fn keep_unusable(&self, transport: &'static str, peer: &str, bytes: Vec<u8>, code: &'static str) -> Vec<u8> {
        let (id, now) = (MessageId(self.env().uuid()), self.env().now());
        let finding = Finding::error(code, "");
        let verdict = Verdict { code: AckCode::Error, state: MessageState::Refused, findings: vec![finding.clone()] };
        let answer = self.answer(None, &bytes, &verdict, id, now);
        let (kept, peer) = (answer.clone(), readable(peer));
        let stored = self
            .store()
            .write(move |tx| {
                let hash: [u8; 32] = Sha256::digest(&bytes).into();
                messages::insert(
                    tx,
                    &NewMessage {
                        id,
                        received_at: now,
                        transport,
                        peer: &peer,
                        connection: None,
                        control_id: "",
                        kind: "",
                        content_hash: &hash,
                        raw: &bytes,
                        answer: Some(&kept),
                        state: MessageState::Refused,
                        note: "",
                    },
                )?;
                messages::add_findings(tx, id, &[finding])?;
                Ok::<_, AppError>(())
            })
            .await;
        if let Err(error) = stored {
            tracing::error!(%error, "an unusable message could not be kept");
        }
        answer
    }
}
