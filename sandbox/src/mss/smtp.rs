//! The SMTP server: commands in, stored messages and reports out.
//!
//! Source: RFC 5321, RFC 3207, RFC 4954 (PLAIN), RFC 1870, RFC 2920, RFC 3461.

use std::io;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::faults::Return;
use super::mailboxes::{Incoming, now_s};
use super::report::{self, Delivery, Returned};
use super::wire::{Data, Wire};
use super::{Protection, Shared};

/// Longest command: RFC 5321 §4.5.3.1.4 plus the parameters of the extensions offered.
const MAX_COMMAND_BYTES: usize = 8 * 1024;
/// Recipients of one message.
const MAX_RECIPIENTS: usize = 100;

/// What a session knows.
#[derive(Default)]
struct Session {
    is_authenticated: bool,
    transaction: Option<Transaction>,
}

/// Between `MAIL` and the end of the message.
struct Transaction {
    sender: String,
    announced: usize,
    envelope_id: Option<String>,
    returned: Returned,
    recipients: Vec<Recipient>,
}

struct Recipient {
    address: String,
    original: Option<String>,
    notify: Notify,
}

/// `NOTIFY`; by default failures are told (RFC 3461 §4.1).
#[derive(Clone, Copy)]
struct Notify {
    success: bool,
    failure: bool,
}

/// What to do after a command.
enum Next {
    Continue,
    Protect,
    ReadMessage,
    Authenticate,
    Close,
}

/// Serves one connection until it ends.
pub(super) async fn serve(mut wire: Wire, shared: &Arc<Shared>) -> io::Result<()> {
    let domain = &shared.settings.operator_domain;
    wire.reply(&format!("220 {domain} ESMTP simulation MSSante\r\n"));
    let mut session = Session::default();
    while let Some(line) = wire.line(MAX_COMMAND_BYTES).await? {
        if shared.faults.is_down() {
            return Ok(());
        }
        match session.command(&line, &mut wire, shared) {
            Next::Continue => {}
            Next::Close => return wire.close().await,
            Next::Protect => {
                wire.flush().await?;
                wire = wire.protect(&shared.acceptor, shared.faults.handshake()).await?;
                session = Session::default();
            }
            Next::Authenticate => {
                let response = wire.line(MAX_COMMAND_BYTES).await?.unwrap_or_default();
                session.authenticate(&response, &mut wire);
            }
            Next::ReadMessage => {
                let Some(transaction) = session.transaction.take() else {
                    continue;
                };
                if !receive(&mut wire, shared, transaction).await? {
                    return Ok(());
                }
            }
        }
    }
    Ok(())
}

