//! Other forms of a frozen document: as a page, alone, as level 1. They are made when asked for, from the frozen bytes.
//!
//! In: the bytes of level 3 or of the PDF, the model. Out: the same content in another form; nothing is stored here.

use crate::App;
use cda::Limits;
use lab::report::Report;
use rendering::{document::Sheet, html};

impl App {
    /// The report as a document of level 1: its header, and the frozen PDF as its body.
    pub fn level_1(&self, report: &Report, pdf: &[u8]) -> Vec<u8> {
        cr_bio::v2024_01::render_level_1(report, pdf, &self.settings().mail.source.documents)
    }

    /// A document as an HTML page that needs nothing else, in the look in force; `None` when the bytes are not a CDA
    /// document. The file `beside` is left out: it stands beside the page, such as the copy of a report in its mail.
    pub fn page_of(&self, document: &[u8], beside: Option<&[u8]>) -> Option<String> {
        let limits = Limits::default();
        let text = xml::decode(document).ok()?;
        let (document, _) = cda::read(&text, &limits).ok()?;
        let mut sheet = Sheet::new(&document);
        sheet.files.retain(|file| beside.is_none() || file.bytes() != beside);
        Some(html::page(&sheet, &self.page_in_force().look))
    }

    /// A document with the stylesheet that shows it in the look in force, in one file; `None` when the bytes can not be
    /// wrapped.
    pub fn self_presentable(&self, document: &[u8]) -> Option<Vec<u8>> {
        rendering::self_presentable::wrap(document, &self.page_in_force().look)
    }
}
