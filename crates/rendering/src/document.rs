//! Any CDA document as people read it: who, what, the text of each section, the files it carries.
//!
//! In: a document of any sender. Out: a [`Sheet`], which the renderers to HTML and text print, all alike.
//! Only what is known to be harmless passes: narrative elements by name, images and files by their first bytes, links
//! by their scheme. Nothing is opened, nothing runs. What is left out is said in [`Sheet::remarks`].
//! Does not judge the document.

mod drawn;
mod files;
mod header;
mod narrative;
mod phrase;

pub use files::File;
pub(crate) use phrase::instant;

use crate::{Symbol, Trend};
use cda::ClinicalDocument;
use std::{borrow::Cow, collections::HashMap};

/// A document, ready to print.
#[derive(Default)]
pub struct Sheet<'a> {
    /// Title.
    pub title: Cow<'a, str>,
    /// What stands under the title: laboratory, date, version, status.
    pub subtitle: Vec<String>,
    /// When it was made, as an HL7 timestamp; may be empty.
    pub made_at: Cow<'a, str>,
    /// The INS Datamatrix of the identity it bears.
    pub symbol: Option<Symbol>,
    /// Its identifier: an OID, with what extends it.
    pub identifier: String,
    /// The header, in groups.
    pub groups: Vec<Group<'a>>,
    /// Sections in order, each after the one that holds it.
    pub sections: Vec<Section<'a>>,
    /// Files that the document carries.
    pub files: Vec<File<'a>>,
    /// What could not be shown, each once.
    pub remarks: Vec<Remark>,
    /// Courses of results that no cell has taken yet, by the `ID` of the words that name the result.
    trends: HashMap<String, Trend>,
    /// Cells with a curve, in order: the `ID`, which cell of its row, from 1, the curve.
    curves: Vec<(String, usize, String)>,
}

/// Lines of the header that belong together.
pub struct Group<'a> {
    /// Title.
    pub title: &'static str,
    /// Whether it stands before the results: whom they are about, who made them, who asked.
    pub is_leading: bool,
    /// Label and value of each line.
    pub lines: Vec<(&'static str, Cow<'a, str>)>,
}

/// A section.
pub struct Section<'a> {
    /// 1 for a section of the body, 2 for a section of it…
    pub level: usize,
    /// Title; may be empty.
    pub title: Cow<'a, str>,
    /// What it says.
    pub blocks: Vec<Block<'a>>,
}

/// A block of text.
pub enum Block<'a> {
    /// A paragraph.
    Paragraph(Vec<Run<'a>>),
    /// A list.
    List {
        /// Numbered.
        is_ordered: bool,
        /// Items.
        items: Vec<Vec<Block<'a>>>,
    },
    /// A table.
    Table {
        /// Caption; may be empty.
        caption: String,
        /// Rows of the head.
        head: Vec<Row<'a>>,
        /// Rows of the body.
        body: Vec<Row<'a>>,
    },
    /// An image, by its rank in [`Sheet::files`].
    Image(usize),
}

impl Block<'_> {
    /// Whether there is anything to see.
    fn says_something(&self) -> bool {
        match self {
            Self::Paragraph(runs) => runs.iter().any(|run| !run.text.trim().is_empty()),
            Self::List { items, .. } => items.iter().flatten().any(Self::says_something),
            Self::Table { caption, head, body } => {
                let mut cells = head.iter().chain(body).flatten();
                !caption.is_empty() || cells.any(|cell| cell.blocks.iter().any(Self::says_something))
            }
            Self::Image(_) => true,
        }
    }
}

/// A row of a table.
pub type Row<'a> = Vec<Cell<'a>>;

/// A cell of a table.
pub struct Cell<'a> {
    /// A heading.
    pub is_heading: bool,
    /// Columns it takes, at least 1.
    pub n_columns: u16,
    /// Rows it takes, at least 1.
    pub n_rows: u16,
    /// The course of the result of the row, drawn beside what the cell says.
    pub trend: Option<Trend>,
    /// What it says.
    pub blocks: Vec<Block<'a>>,
}

/// What is said under the results when curves are drawn beside them.
pub const TREND_KEY: &str = "Courbe : évolution du résultat, valeurs de référence en gris.";

