//! Reading a return box: settings and a cursor in; new messages and the next cursor out.
//!
//! IMAP4 with mandatory STARTTLS; the session stays open, is told of what comes (IDLE) and polled. Messages are looked at
//! without being marked as read, so a person may share the box. It deliberately does not
//! understand the messages, nor remember the cursor: the caller stores both in one transaction.
//!
//! Source: RFC 3501, RFC 2177 (IDLE).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use async_imap::{Authenticator, Client, Session, types::UnsolicitedResponse};
use futures_util::TryStreamExt;
use tokio::time::timeout;

use crate::credentials::Credentials;
use crate::tls::{Channel, Security};

/// Messages taken in one poll at most; the next poll goes on.
pub const MAX_BATCH: usize = 200;
/// Bytes taken in one poll at most, unless its first message alone is larger.
pub const MAX_POLL_BYTES: usize = 64 * 1024 * 1024;

/// How to reach a box. `Debug` does not print credentials.
#[derive(Debug, Clone)]
pub struct ImapSettings {
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// STARTTLS, or clear text to this machine.
    pub security: Security,
    /// What opens the box.
    pub credentials: Credentials,
    /// How a password is given.
    pub authentication: Authentication,
    /// The folder read, `INBOX` unless told.
    pub folder: String,
    /// For connecting, TLS, authentication and opening the folder together.
    pub connect_timeout: Duration,
    /// For one poll.
    pub poll_timeout: Duration,
    /// Messages asked for in one command, 1 to [`MAX_BATCH`].
    pub batch: usize,
    /// A larger message is skipped and told in [`Polled::skipped`].
    pub max_message_bytes: usize,
}

/// How a password is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authentication {
    /// `AUTHENTICATE PLAIN`, what MSSanté asks of applicative boxes.
    #[default]
    Plain,
    /// `LOGIN`.
    Login,
}

/// Where reading stopped. To be stored with what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// `UIDVALIDITY` of the folder; 0 before the first poll.
    pub uid_validity: u32,
    /// First identifier not yet read.
    pub next_uid: u32,
}

/// What a poll found.
pub struct Polled {
    /// Identifier and bytes, in increasing order of identifier.
    pub messages: Vec<(u32, Vec<u8>)>,
    /// Identifiers of messages larger than the bound.
    pub skipped: Vec<u32>,
    /// To be stored, then given to the next poll.
    pub cursor: Cursor,
    /// The server renumbered the folder, so it is read again from its start: messages already
    /// handled come back, to be recognized by their content.
    pub was_renumbered: bool,
    /// More messages are waiting: poll again at once.
    pub has_more: bool,
}

/// Why a box can't be read. Safe to log: holds no text of the server.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ImapError {
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
    /// The server answered `NO` or `BAD`.
    #[error("{stage}: refused by the server")]
    Refused {
        /// What was being done.
        stage: &'static str,
    },
    /// The server does not follow the protocol.
    #[error("{stage}: response not understood")]
    Protocol {
        /// What was being done.
        stage: &'static str,
    },
    /// Clear text asked for to another machine.
    #[error("clear text is accepted to this machine only")]
    NotLoopback,
    /// Nobody is signed in, so that there is no token to open the box with.
    #[error("no access token at the moment")]
    TokenMissing,
}

/// An open box. After an error it must be dropped and connected again.
pub struct ImapBox {
    session: Session<Channel>,
    settings: ImapSettings,
    uid_validity: u32,
    /// Whether the server tells of what comes (`IDLE`).
    tells: bool,
}

impl ImapSettings {
    /// Settings with the usual limits.
    #[must_use]
    pub fn new(host: impl Into<String>, port: u16, security: Security, credentials: Credentials) -> Self {
        Self {
            host: host.into(),
            port,
            security,
            credentials,
            authentication: Authentication::Plain,
            folder: "INBOX".to_owned(),
            connect_timeout: Duration::from_secs(30),
            poll_timeout: Duration::from_secs(120),
            batch: 50,
            max_message_bytes: 40 * 1024 * 1024,
        }
    }
}

