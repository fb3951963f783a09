//! Sending mail: an envelope and message bytes in, exactly what is known about their fate out.
//!
//! SMTP with mandatory STARTTLS, AUTH PLAIN or XOAUTH2, SIZE, DSN parameters and pipelining; connections are
//! kept and used again for many messages. It deliberately does not read the message, retry a
//! refusal or decide what a refusal means for a delivery.
//!
//! Why not `mail-send`: its `write_message` sends the body and the final dot in one call, so a
//! broken connection can't be told apart before and after the dot, which is the whole difference
//! between "not sent" and "perhaps sent twice"; it adds an empty line to every message; it
//! chooses among authentication mechanisms by itself; its errors print the server's text, which
//! may name a patient's mailbox; and it links the trust store of the operating system.
//!
//! Source: RFC 5321, RFC 3207, RFC 4954, RFC 1870, RFC 2920, RFC 3461.

use std::io;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::credentials::Credentials;
use crate::tls::Security;

mod connection;
mod envelope;
mod reply;

use connection::{Connection, Failure};
use envelope::Prepared;

/// Longest reply accepted from a server, all its lines together.
pub const MAX_REPLY_BYTES: usize = 16 * 1024;
/// Longest envelope identifier (RFC 3461 §4.4).
pub const MAX_ENVELOPE_ID_BYTES: usize = 100;

/// How to reach a server. `Debug` does not print credentials.
#[derive(Debug, Clone)]
pub struct SmtpSettings {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What we call ourselves in `EHLO`.
    pub helo_name: String,
    /// STARTTLS, or clear text to this machine.
    pub security: Security,
    /// Given once the connection is protected; never in clear to another machine.
    pub credentials: Option<Credentials>,
    /// Connections open at the same time, 1 or more.
    pub max_connections: usize,
    /// Messages a minute at most, all connections together; `None`: as fast as the server takes them.
    pub max_per_minute: Option<NonZeroU32>,
    /// For TCP, TLS, greeting and authentication together.
    pub connect_timeout: Duration,
    /// For each reply before the message.
    pub reply_timeout: Duration,
    /// For writing the message.
    pub data_timeout: Duration,
    /// For the reply after the final dot (RFC 5321 §4.5.3.2.6 advises 10 minutes).
    pub final_timeout: Duration,
    /// A connection unused for that long is dropped.
    pub idle_timeout: Duration,
}

/// Who sends to whom, and which reports are asked for. `Debug` prints a placeholder.
#[derive(Clone, Copy)]
pub struct Envelope<'a> {
    /// `MAIL FROM`: where delivery reports come back. Empty for the null sender.
    pub from: &'a str,
    /// `RCPT TO`. One per message, so that each has its own fate.
    pub to: &'a str,
    /// `ENVID`, given back in delivery reports; at most [`MAX_ENVELOPE_ID_BYTES`].
    pub envelope_id: Option<&'a str>,
    /// Reports asked for where the server supports it.
    pub notify: Notify,
}

/// Delivery reports asked for (RFC 3461 §4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Notify {
    /// Success, failure and delay.
    #[default]
    Everything,
    /// Failure only: what servers do when nothing is asked.
    Unspecified,
    /// None.
    Never,
}

/// What is known about a message after trying to send it. Nothing more, nothing less.
#[derive(Clone)]
pub enum Outcome {
    /// The server took responsibility for the message.
    Accepted {
        /// Text of its reply, bounded; often a queue identifier.
        reply: String,
        /// Whether the server knows DSN, so that the reports asked for will come.
        reports_expected: bool,
    },
    /// The server said no. It does not have the message.
    Refused {
        /// When.
        stage: Stage,
        /// Reply code, 400 to 599.
        code: u16,
        /// Enhanced status code, `5.1.1` (RFC 2034).
        enhanced: Option<String>,
        /// Text of the reply, without the enhanced code, bounded. May name the mailbox.
        text: String,
        /// The code is 500 or more: the same try would fail again.
        permanent: bool,
    },
    /// Failed before the end of the message: the server can't have taken it.
    NotSent(SmtpError),
    /// The final dot was sent and no answer came: the server may have the message.
    Unknown(SmtpError),
}

/// The moment of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Connection greeting.
    Greeting,
    /// `EHLO`.
    Hello,
    /// `STARTTLS`.
    StartTls,
    /// `AUTH`. A configuration problem rather than one of the message.
    Authentication,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// After the final dot.
    Content,
}