/// A piece of text in one style.
#[derive(Clone, Default)]
pub struct Run<'a> {
    /// Text without line feeds; a line feed alone is a line break.
    pub text: Cow<'a, str>,
    /// Style.
    pub style: Style,
    /// Where it leads; only `http`, `https` and `mailto`.
    pub link: Option<Cow<'a, str>>,
}

/// How text is set.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Style {
    /// Bold.
    pub bold: bool,
    /// Italics.
    pub italics: bool,
    /// Underlined.
    pub underline: bool,
    /// Raised.
    pub superscript: bool,
    /// Lowered.
    pub subscript: bool,
}

/// Something of the document that is not shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Remark {
    /// An element that narrative does not have, such as a script: its text is shown, without effect.
    ForeignElement,
    /// A link of a scheme that is not followed.
    Link,
    /// An image that leads outside, is not in the document, or is not what it says.
    Image,
    /// A file whose bytes are not readable, or not what they are said to be.
    File,
}

impl Remark {
    /// The French sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::ForeignElement => {
                "Le texte contient des éléments que la norme n'admet pas ; ils sont affichés sans effet."
            }
            Self::Link => "Un lien d'un type non admis est affiché sans être actif.",
            Self::Image => "Une image absente du document, extérieure ou illisible n'est pas affichée.",
            Self::File => "Un fichier joint illisible, ou d'un autre type qu'annoncé, n'est pas proposé.",
        }
    }
}

impl Group<'_> {
    /// Whether it says who the patient is.
    pub(crate) fn is_patient(&self) -> bool {
        self.title == header::PATIENT
    }
}

impl<'a> Sheet<'a> {
    /// Lays out a document.
    pub fn new(document: &'a ClinicalDocument<'a>) -> Self {
        let title = document.title.first().map_or(Cow::Borrowed("Document médical"), |it| it.text.trim().into());
        let mut sheet = Self {
            title,
            subtitle: header::subtitle(document),
            made_at: document.effective_time.iter().find_map(|it| it.value.as_deref()).unwrap_or_default().into(),
            identifier: header::document_identifier(document),
            groups: header::groups(document),
            symbol: drawn::symbol(document),
            trends: drawn::trends(document),
            files: files::of(document),
            ..Self::default()
        };
        for body in &document.component {
            for structured in &body.structured_body {
                for component in &structured.component {
                    for section in &component.section {
                        sheet.add_section(section, 1);
                    }
                }
            }
        }
        if sheet.files.iter().any(|it| !it.is_readable()) {
            sheet.remark(Remark::File);
        }
        sheet
    }

    fn add_section(&mut self, section: &'a cda::Section<'a>, level: usize) {
        let title = section.title.first().map_or(Cow::Borrowed(""), |it| it.text.trim().into());
        let mut blocks = Vec::new();
        for text in &section.text {
            narrative::read(text, &mut blocks, self);
        }
        // The copy of the whole document is offered as a file: a section that shows nothing else is not printed.
        let has_content = blocks.iter().any(Block::says_something) || !section.component.is_empty();
        if has_content {
            self.sections.push(Section { level, title, blocks });
        }
        for component in &section.component {
            for inner in &component.section {
                self.add_section(inner, level + 1);
            }
        }
    }

    /// Cells with a curve, in order: the `ID` of the words that name the result, which cell of its row, from 1, the curve.
    pub(crate) fn curves(&self) -> impl Iterator<Item = (&str, usize, &str)> {
        self.curves.iter().map(|(id, cell, svg)| (id.as_str(), *cell, svg.as_str()))
    }

    /// Title, name and birth of the patient, on one line: what stands at the foot of every page.
    pub(crate) fn whose(&self) -> String {
        let lines = self.groups.iter().find(|group| group.is_patient()).map_or(&[][..], |group| group.lines.as_slice());
        let wanted = ["Nom de naissance", "Premier prénom", "Né(e) le"];
        let said = |label: &&str| lines.iter().find(|(it, _)| it == label).map(|(_, value)| value.as_ref());
        let who: Vec<&str> = wanted.iter().filter_map(said).collect();
        [self.title.as_ref(), &who.join(" ")].join(" · ")
    }

    /// Whether a curve is drawn beside a result.
    pub fn has_trends(&self) -> bool {
        !self.curves.is_empty()
    }

    fn remark(&mut self, remark: Remark) {
        if !self.remarks.contains(&remark) {
            self.remarks.push(remark);
        }
    }
}
