//! A mail operator made of Debian's own servers: Postfix takes the mail, Dovecot gives it back, both ask for a certificate.
//!
//! In: nothing but the packages `postfix` and `dovecot-imapd`, and the rights of root that Postfix wants. Out: ports on
//! this machine, mailboxes that are folders, certificates of every kind, made anew in each process.
//! None where the packages or the rights are missing: tests then say what they skipped.
#![allow(clippy::print_stdout)]

mod dovecot;
mod pki;
mod postfix;
mod tokens;

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use transport::{
    credentials::{Credentials, Token},
    imap::ImapSettings,
    smtp::SmtpSettings,
    tls::{self, ClientTls, Revocation, Security, Suites},
};

pub use pki::{Pki, SERVER, Who};

/// Domains whose boxes this operator keeps.
pub const DOMAINS: &[&str] =
    &["labo.mssante.fr", "medecin.test.mssante.fr", "patient.mssante.fr", "institutcancer.mssante.fr"];

/// Largest message that Postfix takes, in bytes, as the référentiel bounds it. Source: Mon espace santé, v1.3 (25 Mo).
const MESSAGE_BYTES_MAX: usize = 25_000_000;

/// What a port of the operator has that is not as it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// Nothing: as the référentiel wants it.
    Right,
    /// Nothing: TLS 1.2 alone, with one suite of the référentiel.
    Tls12,
    /// Nothing: for personal and organizational boxes, a token and no certificate.
    Persons,
    /// The certificate ended yesterday.
    Expired,
    /// The certificate is of another host.
    OtherHost,
    /// The certificate is on the revocation list.
    Revoked,
    /// The certificate is of another authority.
    Foreign,
    /// The certificate is of another authority under the same root.
    OtherDomain,
    /// TLS 1.1 at most.
    Old,
    /// TLS 1.2 with suites that nobody should use.
    Weak,
    /// TLS 1.2 with a good suite that is not of the référentiel.
    OtherSuite,
}

impl Door {
    /// The doors of applicative boxes that nothing is wrong with.
    pub const RIGHT: [Self; 2] = [Self::Right, Self::Tls12];
    /// The others.
    pub const WRONG: [Self; 8] = [
        Self::Expired,
        Self::OtherHost,
        Self::Revoked,
        Self::Foreign,
        Self::OtherDomain,
        Self::Old,
        Self::Weak,
        Self::OtherSuite,
    ];

    fn all() -> impl Iterator<Item = Self> {
        Self::RIGHT.into_iter().chain([Self::Persons]).chain(Self::WRONG)
    }
}

/// The servers of one operator, stopped and forgotten when dropped.
pub struct Debian {
    /// Certificates of this operator and of who speaks to it.
    pub pki: Arc<Pki>,
    folder: PathBuf,
    smtp: Vec<(Door, u16)>,
    imap: u16,
    imap_for_persons: u16,
    tokens: tokens::Signer,
}

impl Debian {
    /// Starts both servers with these boxes; `None`, having said why, where they cannot run.
    pub fn start(boxes: &[&str]) -> Result<Option<Self>> {
        Self::start_taking(boxes, MESSAGE_BYTES_MAX)
    }

