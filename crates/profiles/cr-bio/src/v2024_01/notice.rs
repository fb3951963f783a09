//! Sections of free text: what this version is, and comments on the whole dossier.
//!
//! In: the report. Out: zero, one or two comment sections.
//!
//! Source: FR-Commentaire-non-code.

use super::{
    Context,
    narrative::{lines, said},
};
use lab::report::ReportStatus;
use xml::Writer;

/// Says before the results that they are partial, or that this version takes the place of another.
pub(super) fn status(w: &mut Writer, context: Context<'_>) {
    let report = context.report;
    let partial = report.status == ReportStatus::Partial;
    let Some(replaced) = &report.ids.replaces else {
        if partial {
            open_section(w, "Résultats partiels");
            partial_sentence(w);
            close_section(w);
        }
        return;
    };
    let title = match (report.is_correction(), partial) {
        (true, false) => "Annule et remplace",
        (true, true) => "Annule et remplace, résultats partiels",
        (false, true) => "Résultats partiels",
        (false, false) => "Résultats complets",
    };
    open_section(w, title);
    w.open("paragraph").attr("styleCode", "Bold");
    w.text("Ce compte rendu (version ").text_display(report.ids.number);
    w.text(if report.is_correction() {
        ") annule et remplace la version "
    } else {
        ") complète et remplace la version "
    });
    w.text_display(replaced.number).text(".").close();
    if partial {
        partial_sentence(w);
    }
    close_section(w);
}

fn partial_sentence(w: &mut Writer) {
    w.open("paragraph").attr("styleCode", "Bold");
    w.text("Compte rendu partiel : d'autres résultats suivront.").close();
}

/// Comments on the dossier, in order.
pub(super) fn dossier_comments(w: &mut Writer, context: Context<'_>) {
    let mut comments = said(&context.report.comments).peekable();
    if comments.peek().is_none() {
        return;
    }
    open_section(w, "Commentaire");
    for comment in comments {
        w.open("paragraph");
        lines(w, comment);
        w.close();
    }
    close_section(w);
}

fn open_section(w: &mut Writer, title: &'static str) {
    w.open("component").open("section");
    w.constant(concat!(
        "<templateId root=\"2.16.840.1.113883.10.12.201\"/>",
        "<templateId root=\"1.3.6.1.4.1.19376.1.4.1.2.16\"/>",
        "<templateId root=\"1.2.250.1.213.1.1.2.73\"/>",
        "<code code=\"55112-7\" displayName=\"Commentaire\" ",
        "codeSystem=\"2.16.840.1.113883.6.1\" codeSystemName=\"LOINC\"/>",
    ));
    w.element("title", title).open("text");
}

fn close_section(w: &mut Writer) {
    w.close().close().close();
}
