//! One SMTP connection: opened and authenticated once, then one transaction per message.

use std::io;
use std::time::Duration;

use base64_simd::STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::envelope::{Extensions, Prepared};
use super::reply::{Line, Reply};
use super::{MAX_REPLY_BYTES, Notify, Outcome, SmtpError, SmtpSettings, Stage};
use crate::credentials::Credentials;
use crate::tls::{Channel, Security};

/// Longest command line, its end included (RFC 5321 §4.5.3.1.4).
const MAX_COMMAND_BYTES: usize = 512;

/// Why a connection could not be opened.
pub(super) enum Failure {
    /// The server said no.
    Refused(Stage, Reply),
    /// Anything else.
    Error(SmtpError),
}

impl From<SmtpError> for Failure {
    fn from(error: SmtpError) -> Self {
        Self::Error(error)
    }
}

/// A connection past its greeting and authentication.
pub(super) struct Connection {
    channel: Channel,
    unread: Vec<u8>,
    extensions: Extensions,
    /// A transaction was left open by a refusal.
    needs_reset: bool,
    is_broken: bool,
}

impl Connection {
    /// Connects, protects, authenticates; all within the connection time limit.
    pub(super) async fn open(settings: &SmtpSettings) -> Result<Self, Failure> {
        timeout(settings.connect_timeout, Self::open_unbounded(settings))
            .await
            .unwrap_or(Err(Failure::Error(SmtpError::TimedOut { stage: "connection" })))
    }

    async fn open_unbounded(settings: &SmtpSettings) -> Result<Self, Failure> {
        let tcp =
            Channel::connect(&settings.host, settings.port, &settings.security).await.map_err(|error| {
                match error.kind() {
                    io::ErrorKind::PermissionDenied if matches!(settings.security, Security::PlainLoopback) => {
                        SmtpError::NotLoopback
                    }
                    kind => SmtpError::Io { stage: "connection", kind },
                }
            })?;
        let mut connection = Self {
            channel: Channel::Plain(tcp),
            unread: Vec::new(),
            extensions: Extensions::default(),
            needs_reset: false,
            is_broken: false,
        };
        let limit = settings.connect_timeout;
        let greeting = connection.read_reply("greeting", limit).await?;
        positive(greeting, Stage::Greeting)?;
        connection.hello(settings).await?;
        if let Security::StartTls { config, server_name } = &settings.security {
            if !connection.extensions.starttls {
                return Err(SmtpError::StartTlsMissing.into());
            }
            connection.write("STARTTLS", b"STARTTLS\r\n", limit).await?;
            positive(connection.read_reply("STARTTLS", limit).await?, Stage::StartTls)?;
            // Bytes received in clear after the agreement could be an injected reply.
            let Channel::Plain(tcp) = connection.channel else {
                return Err(SmtpError::Protocol { stage: "STARTTLS" }.into());
            };
            if !connection.unread.is_empty() {
                return Err(SmtpError::Protocol { stage: "STARTTLS" }.into());
            }
            let channel = Channel::protect(tcp, config, server_name)
                .await
                .map_err(|error| SmtpError::Io { stage: "TLS handshake", kind: error.kind() })?;
            connection = Self { channel, extensions: Extensions::default(), ..connection };
            // What was announced in clear is forgotten (RFC 3207 §4.2).
            connection.hello(settings).await?;
        }
        connection.authenticate(settings).await?;
        Ok(connection)
    }

    async fn hello(&mut self, settings: &SmtpSettings) -> Result<(), Failure> {
        let name: String = settings.helo_name.chars().filter(|c| c.is_ascii_graphic()).take(255).collect();
        let limit = settings.connect_timeout;
        self.write("EHLO", format!("EHLO {name}\r\n").as_bytes(), limit).await?;
        let reply = positive(self.read_reply("EHLO", limit).await?, Stage::Hello)?;
        self.extensions = Extensions::decode(&reply.lines);
        Ok(())
    }