impl ImapBox {
    /// Connects, protects, authenticates and opens the folder.
    ///
    /// Errors: [`ImapError`]; nothing stays open.
    pub async fn connect(settings: ImapSettings) -> Result<Self, ImapError> {
        let limit = settings.connect_timeout;
        timeout(limit, Self::connect_unbounded(settings))
            .await
            .unwrap_or(Err(ImapError::TimedOut { stage: "connection" }))
    }

    async fn connect_unbounded(settings: ImapSettings) -> Result<Self, ImapError> {
        let tcp =
            Channel::connect(&settings.host, settings.port, &settings.security).await.map_err(|error| {
                match error.kind() {
                    io::ErrorKind::PermissionDenied => ImapError::NotLoopback,
                    kind => ImapError::Io { stage: "connection", kind },
                }
            })?;
        let mut client = Client::new(Channel::Plain(tcp));
        let greeting = client.read_response().await;
        match greeting {
            Ok(Some(_)) => {}
            Ok(None) => return Err(ImapError::Protocol { stage: "greeting" }),
            Err(error) => {
                return Err(ImapError::Io { stage: "greeting", kind: error.kind() });
            }
        }
        if let Security::StartTls { config, server_name } = &settings.security {
            client.run_command_and_check_ok("STARTTLS", None).await.map_err(|error| failure("STARTTLS", &error))?;
            // The library drops what it read in clear beyond the agreement.
            let Channel::Plain(tcp) = client.into_inner() else {
                return Err(ImapError::Protocol { stage: "STARTTLS" });
            };
            let channel = Channel::protect(tcp, config, server_name)
                .await
                .map_err(|error| ImapError::Io { stage: "TLS handshake", kind: error.kind() })?;
            client = Client::new(channel);
        }
        let (mechanism, response) = settings.credentials.initial_response().ok_or(ImapError::TokenMissing)?;
        let authenticated = match (&settings.credentials, settings.authentication) {
            (Credentials::Password { login, password }, Authentication::Login) => client.login(login, password).await,
            _ => client.authenticate(mechanism, Once(Some(response))).await,
        };
        let mut session = authenticated.map_err(|(error, _)| failure("authentication", &error))?;
        let capabilities = session.capabilities().await.map_err(|error| failure("CAPABILITY", &error))?;
        let tells = capabilities.has_str("IDLE");
        let folder = session.select(&settings.folder).await.map_err(|error| failure("SELECT", &error))?;
        let uid_validity = folder.uid_validity.ok_or(ImapError::Protocol { stage: "SELECT" })?;
        Ok(Self { session, settings, uid_validity, tells })
    }

    /// Reads what came since `cursor`, at most [`MAX_BATCH`] messages.
    ///
    /// Errors: [`ImapError`]; the box must then be dropped, and the same cursor given again.
    pub async fn poll(&mut self, cursor: Cursor) -> Result<Polled, ImapError> {
        let limit = self.settings.poll_timeout;
        timeout(limit, self.poll_unbounded(cursor)).await.unwrap_or(Err(ImapError::TimedOut { stage: "poll" }))
    }

