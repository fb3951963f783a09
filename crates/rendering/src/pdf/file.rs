//! Pages of placed marks to the bytes of a PDF/A-1b file.
//!
//! In: blocks, their places, facts about the file. Out: bytes. Does not know what a report is made of.

use super::{
    Style,
    compose::{Composer, Ink, Op},
    fonts::{FIRST_FREE_OBJECT, Font, deflate},
    icc,
    metadata::{Metadata, PRODUCER},
    paginate::{PAGE, Placed},
    repertoire::SPACE,
    tags::{Role, Tag},
};
use crate::{Logo, symbol::QUIET_MODULES};
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr, types::OutputIntentSubtype};
use std::{io::Write, sync::LazyLock};

/// Speed over size: contents are a tenth of the file, fonts are already packed.
const CONTENT_LEVEL: u32 = 2;

static PROFILE: LazyLock<Vec<u8>> = LazyLock::new(|| deflate(&icc::srgb(), 9));

const CATALOG: Ref = Ref::new(FIRST_FREE_OBJECT);
const PAGE_TREE: Ref = Ref::new(FIRST_FREE_OBJECT + 1);
const INFO: Ref = Ref::new(FIRST_FREE_OBJECT + 2);
const XMP: Ref = Ref::new(FIRST_FREE_OBJECT + 3);
const ICC: Ref = Ref::new(FIRST_FREE_OBJECT + 4);
const FIRST_IMAGE: i32 = FIRST_FREE_OBJECT + 5;

/// Pixels ready for the file.
pub(super) struct Image {
    width: i32,
    height: i32,
    packed: Vec<u8>,
}

impl Image {
    /// Compresses the pixels of a logo: once, whatever the number of reports.
    pub(super) fn of(logo: &Logo) -> Self {
        let (width, height, rgb) = logo.pixels();
        Self { width: width as i32, height: height as i32, packed: deflate(rgb, 9) }
    }
}

/// Writes the file.
///
/// Source: ISO 19005-1: PDF 1.4, fonts embedded with their `CIDSet`, sRGB output intent, uncompressed XMP, file `ID`.
pub(super) fn write(
    composer: &Composer,
    pages: &[Vec<Placed>],
    metadata: &Metadata,
    style: &Style,
    images: &[&Image],
) -> Vec<u8> {
    let mut used = [true, true, false, false];
    let (contents, marked): (Vec<Vec<u8>>, Vec<Vec<Tag>>) = pages
        .iter()
        .map(|page| {
            let bytes = Vec::with_capacity(24 * 1024);
            let mut content = Content { composer, style, bytes, used: &mut used, marked: Vec::new(), current: None };
            content.page(page);
            (deflate(&content.bytes, CONTENT_LEVEL), content.marked)
        })
        .unzip();
    let page_ref = |at: usize| Ref::new(FIRST_IMAGE + (images.len() + 2 * at) as i32);
    let marked: Vec<(Ref, Vec<Tag>)> = marked.into_iter().enumerate().map(|(at, tags)| (page_ref(at), tags)).collect();
    let (structure, tree) = composer.tags.write(&marked, page_ref(pages.len()));

    let mut pdf = Pdf::with_capacity(64 * 1024);
    pdf.set_version(1, 4);
    pdf.set_file_id((metadata.file_id().to_vec(), metadata.file_id().to_vec()));
    let fonts = || composer.fonts.embedded.iter().zip(used).filter(|(_, used)| *used).map(|(font, _)| font);
    fonts().for_each(|font| pdf.extend(&font.objects));

    let mut catalog = pdf.catalog(CATALOG);
    catalog.pages(PAGE_TREE).metadata(XMP).lang(TextStr("fr-FR")).pair(Name(b"StructTreeRoot"), structure);
    catalog.mark_info().marked(true);
    catalog.viewer_preferences().display_doc_title(true);
    catalog
        .output_intents()
        .push()
        .subtype(OutputIntentSubtype::PDFA)
        .output_condition_identifier(TextStr("sRGB IEC61966-2.1"))
        .info(TextStr("sRGB IEC61966-2.1"))
        .registry_name(TextStr("http://www.color.org"))
        .dest_output_profile(ICC);
    catalog.finish();

    let mut info = pdf.document_info(INFO);
    info.title(TextStr(&metadata.title)).creator(TextStr(PRODUCER)).producer(TextStr(PRODUCER));
    info.author(TextStr(&metadata.author)).creation_date(metadata.date()).modified_date(metadata.date());
    info.finish();
    pdf.metadata(XMP, metadata.xmp().as_bytes());
    pdf.icc_profile(ICC, &PROFILE).n(3).filter(Filter::FlateDecode);

    let image_ref = |at: usize| Ref::new(FIRST_IMAGE + at as i32);
    for (at, Image { width, height, packed }) in images.iter().enumerate() {
        let mut image = pdf.image_xobject(image_ref(at), packed);
        image.filter(Filter::FlateDecode);
        image.width(*width).height(*height).bits_per_component(8).color_space().device_rgb();
    }

    pdf.pages(PAGE_TREE).kids((0..pages.len()).map(page_ref)).count(pages.len() as i32);
    for (at, content) in contents.iter().enumerate() {
        let content_ref = Ref::new(page_ref(at).get() + 1);
        let mut page = pdf.page(page_ref(at));
        page.parent(PAGE_TREE).media_box(Rect::new(0.0, 0.0, PAGE.0, PAGE.1)).contents(content_ref);
        page.struct_parents(at as i32);
        let mut resources = page.resources();
        let mut dictionary = resources.fonts();
        for font in fonts() {
            dictionary.pair(Name(font.name.as_bytes()), font.object);
        }
        dictionary.finish();
        let shown = shown_images(composer, &pages[at]);
        if !shown.is_empty() {
            let mut objects = resources.x_objects();
            for image in shown {
                objects.pair(Name(&image_name(image)), image_ref(image.into()));
            }
        }
        resources.finish();
        page.finish();
        pdf.stream(content_ref, content).filter(Filter::FlateDecode);
    }
    pdf.extend(&tree);
    pdf.finish()
}

