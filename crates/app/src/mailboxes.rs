//! The laboratory's own mailboxes: how each is opened, whether it is open, a trial of its servers, the token of its person.
//!
//! A box opens with the laboratory's certificate, or with the token of a person who is signed in elsewhere: it is held in
//! memory alone, and the box is closed when it ends.
//!
//! Source: MSSanté référentiel #2, CONF.04 (trial after autoconfiguration), CONF.10, CONF.11, CONF.28.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use jiff::Timestamp;
use lab::{finding::Finding, person::MssanteAddress};
use records::{RecordError, accounts::Account, journal::AuditEvent};
use transport::{
    credentials::{Credentials, Token},
    discovery::Origin,
    imap::{ImapBox, ImapError, ImapSettings},
    smtp::{Outcome, SmtpClient, SmtpError, SmtpSettings, Stage},
};

use crate::{App, AppError, settings::ReturnBox};

/// Longest life of a token that a person may give, in minutes: beyond, it is no access token.
pub const TOKEN_MINUTES_MAX: u64 = 24 * 60;

/// Longest wait for each server of a trial.
const TRIAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Whether a box is open, as last seen by this process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Opened {
    /// It was not opened yet.
    NotYet,
    /// Open since then.
    Since(Timestamp),
    /// It could not be opened then; a code says why.
    Failed(Timestamp, &'static str),
    /// Nobody gave a token, or it ended.
    WithoutToken,
}

/// A box of the laboratory, for a page.
pub struct MailboxLine {
    /// Its address.
    pub address: MssanteAddress,
    /// Whether reports leave from it.
    pub is_sender: bool,
    /// Host and port where it is read.
    pub imap: (String, u16),
    /// Host and port where its mail is sent; `None` for a box that is only read.
    pub smtp: Option<(String, u16)>,
    /// Whether it opens with a token; and for how long there is one.
    pub token: Option<Option<Duration>>,
    /// Whether it is open.
    pub opened: Opened,
}

/// Where the servers of an address are, as its domain tells; `None` where nobody tells.
pub struct Discovered {
    /// Where mail is sent.
    pub smtp: Option<DiscoveredServer>,
    /// Where mail is read.
    pub imap: Option<DiscoveredServer>,
}

/// A server as it was told.
pub struct DiscoveredServer {
    /// Its name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether it is said to take an access token.
    pub takes_token: bool,
    /// Whether a DNS record told it, rather than the file of the operator.
    pub by_record: bool,
}

/// What a trial of the servers of a box came to: nothing where all went well, the code of the failure otherwise.
pub struct Trial {
    /// Reading.
    pub imap: Result<(), &'static str>,
    /// Sending; `None` for a box that is only read.
    pub smtp: Option<Result<(), &'static str>>,
}

/// What this process saw of its boxes.
#[derive(Default)]
pub(crate) struct Seen(Mutex<HashMap<String, Opened>>);

impl Seen {
    pub(crate) fn note(&self, address: &MssanteAddress, opened: Opened) {
        let mut all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.insert(address.as_str().to_owned(), opened);
    }

    fn of(&self, address: &MssanteAddress) -> Opened {
        let all = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        all.get(address.as_str()).copied().unwrap_or(Opened::NotYet)
    }
}

impl App {
    /// The boxes of the settings, the sending one first.
    pub fn mailboxes(&self) -> Vec<MailboxLine> {
        let sender = &self.settings().mail.sender.address;
        self.settings()
            .return_boxes
            .iter()
            .map(|it| {
                let is_sender = it.address == *sender;
                let smtp = self.sending(it).map(|it| (it.host.clone(), it.port));
                let token = token(&it.imap).map(Token::lasts);
                let opened = match token {
                    Some(None) => Opened::WithoutToken,
                    _ => self.inner.mailboxes.of(&it.address),
                };
                MailboxLine {
                    address: it.address.clone(),
                    is_sender,
                    imap: (it.imap.host.clone(), it.imap.port),
                    smtp,
                    token,
                    opened,
                }
            })
            .collect()
    }

    /// Gives the token that opens a box, for some minutes: the worker that reads the box opens it at once.
    ///
    /// Errors: no such box, or one that opens otherwise; a text that is no token (`MAILBOX-TOKEN`); a life that no access
    /// token has (`MAILBOX-TOKEN-LIFE`).
    pub async fn grant_token(
        &self,
        address: &MssanteAddress,
        text: &str,
        minutes: u64,
        actor: &Account,
    ) -> Result<(), AppError> {
        let token = self.token_of(address)?;
        if !(1..=TOKEN_MINUTES_MAX).contains(&minutes) {
            return Err(refused("MAILBOX-TOKEN-LIFE", "minutes"));
        }
        self.audit_mailbox("mailbox.open", address, actor).await?;
        token.grant(text.trim(), Duration::from_secs(minutes * 60)).map_err(|_| refused("MAILBOX-TOKEN", "token"))
    }

    /// Takes the token of a box away: what it opened is closed.
    ///
    /// Errors: no such box, or one that opens otherwise.
    pub async fn withdraw_token(&self, address: &MssanteAddress, actor: &Account) -> Result<(), AppError> {
        let token = self.token_of(address)?;
        token.withdraw();
        self.audit_mailbox("mailbox.close", address, actor).await
    }

    /// Opens a box as the workers do, for reading and for sending, and closes it; no mail leaves.
    ///
    /// Errors: no such box.
    pub async fn try_mailbox(&self, address: &MssanteAddress) -> Result<Trial, AppError> {
        let return_box = self.return_box(address)?;
        let imap = ImapSettings { connect_timeout: TRIAL_TIMEOUT, ..return_box.imap.clone() };
        let imap = match ImapBox::connect(imap).await {
            Ok(opened) => {
                opened.logout().await;
                Ok(())
            }
            Err(error) => Err(imap_code(&error)),
        };
        let smtp = match self.sending(return_box) {
            None => None,
            Some(settings) => {
                let client = SmtpClient::new(SmtpSettings { connect_timeout: TRIAL_TIMEOUT, ..settings.clone() });
                let tried = client.probe().await.map_err(|outcome| smtp_code(&outcome));
                client.close().await;
                Some(tried)
            }
        };
        Ok(Trial { imap, smtp })
    }

    /// Looks for the servers of an address.
    pub async fn discover_mailbox(&self, address: &MssanteAddress) -> Discovered {
        let found = self.settings().discovery.discover(address.domain()).await;
        let [smtp, imap] = [found.smtp, found.imap].map(|it| {
            it.map(|(server, origin)| DiscoveredServer {
                host: server.host,
                port: server.port,
                takes_token: server.takes_token,
                by_record: origin == Origin::Srv,
            })
        });
        Discovered { smtp, imap }
    }

    /// Whether a box opens with a token, and there is one.
    pub(crate) fn has_token(&self, address: &MssanteAddress) -> bool {
        self.token_of(address).is_ok_and(|token| token.lasts().is_some())
    }

    /// How mail of a box is sent: its own way, or the laboratory's for the sending box.
    fn sending<'a>(&'a self, return_box: &'a ReturnBox) -> Option<&'a SmtpSettings> {
        let is_sender = return_box.address == self.settings().mail.sender.address;
        return_box.smtp.as_ref().or_else(|| is_sender.then_some(&self.settings().smtp))
    }

    fn return_box(&self, address: &MssanteAddress) -> Result<&ReturnBox, AppError> {
        let known = self.settings().return_boxes.iter().find(|it| it.address == *address);
        known.ok_or(AppError::Record(RecordError::Missing("mailbox")))
    }

    fn token_of(&self, address: &MssanteAddress) -> Result<&Token, AppError> {
        token(&self.return_box(address)?.imap).ok_or(AppError::Record(RecordError::Missing("token of a mailbox")))
    }

    async fn audit_mailbox(
        &self,
        action: &'static str,
        address: &MssanteAddress,
        actor: &Account,
    ) -> Result<(), AppError> {
        let (now, login, subject) = (self.env().now(), actor.login.clone(), address.as_str().to_owned());
        self.store()
            .write(move |tx| {
                let event = AuditEvent { actor: &login, action, subject: &subject, patient: None };
                Ok(records::journal::append(tx, &event, now)?)
            })
            .await
    }
}

/// The place of the token that opens a box; `None` for a box that opens otherwise.
pub(crate) fn token(imap: &ImapSettings) -> Option<&Token> {
    match &imap.credentials {
        Credentials::Token { token, .. } => Some(token),
        Credentials::Password { .. } => None,
    }
}

fn refused(code: &'static str, place: &'static str) -> AppError {
    AppError::Obstacles(vec![Finding::error(code, place)])
}

/// Why a box cannot be read, as a code.
pub(crate) fn imap_code(error: &ImapError) -> &'static str {
    match error {
        ImapError::Io { stage, .. } | ImapError::TimedOut { stage } => network_code(stage),
        ImapError::Refused { stage: "authentication" } => "not_let_in",
        ImapError::Refused { .. } => "refused",
        ImapError::TokenMissing => "no_token",
        _ => "protocol",
    }
}

fn smtp_code(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Refused { stage: Stage::Authentication, .. } => "not_let_in",
        Outcome::Refused { .. } => "refused",
        Outcome::NotSent(error) | Outcome::Unknown(error) => match error {
            SmtpError::Io { stage, .. } | SmtpError::TimedOut { stage } => network_code(stage),
            SmtpError::Closed { .. } => "cut",
            SmtpError::StartTlsMissing => "tls",
            SmtpError::AuthenticationMissing => "not_let_in",
            SmtpError::TokenMissing => "no_token",
            _ => "protocol",
        },
        Outcome::Accepted { .. } => "protocol",
    }
}

fn network_code(stage: &str) -> &'static str {
    match stage {
        "connection" => "unreachable",
        "TLS handshake" | "STARTTLS" => "tls",
        _ => "cut",
    }
}
