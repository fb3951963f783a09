//! The IMAP server: enough of IMAP4rev1 to read a box, for the product and for other clients.
//!
//! One folder, `INBOX`; nothing is ever deleted, so a sequence number equals its UID.
//!
//! Source: RFC 3501, RFC 2177 (IDLE), RFC 4959 (SASL-IR).

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;

use bytes::Bytes;

use super::smtp::plain_login;
use super::wire::Wire;
use super::{Protection, Shared};

mod command;
mod fetch;

use command::{Words, in_box, ranges, read_command};
use fetch::{Item, items};

/// Longest command line, and longest literal.
const MAX_LINE_BYTES: usize = 64 * 1024;

struct Session {
    login: Option<String>,
    is_selected: bool,
    /// Messages the client was last told about.
    n_told: usize,
}

/// Serves one connection until it ends.
pub(super) async fn serve(mut wire: Wire, shared: &Shared) -> io::Result<()> {
    wire.reply(&format!("* OK [{}] simulation MSSante\r\n", capabilities(&wire, shared)));
    let mut session = Session { login: None, is_selected: false, n_told: 0 };
    while let Some(command) = read_command(&mut wire).await? {
        if shared.faults.is_down() {
            return Ok(());
        }
        let mut words = Words::new(&command);
        let Some(tag) = words.next().filter(|tag| is_tag(tag)) else {
            wire.reply("* BAD Expected a tag\r\n");
            continue;
        };
        let mut verb = words.next().unwrap_or_default().to_ascii_uppercase();
        if verb == "UID" {
            verb = format!("UID {}", words.next().unwrap_or_default().to_ascii_uppercase());
        }
        match verb.as_str() {
            "STARTTLS" if !wire.is_protected() => {
                wire.reply(&format!("{tag} OK Begin TLS\r\n"));
                wire.flush().await?;
                wire = wire.protect(&shared.acceptor, shared.faults.handshake()).await?;
            }
            "LOGOUT" => {
                wire.reply(&format!("* BYE simulation\r\n{tag} OK Logged out\r\n"));
                return wire.close().await;
            }
            "AUTHENTICATE" => session.authenticate(&tag, &mut words, &mut wire, shared).await?,
            "IDLE" if session.is_selected => session.idle(&tag, &mut wire, shared).await?,
            "FETCH" | "UID FETCH" if session.is_selected => {
                session.fetch(&tag, &verb, &mut words, &mut wire, shared).await?;
            }
            _ => session.command(&tag, &verb, &mut words, &mut wire, shared),
        }
    }
    Ok(())
}

impl Session {
    fn command(&mut self, tag: &str, verb: &str, words: &mut Words<'_>, wire: &mut Wire, shared: &Shared) {
        let done = match verb {
            "CAPABILITY" => {
                let text = capabilities(wire, shared);
                wire.reply(&format!("* {text}\r\n"));
                "OK Done".to_owned()
            }
            "NOOP" | "CHECK" => {
                self.tell_new(wire, shared);
                "OK Done".to_owned()
            }
            "ID" => {
                wire.reply("* ID NIL\r\n");
                "OK Done".to_owned()
            }
            "LOGIN" => {
                let login = words.next().unwrap_or_default().to_ascii_lowercase();
                self.log_in(Some(login), wire, shared).to_owned()
            }
            _ if self.login.is_none() => "BAD Log in first".to_owned(),
            "LIST" | "LSUB" => {
                wire.reply(&format!("* {verb} (\\HasNoChildren) \"/\" INBOX\r\n"));
                "OK Done".to_owned()
            }
            "SELECT" | "EXAMINE" => self.select(words, wire, shared),
            "STATUS" => self.status(words, wire, shared),
            "CLOSE" | "UNSELECT" => {
                self.is_selected = false;
                "OK Done".to_owned()
            }
            _ if !self.is_selected => "BAD Unknown command, or no folder selected".to_owned(),
            "SEARCH" | "UID SEARCH" => self.search(words, wire, shared),
            "STORE" | "UID STORE" => self.store(verb, words, wire, shared),
            "EXPUNGE" => "OK Nothing is ever deleted here".to_owned(),
            _ => "BAD Unknown command".to_owned(),
        };
        wire.reply(&format!("{tag} {done}\r\n"));
    }