impl Session {
    fn command(&mut self, line: &[u8], wire: &mut Wire, shared: &Shared) -> Next {
        let line = String::from_utf8_lossy(line);
        let (verb, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let must_protect = !wire.is_protected() && shared.settings.protection == Protection::Required;
        match verb.to_ascii_uppercase().as_str() {
            "EHLO" | "LHLO" => {
                *self = Self { is_authenticated: self.is_authenticated, transaction: None };
                hello(wire, shared);
            }
            "HELO" => {
                self.transaction = None;
                wire.reply(&format!("250 {}\r\n", shared.settings.operator_domain));
            }
            "NOOP" => wire.reply("250 2.0.0 Ok\r\n"),
            "RSET" => {
                self.transaction = None;
                wire.reply("250 2.0.0 Ok\r\n");
            }
            "QUIT" => {
                wire.reply("221 2.0.0 Bye\r\n");
                return Next::Close;
            }
            "STARTTLS" if !wire.is_protected() => {
                wire.reply("220 2.0.0 Ready to start TLS\r\n");
                return Next::Protect;
            }
            "AUTH" | "MAIL" | "RCPT" | "DATA" | "VRFY" if must_protect => {
                wire.reply("530 5.7.0 Must issue a STARTTLS command first\r\n");
            }
            "AUTH" => return self.auth(rest, wire),
            "MAIL" if !self.is_authenticated && shared.settings.protection == Protection::Required => {
                wire.reply("530 5.7.0 Authentication required\r\n");
            }
            "MAIL" => self.mail(rest, wire, shared),
            "RCPT" => self.rcpt(rest, wire, shared),
            "DATA" => match &self.transaction {
                Some(transaction) if !transaction.recipients.is_empty() => {
                    wire.reply("354 End data with <CR><LF>.<CR><LF>\r\n");
                    return Next::ReadMessage;
                }
                Some(_) => wire.reply("554 5.5.1 No valid recipients\r\n"),
                None => wire.reply("503 5.5.1 Need MAIL command\r\n"),
            },
            "VRFY" => wire.reply("252 2.0.0 Cannot verify, send and see\r\n"),
            _ => wire.reply("502 5.5.2 Command not recognized\r\n"),
        }
        Next::Continue
    }

    fn auth(&mut self, rest: &str, wire: &mut Wire) -> Next {
        let (mechanism, response) = rest.split_once(' ').unwrap_or((rest, ""));
        if !mechanism.eq_ignore_ascii_case("PLAIN") {
            wire.reply("504 5.5.4 Mechanism not supported\r\n");
        } else if response.is_empty() {
            wire.reply("334 \r\n");
            return Next::Authenticate;
        } else {
            self.authenticate(response.as_bytes(), wire);
        }
        Next::Continue
    }

    /// Any password will do: real operators look at the client certificate.
    fn authenticate(&mut self, response: &[u8], wire: &mut Wire) {
        let login = mail::base64::decode(response).and_then(|decoded| plain_login(&decoded));
        self.is_authenticated = login.is_some();
        wire.reply(if self.is_authenticated {
            "235 2.7.0 Authentication successful\r\n"
        } else {
            "535 5.7.8 Authentication credentials invalid\r\n"
        });
    }

    fn mail(&mut self, rest: &str, wire: &mut Wire, shared: &Shared) {
        let Some((sender, parameters)) = path(rest, "FROM:") else {
            return wire.reply("501 5.5.4 Syntax: MAIL FROM:<address>\r\n");
        };
        if self.transaction.is_some() {
            return wire.reply("503 5.5.1 Nested MAIL command\r\n");
        }
        let mut transaction = Transaction {
            sender: sender.to_owned(),
            announced: 0,
            envelope_id: None,
            returned: Returned::Headers,
            recipients: Vec::new(),
        };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "SIZE" => transaction.announced = value.parse().unwrap_or(0),
                "RET" if value.eq_ignore_ascii_case("FULL") => {
                    transaction.returned = Returned::Everything;
                }
                "RET" if value.eq_ignore_ascii_case("HDRS") => {}
                "ENVID" if (1..=100).contains(&value.len()) => {
                    transaction.envelope_id = Some(xtext(value));
                }
                "BODY" | "AUTH" => {}
                _ => return wire.reply("555 5.5.4 Unsupported parameter\r\n"),
            }
        }
        if transaction.announced > shared.settings.max_message_bytes {
            shared.mailboxes.count(|statistics| statistics.n_refused += 1);
            return wire.reply("552 5.3.4 Message size exceeds fixed limit\r\n");
        }
        self.transaction = Some(transaction);
        wire.reply("250 2.1.0 Ok\r\n");
    }

    fn rcpt(&mut self, rest: &str, wire: &mut Wire, shared: &Shared) {
        let Some(transaction) = &mut self.transaction else {
            return wire.reply("503 5.5.1 Need MAIL command\r\n");
        };
        let Some((address, parameters)) = path(rest, "TO:").filter(|(a, _)| !a.is_empty()) else {
            return wire.reply("501 5.5.4 Syntax: RCPT TO:<address>\r\n");
        };
        let mut recipient =
            Recipient { address: address.to_owned(), original: None, notify: Notify { success: false, failure: true } };
        for parameter in parameters.split_ascii_whitespace() {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name.to_ascii_uppercase().as_str() {
                "NOTIFY" => {
                    let asks = |word| value.split(',').any(|v| v.eq_ignore_ascii_case(word));
                    recipient.notify = Notify { success: asks("SUCCESS"), failure: asks("FAILURE") };
                }
                "ORCPT" => {
                    recipient.original =
                        value.split_once(';').map(|(kind, address)| format!("{kind};{}", xtext(address)));
                }
                _ => return wire.reply("555 5.5.4 Unsupported parameter\r\n"),
            }
        }
        if let Some(code) = shared.faults.refusal(address) {
            shared.mailboxes.count(|statistics| statistics.n_refused += 1);
            let class = code / 100;
            return wire.reply(&format!("{code} {class}.0.0 Refused on request\r\n"));
        }
        if let Err(reply) = shared.accept_recipient(address) {
            shared.mailboxes.count(|statistics| statistics.n_refused += 1);
            return wire.reply(reply);
        }
        if let Some(code) = shared.faults.puts_off(&transaction.sender, address, Instant::now()) {
            shared.mailboxes.count(|statistics| statistics.n_refused += 1);
            return wire.reply(&format!("{code} 4.7.1 Greylisted, please try again later (simulation)\r\n"));
        }
        if let Some(code) = shared.faults.full_at_recipient(address) {
            shared.mailboxes.count(|statistics| statistics.n_refused += 1);
            return wire.reply(&full(code));
        }
        if transaction.recipients.len() == MAX_RECIPIENTS {
            return wire.reply("452 4.5.3 Too many recipients\r\n");
        }
        transaction.recipients.push(recipient);
        wire.reply("250 2.1.5 Ok\r\n");
    }
}