    async fn authenticate(&mut self, settings: &SmtpSettings) -> Result<(), Failure> {
        let Some(credentials) = &settings.credentials else {
            return Ok(());
        };
        let offered = match credentials {
            Credentials::Password { .. } => self.extensions.auth_plain,
            Credentials::Token { .. } => self.extensions.auth_xoauth2,
        };
        if !offered {
            return Err(SmtpError::AuthenticationMissing.into());
        }
        let (mechanism, response) = credentials.initial_response().ok_or(SmtpError::TokenMissing)?;
        let (limit, response) = (settings.connect_timeout, STANDARD.encode_to_string(response.as_bytes()));
        let at_once = format!("AUTH {mechanism} {response}\r\n");
        let mut reply = if at_once.len() <= MAX_COMMAND_BYTES {
            self.write("AUTH", at_once.as_bytes(), limit).await?;
            self.read_reply("AUTH", limit).await?
        } else {
            // Too long for a command: said when the server asks for it (RFC 4954 §4).
            self.write("AUTH", format!("AUTH {mechanism}\r\n").as_bytes(), limit).await?;
            let asked = self.read_reply("AUTH", limit).await?;
            if asked.code == 334 {
                self.write("AUTH", format!("{response}\r\n").as_bytes(), limit).await?;
                self.read_reply("AUTH", limit).await?
            } else {
                asked
            }
        };
        if reply.code == 334 {
            // The server says why it refuses a token, and waits for an empty answer before it says no.
            self.write("AUTH", b"\r\n", limit).await?;
            reply = self.read_reply("AUTH", limit).await?;
        }
        positive(reply, Stage::Authentication)?;
        Ok(())
    }

    /// Sends one message. The connection may be used again when [`Connection::is_usable`].
    pub(super) async fn deliver(&mut self, prepared: &Prepared<'_>, settings: &SmtpSettings) -> Outcome {
        if let Some(limit_bytes) = self.extensions.size_limit.filter(|&limit| limit > 0)
            && prepared.size > limit_bytes
        {
            return Outcome::NotSent(SmtpError::TooLarge { limit_bytes });
        }
        match self.start_transaction(prepared, settings).await {
            Ok(()) => {}
            Err(Failure::Refused(stage, reply)) => {
                self.needs_reset = true;
                self.is_broken |= reply.code == 421;
                return reply.into_refusal(stage);
            }
            Err(Failure::Error(error)) => {
                self.is_broken = true;
                return Outcome::NotSent(error);
            }
        }
        // Until the final dot is handed to the socket, the server can't accept the message.
        if let Err(error) = self.write("message", &prepared.message, settings.data_timeout).await {
            self.is_broken = true;
            return Outcome::NotSent(error);
        }
        let end: &[u8] = if prepared.message.ends_with(b"\r\n") { b".\r\n" } else { b"\r\n.\r\n" };
        let written = self.write("end of message", end, settings.data_timeout).await;
        let reply = match written {
            Ok(()) => self.read_reply("end of message", settings.final_timeout).await,
            Err(error) => Err(error),
        };
        match reply {
            Ok(reply) if reply.is_positive() => Outcome::Accepted {
                reply: reply.text(),
                reports_expected: self.extensions.dsn && prepared.envelope.notify == Notify::Everything,
            },
            Ok(reply) if reply.is_refusal() => {
                self.is_broken |= reply.code == 421;
                reply.into_refusal(Stage::Content)
            }
            Ok(_) => {
                self.is_broken = true;
                Outcome::Unknown(SmtpError::Protocol { stage: "end of message" })
            }
            Err(error) => {
                self.is_broken = true;
                Outcome::Unknown(error)
            }
        }
    }

