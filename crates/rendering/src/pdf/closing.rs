//! What stands below the results: signature, key to the marks, mentions of the laboratory; and the page edges.
//!
//! In: a report, the number of pages. Out: blocks.

use super::{
    compose::{Composer, Follow, Ink, Op},
    fonts::{Font, bold, regular},
    front,
    paginate::{LEFT, PAGE, Placed, RIGHT, WIDTH},
    results,
    tags::Role,
    words,
};
use lab::report::{ACCREDITED_MARK, Report};

const TEXT: Font = regular(8.5);
const STRONG: Font = bold(9.5);
const MENTION: Font = regular(8.0);
const SMALL: Font = regular(7.0);
const EDGE: Font = regular(7.2);

/// Sets the signature, the key and the mentions.
///
/// Source: Ségur SGL.DOC.08 (personal data, at the bottom), .09 (automatic validation), .10 (accreditation), .13 (name
/// and contact of subcontractors).
pub(super) fn compose(composer: &mut Composer, report: &Report) {
    composer.repeated = None;
    if let Some(text) = report.screening.as_ref().and_then(words::conclusion) {
        front::paragraph(composer, "Conclusion pour la patiente : ", text, TEXT);
    }
    signature(composer, report);
    let mentions = &report.mentions;
    if let Some(text) = &mentions.automatic_validation {
        mention(composer, text, 8.0);
    }
    if let Some(accreditation) = &mentions.accreditation {
        mention(composer, &format!("{ACCREDITED_MARK} {}", accreditation.sentence), 8.0);
    }
    for subcontractor in report.subcontractors() {
        mention(composer, &subcontractor.printed(), 3.0);
    }
    for attachment in &report.attachments {
        let of = &attachment.laboratory.name;
        let day = words::day(attachment.observed_at, &report.zone);
        mention(composer, &format!("Joint au compte rendu : {}, {of}, {day}.", attachment.title), 3.0);
    }
    key(composer, report);
    if let Some(text) = &mentions.personal_data {
        small_text(composer, text, 4.0);
    }
    small_text(composer, &format!("Document {}", report.ids.document), 4.0);
}

/// What the reader of the results must know: larger and darker than the small print.
fn mention(composer: &mut Composer, text: &str, gap: f32) {
    let lines = composer.set_lines(text, MENTION, WIDTH);
    let n = lines.len();
    composer.tag(Role::P);
    for (at, line) in lines.into_iter().enumerate() {
        composer.text(line, MENTION, Ink::Black, LEFT, 8.0);
        let follow = if at + 1 < n { Follow::WithNext } else { Follow::Free };
        composer.flow(if at == 0 { gap } else { 0.0 }, 10.5, follow);
    }
}

fn signature(composer: &mut Composer, report: &Report) {
    let width = 250.0;
    let x = RIGHT - width;
    let inner = width - 16.0;
    let mut y = 13.0;
    composer.tag(Role::P);
    let name = format!("Validé par {}", report.signer.printed());
    for line in composer.set_at_most(&name, STRONG, inner, 2) {
        composer.text(line, STRONG, Ink::Black, x + 8.0, y);
        y += 12.0;
    }
    let mut facts = vec![format!("le {}", words::date_time(report.signed_at, &report.zone))];
    if let Some(specialty) = &report.signer.specialty {
        facts.insert(0, specialty.label.clone());
    }
    if let Some(rpps) = &report.signer.rpps {
        facts.push(format!("RPPS {}", rpps.as_str()));
    }
    for fact in facts.iter().filter(|fact| !fact.trim().is_empty()) {
        let run = composer.set_elided(fact, TEXT, inner);
        composer.text(run, TEXT, Ink::Black, x + 8.0, y);
        y += 11.0;
    }
    let height = y - 4.0;
    composer.ops.push(Op::Frame { x, y: 0.0, width, height, stroke: 0.6, ink: Ink::Gray });
    composer.flow(14.0, height, Follow::Free);
}

/// Explains the marks that the report holds, and no other.
fn key(composer: &mut Composer, report: &Report) {
    let has = |wanted: &[&str]| {
        report.results().any(|result| result.interpretation().is_some_and(|it| wanted.contains(&it.mark())))
    };
    let mut marks = Vec::new();
    if has(&["↑", "↓"]) {
        marks.push("↑ ↓ au-dessus, au-dessous des valeurs de référence");
    }
    if has(&["↑↑", "↓↓"]) {
        marks.push("↑↑ ↓↓ valeur critique, encadrée");
    }
    if has(&["!"]) {
        marks.push("! résultat anormal ou positif");
    }
    if has(&["!!"]) {
        marks.push("!! résultat critique, encadré");
    }
    if results::have_trends(report) {
        marks.push("courbe : évolution du résultat, valeurs de référence en gris");
    }
    if !marks.is_empty() {
        small_text(composer, &format!("{}.", marks.join(" ; ")), 8.0);
    }
}

fn small_text(composer: &mut Composer, text: &str, gap: f32) {
    composer.tag(Role::P);
    for (at, line) in composer.set_lines(text, SMALL, WIDTH).into_iter().enumerate() {
        composer.text(line, SMALL, Ink::Gray, LEFT, 7.0);
        composer.flow(if at == 0 { gap } else { 0.0 }, 9.0, Follow::Free);
    }
}

/// Adds to every page who it is about and its number, and above the second and next ones a running header.
pub(super) fn edge(composer: &mut Composer, report: &Report, pages: &mut [Vec<Placed>]) {
    let patient = &report.patient;
    let who = [patient.traits.printed(), words::born(patient), format!("Dossier n° {}", report.request.number)];
    let who: Vec<&str> = who.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let who = who.join(" · ");

    let name = composer.set_elided(&who, bold(8.0), WIDTH * 0.62);
    let laboratory = composer.set_elided(&report.laboratory.name, EDGE, WIDTH * 0.35);
    composer.text(name, bold(8.0), Ink::Black, LEFT, 8.0);
    composer.text_to(laboratory, EDGE, Ink::Gray, RIGHT, 8.0);
    composer.rule(LEFT, 13.0, WIDTH, 0.6, Ink::Gray);
    let header = composer.end_block(14.0);

    let who = composer.set_elided(&who, EDGE, WIDTH - 110.0);
    let n = pages.len();
    for (at, page) in pages.iter_mut().enumerate() {
        if at > 0 {
            page.insert(0, Placed { block: header, top: 32.0 });
        }
        composer.rule(LEFT, 0.0, WIDTH, 0.4, Ink::Gray);
        composer.text(who, EDGE, Ink::Gray, LEFT, 10.0);
        let number = composer.set(&format!("Version {} · Page {}/{n}", report.ids.number, at + 1));
        composer.text_to(number, EDGE, Ink::Black, RIGHT, 10.0);
        let footer = composer.end_block(12.0);
        page.push(Placed { block: footer, top: PAGE.1 - 42.0 });
    }
}