    fn log_in(&mut self, login: Option<String>, wire: &Wire, shared: &Shared) -> &'static str {
        if !wire.is_protected() && shared.settings.protection == Protection::Required {
            return "NO [PRIVACYREQUIRED] STARTTLS first";
        }
        match login.filter(|login| shared.accept_recipient(login).is_ok()) {
            Some(login) => {
                self.login = Some(login);
                self.is_selected = false;
                "OK Logged in"
            }
            None => "NO [AUTHENTICATIONFAILED] Unknown mailbox",
        }
    }

    async fn authenticate(
        &mut self,
        tag: &str,
        words: &mut Words<'_>,
        wire: &mut Wire,
        shared: &Shared,
    ) -> io::Result<()> {
        let mechanism = words.next().unwrap_or_default();
        if !mechanism.eq_ignore_ascii_case("PLAIN") {
            wire.reply(&format!("{tag} NO Mechanism not supported\r\n"));
            return Ok(());
        }
        let response = match words.next() {
            Some(response) => Bytes::from(response.into_bytes()),
            None => {
                wire.reply("+ \r\n");
                wire.line(MAX_LINE_BYTES).await?.unwrap_or_default()
            }
        };
        let login = mail::base64::decode(&response).and_then(|decoded| plain_login(&decoded));
        let done = self.log_in(login, wire, shared);
        wire.reply(&format!("{tag} {done}\r\n"));
        Ok(())
    }

    fn select(&mut self, words: &mut Words<'_>, wire: &mut Wire, shared: &Shared) -> String {
        let folder = words.next().unwrap_or_default();
        let Some(login) = self.login.as_deref().filter(|_| folder.eq_ignore_ascii_case("INBOX")) else {
            self.is_selected = false;
            return "NO Unknown folder".to_owned();
        };
        let state = shared.mailboxes.state(login);
        let n = state.n_messages;
        wire.reply(&format!(
            "* {n} EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Seen)\r\n\
             * OK [PERMANENTFLAGS (\\Seen)] Limited\r\n\
             * OK [UIDVALIDITY {}] Ok\r\n* OK [UIDNEXT {}] Ok\r\n",
            state.uid_validity,
            n + 1
        ));
        if let Some(first) = state.first_unseen {
            wire.reply(&format!("* OK [UNSEEN {}] Ok\r\n", first + 1));
        }
        self.is_selected = true;
        self.n_told = n;
        "OK [READ-WRITE] Done".to_owned()
    }

    fn status(&self, words: &mut Words<'_>, wire: &mut Wire, shared: &Shared) -> String {
        let folder = words.next().unwrap_or_default();
        let Some(login) = self.login.as_deref().filter(|_| folder.eq_ignore_ascii_case("INBOX")) else {
            return "NO Unknown folder".to_owned();
        };
        let state = shared.mailboxes.state(login);
        let n_unseen = shared.mailboxes.uids(login, true).len();
        wire.reply(&format!(
            "* STATUS INBOX (MESSAGES {n} RECENT 0 UIDNEXT {} UIDVALIDITY {} UNSEEN {n_unseen})\r\n",
            state.n_messages + 1,
            state.uid_validity,
            n = state.n_messages
        ));
        "OK Done".to_owned()
    }

    /// `ALL`, `UNSEEN`, `SEEN`, `UID set` and sequence sets, all together.
    fn search(&mut self, words: &mut Words<'_>, wire: &mut Wire, shared: &Shared) -> String {
        self.tell_new(wire, shared);
        let login = self.login.as_deref().unwrap_or_default();
        let mut found: BTreeSet<u32> = shared.mailboxes.uids(login, false).into_iter().collect();
        while let Some(key) = words.next() {
            match key.to_ascii_uppercase().as_str() {
                "ALL" | "CHARSET" | "UTF-8" | "US-ASCII" | "UNDELETED" | "UNDRAFT" => {}
                key @ ("UNSEEN" | "NEW" | "SEEN") => {
                    let unseen: BTreeSet<u32> = shared.mailboxes.uids(login, true).into_iter().collect();
                    found.retain(|uid| unseen.contains(uid) == (key != "SEEN"));
                }
                key => {
                    let text = if key == "UID" { words.next().unwrap_or_default() } else { key.to_owned() };
                    let Some(ranges) = ranges(&text, self.n_told) else {
                        return "BAD Search key not supported".to_owned();
                    };
                    found.retain(|&uid| ranges.iter().any(|&(a, b)| (a..=b).contains(&uid)));
                }
            }
        }
        let mut line = "* SEARCH".to_owned();
        for uid in found {
            // Writing to a `String` can't fail.
            let _ = write!(line, " {uid}");
        }
        line.push_str("\r\n");
        wire.reply(&line);
        "OK Done".to_owned()
    }

    fn store(&mut self, verb: &str, words: &mut Words<'_>, wire: &mut Wire, shared: &Shared) -> String {
        self.tell_new(wire, shared);
        let set = words.next().unwrap_or_default();
        let operation = words.next().unwrap_or_default().to_ascii_uppercase();
        let flags = words.rest().to_ascii_lowercase();
        let (Some(ranges), Some(login)) = (ranges(&set, self.n_told), self.login.as_deref()) else {
            return "BAD Expected a set of messages".to_owned();
        };
        let (adds, is_silent) = match operation.as_str() {
            "+FLAGS" | "FLAGS" => (true, false),
            "+FLAGS.SILENT" | "FLAGS.SILENT" => (true, true),
            "-FLAGS" => (false, false),
            "-FLAGS.SILENT" => (false, true),
            _ => return "BAD Expected FLAGS".to_owned(),
        };
        let is_replacement = operation.starts_with('F');
        let has_seen = flags.contains("\\seen");
        for uid in in_box(&ranges, self.n_told) {
            let Some(message) = shared.mailboxes.by_uid(login, uid) else {
                continue;
            };
            let is_seen = match (has_seen, adds, is_replacement) {
                (true, adds, _) => adds,
                (false, _, true) => false,
                (false, _, false) => message.is_seen,
            };
            shared.mailboxes.set_seen(message.id, is_seen);
            if !is_silent {
                let flags = if is_seen { "\\Seen" } else { "" };
                let told_uid = if verb.starts_with("UID") { format!("UID {uid} ") } else { String::new() };
                wire.reply(&format!("* {uid} FETCH ({told_uid}FLAGS ({flags}))\r\n"));
            }
        }
        "OK Done".to_owned()
    }

    async fn fetch(
        &mut self,
        tag: &str,
        verb: &str,
        words: &mut Words<'_>,
        wire: &mut Wire,
        shared: &Shared,
    ) -> io::Result<()> {
        self.tell_new(wire, shared);
        let set = words.next().unwrap_or_default();
        let mut items = items(words.rest());
        let (Some(ranges), Some(login)) = (ranges(&set, self.n_told), self.login.as_deref()) else {
            wire.reply(&format!("{tag} BAD Expected a set of messages\r\n"));
            return Ok(());
        };
        if items.is_empty() || items.contains(&Item::Unsupported) {
            wire.reply(&format!("{tag} BAD Fetch item not supported\r\n"));
            return Ok(());
        }
        if verb.starts_with("UID") && !items.contains(&Item::Uid) {
            items.insert(0, Item::Uid);
        }
        for uid in in_box(&ranges, self.n_told) {
            let Some(message) = shared.mailboxes.by_uid(login, uid) else {
                continue;
            };
            if items.iter().any(|item| matches!(item, Item::Body { marks: true, .. })) {
                shared.mailboxes.set_seen(message.id, true);
            }
            let bytes = message.readable();
            wire.reply(&format!("* {uid} FETCH ("));
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    wire.reply(" ");
                }
                item.write(&message, &bytes, wire).await?;
            }
            wire.reply(")\r\n");
        }
        wire.reply(&format!("{tag} OK Done\r\n"));
        Ok(())
    }

    async fn idle(&mut self, tag: &str, wire: &mut Wire, shared: &Shared) -> io::Result<()> {
        let mut changes = shared.mailboxes.changes();
        wire.reply("+ idling\r\n");
        loop {
            self.tell_new(wire, shared);
            wire.flush().await?;
            tokio::select! {
                is_open = wire.readable() => {
                    if !is_open? {
                        return Ok(());
                    }
                    break;
                }
                changed = changes.changed() => {
                    if changed.is_err() {
                        return Ok(());
                    }
                }
            }
        }
        let line = wire.line(MAX_LINE_BYTES).await?.unwrap_or_default();
        let done = if line.eq_ignore_ascii_case(b"DONE") { "OK Done" } else { "BAD Expected DONE" };
        wire.reply(&format!("{tag} {done}\r\n"));
        Ok(())
    }

    /// New messages are told before the answer that may speak of them.
    fn tell_new(&mut self, wire: &mut Wire, shared: &Shared) {
        if let Some(login) = self.login.as_deref().filter(|_| self.is_selected) {
            let n = shared.mailboxes.len(login);
            if n != self.n_told {
                wire.reply(&format!("* {n} EXISTS\r\n"));
                self.n_told = n;
            }
        }
    }
}

fn capabilities(wire: &Wire, shared: &Shared) -> String {
    let is_open = wire.is_protected() || shared.settings.protection == Protection::Optional;
    let tls = if wire.is_protected() { "" } else { " STARTTLS" };
    let login = if is_open { " AUTH=PLAIN" } else { " LOGINDISABLED" };
    format!("CAPABILITY IMAP4rev1 SASL-IR IDLE ID UNSELECT{tls}{login}")
}

fn is_tag(tag: &str) -> bool {
    !tag.is_empty() && tag.len() < 64 && tag.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.')
}
