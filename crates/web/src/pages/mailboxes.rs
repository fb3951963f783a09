//! The laboratory's own mailboxes: whether they are open, a trial, the token of a person, where the servers of an address
//! are, and what revocation is checked with. No message, no patient.

use app::{
    mailboxes::{Discovered, DiscoveredServer, MailboxLine, Opened, TOKEN_MINUTES_MAX, Trial},
    revocation::SourceState,
};
use askama::Template;
use lab::{finding::Finding, person::MssanteAddress};

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, see},
    frame::Frame,
    show::{day_of, moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "mailboxes.html")]
struct MailboxesPage {
    f: Frame,
    boxes: Vec<BoxView>,
    may_open: bool,
    minutes_max: u64,
    /// The box tried, and what came of it.
    tried: Option<(String, Vec<(bool, String)>)>,
    asked: String,
    found: Option<FoundView>,
    lists: Vec<ListView>,
}

struct BoxView {
    address: String,
    /// What it is for.
    usage: &'static str,
    imap: String,
    smtp: String,
    by_token: bool,
    /// How long the token still lasts; empty when there is none.
    lasts: String,
    class: &'static str,
    state: String,
}

/// Where the servers of an address are.
struct FoundView {
    lines: Vec<String>,
    /// What to write into the settings; empty when something was not found.
    settings: String,
}

struct ListView {
    source: String,
    class: &'static str,
    state: String,
    tried_at: String,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let asked = visit.query.one("adresse").to_owned();
    let found = if asked.is_empty() {
        None
    } else {
        let address = read(&asked)?;
        Some(visit.web.app.discover_mailbox(&address).await)
    };
    render(&visit, None, asked, found).await
}

pub(crate) async fn try_out(visit: Visit) -> Answer {
    let address = of_path(&visit)?;
    let trial = visit.web.app.try_mailbox(&address).await?;
    render(&visit, Some((address, trial)), String::new(), None).await
}

pub(crate) async fn grant(visit: Visit) -> Answer {
    let (address, fields) = (of_path(&visit)?, &visit.fields);
    let minutes = fields.one("minutes").parse().unwrap_or(0);
    visit.web.app.grant_token(&address, fields.one("token"), minutes, &visit.account).await?;
    see("/boites?fait=ouverte")
}

pub(crate) async fn withdraw(visit: Visit) -> Answer {
    visit.web.app.withdraw_token(&of_path(&visit)?, &visit.account).await?;
    see("/boites?fait=fermee")
}

fn of_path(visit: &Visit) -> Result<MssanteAddress, Failure> {
    visit.part("address", MssanteAddress::parse)
}

fn read(text: &str) -> Result<MssanteAddress, Failure> {
    let address = MssanteAddress::parse(text);
    address.ok_or_else(|| Failure::Obstacles(vec![Finding::error("MAILBOX-ADDRESS", "adresse")]))
}

async fn render(
    visit: &Visit,
    tried: Option<(MssanteAddress, Trial)>,
    asked: String,
    found: Option<Discovered>,
) -> Answer {
    let f = visit.frame("nav.mailboxes", "/boites");
    let app = &visit.web.app;
    let (zone, now) = (&app.settings().zone, visit.now());
    let boxes = app.mailboxes().into_iter().map(|it| box_view(&f, it, |at| moment(at, zone))).collect();
    let lists = app.revocation_states();
    let lists = lists.iter().map(|it| list_view(&f, it, it.needs_a_person(now), zone)).collect();
    page(&MailboxesPage {
        boxes,
        may_open: Rule::OpenMailboxes.allows(visit.account.role),
        minutes_max: TOKEN_MINUTES_MAX,
        tried: tried.map(|(address, trial)| (address.as_str().to_owned(), trial_lines(&f, &trial))),
        found: found.map(|it| found_view(&f, &asked, &it)),
        asked,
        lists,
        f,
    })
}

