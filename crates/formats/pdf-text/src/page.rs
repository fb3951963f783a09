//! Pages: objects in; what their instructions show out.
//!
//! Source: ISO 32000-1, 7.7.3, 8.10, 9.4.

use crate::{
    Text, Unreadable,
    file::File,
    font::Font,
    object::{Dictionary, Object, Reader, is_blank},
};
use std::{collections::HashMap, rc::Rc};

const PAGES_MAX: usize = 2_000;
/// Depth of the tree of pages, and of forms in forms.
const DEPTH_MAX: u8 = 8;
/// Instructions of all pages together, in bytes.
const DRAWN_BYTES_MAX: usize = 32 << 20;
/// What beginning to draw a page or a form counts for, in bytes: it costs as much as reading so many.
const DRAWN_BYTES_MIN: usize = 4 << 10;
const TEXT_BYTES_MAX: usize = 4 << 20;
/// Operands of one instruction that matter; text operators have three at most.
const OPERANDS_MAX: usize = 8;
/// From this kerning on, in thousandths of the size, two parts of a string stand apart.
const APART: f64 = -180.0;

/// Reads every page.
pub(crate) fn read(file: &File<'_>) -> Result<Text, Unreadable> {
    let root = file.root.and_then(|it| file.object(it)).ok_or(Unreadable::NotPdf)?;
    let catalog = root.dictionary().ok_or(Unreadable::NotPdf)?;
    let pages = file.dictionary(catalog, b"Pages").ok_or(Unreadable::NotPdf)?;
    let mut drawing = Drawing {
        file,
        fonts: HashMap::new(),
        text: String::new(),
        drawn_left: DRAWN_BYTES_MAX,
        pages_left: PAGES_MAX,
        is_cut: false,
    };
    drawing.tree(&pages, &Dictionary::default(), 0);
    let is_whole = !drawing.is_cut && !file.has_lost.get();
    Ok(Text { characters: drawing.text, is_whole })
}

struct Drawing<'f, 'a> {
    file: &'f File<'a>,
    /// By the number of their object.
    fonts: HashMap<u32, Rc<Font>>,
    text: String,
    drawn_left: usize,
    pages_left: usize,
    /// Whether a bound was reached or a part could not be found.
    is_cut: bool,
}

