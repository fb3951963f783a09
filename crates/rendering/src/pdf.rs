//! A report, or any document laid out, as PDF/A-1b, the level every channel accepts.
//!
//! In: a [`Report`] or a [`Sheet`], and a [`Style`]. Out: the bytes of one file, the same bytes for the same arguments.
//! Steps, one module each: what is said (`front`, `results`, `closing`), set into blocks (`compose`), placed on
//! pages (`paginate`), written (`file`). Does not know CDA, channels or storage.

mod closing;
mod compose;
mod file;
mod fonts;
mod front;
mod icc;
mod metadata;
mod paginate;
mod repertoire;
mod results;
mod sheet;
mod tags;
mod words;

use crate::{Logo, Symbol, document::Sheet};
use compose::Composer;
use fonts::Fonts;
use lab::report::Report;
use metadata::Metadata;

/// What a laboratory chooses about the look of its reports. What they say is in the report itself.
#[derive(Clone, PartialEq, Debug)]
pub struct Style {
    /// Color of titles and strong rules: red, green, blue. Dark enough to print on a black-and-white printer.
    pub accent: [u8; 3],
    /// Printed above the laboratory's name.
    pub logo: Option<Logo>,
}

impl Default for Style {
    fn default() -> Self {
        Self { accent: [0x12, 0x3B, 0x5D], logo: None }
    }
}

/// Renders reports in one style; made once, shared between threads.
pub struct Renderer {
    fonts: &'static Fonts,
    style: Style,
    /// The pixels of the logo, compressed once.
    logo: Option<file::Image>,
}

impl Renderer {
    /// Prepares the fonts, once per process (some tens of milliseconds).
    pub fn new(style: Style) -> Self {
        let logo = style.logo.as_ref().map(file::Image::of);
        Self { fonts: Fonts::shared(), style, logo }
    }

    /// The report as PDF/A-1b: A4, 1 to about 40 pages for what laboratories print, without a bound of its own.
    ///
    /// Metadata dates are `signed_at`; the file identifier comes from `ids.document`. Names of one line are elided
    /// with `…` where they would run over; results and comments never are. A character that the fonts do not hold is
    /// printed as `�`. Never fails.
    ///
    /// `symbol` stands in the patient's box: the caller decides whether this identity has one.
    ///
    /// Source: ISO 19005-1, level B; Ségur SGL.DOC.06 (INS Datamatrix).
    pub fn render(&self, report: &Report, symbol: Option<&Symbol>) -> Vec<u8> {
        let mut composer = Composer::new(self.fonts, self.logo.iter().len());
        composer.symbol = symbol.cloned();
        front::compose(&mut composer, report, self.style.logo.as_ref());
        results::compose(&mut composer, report);
        closing::compose(&mut composer, report);
        let mut pages = paginate::paginate(&composer);
        closing::edge(&mut composer, report, &mut pages);
        let packed: Vec<file::Image> = composer.images.iter().map(file::Image::of).collect();
        let images: Vec<&file::Image> = self.logo.iter().chain(&packed).collect();
        file::write(&composer, &pages, &Metadata::new(report), &self.style, &images)
    }

    /// Any document, laid out, as PDF/A-1b: its header, its text with tables and images, page x/y on every page.
    ///
    /// Attached PDF are named, not included; images that are neither PNG nor JPEG are named in their place. The metadata
    /// date is the document's, else 1970. Never fails.
    pub fn render_sheet(&self, sheet: &Sheet<'_>) -> Vec<u8> {
        let mut composer = Composer::new(self.fonts, 0);
        sheet::compose(&mut composer, sheet);
        let mut pages = paginate::paginate(&composer);
        sheet::edge(&mut composer, sheet, &mut pages);
        let packed: Vec<file::Image> = composer.images.iter().map(file::Image::of).collect();
        let images: Vec<&file::Image> = packed.iter().collect();
        file::write(&composer, &pages, &Metadata::of_sheet(sheet), &self.style, &images)
    }
}

/// Renders one report: [`Renderer::render`] for a caller that keeps no renderer.
pub fn render(report: &Report, symbol: Option<&Symbol>, style: &Style) -> Vec<u8> {
    Renderer::new(style.clone()).render(report, symbol)
}