fn box_view(f: &Frame, it: MailboxLine, moment: impl Fn(jiff::Timestamp) -> String) -> BoxView {
    let usage = match (it.is_sender, it.token.is_some()) {
        (true, _) => "mailboxes.sender",
        (false, true) => "mailboxes.of_persons",
        (false, false) => "mailboxes.answers",
    };
    let (class, state) = match it.opened {
        Opened::NotYet => ("", f.t("mailboxes.not_yet").to_owned()),
        Opened::Since(at) => ("received", f.w.with("mailboxes.since", &[("at", &moment(at))])),
        Opened::Failed(at, code) => {
            let values = [("at", moment(at)), ("why", f.of("mailbox", code).to_owned())];
            ("failed", f.w.with("mailboxes.failed", &values.each_ref().map(|(key, value)| (*key, value.as_str()))))
        }
        Opened::WithoutToken => ("retrying", f.t("mailboxes.without_token").to_owned()),
    };
    let minutes = |lasts: std::time::Duration| lasts.as_secs().div_ceil(60).to_string();
    BoxView {
        address: it.address.as_str().to_owned(),
        usage: f.t(usage),
        imap: server(&it.imap),
        smtp: it.smtp.as_ref().map(server).unwrap_or_default(),
        by_token: it.token.is_some(),
        lasts: it.token.flatten().map(|it| f.w.with("mailboxes.lasts", &[("n", &minutes(it))])).unwrap_or_default(),
        class,
        state,
    }
}

fn server((host, port): &(String, u16)) -> String {
    format!("{host}:{port}")
}

fn trial_lines(f: &Frame, trial: &Trial) -> Vec<(bool, String)> {
    let line = |service: &str, came: &Result<(), &'static str>| {
        let came_to = match came {
            Ok(()) => f.t("mailboxes.works"),
            Err(code) => f.of("mailbox", code),
        };
        (came.is_ok(), f.w.with("mailboxes.trial_line", &[("service", f.t(service)), ("came_to", came_to)]))
    };
    let sending = trial.smtp.as_ref().map(|it| line("mailboxes.sending", it));
    std::iter::once(line("mailboxes.reading", &trial.imap)).chain(sending).collect()
}

fn found_view(f: &Frame, asked: &str, found: &Discovered) -> FoundView {
    let line = |service: &str, it: &Option<DiscoveredServer>| {
        let place = match it {
            None => f.t("mailboxes.not_found").to_owned(),
            Some(server) => {
                let origin = if server.by_record { f.t("mailboxes.by_record") } else { f.t("mailboxes.by_file") };
                format!("{}:{} ({origin})", server.host, server.port)
            }
        };
        f.w.with("mailboxes.trial_line", &[("service", f.t(service)), ("came_to", &place)])
    };
    let lines = vec![line("mailboxes.sending", &found.smtp), line("mailboxes.reading", &found.imap)];
    let settings = match (&found.smtp, &found.imap) {
        (Some(smtp), Some(imap)) => format!(
            "[[mssante.return_boxes]]\naddress = \"{}\"\naccess = \"{}\"\nsmtp = {{ host = \"{}\", port = {} }}\n\
             imap = {{ host = \"{}\", port = {} }}\n",
            MssanteAddress::parse(asked).map(|it| it.as_str().to_owned()).unwrap_or_default(),
            if imap.takes_token { "token" } else { "certificate" },
            smtp.host,
            smtp.port,
            imap.host,
            imap.port
        ),
        _ => String::new(),
    };
    FoundView { lines, settings }
}

fn list_view(f: &Frame, it: &SourceState, needs_a_person: bool, zone: &jiff::tz::TimeZone) -> ListView {
    let mut state = match &it.list {
        None => f.t("mailboxes.no_list").to_owned(),
        Some((_, over_at, n)) => {
            f.w.with("mailboxes.list", &[("n", &n.to_string()), ("over_at", &day_of(*over_at, zone))])
        }
    };
    if !it.failure.is_empty() {
        state.push(' ');
        state.push_str(f.of("revocation", &it.failure));
    }
    ListView {
        source: it.source.clone(),
        class: if needs_a_person { "failed" } else { "" },
        state,
        tried_at: it.tried_at.map(|at| moment(at, zone)).unwrap_or_default(),
    }
}
