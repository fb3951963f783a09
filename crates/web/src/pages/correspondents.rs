//! The laboratory's correspondents.

use askama::Template;
use lab::{
    finding::Finding,
    person::{MssanteAddress, Professional, Rpps},
};
use records::professionals;

use crate::{
    access::Rule,
    answer::{Answer, Failure, page, see},
    frame::Frame,
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
}

pub(crate) async fn list(visit: Visit) -> Answer {
    let known = visit.read(|tx| Ok(professionals::all(tx)?)).await?;
    let lines = known
        .into_iter()
        .map(|it| Line {
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

pub(crate) async fn put(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let mut findings = Vec::new();
    let rpps = Rpps::parse(fields.one("rpps"));
    if rpps.is_none() {
        findings.push(Finding::error("PROFESSIONAL-ID-UNREADABLE", "rpps"));
    }
    let mailbox = MssanteAddress::parse(fields.one("mailbox"));
    if mailbox.is_none() && fields.has("mailbox") {
        findings.push(Finding::error("RECIPIENT-ADDRESS-OUTSIDE-MSSANTE", "mailbox"));
    }
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
