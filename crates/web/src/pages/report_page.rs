//! The page of reports: texts, accredited analyses, color, logo, and a specimen of them.

use app::report_page::{LogoChange, NewPage};
use askama::Template;
use lab::{finding::Finding, report::MentionTexts};

use crate::{
    answer::{Answer, Failure, Opening, file, page, refused_page, see},
    frame::Frame,
    show::{FindingView, moment},
    visit::Visit,
};
use app::AppError;

#[derive(Template)]
#[template(path = "report_page.html")]
struct ReportPageForm {
    f: Frame,
    findings: Vec<FindingView>,
    /// Field, label, help, text.
    texts: Vec<(&'static str, &'static str, &'static str, String)>,
    accent: String,
    has_logo: bool,
    self_presentable: bool,
    /// Number of the accreditation; accredited analyses are marked only with one.
    accreditation: Option<String>,
    chapters: Vec<Chapter>,
    decided: Option<(String, String)>,
}

struct Chapter {
    label: String,
    n_checked: usize,
    analyses: Vec<Choice>,
}

struct Choice {
    code: String,
    label: String,
    checked: bool,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    page(&form(&visit, &[]))
}

/// The form: as typed when something was found, else as it is in force.
fn form(visit: &Visit, findings: &[Finding]) -> ReportPageForm {
    let f = visit.frame("nav.page", "/page-compte-rendu");
    let app = &visit.web.app;
    let in_force = app.page_in_force();
    let is_typed = !findings.is_empty();
    let texts = &in_force.page.texts;
    let text = |name: &'static str, label, help, known: &String| {
        (name, label, help, if is_typed { visit.fields.one(name).to_owned() } else { known.clone() })
    };
    let texts = vec![
        text("personal_data", f.t("page.personal_data"), f.t("page.personal_data_help"), &texts.personal_data),
        text(
            "automatic_validation",
            f.t("page.automatic_validation"),
            f.t("page.automatic_validation_help"),
            &texts.automatic_validation,
        ),
        text("accreditation", f.t("page.accreditation"), f.t("page.accreditation_help"), &texts.accreditation),
        text("scope", f.t("page.scope"), f.t("page.scope_help"), &texts.scope),
    ];
    let typed: Vec<&str> = visit.fields.all("accredited").collect();
    let mut chapters: Vec<Chapter> = Vec::new();
    for analysis in in_force.catalogue.analyses() {
        let checked = if is_typed { typed.contains(&analysis.code.as_str()) } else { analysis.accredited };
        let choice = Choice { code: analysis.code.clone(), label: analysis.label.clone(), checked };
        match chapters.iter_mut().find(|chapter| chapter.label == analysis.chapter.label) {
            Some(chapter) => {
                chapter.n_checked += usize::from(checked);
                chapter.analyses.push(choice);
            }
            None => chapters.push(Chapter {
                label: analysis.chapter.label.clone(),
                n_checked: usize::from(checked),
                analyses: vec![choice],
            }),
        }
    }
    let accent = records::report_page::written_accent(in_force.page.accent);
    let settings = app.settings();
    ReportPageForm {
        findings: findings.iter().map(|finding| FindingView::of(f.w, finding)).collect(),
        texts,
        accent: if is_typed { visit.fields.one("accent").to_owned() } else { format!("#{accent}") },
        has_logo: in_force.page.logo.is_some(),
        self_presentable: if is_typed { visit.fields.has("self_presentable") } else { in_force.page.self_presentable },
        accreditation: settings.laboratory.accreditation.clone(),
        chapters,
        decided: in_force.decided.as_ref().map(|(by, at)| (by.clone(), moment(*at, &settings.zone))),
        f,
    }
}

pub(crate) async fn save(visit: Visit) -> Answer {
    let fields = &visit.fields;
    let text = |name: &str| fields.one(name).to_owned();
    let new = NewPage {
        texts: MentionTexts {
            scope: text("scope"),
            accreditation: text("accreditation"),
            automatic_validation: text("automatic_validation"),
            personal_data: text("personal_data"),
        },
        accent: text("accent"),
        accredited: fields.all("accredited").map(str::to_owned).collect(),
        logo: match &visit.file {
            Some(bytes) => LogoChange::Replaced(bytes.clone()),
            None if fields.has("remove_logo") => LogoChange::Removed,
            None => LogoChange::Kept,
        },
        self_presentable: fields.has("self_presentable"),
    };
    match visit.web.app.save_page(new, &visit.account).await {
        Ok(()) => see("/page-compte-rendu?fait=page"),
        Err(AppError::Obstacles(findings)) => refused_page(&form(&visit, &findings)),
        Err(error) => Err(Failure::from(error)),
    }
}

pub(crate) async fn specimen(visit: Visit) -> Answer {
    let bytes = visit.web.app.specimen().await?;
    file(bytes, "application/pdf", "specimen.pdf", Opening::Inline)
}