/// Reads, stores and answers a message. `false` when the connection must close without a word.
async fn receive(wire: &mut Wire, shared: &Arc<Shared>, transaction: Transaction) -> io::Result<bool> {
    let settings = &shared.settings;
    let date = mail::Date { seconds_since_epoch: now_s(), offset_minutes: 0 }.encode();
    let trace = format!(
        "Return-Path: <{}>\r\nReceived: by {} (simulation MSSante) with ESMTP;\r\n {date}\r\n",
        transaction.sender, settings.operator_domain
    );
    let n_trace_bytes = trace.len();
    let data = wire.data(trace.into_bytes(), transaction.announced, settings.max_message_bytes).await?;
    let Data::Complete(bytes) = data else {
        shared.mailboxes.count(|statistics| statistics.n_refused += 1);
        wire.reply("552 5.3.4 Message size exceeds fixed limit\r\n");
        return Ok(true);
    };
    let bytes = Bytes::from(bytes);
    if let Some(code) = transaction.recipients.iter().find_map(|it| shared.faults.full_at_content(&it.address)) {
        shared.mailboxes.count(|statistics| statistics.n_refused += 1);
        wire.reply(&full(code));
        return Ok(true);
    }
    shared.mailboxes.count(|statistics| statistics.n_accepted += 1);
    let mut queue_id = 0;
    for recipient in &transaction.recipients {
        let returned = shared.faults.returns(&recipient.address);
        if returned.is_none() {
            queue_id = shared.mailboxes.store(Incoming {
                address: recipient.address.clone(),
                sender: transaction.sender.clone(),
                bytes: bytes.clone(),
                n_trace_bytes,
            });
        }
        tell(shared, &transaction, recipient, &bytes.slice(n_trace_bytes..), returned);
    }
    let delay = shared.faults.delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    if shared.faults.loses_acknowledgment() {
        return Ok(false);
    }
    wire.reply(&format!("250 2.0.0 Ok: queued as {queue_id:08X}\r\n"));
    Ok(true)
}

/// Puts the report asked for, if any, in the return box: now, or later on request.
fn tell(
    shared: &Arc<Shared>,
    transaction: &Transaction,
    recipient: &Recipient,
    submitted: &Bytes,
    returned: Option<Return>,
) {
    let is_asked = if returned.is_some() { recipient.notify.failure } else { recipient.notify.success };
    // A report is never reported about, which the null sender says.
    if !is_asked || transaction.sender.is_empty() {
        return;
    }
    let delivery = Delivery {
        sender: transaction.sender.clone(),
        recipient: recipient.address.clone(),
        original_recipient: recipient.original.clone(),
        envelope_id: transaction.envelope_id.clone(),
        extent: transaction.returned,
        submitted: submitted.clone(),
        returned,
    };
    match returned {
        Some(Return::Full { after }) if !after.is_zero() => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                tokio::time::sleep(after).await;
                report::deliver(&shared, &delivery);
            });
        }
        _ => report::deliver(shared, &delivery),
    }
}

/// The refusal of a box that has no room left.
fn full(code: u16) -> String {
    format!("{code} {}.2.2 Mailbox full (simulation)\r\n", code / 100)
}

fn hello(wire: &mut Wire, shared: &Shared) {
    let Shared { settings, .. } = shared;
    wire.reply(&format!("250-{}\r\n", settings.operator_domain));
    wire.reply(&format!("250-SIZE {}\r\n", settings.max_message_bytes));
    wire.reply("250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n");
    if !wire.is_protected() {
        wire.reply("250-STARTTLS\r\n");
    }
    if wire.is_protected() || settings.protection == Protection::Optional {
        wire.reply("250-AUTH PLAIN\r\n");
    }
    wire.reply("250 DSN\r\n");
}

/// `FROM:<a@b> …` gives the address and the parameters. Source routes are not supported.
fn path<'a>(rest: &'a str, keyword: &str) -> Option<(&'a str, &'a str)> {
    let head = rest.get(..keyword.len()).filter(|head| head.eq_ignore_ascii_case(keyword))?;
    let (address, parameters) = rest[head.len()..].trim_start().strip_prefix('<')?.split_once('>')?;
    let is_plain = address.len() <= 254 && address.bytes().all(|b| b.is_ascii_graphic());
    let is_address = address.is_empty() || address.contains('@');
    (is_plain && is_address).then_some((address, parameters))
}

/// The login of a PLAIN response; the password is not looked at.
pub(super) fn plain_login(decoded: &[u8]) -> Option<String> {
    let mut parts = decoded.split(|&b| b == 0);
    let (_, login, _) = (parts.next()?, parts.next()?, parts.next()?);
    let login = std::str::from_utf8(login).ok()?;
    (parts.next().is_none() && login.contains('@')).then(|| login.to_ascii_lowercase())
}

/// Undoes `+HH` (RFC 3461 §4); anything else stays.
fn xtext(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('+') {
        out.push_str(before);
        let decoded = after.get(..2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match decoded.filter(u8::is_ascii_graphic) {
            Some(byte) => {
                out.push(char::from(byte));
                rest = &after[2..];
            }
            None => {
                out.push('+');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}