    /// From `RSET` where needed to the `354` after `DATA`, in one write when pipelining is offered.
    async fn start_transaction(&mut self, prepared: &Prepared<'_>, settings: &SmtpSettings) -> Result<(), Failure> {
        let limit = settings.reply_timeout;
        if std::mem::take(&mut self.needs_reset) {
            self.write("RSET", b"RSET\r\n", limit).await?;
            if !self.read_reply("RSET", limit).await?.is_positive() {
                return Err(SmtpError::Protocol { stage: "RSET" }.into());
            }
        }
        let sender = prepared.sender_command(&self.extensions);
        let recipient = prepared.recipient_command(&self.extensions);
        if self.extensions.pipelining {
            let commands = format!("{sender}{recipient}DATA\r\n");
            self.write("MAIL", commands.as_bytes(), limit).await?;
            let sender = self.read_reply("MAIL", limit).await?;
            let recipient = self.read_reply("RCPT", limit).await?;
            let data = self.read_reply("DATA", limit).await?;
            if !sender.is_positive() || !recipient.is_positive() {
                // A server that waits for a message all the same is left alone.
                self.is_broken |= !data.is_refusal();
            }
            positive(sender, Stage::Sender)?;
            positive(recipient, Stage::Recipient)?;
            return go_ahead(data);
        }
        self.write("MAIL", sender.as_bytes(), limit).await?;
        positive(self.read_reply("MAIL", limit).await?, Stage::Sender)?;
        self.write("RCPT", recipient.as_bytes(), limit).await?;
        positive(self.read_reply("RCPT", limit).await?, Stage::Recipient)?;
        self.write("DATA", b"DATA\r\n", limit).await?;
        go_ahead(self.read_reply("DATA", limit).await?)
    }

    /// Whether another message may be sent.
    pub(super) fn is_usable(&self) -> bool {
        !self.is_broken && self.unread.is_empty()
    }

    /// Says goodbye without waiting for long.
    pub(super) async fn quit(mut self) {
        let _ = self.write("QUIT", b"QUIT\r\n", Duration::from_secs(2)).await;
        let _ = timeout(Duration::from_secs(2), self.channel.shutdown()).await;
    }

    async fn write(&mut self, stage: &'static str, bytes: &[u8], limit: Duration) -> Result<(), SmtpError> {
        let write = async {
            self.channel.write_all(bytes).await?;
            self.channel.flush().await
        };
        match timeout(limit, write).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(SmtpError::Io { stage, kind: error.kind() }),
            Err(_) => Err(SmtpError::TimedOut { stage }),
        }
    }

    async fn read_reply(&mut self, stage: &'static str, limit: Duration) -> Result<Reply, SmtpError> {
        timeout(limit, self.read_reply_unbounded(stage)).await.unwrap_or(Err(SmtpError::TimedOut { stage }))
    }

    async fn read_reply_unbounded(&mut self, stage: &'static str) -> Result<Reply, SmtpError> {
        let mut lines = Vec::new();
        let mut n_bytes = 0;
        loop {
            while let Some(end) = self.unread.iter().position(|&b| b == b'\n') {
                n_bytes += end + 1;
                let line = Line::decode(self.unread[..end].trim_ascii_end());
                self.unread.drain(..=end);
                match line {
                    None => return Err(SmtpError::Protocol { stage }),
                    Some(Line::More(text)) => lines.push(text),
                    Some(Line::Last(code, text)) => {
                        lines.push(text);
                        return Ok(Reply { code, lines });
                    }
                }
            }
            if n_bytes + self.unread.len() > MAX_REPLY_BYTES {
                return Err(SmtpError::Protocol { stage });
            }
            let mut block = [0u8; 2048];
            match self.channel.read(&mut block).await {
                Ok(0) => return Err(SmtpError::Closed { stage }),
                Ok(n) => self.unread.extend_from_slice(&block[..n]),
                // A peer that vanishes without a TLS goodbye is closed, not wrong.
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                    return Err(SmtpError::Closed { stage });
                }
                Err(error) => {
                    return Err(SmtpError::Io { stage, kind: error.kind() });
                }
            }
        }
    }
}

fn positive(reply: Reply, stage: Stage) -> Result<Reply, Failure> {
    if reply.is_positive() {
        Ok(reply)
    } else if reply.is_refusal() {
        Err(Failure::Refused(stage, reply))
    } else {
        Err(Failure::Error(SmtpError::Protocol { stage: "command" }))
    }
}

fn go_ahead(reply: Reply) -> Result<(), Failure> {
    if reply.code == 354 {
        Ok(())
    } else if reply.is_refusal() {
        Err(Failure::Refused(Stage::Data, reply))
    } else {
        Err(Failure::Error(SmtpError::Protocol { stage: "DATA" }))
    }
}
