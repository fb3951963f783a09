//! The laboratory's correspondents.

use app::directory::{self, CorrespondentView};
use askama::Template;
use lab::{
    finding::Finding,
    person::{Professional, Rpps},
};
use records::{
    directory::{MailboxState, correspondents::Activity},
    professionals,
};

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, see},
    frame::Frame,
    show::day_of,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "correspondents.html")]
struct CorrespondentsPage {
    f: Frame,
    lines: Vec<Line>,
    may_edit: bool,
}

struct Line {
    name: String,
    rpps: String,
    specialty: String,
    mailbox: String,
    phone: String,
    /// What the directory says against it, each with its mark.
    flags: Vec<&'static str>,
    /// Where an address typed by hand comes from.
    provenance: Vec<String>,
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let known = visit
        .read(|tx| {
            let known = professionals::all(tx)?;
            known.into_iter().map(|it| directory::view(tx, &it).map(|view| (it, view))).collect::<Result<Vec<_>, _>>()
        })
        .await?;
    let lines = known
        .into_iter()
        .map(|(it, view)| Line {
            flags: flags(&visit, &view),
            provenance: provenance(&visit, &it, &view),
            name: it.printed(),
            rpps: it.rpps.as_ref().map(|rpps| rpps.as_str().to_owned()).unwrap_or_default(),
            specialty: it.specialty.map(|it| it.label).unwrap_or_default(),
            mailbox: it.mailbox.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            phone: it.phone.unwrap_or_default(),
        })
        .collect();
    let may_edit = Rule::EditCorrespondents.allows(visit.account.role);
    page(&CorrespondentsPage { f: visit.frame("nav.correspondents", "/correspondants"), lines, may_edit })
}

/// What a secretary should look at.
fn flags(visit: &Visit, view: &CorrespondentView) -> Vec<&'static str> {
    let w = visit.web.words;
    let mut flags = Vec::new();
    if view.state.is_some_and(|it| it.activity == Activity::Closed) {
        flags.push(w.get("correspondents.activity_closed"));
    }
    if let Some(known) = &view.known {
        match known.state {
            MailboxState::Closed(_) => flags.push(w.get("correspondents.mailbox_closed")),
            MailboxState::Open if !known.paperless => flags.push(w.get("directory.paper")),
            MailboxState::Open => {}
        }
    }
    flags
}

/// Who typed the address of a correspondent, when, and what they said of it.
fn provenance(visit: &Visit, professional: &Professional, view: &CorrespondentView) -> Vec<String> {
    let zone = &visit.web.app.settings().zone;
    let theirs = view.manual.iter().filter(|it| professional.mailbox.as_ref() == Some(&it.address));
    theirs
        .map(|it| {
            let note = if it.note.is_empty() { String::new() } else { format!(" : {}", it.note) };
            let said = [("who", it.entered_by.as_str()), ("day", &day_of(it.entered_at, zone)), ("note", &note)];
            visit.web.words.with("correspondents.typed_by", &said)
        })
        .collect()
}

/// Notes an address that is not in the directory, and where it comes from.
pub(crate) async fn enter_address(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let refused = |code, place| Failure::Obstacles(vec![Finding::error(code, place)]);
    let rpps = Rpps::parse(fields.one("rpps")).ok_or_else(|| refused("PROFESSIONAL-ID-UNREADABLE", "rpps"))?;
    let trusted = &visit.web.app.settings().trusted;
    let address = trusted.read(fields.one("mailbox")).map_err(|refusal| refused(refusal.code(), "mailbox"))?;
    visit.web.app.enter_address(rpps, address, fields.one("note").to_owned(), &visit.account).await?;
    see("/correspondants?fait=adresse")
}

pub(crate) async fn put(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let rpps = Rpps::parse(fields.one("rpps"));
    if rpps.is_none() {
        findings.push(Finding::error("PROFESSIONAL-ID-UNREADABLE", "rpps"));
    }
    let typed = fields.has("mailbox").then(|| visit.web.app.settings().trusted.read(fields.one("mailbox")));
    let mailbox = typed.transpose().unwrap_or_else(|refusal| {
        findings.push(Finding::error(refusal.code(), "mailbox"));
        None
    });
    if !findings.is_empty() {
        return Err(Failure::Obstacles(findings));
    }
    let known = match rpps.clone() {
        Some(rpps) => visit.read(move |tx| Ok(professionals::by_rpps(tx, &rpps)?)).await?,
        None => None,
    };
    let bounded = |name: &str| fields.one(name).chars().take(100).collect::<String>();
    let professional = Professional {
        rpps,
        family: bounded("family").to_uppercase(),
        given: bounded("given"),
        title: if fields.one("title") == "PR" { "PR".to_owned() } else { "DR".to_owned() },
        mailbox,
        phone: fields.some("phone").map(|phone| phone.chars().take(30).collect()),
        specialty: known.as_ref().and_then(|it| it.specialty.clone()),
        address: known.and_then(|it| it.address),
    };
    visit.web.app.put_professional(professional, &visit.account).await?;
    see("/correspondants?fait=correspondant")
}