/// Why nothing is known, or nothing was sent. Safe to log: holds no text of the server.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SmtpError {
    /// The network failed, or the TLS handshake did.
    #[error("{stage}: {kind}")]
    Io {
        /// What was being done.
        stage: &'static str,
        /// The kind of failure.
        kind: io::ErrorKind,
    },
    /// A time limit was reached.
    #[error("{stage}: time limit reached")]
    TimedOut {
        /// What was being done.
        stage: &'static str,
    },
    /// The server closed the connection.
    #[error("{stage}: connection closed by the server")]
    Closed {
        /// What was being done.
        stage: &'static str,
    },
    /// The server does not follow the protocol.
    #[error("{stage}: reply not understood")]
    Protocol {
        /// What was being done.
        stage: &'static str,
    },
    /// The server does not offer STARTTLS.
    #[error("the server does not offer STARTTLS")]
    StartTlsMissing,
    /// Clear text asked for to another machine.
    #[error("clear text is accepted to this machine only")]
    NotLoopback,
    /// The server does not offer the way the credentials are given.
    #[error("the server does not offer AUTH PLAIN, or XOAUTH2 for a token")]
    AuthenticationMissing,
    /// Nobody is signed in, so that there is no token to open the box with.
    #[error("no access token at the moment")]
    TokenMissing,
    /// The message is larger than the server announced it takes.
    #[error("the message is larger than the {limit_bytes} bytes the server takes")]
    TooLarge {
        /// The announced limit.
        limit_bytes: usize,
    },
    /// An address or envelope identifier holds a character that can't be sent.
    #[error("envelope: expected printable ASCII without spaces or brackets")]
    Envelope,
    /// The message has a CR or LF alone, which servers understand differently.
    #[error("message: expected CRLF line ends only")]
    BareLineEnd,
    /// [`SmtpClient::close`] was called.
    #[error("the client is closed")]
    ShutDown,
}

/// A client for one server, to be shared: it holds the connections.
pub struct SmtpClient {
    settings: SmtpSettings,
    slots: Semaphore,
    idle: Mutex<Vec<(Connection, Instant)>>,
    /// When the next message may leave, where there is a pace.
    next_turn: Mutex<Option<Instant>>,
}

/// The right to send one message now, over an open connection: nothing was said about the message yet.
///
/// Dropping it gives the place to the next one and keeps the connection.
pub struct Turn<'a> {
    client: &'a SmtpClient,
    connection: Option<Connection>,
    is_kept: bool,
    _slot: SemaphorePermit<'a>,
}

impl SmtpSettings {
    /// Settings with the usual time limits and 4 connections.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, security: Security) -> Self {
        Self {
            host: host.into(),
            port,
            helo_name: "localhost".to_owned(),
            security,
            credentials: None,
            max_connections: 4,
            max_per_minute: None,
            connect_timeout: Duration::from_secs(30),
            reply_timeout: Duration::from_secs(60),
            data_timeout: Duration::from_secs(180),
            final_timeout: Duration::from_secs(600),
            idle_timeout: Duration::from_secs(60),
        }
    }
}

impl SmtpClient {
    /// Connects to nothing yet.
    #[must_use]
    pub fn new(settings: SmtpSettings) -> Self {
        let slots = Semaphore::new(settings.max_connections.max(1));
        Self { settings, slots, idle: Mutex::new(Vec::new()), next_turn: Mutex::new(None) }
    }

    /// Sends one message, its bytes as they are (CRLF line ends), waiting for a free connection.
    ///
    /// Dropping the future abandons the connection; the fate of the message is then unknown.
    pub async fn send(&self, envelope: &Envelope<'_>, message: &[u8]) -> Outcome {
        // What cannot be sent needs no connection.
        if let Err(error) = Prepared::new(envelope, message) {
            return Outcome::NotSent(error);
        }
        match self.turn().await {
            Ok(turn) => turn.send(envelope, message).await,
            Err(outcome) => outcome,
        }
    }

