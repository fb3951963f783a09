//! Chapters, sections and their tables: every result with its value, unit, mark, usual values and history.
//!
//! In: the chapters of a report. Out: blocks, one per row or comment line, each knowing the header it repeats.
//! Does not judge results: what is abnormal or critical was decided before signing. Rows are in `row`, curves in
//! `trend`.

mod row;
mod trend;

use super::{
    compose::{Composer, Follow, Ink, Op},
    fonts::{Font, bold, regular},
    paginate::{LEFT, RIGHT, WIDTH},
    tags::Role,
    words,
};
use crate::Logo;
use jiff::tz::TimeZone;
use lab::{
    order::Specimen,
    report::{Chapter, Figure, Isolate, Item, Report, ReportStatus, ReportedResult, Section, Validator},
};

const CHAPTER: Font = bold(10.5);
const SECTION: Font = bold(9.5);
const LABEL: Font = regular(8.5);
const STRONG: Font = bold(8.5);
const SIDE: Font = regular(7.8);
const SMALL: Font = regular(7.0);

/// Largest picture, in points.
const FIGURE: (f32, f32) = (400.0, 220.0);

/// Antibiotics of an antibiogram that a page end does not cut.
const SHORT_ANTIBIOGRAM: usize = 12;

// Left edges of the columns that have a title.
const VALUE_LEFT: f32 = LEFT + 190.0;
const RANGE_LEFT: f32 = LEFT + 308.0;
const PREVIOUS_LEFT: f32 = LEFT + 394.0;

/// Sets every chapter.
pub(super) fn compose(composer: &mut Composer, report: &Report) {
    for chapter in &report.chapters {
        composer.repeated = None;
        chapter_title(composer, &chapter.code.label, "");
        composer.flow(12.0, 17.0, Follow::WithNext);
        for (at, section) in chapter.sections.iter().enumerate() {
            let is_named = !section.title.trim().is_empty() && section.title != chapter.code.label;
            let title = match (is_named, at) {
                (true, _) => Some(section.title.as_str()),
                // The title of the chapter stands above it.
                (false, 0) => None,
                // Under another section, whose title would seem to be its own.
                (false, _) => Some("Autres examens"),
            };
            Table { composer, chapter, section, title, zone: &report.zone, continued: None }.section();
        }
        composer.repeated = None;
    }
}

/// Whether a curve is drawn beside a result.
pub(super) fn have_trends(report: &Report) -> bool {
    report.chapters.iter().flat_map(|chapter| &chapter.sections).flat_map(|section| &section.items).any(|item| {
        let results = match item {
            Item::Battery(battery) => battery.results.as_slice(),
            Item::Result(result) => std::slice::from_ref(result),
            Item::Isolate(isolate) => isolate.results.as_slice(),
            Item::Figure(_) => &[],
        };
        results.iter().flat_map(ReportedResult::lines).any(|line| crate::trend::Trend::of(&line).is_some())
    })
}

fn chapter_title(composer: &mut Composer, label: &str, suffix: &str) {
    composer.ops.push(Op::Fill { x: LEFT, y: 0.0, width: WIDTH, height: 17.0, ink: Ink::Band });
    let run = composer.set_elided(&format!("{label}{suffix}"), CHAPTER, WIDTH - 12.0);
    composer.tag(Role::H2);
    composer.text(run, CHAPTER, Ink::Accent, LEFT + 6.0, 12.2);
}

/// What the rows of a section stand under.
#[derive(Clone, Copy, PartialEq)]
enum Under {
    Header,
    Isolate,
}

struct Table<'a> {
    composer: &'a mut Composer,
    chapter: &'a Chapter,
    section: &'a Section,
    /// What stands above the section; `None` under the chapter's own title.
    title: Option<&'a str>,
    zone: &'a TimeZone,
    /// What a page repeats when it starts with a part of the section that is no table row.
    continued: Option<usize>,
}