    async fn poll_unbounded(&mut self, cursor: Cursor) -> Result<Polled, ImapError> {
        // What was told before this poll, it will find.
        self.was_told();
        let is_first = cursor.uid_validity == 0;
        let was_renumbered = !is_first && cursor.uid_validity != self.uid_validity;
        let first = if is_first || was_renumbered { 1 } else { cursor.next_uid.max(1) };
        // `n:*` always matches the last message, even below n (RFC 3501 §6.4.8).
        let found =
            self.session.uid_search(format!("UID {first}:*")).await.map_err(|error| failure("SEARCH", &error))?;
        let uids: BTreeSet<u32> = found.into_iter().filter(|&uid| uid >= first).collect();
        let candidates: Vec<u32> = uids.iter().copied().take(MAX_BATCH).collect();
        let sizes = self.sizes(&candidates).await?;
        let plan = plan(&candidates, &sizes, self.settings.max_message_bytes);
        let mut bodies = BTreeMap::new();
        for batch in plan.wanted.chunks(self.settings.batch.clamp(1, MAX_BATCH)) {
            self.fetch(batch, &mut bodies).await?;
        }
        // A body that did not come stops the cursor before it: the next poll will not list the
        // message if it was deleted meanwhile, and will ask again if it was not.
        let missing = plan.wanted.iter().copied().find(|uid| !bodies.contains_key(uid));
        let next_uid = missing.unwrap_or_else(|| plan.next_uid.unwrap_or(first));
        bodies.split_off(&next_uid);
        let is_stuck = missing.is_some() && missing == plan.wanted.first().copied();
        if is_stuck && plan.skipped.is_empty() {
            return Err(ImapError::Protocol { stage: "FETCH" });
        }
        Ok(Polled {
            messages: bodies.into_iter().collect(),
            skipped: plan.skipped.into_iter().filter(|&uid| uid < next_uid).collect(),
            cursor: Cursor { uid_validity: self.uid_validity, next_uid },
            was_renumbered,
            has_more: uids.last().is_some_and(|&last| last >= next_uid),
        })
    }

    /// Sizes first, so that a message beyond the bound is never transferred.
    async fn sizes(&mut self, uids: &[u32]) -> Result<BTreeMap<u32, usize>, ImapError> {
        let mut found = BTreeMap::new();
        if uids.is_empty() {
            return Ok(found);
        }
        let mut sizes = self
            .session
            .uid_fetch(set(uids), "(UID RFC822.SIZE)")
            .await
            .map_err(|error| failure("FETCH sizes", &error))?;
        while let Some(fetched) = sizes.try_next().await.map_err(|error| failure("FETCH sizes", &error))? {
            if let (Some(uid), Some(size)) = (fetched.uid, fetched.size) {
                found.insert(uid, usize::try_from(size).unwrap_or(usize::MAX));
            }
        }
        Ok(found)
    }

    async fn fetch(&mut self, uids: &[u32], messages: &mut BTreeMap<u32, Vec<u8>>) -> Result<(), ImapError> {
        let mut bodies =
            self.session.uid_fetch(set(uids), "(UID BODY.PEEK[])").await.map_err(|error| failure("FETCH", &error))?;
        while let Some(fetched) = bodies.try_next().await.map_err(|error| failure("FETCH", &error))? {
            // Status updates come unasked, without a body.
            let (Some(uid), Some(body)) = (fetched.uid, fetched.body()) else {
                continue;
            };
            if uids.contains(&uid) {
                messages.insert(uid, body.to_vec());
            }
        }
        Ok(())
    }

    /// Waits until the server tells that something came, at most `at_most`; where it does not tell, waits `interval`.
    ///
    /// Errors: [`ImapError`]; the box is closed then. Source: RFC 2177.
    pub async fn wait(mut self, at_most: Duration, interval: Duration) -> Result<Self, ImapError> {
        // Told during the last poll: the server will not tell it again.
        if self.was_told() {
            return Ok(self);
        }
        if !self.tells {
            tokio::time::sleep(interval).await;
            return Ok(self);
        }
        let limit = self.settings.poll_timeout;
        let Self { session, settings, uid_validity, tells } = self;
        let stage = "IDLE";
        let mut idle = session.idle();
        let begun = timeout(limit, idle.init()).await.map_err(|_| ImapError::TimedOut { stage })?;
        begun.map_err(|error| failure(stage, &error))?;
        let (told, stop) = idle.wait_with_timeout(at_most);
        // A server that only says that it is still there does not make the wait longer.
        let told = timeout(at_most, told).await;
        drop(stop);
        if let Ok(Err(error)) = told {
            return Err(failure(stage, &error));
        }
        let ended = timeout(limit, idle.done()).await.map_err(|_| ImapError::TimedOut { stage })?;
        let session = ended.map_err(|error| failure(stage, &error))?;
        Ok(Self { session, settings, uid_validity, tells })
    }