/// Name of an image in the resources of a page.
fn image_name(image: u16) -> Vec<u8> {
    format!("I{image}").into_bytes()
}

/// The images of a page, each once, in order.
fn shown_images(composer: &Composer, page: &[Placed]) -> Vec<u16> {
    let ops = page.iter().flat_map(|placed| &composer.ops[composer.blocks[placed.block].ops.clone()]);
    let mut shown: Vec<u16> = ops
        .filter_map(|op| match op {
            Op::Image { image, .. } => Some(*image),
            _ => None,
        })
        .collect();
    shown.sort_unstable();
    shown.dedup();
    shown
}

/// The content stream of one page.
struct Content<'a> {
    composer: &'a Composer,
    style: &'a Style,
    bytes: Vec<u8>,
    /// Subsets met so far in the document.
    used: &'a mut [bool; 4],
    /// The element of each stretch of marked content, by its number on the page.
    marked: Vec<Tag>,
    /// What the open stretch belongs to: an element, or none for what only decorates or is repeated.
    current: Option<Option<Tag>>,
}

impl Content<'_> {
    fn page(&mut self, placed: &[Placed]) {
        let composer = self.composer;
        let marks = || {
            placed.iter().flat_map(|placed| {
                let block = &composer.blocks[placed.block];
                block.ops.clone().map(move |at| {
                    let element = composer.tags.of(at).filter(|_| block.is_body);
                    (placed.top, composer.ops[at], element)
                })
            })
        };
        // Rectangles first, so that a band never hides its text.
        let mut ink = None;
        for (top, op, element) in marks() {
            if !matches!(op, Op::Text { .. }) {
                // A rule beside a text belongs to no element: only drawings are read.
                self.mark(element.filter(|(_, role)| *role == Role::Figure));
            }
            match op {
                Op::Fill { x, y, width, height, ink: wanted } => {
                    self.ink(&mut ink, wanted);
                    self.rectangle(x, top + y, width, height);
                    self.bytes.extend_from_slice(b"f\n");
                }
                Op::Frame { x, y, width, height, stroke, ink: wanted } => {
                    self.ink(&mut ink, wanted);
                    self.number(stroke);
                    self.bytes.extend_from_slice(b"w ");
                    self.rectangle(x, top + y, width, height);
                    self.bytes.extend_from_slice(b"S\n");
                }
                Op::Symbol { x, y, module } => {
                    self.ink(&mut ink, Ink::Black);
                    self.symbol(x, top + y, module);
                }
                Op::Image { image, x, y, width, height } => {
                    self.bytes.extend_from_slice(b"q ");
                    for number in [width, 0.0, 0.0, height, x, PAGE.1 - top - y - height] {
                        self.number(number);
                    }
                    self.bytes.extend_from_slice(b"cm /");
                    self.bytes.extend_from_slice(&image_name(image));
                    self.bytes.extend_from_slice(b" Do Q\n");
                }
                Op::Curve { points, stroke, ink: wanted } => {
                    self.ink(&mut ink, wanted);
                    self.number(stroke);
                    self.bytes.extend_from_slice(b"w ");
                    for (at, (x, y)) in composer.points[points.range()].iter().enumerate() {
                        self.number(*x);
                        self.number(PAGE.1 - top - y);
                        self.bytes.extend_from_slice(if at == 0 { b"m " } else { b"l " });
                    }
                    self.bytes.extend_from_slice(b"S\n");
                }
                Op::Text { .. } => {}
            }
        }
        self.end_mark();
        self.bytes.extend_from_slice(b"BT\n");
        let mut current = None;
        for (top, op, element) in marks() {
            let Op::Text { run, font, ink: wanted, x, y } = op else {
                continue;
            };
            self.mark(element);
            self.ink(&mut ink, wanted);
            self.bytes.extend_from_slice(b"1 0 0 1 ");
            self.number(x);
            self.number(PAGE.1 - top - y);
            self.bytes.extend_from_slice(b"Tm ");
            self.show(run.range(), font, &mut current, element.is_some());
        }
        self.end_mark();
        self.bytes.extend_from_slice(b"ET\n");
    }

    /// Begins a stretch of marked content, unless the open one belongs to the same element.
    fn mark(&mut self, element: Option<(Tag, Role)>) {
        let wanted = element.map(|(tag, _)| tag);
        if self.current == Some(wanted) {
            return;
        }
        self.end_mark();
        self.current = Some(wanted);
        match element {
            None => self.bytes.extend_from_slice(b"/Artifact BMC\n"),
            Some((tag, role)) => {
                writeln!(self.bytes, "/{} <</MCID {}>>BDC", role.name(), self.marked.len())
                    .expect("because a vector accepts every write");
                self.marked.push(tag);
            }
        }
    }

    fn end_mark(&mut self) {
        if self.current.take().is_some() {
            self.bytes.extend_from_slice(b"EMC\n");
        }
    }

    fn ink(&mut self, current: &mut Option<Ink>, wanted: Ink) {
        if current.replace(wanted) == Some(wanted) {
            return;
        }
        let [red, green, blue] = match wanted {
            Ink::Black => [0; 3],
            Ink::Gray => [0x48; 3],
            Ink::Hair => [0xB4; 3],
            Ink::Accent => self.style.accent,
            Ink::Band => [0xE6, 0xEA, 0xEE],
        };
        for operator in [&b"rg "[..], b"RG\n"] {
            [red, green, blue].iter().for_each(|level| self.number(f32::from(*level) / 255.0));
            self.bytes.extend_from_slice(operator);
        }
    }

    /// Shows characters, changing font where the subset or the size changes.
    ///
    /// `is_read`: a space follows, so that the words of two lines are apart for those who listen.
    fn show(&mut self, range: std::ops::Range<usize>, font: Font, current: &mut Option<(usize, f32)>, is_read: bool) {
        let fonts = self.composer.fonts;
        let mut is_open = false;
        let space = is_read.then_some(&SPACE);
        for slot in self.composer.characters[range].iter().chain(space) {
            let (subset, cid) = fonts.glyph(*slot, font.face);
            if *current != Some((subset, font.size)) {
                if is_open {
                    self.bytes.extend_from_slice(b")Tj ");
                    is_open = false;
                }
                self.used[subset] = true;
                *current = Some((subset, font.size));
                self.bytes.push(b'/');
                self.bytes.extend_from_slice(fonts.embedded[subset].name.as_bytes());
                self.bytes.push(b' ');
                self.number(font.size);
                self.bytes.extend_from_slice(b"Tf ");
            }
            if !is_open {
                self.bytes.push(b'(');
                is_open = true;
            }
            for byte in cid.to_be_bytes() {
                match byte {
                    b'(' | b')' | b'\\' => self.bytes.extend_from_slice(&[b'\\', byte]),
                    // A bare carriage return in a string reads as a line feed.
                    b'\r' => self.bytes.extend_from_slice(b"\\r"),
                    _ => self.bytes.push(byte),
                }
            }
        }
        if is_open {
            self.bytes.extend_from_slice(b")Tj\n");
        }
    }

    /// The symbol, as one path so that no viewer leaves a seam between its rows.
    fn symbol(&mut self, x: f32, top: f32, module: f32) {
        let Some(symbol) = &self.composer.symbol else {
            return;
        };
        let at = |modules: usize| (modules + QUIET_MODULES) as f32 * module;
        for (row, columns) in symbol.stretches() {
            self.rectangle(x + at(columns.start), top + at(row), columns.len() as f32 * module, module);
        }
        self.bytes.extend_from_slice(b"f\n");
    }

    /// A rectangle whose top is `top` points under the top of the page.
    fn rectangle(&mut self, x: f32, top: f32, width: f32, height: f32) {
        for number in [x, PAGE.1 - top - height, width, height] {
            self.number(number);
        }
        self.bytes.extend_from_slice(b"re ");
    }

    /// A number with at most two decimals, then a space.
    fn number(&mut self, value: f32) {
        let hundredths = (value * 100.0).round() as i32;
        let (sign, hundredths) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
        let (whole, part) = (hundredths / 100, hundredths % 100);
        match (part, part % 10) {
            (0, _) => write!(self.bytes, "{sign}{whole} "),
            (_, 0) => write!(self.bytes, "{sign}{whole}.{} ", part / 10),
            _ => write!(self.bytes, "{sign}{whole}.{part:02} "),
        }
        .expect("because a vector accepts every write");
    }
}
