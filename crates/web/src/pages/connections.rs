//! Declared senders and their trust contracts.

use app::registration::NewConnection;
use askama::Template;
use lab::inbound::ConnectionKind;

use crate::{
    answer::{Answer, Failure, page, see},
    frame::Frame,
    show::moment,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "connections.html")]
struct ConnectionsPage {
    f: Frame,
    lines: Vec<Line>,
    kinds: Vec<(&'static str, &'static str)>,
}

struct Line {
    label: String,
    kind: &'static str,
    application: String,
    facility: String,
    own_domain: bool,
    trust: Option<(String, String, String)>,
    active: bool,
}

const KINDS: [ConnectionKind; 4] =
    [ConnectionKind::Analyzer, ConnectionKind::Sgl, ConnectionKind::SglValidated, ConnectionKind::SglAutomatic];

pub(crate) async fn list(visit: Visit) -> Answer {
    let f = visit.frame("nav.connections", "/connexions-declarees");
    let zone = &visit.web.app.settings().zone;
    let lines = visit
        .web
        .app
        .connections()
        .iter()
        .map(|it| Line {
            label: it.label.clone(),
            kind: f.of("connection", it.kind.code()),
            application: it.application.clone(),
            facility: it.facility.clone(),
            own_domain: it.own_domain,
            trust: it.trust.as_ref().map(|it| (it.text.clone(), it.by.clone(), moment(it.at, zone))),
            active: it.active,
        })
        .collect();
    let kinds = KINDS.iter().map(|kind| (kind.code(), f.of("connection", kind.code()))).collect();
    page(&ConnectionsPage { f, lines, kinds })
}

pub(crate) async fn declare(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let kind = ConnectionKind::from_code(fields.one("kind")).ok_or(Failure::NotFound)?;
    let new = NewConnection {
        label: fields.one("label").to_owned(),
        kind,
        application: fields.one("application").to_owned(),
        facility: fields.one("facility").to_owned(),
        own_domain: fields.has("own_domain"),
        trust: fields.one("trust").to_owned(),
        active: fields.has("active"),
    };
    visit.web.app.declare_connection(new, &visit.account).await?;
    see("/connexions-declarees?fait=declare")
}
