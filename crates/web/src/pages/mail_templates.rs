//! Mail templates: what the laboratory writes around the required parts of its mails, with a preview and its history.

use app::mail_templates::Decision;
use askama::Template;
use lab::finding::Finding;
use mssante::{Audience, Letter, MAX_TEMPLATE_CHARACTERS, OCCASIONS, Occasion, texts::fr::TEXTS};
use wording::Catalogue;

use crate::{
    answer::{Answer, Failure, page, refused_page, see},
    frame::Frame,
    show::{FindingView, moment},
    visit::Visit,
};

#[derive(Template)]
#[template(path = "mail_templates.html")]
struct MailTemplatesPage {
    f: Frame,
    findings: Vec<FindingView>,
    /// Whom for, then each occasion.
    choices: Vec<(&'static str, Vec<Choice>)>,
    code: &'static str,
    event: &'static str,
    audience: &'static str,
    opening: String,
    closing: String,
    max_characters: usize,
    /// Mark, what it becomes.
    marks: Vec<(&'static str, &'static str)>,
    /// What the texts shown make; none while something was found in them.
    preview: Option<Letter>,
    /// Whether the texts shown are in force.
    is_draft: bool,
    is_original: bool,
    history: Vec<Line>,
}

/// An occasion to choose.
struct Choice {
    code: &'static str,
    event: &'static str,
    is_own: bool,
    current: bool,
}

/// A decision as listed.
struct Line {
    number: i64,
    by: String,
    at: String,
    /// Its texts; `None`: back to the original one.
    texts: Option<(String, String)>,
    in_force: bool,
}

/// What a person typed, and what was found in it.
struct Typed {
    template: Result<mssante::Template, Vec<Finding>>,
    opening: String,
    closing: String,
}

impl Typed {
    fn of(visit: &Visit, occasion: Occasion) -> Self {
        let (opening, closing) = (visit.fields.one("opening").to_owned(), visit.fields.one("closing").to_owned());
        Self { template: mssante::Template::parse(occasion, &opening, &closing), opening, closing }
    }
}

/// The occasion that a form or an address names.
fn occasion(code: &str) -> Result<(Occasion, &'static str), Failure> {
    OCCASIONS.into_iter().find(|(_, known)| *known == code).ok_or(Failure::NotFound)
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let asked = visit.query.one("pour");
    let (occasion, code) = if asked.is_empty() { OCCASIONS[0] } else { occasion(asked)? };
    page(&view(&visit, occasion, code, None).await?)
}

/// Shows what was typed without keeping it, or keeps it.
pub(crate) async fn save(visit: Visit) -> Answer {
    let (occasion, code) = occasion(visit.fields.one("pour"))?;
    let typed = Typed::of(&visit, occasion);
    let is_found = typed.template.is_err();
    if is_found || visit.fields.one("act") == "preview" {
        let view = view(&visit, occasion, code, Some(typed)).await?;
        return if is_found { refused_page(&view) } else { page(&view) };
    }
    visit.web.app.save_mail_template(occasion, Some((&typed.opening, &typed.closing)), &visit.account).await?;
    see(&format!("/modeles-messages?pour={code}&fait=modele"))
}

/// Goes back to the original text.
pub(crate) async fn restore(visit: Visit) -> Answer {
    let (occasion, code) = occasion(visit.fields.one("pour"))?;
    visit.web.app.save_mail_template(occasion, None, &visit.account).await?;
    see(&format!("/modeles-messages?pour={code}&fait=modele"))
}

async fn view(
    visit: &Visit,
    occasion: Occasion,
    code: &'static str,
    typed: Option<Typed>,
) -> Result<MailTemplatesPage, Failure> {
    let app = &visit.web.app;
    let f = visit.frame("nav.templates", "/modeles-messages");
    let decided = app.mail_templates().await?;
    let history = app.mail_template_history(occasion).await?;
    let own = history.first().and_then(|it| it.own.clone());
    let is_original = own.is_none();
    let in_force = own.unwrap_or_else(|| mssante::Template::original(occasion, &TEXTS));
    let is_draft = typed.as_ref().is_some_and(|it| it.template.as_ref().map_or(true, |it| *it != in_force));
    let Typed { template, opening, closing } = typed.unwrap_or_else(|| Typed {
        opening: in_force.opening().to_owned(),
        closing: in_force.closing().to_owned(),
        template: Ok(in_force),
    });
    let (preview, findings) = match &template {
        Ok(template) => (Some(app.preview_mail(occasion, template)?), Vec::new()),
        Err(findings) => (None, findings.iter().map(|it| found(f.w, it)).collect()),
    };
    let zone = &app.settings().zone;
    Ok(MailTemplatesPage {
        findings,
        choices: [Audience::Professional, Audience::Patient]
            .into_iter()
            .map(|it| (said(f.w, it), choices(f.w, &decided, it, code)))
            .collect(),
        audience: said(f.w, occasion.audience),
        code,
        event: f.of("template_for", code),
        opening,
        closing,
        max_characters: MAX_TEMPLATE_CHARACTERS,
        marks: occasion.marks().iter().map(|mark| (*mark, f.of("template_mark", mark))).collect(),
        preview,
        is_draft,
        is_original,
        history: history
            .into_iter()
            .enumerate()
            .map(|(n, it)| Line {
                number: it.number,
                by: it.by,
                at: moment(it.at, zone),
                texts: it.own.map(|it| (it.opening().to_owned(), it.closing().to_owned())),
                in_force: n == 0,
            })
            .collect(),
        f,
    })
}

fn said(w: &'static Catalogue, audience: Audience) -> &'static str {
    match audience {
        Audience::Professional => w.get("template.to_professional"),
        Audience::Patient => w.get("template.to_patient"),
    }
}

fn choices(
    w: &'static Catalogue,
    decided: &[(Occasion, Option<Decision>)],
    audience: Audience,
    current: &str,
) -> Vec<Choice> {
    let of_audience = decided.iter().zip(OCCASIONS).filter(|((it, _), _)| it.audience == audience);
    of_audience
        .map(|((_, decision), (_, code))| Choice {
            code,
            event: w.of("template_for", code),
            is_own: decision.as_ref().is_some_and(|it| it.own.is_some()),
            current: code == current,
        })
        .collect()
}

/// A finding whose place is said as the form names it.
fn found(w: &'static Catalogue, finding: &Finding) -> FindingView {
    let (field, line) = finding.place.split_once(':').unwrap_or((&finding.place, ""));
    let name = w.get(if field == "closing" { "template.closing" } else { "template.opening" });
    let place = match line {
        "" => name.to_owned(),
        line => w.with("template.line", &[("place", name), ("n", line)]),
    };
    FindingView { place, ..FindingView::of(w, finding) }
}