    /// The same, with another bound on messages, in bytes.
    pub fn start_taking(boxes: &[&str], message_bytes_max: usize) -> Result<Option<Self>> {
        let missing = ["/usr/sbin/postfix", "/usr/sbin/dovecot"].into_iter().find(|it| !Path::new(it).is_file());
        if let Some(program) = missing {
            println!("skipped: {program} is not installed");
            return Ok(None);
        }
        if output(Command::new("id").arg("-u"))?.trim() != "0" {
            println!("skipped: Postfix starts as root only");
            return Ok(None);
        }
        let folder = std::env::temp_dir().join(format!("paillasse-operator-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(folder.join("mail"))?;
        // Both servers leave root for their own account, and must reach what is inside.
        output(Command::new("chmod").arg("755").arg(&folder))?;
        output(Command::new("chown").arg("mail:mail").arg(folder.join("mail")))?;
        let pki = Pki::shared()?;
        pki.write(&folder)?;
        let mut ports = free_ports(Door::all().count() + 2)?.into_iter();
        let (imap, imap_for_persons) = (ports.next().context("a port")?, ports.next().context("a port")?);
        let tokens = tokens::Signer::start(&folder)?;
        let operator = Self { pki, smtp: Door::all().zip(ports).collect(), imap, imap_for_persons, tokens, folder };
        postfix::start(&operator.folder, &operator.smtp, boxes, message_bytes_max).with_context(|| operator.logs())?;
        dovecot::start(&operator.folder, imap, imap_for_persons).with_context(|| operator.logs())?;
        for port in operator.smtp.iter().map(|(_, port)| *port).chain([imap, imap_for_persons]) {
            wait_for(port).with_context(|| operator.logs())?;
        }
        Ok(Some(operator))
    }

    /// Kills Postfix with all that it started, as a power cut would: SIGKILL.
    pub fn kill_smtp(&self) -> Result<()> {
        kill_group(&self.folder.join("spool/pid/master.pid"))
    }

    /// Starts Postfix again on the queue that it left.
    pub fn restart_smtp(&self) -> Result<()> {
        postfix::restart(&self.folder)?;
        self.smtp.iter().try_for_each(|(_, port)| wait_for(*port))
    }

    /// Kills Dovecot with all that it started: the boxes, and the answers to Postfix about logins.
    pub fn kill_imap(&self) -> Result<()> {
        dovecot::INSTANCES.iter().try_for_each(|name| kill_group(&self.folder.join(name).join("master.pid")))
    }

    /// Starts Dovecot again.
    pub fn restart_imap(&self) -> Result<()> {
        dovecot::restart(&self.folder)?;
        wait_for(self.imap)
    }

    /// Where a door listens.
    pub fn smtp_port(&self, door: Door) -> Option<u16> {
        self.smtp.iter().find(|(known, _)| *known == door).map(|(_, port)| *port)
    }

    /// Where the boxes are read.
    pub fn imap_port(&self) -> u16 {
        self.imap
    }

    /// The folder of the mailboxes, one Maildir each.
    pub fn mailboxes(&self) -> PathBuf {
        self.folder.join("mail")
    }

    /// How someone speaks to a door: the root and revocation list that the laboratory believes, a certificate or none.
    pub fn smtp_settings(&self, door: Door, who: Option<Who>) -> Result<SmtpSettings> {
        let port = self.smtp_port(door).context("a door")?;
        Ok(SmtpSettings {
            credentials: Some(credentials()),
            connect_timeout: Duration::from_secs(10),
            ..SmtpSettings::new("127.0.0.1", port, self.security(who)?)
        })
    }

    /// How the laboratory reads its box.
    pub fn imap_settings(&self) -> Result<ImapSettings> {
        Ok(ImapSettings::new("127.0.0.1", self.imap, self.security(Some(Who::Laboratory))?, credentials()))
    }

    /// An access token that opens a box for some seconds from now; below zero, it is over.
    pub fn token(&self, mailbox: &str, seconds: i64) -> Result<String> {
        let now = jiff::Timestamp::now().as_second();
        self.tokens.token(mailbox, now, now + seconds)
    }

    /// How a person's program speaks to the operator: to send, and to read the box.
    pub fn for_person(&self, mailbox: &str, token: &Token) -> Result<(SmtpSettings, ImapSettings)> {
        let credentials = Credentials::Token { mailbox: mailbox.into(), token: token.clone() };
        let smtp = self.smtp_settings(Door::Persons, None)?;
        let imap = ImapSettings::new("127.0.0.1", self.imap_for_persons, self.security(None)?, credentials.clone());
        Ok((SmtpSettings { credentials: Some(credentials), ..smtp }, imap))
    }

    fn security(&self, who: Option<Who>) -> Result<Security> {
        let revocation = Revocation::under(self.pki.organizations.as_bytes())?;
        revocation.replace(&revocation.decode(self.pki.list.as_bytes(), jiff::Timestamp::now().as_second())?)?;
        self.security_by(who, &revocation)
    }

    /// How someone speaks to the servers, with lists of the caller's.
    pub fn security_by(&self, who: Option<Who>, revocation: &Revocation) -> Result<Security> {
        let config = tls::client_config(&ClientTls {
            identity: who.and_then(|who| self.pki.client(who)),
            revocation: Some(revocation),
            suites: Suites::Mssante,
            ..ClientTls::default()
        })?;
        Ok(Security::StartTls { config, server_name: "localhost".into() })
    }

    /// The messages in a box, as Postfix wrote them, oldest first.
    pub fn messages(&self, address: &str) -> Result<Vec<Vec<u8>>> {
        let mut found = Vec::new();
        for kind in ["new", "cur"] {
            let folder = self.folder.join("mail").join(address).join(kind);
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            found.extend(entries.flatten().map(|it| it.path()));
        }
        found.sort_by_key(|path| path.file_name().map(|name| written_at(&name.to_string_lossy())));
        found.iter().map(|path| Ok(std::fs::read(path)?)).collect()
    }

    /// Waits until a box holds that many messages.
    pub fn wait_for(&self, address: &str, n: usize, patience: Duration) -> Result<Vec<Vec<u8>>> {
        let until = Instant::now() + patience;
        loop {
            let found = self.messages(address)?;
            if found.len() >= n {
                return Ok(found);
            }
            ensure!(Instant::now() < until, "{} of {n} messages for {address}\n{}", found.len(), self.logs());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// What the servers logged, to be shown when a test fails: every address in it is invented.
    pub fn logs(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        let last = |text: String| {
            text.lines().rev().take(40).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n")
        };
        format!("-- postfix\n{}\n-- dovecot\n{}", last(read("postfix.log")), last(read("dovecot.log")))
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        postfix::stop(&self.folder);
        dovecot::stop(&self.folder);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// The address of the box; the password plays no part. Source: MSSanté référentiel #2, ECO.1.3.1.
fn credentials() -> Credentials {
    Credentials::Password { login: crate::LABORATORY_BOX.into(), password: String::new() }
}

/// When Postfix wrote a file of a Maildir, by its name (`1795394127.V801I2e3M99999.host`): seconds, then microseconds, which
/// bear no zeros before them.
fn written_at(name: &str) -> (u64, u64) {
    let mut parts = name.split('.');
    let seconds = parts.next().and_then(|it| it.parse().ok()).unwrap_or(0);
    let microseconds = parts.next().and_then(|it| it.rsplit_once('M')?.1.parse().ok()).unwrap_or(0);
    (seconds, microseconds)
}

/// Ports that were free together a moment ago.
fn free_ports(n: usize) -> Result<Vec<u16>> {
    let listeners: Vec<_> = (0..n).map(|_| TcpListener::bind(("127.0.0.1", 0))).collect::<std::io::Result<_>>()?;
    Ok(listeners.iter().map(|it| it.local_addr().map(|it| it.port())).collect::<std::io::Result<_>>()?)
}

fn wait_for(port: u16) -> Result<()> {
    for _ in 0..200 {
        if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(25));
    }
    anyhow::bail!("nothing listens on port {port}")
}

/// SIGKILL to a server and to its children, which are in the group that it leads.
fn kill_group(pid_file: &Path) -> Result<()> {
    let Ok(pid) = std::fs::read_to_string(pid_file) else { return Ok(()) };
    let Some(pid) = pid.split_whitespace().next().filter(|it| it.parse::<u32>().is_ok()) else { return Ok(()) };
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{pid}/stat")) else { return Ok(()) };
    // After the name, in brackets: state, parent, group. A server that leads no group is killed alone.
    let group = stat.rsplit(')').next().and_then(|it| it.split_whitespace().nth(2));
    let target = if group == Some(pid) { format!("-{pid}") } else { pid.to_owned() };
    // It may have ended meanwhile.
    let _ = started(Command::new("kill").args(["-KILL", "--", &target]));
    Ok(())
}

/// Starts a server, which keeps the files that it is given: none of ours, and nobody waits for their end.
fn started(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

/// The output of a command that must succeed.
fn output(command: &mut Command) -> Result<String> {
    let done = command.output().with_context(|| format!("{command:?}"))?;
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.success(), "{command:?}: {} {said}", done.status);
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}