impl Table<'_> {
    fn section(mut self) {
        let section = self.section;
        if let Some(title) = self.title {
            chapter_title(self.composer, &self.chapter.code.label, " (suite)");
            self.composer.repeated = Some(self.composer.end_block(21.0));
            self.section_title(title);
        } else {
            self.composer.repeated = None;
        }
        if section.status == ReportStatus::Partial {
            let run = self.composer.set("Résultats partiels : d'autres résultats suivront");
            self.composer.tag(Role::P);
            self.composer.text(run, bold(7.8), Ink::Black, LEFT, 8.0);
            self.composer.flow(2.0, 10.0, Follow::WithNext);
        }
        if let Some(specimen) = &section.specimen {
            self.specimen(specimen);
        }
        self.continued = Some(self.continuation(None));
        let tabled = || {
            section.items.iter().flat_map(|item| match item {
                Item::Battery(battery) => battery.results.as_slice(),
                Item::Result(result) => std::slice::from_ref(result),
                Item::Isolate(_) | Item::Figure(_) => &[],
            })
        };
        let titles = result_titles(tabled());
        let mut under = None;
        for item in &section.items {
            let results = match item {
                Item::Isolate(isolate) => {
                    self.isolate(isolate);
                    under = Some(Under::Isolate);
                    continue;
                }
                Item::Figure(figure) => {
                    self.composer.repeated = self.continued;
                    self.close_table();
                    self.figure(figure);
                    under = None;
                    continue;
                }
                Item::Battery(battery) => battery.results.as_slice(),
                Item::Result(result) => std::slice::from_ref(result),
            };
            if under != Some(Under::Header) {
                if under == Some(Under::Isolate) {
                    // Never under the name of a germ it says nothing about.
                    self.composer.repeated = self.continued;
                    self.sub_title(&section.title);
                }
                self.header(&section.title, titles);
                under = Some(Under::Header);
            }
            if let Item::Battery(battery) = item
                && battery.code.label != section.title
            {
                self.sub_title(&battery.code.label);
            }
            results.iter().for_each(|result| self.result(result));
            if let Item::Battery(battery) = item {
                battery.comments.iter().for_each(|comment| self.comment(comment));
            }
        }
        self.composer.repeated = self.continued;
        self.close_table();
        for comment in &section.comments {
            self.composer.rule(LEFT, 0.0, WIDTH, 0.3, Ink::Hair);
            self.composer.flow(0.0, 3.0, Follow::WithNext);
            self.comment(&format!("Commentaire : {comment}"));
        }
        self.validator();
    }

    /// Ends the table of the structure; what follows stands under it.
    fn close_table(&mut self) {
        if self.composer.tags.is_open(Role::Table) {
            self.composer.tags.close();
        }
    }

    fn section_title(&mut self, title: &str) {
        self.composer.tag(Role::H3);
        for line in self.composer.set_at_most(title, SECTION, WIDTH, 3) {
            self.composer.text(line, SECTION, Ink::Black, LEFT, 9.5);
            self.composer.flow(7.0, 12.0, Follow::WithNext);
        }
    }

    fn specimen(&mut self, specimen: &Specimen) {
        let mut text = format!("Prélèvement : {}", specimen.kind.label);
        if !specimen.number.is_empty() {
            text.push_str(&format!(" n° {}", specimen.number));
        }
        if let Some(site) = specimen.site.as_ref().filter(|site| !site.label.trim().is_empty()) {
            text.push_str(&format!(", {}", site.label));
        }
        if let Some(act) = specimen.act.as_ref().filter(|act| !act.label.trim().is_empty()) {
            text.push_str(&format!(" ({})", act.label));
        }
        if let Some(collector) = &specimen.collector {
            text.push_str(&format!(", par {}", collector.printed()));
        }
        if let Some(at) = specimen.collected_at {
            text.push_str(&format!(", prélevé le {}", words::date_time(at, self.zone)));
        }
        if let Some(at) = specimen.received_at {
            text.push_str(&format!(", reçu le {}", words::date_time(at, self.zone)));
        }
        self.composer.tag(Role::P);
        for line in self.composer.set_at_most(&text, SIDE, WIDTH, 3) {
            self.composer.text(line, SIDE, Ink::Gray, LEFT, 8.0);
            self.composer.flow(2.0, 9.5, Follow::WithNext);
        }
    }

    /// Draws column titles in the body, and again under a chapter title for the pages where the table continues.
    ///
    /// `subject` is named there too: half an antibiogram must say whose it is.
    fn header(&mut self, subject: &str, titles: [&str; 4]) {
        self.close_table();
        self.composer.tags.open(Role::Table);
        self.column_titles(titles, 0.0);
        self.composer.flow(4.0, 12.0, Follow::WithNext);

        self.composer.repeated = Some(self.continuation(Some((subject, titles))));
    }

    /// Makes the block that a page repeats: the chapter, the section or `subject`, the column titles of a table.
    fn continuation(&mut self, table: Option<(&str, [&str; 4])>) -> usize {
        chapter_title(self.composer, &self.chapter.code.label, " (suite)");
        let mut y = 19.0;
        let subject = table.map_or(self.section.title.as_str(), |(subject, _)| subject);
        if subject != self.chapter.code.label && !subject.trim().is_empty() {
            let run = self.composer.set_elided(&format!("{subject} (suite)"), SECTION, WIDTH);
            self.composer.text(run, SECTION, Ink::Black, LEFT, y + 10.0);
            y += 14.0;
        }
        if let Some((_, titles)) = table {
            self.column_titles(titles, y + 2.0);
            y += 14.0;
        }
        self.composer.end_block(y)
    }

    fn column_titles(&mut self, titles: [&str; 4], y: f32) {
        self.composer.tags.open(Role::Tr);
        for (title, x) in titles.into_iter().zip([LEFT, VALUE_LEFT, RANGE_LEFT, PREVIOUS_LEFT]) {
            let run = self.composer.set(title);
            self.composer.tag(Role::Th);
            self.composer.text(run, SMALL, Ink::Gray, x, y + 8.0);
        }
        self.composer.tags.close();
        self.composer.rule(LEFT, y + 11.3, WIDTH, 0.7, Ink::Black);
    }

    fn sub_title(&mut self, title: &str) {
        let is_row = self.whole_row(Role::Th);
        for line in self.composer.set_at_most(title, STRONG, WIDTH, 3) {
            self.composer.text(line, STRONG, Ink::Black, LEFT, 8.5);
            self.composer.flow(3.0, 12.0, Follow::WithNext);
        }
        if is_row {
            self.composer.tags.close();
        }
    }

    /// Starts a paragraph, which inside a table is a row of one cell; whether it is, and must be closed.
    fn whole_row(&mut self, cell: Role) -> bool {
        let is_row = self.composer.tags.is_open(Role::Table);
        if is_row {
            self.composer.tags.open(Role::Tr);
            let cell = self.composer.tags.add(cell);
            self.composer.tags.set_span(cell, (4, 1));
            self.composer.enter(cell);
        } else {
            self.composer.tag(Role::P);
        }
        is_row
    }

    fn isolate(&mut self, isolate: &Isolate) {
        let organism = &isolate.organism.label;
        let title = match isolate.number {
            0 => format!("Germe : {organism}"),
            number => format!("Germe {number} : {organism}"),
        };
        self.composer.repeated = self.continued;
        self.close_table();
        self.composer.tag(Role::H3);
        for line in self.composer.set_at_most(&title, SECTION, WIDTH, 3) {
            self.composer.text(line, SECTION, Ink::Black, LEFT, 9.5);
            self.composer.flow(8.0, 13.0, Follow::WithNext);
        }
        if !isolate.results.is_empty() {
            self.header(&title, result_titles(isolate.results.iter()));
            isolate.results.iter().for_each(|result| self.result(result));
        }
        if !isolate.antibiogram.is_empty() {
            if !isolate.results.is_empty() {
                self.composer.keep_last_with_next();
                self.composer.repeated = self.continued;
            }
            let has_breakpoints = isolate.antibiogram.iter().any(|result| result.range().is_some());
            let last = if has_breakpoints { "Concentrations critiques" } else { "" };
            self.header(&title, ["Antibiotique", "CMI ou diamètre", "Catégorie", last]);
            let is_short = isolate.antibiogram.len() <= SHORT_ANTIBIOGRAM;
            for (at, result) in isolate.antibiogram.iter().enumerate() {
                self.antibiotic(result);
                if is_short && at + 1 < isolate.antibiogram.len() {
                    self.composer.keep_last_with_next();
                }
            }
        }
    }

    /// Sets a comment beside a bar, one block a line.
    fn comment(&mut self, comment: &str) {
        let lines = self.composer.set_lines(comment, SIDE, WIDTH - 16.0);
        let n = lines.len();
        let is_row = self.whole_row(Role::Td);
        for (at, line) in lines.into_iter().enumerate() {
            self.composer.ops.push(Op::Fill { x: LEFT + 3.0, y: 0.0, width: 1.0, height: 9.8, ink: Ink::Gray });
            self.composer.text(line, SIDE, Ink::Black, LEFT + 9.0, 7.6);
            let is_last = at + 1 == n;
            let follow = if at == 0 && !is_last { Follow::WithNext } else { Follow::Free };
            self.composer.flow(0.0, if is_last { 12.0 } else { 9.8 }, follow);
        }
        if is_row {
            self.composer.tags.close();
        }
    }

    /// Sets a picture under its title, as large as its pixels are on a screen and the page allows.
    fn figure(&mut self, figure: &Figure) {
        let Ok(image) = Logo::within(&figure.image.bytes, FIGURE) else {
            self.sub_title(&format!("{} : image illisible", figure.title));
            return;
        };
        self.sub_title(&figure.title);
        let (width, height) = image.shown(FIGURE);
        let rank = self.composer.add_image(image);
        self.composer.tag_figure("Image parmi les résultats");
        self.composer.ops.push(Op::Image { image: rank, x: LEFT, y: 0.0, width, height });
        self.composer.flow(2.0, height, Follow::Free);
    }

    fn validator(&mut self) {
        self.composer.keep_last_with_next();
        self.composer.rule(LEFT, 0.0, WIDTH, 0.3, Ink::Hair);
        let section = self.section;
        for Validator { professional, at } in section.validators.iter() {
            let text = format!("Validé par {} le {}", professional.printed(), words::date_time(*at, self.zone));
            let run = self.composer.set_elided(&text, SIDE, WIDTH);
            self.composer.tag(Role::P);
            self.composer.text_to(run, SIDE, Ink::Gray, RIGHT, 9.5);
            self.composer.flow(0.0, 13.0, Follow::Free);
        }
    }
}

/// Titles of the columns that hold something.
fn result_titles<'a>(results: impl Iterator<Item = &'a ReportedResult> + Clone) -> [&'static str; 4] {
    let has_range = results.clone().any(|result| result.range().is_some());
    let has_previous = results.clone().any(|result| !result.previous.is_empty());
    let titled = |title, is_used| if is_used { title } else { "" };
    ["Examen", "Résultat", titled("Valeurs de référence", has_range), titled("Antériorités", has_previous)]
}
