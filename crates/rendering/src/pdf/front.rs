//! What stands above the results: letterhead, title, patient, request, recipients, comments on the dossier.
//!
//! In: a report. Out: blocks. Does not know where pages end.

use super::{
    compose::{Composer, Follow, Ink, Op},
    fonts::{Font, bold, regular},
    paginate::{LEFT, RIGHT, WIDTH},
    tags::Role,
    words,
};
use crate::Logo;
use lab::report::{Recipient, Report};

const NAME: Font = bold(14.0);
const TITLE: Font = bold(15.0);
const NOTICE: Font = bold(9.0);
const TEXT: Font = regular(8.5);
const STRONG: Font = bold(8.5);
const LABEL: Font = regular(7.5);

const SYMBOL_NAME: Font = regular(6.5);

/// Side of a module of the symbol: 0.42 mm, five dots of a printer of 300 dots per inch, ten at 600.
///
/// Source: at least 0.4 mm, so that hand scanners read a photocopy.
const MODULE: f32 = 1.2;

/// Distance between baselines of running text.
const LEAD: f32 = 11.0;
/// Lines that a field of a box may take.
const MAX_FIELD_LINES: usize = 3;

/// Sets everything above the first chapter.
pub(super) fn compose(composer: &mut Composer, report: &Report, logo: Option<&Logo>) {
    letterhead(composer, report, logo);
    title(composer, report);
    boxes(composer, report);
    recipients(composer, report);
    let screening = report.screening.iter().flat_map(words::screening);
    for (label, text) in screening.chain(report.rapid_test.iter().flat_map(words::rapid_test)) {
        paragraph(composer, label, &text, TEXT);
    }
    for comment in &report.comments {
        paragraph(composer, "Commentaire : ", comment, TEXT);
    }
}

fn letterhead(composer: &mut Composer, report: &Report, logo: Option<&Logo>) {
    let laboratory = &report.laboratory;
    let right_width = WIDTH * 0.42 - 12.0;
    // The name stands beside the logo, or takes its place.
    let (logo_width, logo_height) = logo.map_or((0.0, 0.0), Logo::printed);
    let mut x = LEFT;
    if logo.is_some() {
        composer.tag_figure("Logo du laboratoire");
        composer.ops.push(Op::Image { image: 0, x: LEFT, y: 1.0, width: logo_width, height: logo_height });
        x += logo_width + 10.0;
    }
    let left_width = WIDTH - right_width - 12.0 - (x - LEFT);
    let mut left = 13.0;
    composer.tag(Role::P);
    for line in composer.set_at_most(&laboratory.name, NAME, left_width, 3) {
        composer.text(line, NAME, Ink::Accent, x, left);
        left += 17.0;
    }
    let mut lines = words::address(&laboratory.address);
    lines.truncate(6);
    if !laboratory.phone.is_empty() {
        lines.push(format!("Tél. {}", laboratory.phone));
    }
    left -= 2.0;
    composer.tag(Role::P);
    for line in lines {
        let run = composer.set_elided(&line, TEXT, left_width);
        composer.text(run, TEXT, Ink::Black, x, left);
        left += LEAD;
    }

    let mut right = 11.0;
    let mut facts = vec![
        (format!("FINESS {}", laboratory.finess.as_str()), TEXT),
        (format!("Biologiste responsable : {}", laboratory.director.printed()), TEXT),
    ];
    if let Some(accreditation) = &report.mentions.accreditation {
        facts.push((format!("Accréditation Cofrac n° {}", accreditation.number), STRONG));
        facts.push((accreditation.scope.clone(), LABEL));
    }
    for (fact, font) in facts.into_iter().filter(|(fact, _)| !fact.trim().is_empty()) {
        composer.tag(Role::P);
        for line in composer.set_at_most(&fact, font, right_width, 3) {
            composer.text_to(line, font, Ink::Black, RIGHT, right);
            right += LEAD;
        }
    }
    let bottom = (left.max(right) - 3.0).max(logo_height + 5.0);
    composer.rule(LEFT, bottom, WIDTH, 1.4, Ink::Accent);
    composer.flow(0.0, bottom + 1.4, Follow::WithNext);
}