    /// Waits for a free place and for the pace, then for an open connection: a kept one, or a new one.
    ///
    /// Between this and [`Turn::send`], the caller may record that an attempt begins.
    /// Errors: why there is no connection; no message is concerned.
    pub async fn turn(&self) -> Result<Turn<'_>, Outcome> {
        let Ok(slot) = self.slots.acquire().await else {
            return Err(Outcome::NotSent(SmtpError::ShutDown));
        };
        self.paced().await;
        let kept = self.take_idle();
        let is_kept = kept.is_some();
        let connection = match kept {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Ok(Turn { client: self, connection: Some(connection), is_kept, _slot: slot })
    }

    /// Waits until the pace lets one more message leave; places are given in order.
    async fn paced(&self) {
        let Some(max_per_minute) = self.settings.max_per_minute else { return };
        let apart = Duration::from_secs(60) / max_per_minute.get();
        let at = {
            let mut next = self.next_turn.lock().unwrap_or_else(PoisonError::into_inner);
            let at = next.unwrap_or_else(Instant::now).max(Instant::now());
            *next = Some(at + apart);
            at
        };
        tokio::time::sleep_until(at.into()).await;
    }

    async fn open(&self) -> Result<Connection, Outcome> {
        match Connection::open(&self.settings).await {
            Ok(connection) => Ok(connection),
            Err(Failure::Error(error)) => Err(Outcome::NotSent(error)),
            Err(Failure::Refused(stage, reply)) => Err(reply.into_refusal(stage)),
        }
    }

    /// Opens a connection, authenticates, and keeps it: the connection test of a settings page.
    ///
    /// Errors: the outcome a message would have met.
    pub async fn probe(&self) -> Result<(), Outcome> {
        let Ok(_slot) = self.slots.acquire().await else {
            return Err(Outcome::NotSent(SmtpError::ShutDown));
        };
        self.keep(self.open().await?);
        Ok(())
    }

    /// Says goodbye on the kept connections; messages being sent finish, later ones are not sent.
    pub async fn close(&self) {
        self.slots.close();
        let idle = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
        for (connection, _) in idle {
            connection.quit().await;
        }
    }

    fn take_idle(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        // What a token opened is closed with it (CONF.10).
        let is_open = self.settings.credentials.as_ref().is_none_or(Credentials::are_valid);
        idle.retain(|(_, since)| is_open && since.elapsed() < self.settings.idle_timeout);
        idle.pop().map(|(connection, _)| connection)
    }

    fn keep(&self, connection: Connection) {
        if connection.is_usable() && !self.slots.is_closed() {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.push((connection, Instant::now()));
        }
    }
}

impl Turn<'_> {
    /// Sends the message, its bytes as they are (CRLF line ends).
    ///
    /// A kept connection that turns out to be dead before the message is taken is replaced once.
    pub async fn send(mut self, envelope: &Envelope<'_>, message: &[u8]) -> Outcome {
        let prepared = match Prepared::new(envelope, message) {
            Ok(prepared) => prepared,
            Err(error) => return Outcome::NotSent(error),
        };
        let Some(mut connection) = self.connection.take() else {
            return Outcome::NotSent(SmtpError::ShutDown);
        };
        let mut outcome = connection.deliver(&prepared, &self.client.settings).await;
        let is_dead = match &outcome {
            Outcome::NotSent(SmtpError::Io { .. } | SmtpError::Closed { .. }) => true,
            Outcome::Refused { stage: Stage::Sender, code, .. } => *code == 421,
            _ => false,
        };
        if is_dead && self.is_kept {
            connection = match self.client.open().await {
                Ok(connection) => connection,
                Err(outcome) => return outcome,
            };
            outcome = connection.deliver(&prepared, &self.client.settings).await;
        }
        self.client.keep(connection);
        outcome
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.client.keep(connection);
        }
    }
}

impl std::fmt::Debug for Turn<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Turn")
    }
}

impl std::fmt::Debug for SmtpClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SmtpClient({}:{})", self.settings.host, self.settings.port)
    }
}

impl std::fmt::Debug for Envelope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Envelope(…)")
    }
}

impl std::fmt::Debug for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Accepted { reports_expected, .. } => {
                write!(f, "Accepted(reports expected: {reports_expected})")
            }
            Self::Refused { stage, code, enhanced, .. } => {
                write!(f, "Refused({stage:?}, {code}, {enhanced:?})")
            }
            Self::NotSent(error) => write!(f, "NotSent({error})"),
            Self::Unknown(error) => write!(f, "Unknown({error})"),
        }
    }
}