impl<'f> Drawing<'f, '_> {
    /// A node of the tree of pages; resources come from above where it has none.
    fn tree(&mut self, node: &Dictionary<'f>, above: &Dictionary<'f>, depth: u8) {
        let own = self.file.dictionary(node, b"Resources");
        let resources = own.as_ref().unwrap_or(above);
        let Some(Object::Array(kids)) = self.file.get(node, b"Kids") else {
            self.page(node, resources);
            return;
        };
        for kid in &kids {
            if depth >= DEPTH_MAX || self.pages_left == 0 {
                self.is_cut = true;
                return;
            }
            self.pages_left -= 1;
            match self.file.resolved(kid) {
                Some(Object::Dictionary(kid)) => self.tree(&kid, resources, depth + 1),
                _ => self.is_cut = true,
            }
        }
    }

    fn page(&mut self, page: &Dictionary<'f>, resources: &Dictionary<'f>) {
        let mut parts = Vec::new();
        match page.get(b"Contents") {
            Some(Object::Array(some)) => parts.extend(some.iter().cloned()),
            Some(one) => match self.file.resolved(one) {
                Some(Object::Array(some)) => parts.extend(some),
                _ => parts.push(one.clone()),
            },
            None => {}
        }
        let mut instructions = Vec::new();
        for part in parts {
            match self.file.stream(&part) {
                Some((_, part)) if instructions.len() + part.len() <= self.drawn_left => {
                    instructions.extend_from_slice(&part);
                    instructions.push(b'\n');
                }
                _ => self.is_cut = true,
            }
        }
        self.draw(&instructions, resources, 0);
        self.start();
    }

    /// The text goes on at another place.
    fn start(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
    }

    fn draw(&mut self, instructions: &[u8], resources: &Dictionary<'f>, depth: u8) {
        let Some(left) = self.drawn_left.checked_sub(instructions.len() + DRAWN_BYTES_MIN) else {
            self.is_cut = true;
            return;
        };
        self.drawn_left = left;
        let fonts = self.file.dictionary(resources, b"Font").unwrap_or_default();
        let mut named: HashMap<Vec<u8>, Rc<Font>> = HashMap::new();
        let mut font = Rc::new(Font::unknown());
        let mut kept = Vec::new();
        let mut operands: Vec<Object<'_>> = Vec::with_capacity(OPERANDS_MAX);
        let mut reader = Reader::new(instructions, 0);
        while let Some(next) = reader.instruction() {
            let Object::Word(operator) = next else {
                // Operands in excess are not ours to understand; the last ones count.
                if operands.len() == OPERANDS_MAX {
                    operands.remove(0);
                }
                operands.push(next);
                continue;
            };
            if self.text.len() > TEXT_BYTES_MAX {
                self.is_cut = true;
                return;
            }
            match operator {
                b"Tf" => {
                    if let Some(name) = operands.iter().find_map(Object::name) {
                        font = match named.get(name) {
                            Some(known) => known.clone(),
                            None => {
                                let found = self.font(&fonts, name);
                                named.insert(name.to_vec(), found.clone());
                                found
                            }
                        };
                    }
                }
                b"Tj" => self.show(&font, operands.last()),
                b"'" | b"\"" => {
                    self.start();
                    self.show(&font, operands.last());
                }
                b"TJ" => {
                    for part in operands.last().and_then(Object::array).unwrap_or_default() {
                        match part {
                            Object::Number(kerning) if *kerning < APART => self.text.push(' '),
                            other => self.show(&font, Some(other)),
                        }
                    }
                }
                b"BT" | b"Td" | b"TD" | b"Tm" | b"T*" => self.start(),
                b"q" if kept.len() < 64 => kept.push(font.clone()),
                b"Q" => font = kept.pop().unwrap_or(font),
                b"Do" => self.form(operands.last().and_then(Object::name), resources, depth),
                b"ID" => reader.at = after_image(instructions, reader.at),
                _ => {}
            }
            operands.clear();
        }
    }

    fn show(&mut self, font: &Font, string: Option<&Object<'_>>) {
        if let Some(Object::String(string)) = string {
            font.push(string, &mut self.text);
        }
    }

    fn font(&mut self, fonts: &Dictionary<'f>, name: &[u8]) -> Rc<Font> {
        let place = fonts.get(name);
        let number = if let Some(Object::Reference(number)) = place { Some(*number) } else { None };
        if let Some(known) = number.and_then(|it| self.fonts.get(&it)) {
            return known.clone();
        }
        let font = match place.and_then(|it| self.file.resolved(it)) {
            Some(Object::Dictionary(dictionary)) => Font::new(self.file, &dictionary),
            _ => Font::unknown(),
        };
        let font = Rc::new(font);
        if let Some(number) = number {
            self.fonts.insert(number, font.clone());
        }
        font
    }

    /// Draws a form; an image is nothing.
    fn form(&mut self, name: Option<&[u8]>, resources: &Dictionary<'f>, depth: u8) {
        let objects = self.file.dictionary(resources, b"XObject");
        let Some(place) = name.and_then(|it| objects.as_ref()?.get(it)) else { return };
        let is_form = |it: &Object<'_>| it.dictionary().is_some_and(|it| it.is(b"Subtype", b"Form"));
        if !self.file.resolved(place).as_ref().is_some_and(is_form) {
            return;
        }
        match self.file.stream(place) {
            Some((dictionary, instructions)) if depth < DEPTH_MAX => {
                let own = self.file.dictionary(&dictionary, b"Resources");
                self.start();
                self.draw(&instructions, own.as_ref().unwrap_or(resources), depth + 1);
                self.start();
            }
            _ => self.is_cut = true,
        }
    }
}

/// Behind the data of an image that stands among the instructions: `EI` between white space.
fn after_image(instructions: &[u8], from: usize) -> usize {
    let rest = instructions.get(from..).unwrap_or_default();
    memchr::memmem::find_iter(rest, b"EI")
        .find(|at| {
            let before = at.checked_sub(1).and_then(|it| rest.get(it));
            before.is_some_and(|it| is_blank(*it)) && rest.get(at + 2).is_none_or(|it| is_blank(*it))
        })
        .map_or(instructions.len(), |at| from + at + 2)
}