fn title(composer: &mut Composer, report: &Report) {
    let version =
        composer.set(&format!("Version {} du {}", report.ids.number, words::date_time(report.signed_at, &report.zone)));
    let room = WIDTH - composer.width(version, TEXT) - 12.0;
    let mut y = -2.0;
    composer.tag(Role::H1);
    for line in composer.set_at_most(&report.title(), TITLE, room, 3) {
        y += 17.0;
        composer.text(line, TITLE, Ink::Accent, LEFT, y);
    }
    composer.tag(Role::P);
    composer.text_to(version, TEXT, Ink::Black, RIGHT, 15.0);
    y += 10.0;
    for notice in words::notices(report) {
        let run = composer.set_elided(&notice, NOTICE, WIDTH - 12.0);
        let width = composer.width(run, NOTICE) + 12.0;
        composer.ops.push(Op::Frame { x: LEFT, y, width, height: 14.0, stroke: 0.8, ink: Ink::Black });
        composer.tag(Role::P);
        composer.text(run, NOTICE, Ink::Black, LEFT + 6.0, y + 10.2);
        y += 17.0;
    }
    composer.flow(12.0, y - 3.0, Follow::WithNext);
}

/// Where fields stand: left edge and width of their box, room for labels.
#[derive(Clone, Copy)]
struct Column {
    x: f32,
    width: f32,
    indent: f32,
    /// Width and bottom of what stands in the upper right corner.
    taken: (f32, f32),
}

/// A labeled value in a box; a value without label takes the whole width.
struct Field {
    label: &'static str,
    value: String,
    font: Font,
}

fn field(label: &'static str, value: impl Into<String>) -> Field {
    Field { label, value: value.into(), font: TEXT }
}

fn strong(label: &'static str, value: impl Into<String>) -> Field {
    Field { label, value: value.into(), font: STRONG }
}

fn boxes(composer: &mut Composer, report: &Report) {
    let gap = 10.0;
    let mut patient = Column { x: LEFT, width: 268.0, indent: 82.0, taken: (0.0, 0.0) };
    let x = LEFT + patient.width + gap;
    let request = Column { x, width: RIGHT - x, indent: 76.0, taken: (0.0, 0.0) };
    patient.taken = symbol(composer, &patient);
    let (_, bottom) = patient.taken;
    let left = fields(composer, patient_fields(report), &patient);
    let right = fields(composer, request_fields(report), &request);
    let height = left.max(right).max(bottom);
    for Column { x, width, .. } in [patient, request] {
        composer.ops.push(Op::Frame { x, y: 0.0, width, height, stroke: 0.6, ink: Ink::Gray });
    }
    composer.flow(8.0, height, Follow::Free);
}

/// Draws the symbol in the upper right corner of a box, its name under it; the width it takes and its bottom.
fn symbol(composer: &mut Composer, column: &Column) -> (f32, f32) {
    let Some(side) = composer.symbol.as_ref().map(|symbol| symbol.side() as f32 * MODULE) else {
        return (0.0, 0.0);
    };
    let right = column.x + column.width;
    composer.tag_figure("Datamatrix INS : identité du patient, à scanner");
    composer.ops.push(Op::Symbol { x: right - side, y: 0.0, module: MODULE });
    composer.tag(Role::P);
    let name = composer.set("INS à scanner");
    let x = right - (side + composer.width(name, SYMBOL_NAME)) / 2.0;
    composer.text(name, SYMBOL_NAME, Ink::Black, x, side + 5.0);
    (side - 8.0, side + 7.0)
}

fn patient_fields(report: &Report) -> Vec<Field> {
    let patient = &report.patient;
    let traits = &patient.traits;
    let zone = &report.zone;
    let mut all = vec![Field { label: "", value: traits.printed(), font: bold(11.0) }];
    all.push(field("Nom de naissance", traits.birth_name.as_str()));
    all.push(field("1er prénom", traits.first_given.as_str()));
    if traits.given_names != traits.first_given {
        all.push(field("Prénoms de naissance", traits.given_names.as_str()));
    }
    let on = report.request.collected_at.unwrap_or(report.request.received_at).to_zoned(zone.clone()).date();
    let birth = traits.birth_date.map_or_else(|| "inconnue".to_owned(), words::date);
    let age = words::age(patient, on).map(|age| format!(" ({age})")).unwrap_or_default();
    all.push(field("Date de naissance", format!("{birth}{age}")));
    all.push(field("Sexe", words::sex(traits.sex)));
    if let Some(ins) = words::ins(patient) {
        all.push(strong("INS", ins));
    }
    all.push(field("N° patient", patient.local_id.as_str()));
    if let Some(number) = report.screening.as_ref().and_then(|it| it.invitation.as_ref()) {
        all.push(field("N° d'invitation", number.as_str()));
    }
    if let Some(address) = &patient.address {
        all.push(field("Adresse", words::address(address).join(", ")));
    }
    if let Some(phone) = &patient.phone {
        all.push(field("Téléphone", phone.as_str()));
    }
    if let Some(guardian) = &patient.guardian {
        all.push(field("Représentant", guardian.printed()));
    }
    all
}