    /// Whether the server told of messages since this was last asked.
    fn was_told(&mut self) -> bool {
        let mut told = false;
        while let Ok(response) = self.session.unsolicited_responses.try_recv() {
            told |= matches!(response, UnsolicitedResponse::Exists(_));
        }
        told
    }

    /// Closes the session politely; failures do not matter.
    pub async fn logout(mut self) {
        let _ = timeout(Duration::from_secs(2), self.session.logout()).await;
    }
}

/// What one poll takes of the messages found.
struct Plan {
    wanted: Vec<u32>,
    skipped: Vec<u32>,
    /// After the last one wanted, skipped or gone; absent when there was none.
    next_uid: Option<u32>,
}

/// Takes messages in order up to [`MAX_POLL_BYTES`]; one without a size was deleted meanwhile.
fn plan(candidates: &[u32], sizes: &BTreeMap<u32, usize>, max_message_bytes: usize) -> Plan {
    let mut plan = Plan { wanted: Vec::new(), skipped: Vec::new(), next_uid: None };
    let mut total_bytes = 0usize;
    for &uid in candidates {
        match sizes.get(&uid) {
            None => {}
            Some(&size) if size > max_message_bytes => plan.skipped.push(uid),
            Some(&size) => {
                total_bytes = total_bytes.saturating_add(size);
                if total_bytes > MAX_POLL_BYTES && !plan.wanted.is_empty() {
                    break;
                }
                plan.wanted.push(uid);
            }
        }
        plan.next_uid = Some(uid.saturating_add(1));
    }
    plan
}

/// Says one response, then nothing: a server that refuses a token says why first, and waits for an empty answer.
struct Once(Option<String>);

impl Authenticator for Once {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        self.0.take().unwrap_or_default()
    }
}

impl std::fmt::Debug for ImapBox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImapBox({}:{})", self.settings.host, self.settings.port)
    }
}

impl std::fmt::Debug for Polled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Polled({} messages, {:?})", self.messages.len(), self.cursor)
    }
}

/// `4,5,6,9` as `4:6,9`.
fn set(uids: &[u32]) -> String {
    let mut out = String::new();
    let mut rest = uids;
    while let [start, ..] = rest {
        let len = rest.windows(2).take_while(|pair| pair[1] == pair[0].saturating_add(1)).count();
        if !out.is_empty() {
            out.push(',');
        }
        let _ = match rest.get(len) {
            Some(end) if len > 0 => write!(out, "{start}:{end}"),
            _ => write!(out, "{start}"),
        };
        rest = &rest[len + 1..];
    }
    out
}

fn failure(stage: &'static str, error: &async_imap::error::Error) -> ImapError {
    use async_imap::error::Error;
    match error {
        Error::Io(error) => ImapError::Io { stage, kind: error.kind() },
        Error::No(_) | Error::Bad(_) => ImapError::Refused { stage },
        Error::ConnectionLost => ImapError::Io { stage, kind: io::ErrorKind::UnexpectedEof },
        _ => ImapError::Protocol { stage },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_is_bounded_in_bytes_and_skips_what_is_too_large() {
        let third = MAX_POLL_BYTES / 3;
        let sizes = [(1, third), (2, third * 2), (4, third), (5, third), (6, 1)].into();
        let plan = plan(&[1, 2, 3, 4, 5, 6], &sizes, third);
        assert_eq!((plan.wanted, plan.skipped, plan.next_uid), (vec![1, 4, 5, 6], vec![2], Some(7)));
        let sizes = [(1, third), (2, third), (3, third), (4, third)].into();
        let plan = super::plan(&[1, 2, 3, 4], &sizes, third);
        assert_eq!((plan.wanted, plan.next_uid), (vec![1, 2, 3], Some(4)));
    }

    #[test]
    fn identifiers_are_grouped_into_ranges() {
        assert_eq!(set(&[4, 5, 6, 9]), "4:6,9");
        assert_eq!(set(&[1]), "1");
        assert_eq!(set(&[1, 3, 4]), "1,3:4");
        assert_eq!(set(&[u32::MAX - 1, u32::MAX]), "4294967294:4294967295");
        assert_eq!(set(&[]), "");
    }
}