fn request_fields(report: &Report) -> Vec<Field> {
    let request = &report.request;
    let zone = &report.zone;
    let time = |at| words::date_time(at, zone);
    let mut all = vec![Field { label: "", value: format!("Dossier n° {}", request.number), font: bold(11.0) }];
    if request.priority == lab::order::Priority::Urgent {
        all.push(strong("Priorité", "Urgent"));
    }
    if let Some(number) = &request.placer_number {
        all.push(field("N° de demande", number.as_str()));
    }
    if let Some(prescriber) = &request.prescriber {
        all.push(field("Prescripteur", words::professional(prescriber)));
        if let Some(rpps) = &prescriber.rpps {
            all.push(field("RPPS", rpps.as_str()));
        }
        if let Some(mailbox) = &prescriber.mailbox {
            all.push(field("MSSanté", mailbox.as_str()));
        }
    }
    if let Some(physician) = &request.treating_physician {
        all.push(field("Médecin traitant", words::professional(physician)));
    }
    if let Some(at) = request.prescribed_at {
        all.push(field("Prescrit le", time(at)));
    }
    if let Some(at) = request.collected_at {
        all.push(field("Prélevé le", time(at)));
    }
    all.push(field("Reçu le", time(request.received_at)));
    all
}

/// Draws fields from the top of the block; gives the height they take.
fn fields(composer: &mut Composer, fields: Vec<Field>, column: &Column) -> f32 {
    let x = column.x + 8.0;
    let mut y = 5.0;
    for Field { label, value, font } in fields.iter().filter(|field| !field.value.trim().is_empty()) {
        let indent = if label.is_empty() { 0.0 } else { column.indent };
        let lead = font.size + 2.6;
        let taken = if y < column.taken.1 { column.taken.0 } else { 0.0 };
        let width = column.width - 16.0 - taken;
        composer.tag(Role::P);
        if !label.is_empty() {
            let run = composer.set(label);
            composer.text(run, LABEL, Ink::Gray, x, y + font.size);
        }
        for line in composer.set_at_most(value, *font, width - indent, MAX_FIELD_LINES) {
            composer.text(line, *font, Ink::Black, x + indent, y + font.size);
            y += lead;
        }
        if label.is_empty() {
            y += 2.0;
        }
    }
    y + 4.0
}

fn recipients(composer: &mut Composer, report: &Report) {
    let mut names: Vec<String> = report
        .recipients
        .iter()
        .map(|recipient| match recipient {
            Recipient::Professional(professional) => words::professional(professional),
            Recipient::Patient => "le patient".to_owned(),
        })
        .collect();
    names.extend(report.screening.iter().filter_map(|it| it.collector.as_ref()).map(|it| it.name.clone()));
    if !names.is_empty() {
        paragraph(composer, "Destinataires : ", &names.join(" ; "), TEXT);
    }
}

/// Sets a text over the whole width, one block a line, after a label in bold.
pub(super) fn paragraph(composer: &mut Composer, label: &str, text: &str, font: Font) {
    let label_font = Font { face: super::fonts::Face::Bold, ..font };
    let lead = font.size + 2.5;
    let label = composer.set(label);
    let indent = composer.width(label, label_font);
    // The label shortens every line: the text hangs beside it.
    let lines = composer.set_lines(text, font, WIDTH - indent);
    let n = lines.len();
    composer.tag(Role::P);
    for (at, line) in lines.into_iter().enumerate() {
        if at == 0 {
            composer.text(label, label_font, Ink::Black, LEFT, font.size);
        }
        composer.text(line, font, Ink::Black, LEFT + indent, font.size);
        let follow = if at == 0 && n > 1 { Follow::WithNext } else { Follow::Free };
        composer.flow(if at == 0 { 6.0 } else { 0.0 }, lead, follow);
    }
}
