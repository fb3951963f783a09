//! The two faces of a report, parsed and reduced once per process.
//!
//! In: DejaVu Sans Condensed, regular and bold. Out: advances for layout, and each face as finished PDF objects.
//! Reducing a font costs more than a page, so the subsets are fixed: the French laboratory repertoire in every
//! document, the rest of Latin, Greek and Cyrillic only in a document that uses it.

use super::repertoire::{NO_BREAK_SPACE, Repertoire, SPACE, Slot};
use pdf_writer::{
    Chunk, Filter, Finish, Name, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use std::{io::Write, sync::LazyLock};
use subsetter::GlyphRemapper;

/// Number of objects of one embedded font.
const OBJECTS_PER_FONT: i32 = 6;
/// First object number after the fonts.
pub(super) const FIRST_FREE_OBJECT: i32 = 1 + OBJECTS_PER_FONT * 4;

const SYSTEM_INFO: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };

/// Weight of a text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Face {
    Regular,
    Bold,
}

/// A face at a size in points.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Font {
    pub(super) face: Face,
    pub(super) size: f32,
}

/// Regular at a size.
pub(super) const fn regular(size: f32) -> Font {
    Font { face: Face::Regular, size }
}

/// Bold at a size.
pub(super) const fn bold(size: f32) -> Font {
    Font { face: Face::Bold, size }
}

/// Height of a capital in ems, both faces.
pub(super) const CAP_HEIGHT: f32 = 0.729;

/// One of the four subsets: a face, and the core or extended part of the repertoire.
pub(super) struct Embedded {
    /// Name in page resources.
    pub(super) name: &'static str,
    /// Number of the font object.
    pub(super) object: Ref,
    /// The font's objects, ready to be copied into a document.
    pub(super) objects: Chunk,
}

/// Everything layout and writing need of the fonts.
pub(super) struct Fonts {
    pub(super) repertoire: Repertoire,
    /// Advance by face and slot, thousandths of an em.
    advances: [Vec<u16>; 2],
    /// Character identifier in its subset, by face and slot.
    cids: [Vec<u16>; 2],
    /// Regular core, bold core, regular extended, bold extended.
    pub(super) embedded: [Embedded; 4],
}

static FONTS: LazyLock<Fonts> = LazyLock::new(Fonts::load);

impl Fonts {
    /// The fonts of the process, prepared at first call (some tens of milliseconds).
    pub(super) fn shared() -> &'static Self {
        &FONTS
    }

    fn load() -> Self {
        let data = [dejavu::sans_condensed::regular(), dejavu::sans_condensed::bold()];
        let faces =
            data.map(|bytes| ttf_parser::Face::parse(bytes, 0).expect("because the bundled fonts are well formed"));
        let repertoire = Repertoire::new(|char| faces.iter().all(|face| face.glyph_index(char).is_some()));
        let mut cids = [vec![0; repertoire.characters.len()], vec![0; repertoire.characters.len()]];
        let mut advances = cids.clone();
        let mut embed = |face: usize, name, tag, slots: std::ops::Range<usize>, at| {
            let subset =
                Subset { name, tag, data: data[face], face: &faces[face], first_object: 1 + OBJECTS_PER_FONT * at };
            subset.embed(&repertoire, slots, &mut cids[face], &mut advances[face])
        };
        let (core, all) = (repertoire.n_core, repertoire.characters.len());
        let embedded = [
            embed(0, "R", "LABCRA", 0..core, 0),
            embed(1, "B", "LABCRB", 0..core, 1),
            embed(0, "S", "LABXTA", core..all, 2),
            embed(1, "C", "LABXTB", core..all, 3),
        ];
        Self { repertoire, advances, cids, embedded }
    }

    /// Advance of a character in points.
    pub(super) fn advance(&self, slot: Slot, font: Font) -> f32 {
        f32::from(self.advances[font.face as usize][slot as usize]) * font.size / 1000.0
    }

    /// Which subset holds a character, and under which identifier.
    pub(super) fn glyph(&self, slot: Slot, face: Face) -> (usize, u16) {
        let extended = usize::from(slot as usize >= self.repertoire.n_core);
        (extended * 2 + face as usize, self.cids[face as usize][slot as usize])
    }
}

/// What one embedded font is made from.
struct Subset<'a> {
    name: &'static str,
    tag: &'static str,
    data: &'a [u8],
    face: &'a ttf_parser::Face<'a>,
    first_object: i32,
}

impl Subset<'_> {
    /// Reduces the face to some characters, notes their identifiers and advances, and writes the font's objects.
    fn embed(
        &self,
        repertoire: &Repertoire,
        slots: std::ops::Range<usize>,
        cids: &mut [u16],
        advances: &mut [u16],
    ) -> Embedded {
        let face = self.face;
        let scale = 1000.0 / f32::from(face.units_per_em());
        let thousandths = |units: i16| f32::from(units) * scale;
        let mut remapper = GlyphRemapper::new();
        let mut cmap = UnicodeCmap::new(Name(b"Adobe-Identity-UCS"), SYSTEM_INFO);
        let mut widths = vec![width(face, 0, scale)];
        for slot in slots {
            // A no-break space is drawn and copied as a space, so that a copied range reads as it was received.
            let char = repertoire.characters[if slot == NO_BREAK_SPACE as usize { SPACE as usize } else { slot }];
            let glyph = face.glyph_index(char).map_or(0, |glyph| glyph.0);
            let cid = remapper.remap(glyph);
            cids[slot] = cid;
            advances[slot] = width(face, glyph, scale);
            if cid as usize == widths.len() {
                widths.push(advances[slot]);
                cmap.pair(cid, char);
            }
        }
        let program =
            subsetter::subset(self.data, 0, &remapper).expect("because the bundled fonts are TrueType outlines");
        let n_glyphs = ttf_parser::RawFace::parse(&program, 0)
            .ok()
            .and_then(|raw| raw.table(ttf_parser::Tag::from_bytes(b"maxp")))
            .and_then(|maxp| maxp.get(4..6))
            .map_or(0, |n| usize::from(u16::from_be_bytes([n[0], n[1]])));

        let object = |at: i32| Ref::new(self.first_object + at);
        let base_name = format!("{}+{}", self.tag, postscript_name(face));
        let mut chunk = Chunk::new();
        chunk
            .type0_font(object(0))
            .base_font(Name(base_name.as_bytes()))
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(object(1))
            .to_unicode(object(5));
        let mut cid_font = chunk.cid_font(object(1));
        cid_font
            .subtype(CidFontType::Type2)
            .base_font(Name(base_name.as_bytes()))
            .system_info(SYSTEM_INFO)
            .font_descriptor(object(2))
            .default_width(0.0)
            .cid_to_gid_map_predefined(Name(b"Identity"));
        cid_font.widths().consecutive(0, widths.iter().map(|width| f32::from(*width)));
        cid_font.finish();
        let bounds = face.global_bounding_box();
        chunk
            .font_descriptor(object(2))
            .name(Name(base_name.as_bytes()))
            .flags(FontFlags::SYMBOLIC)
            .bbox(pdf_writer::Rect::new(
                thousandths(bounds.x_min),
                thousandths(bounds.y_min),
                thousandths(bounds.x_max),
                thousandths(bounds.y_max),
            ))
            .italic_angle(0.0)
            .ascent(thousandths(face.ascender()))
            .descent(thousandths(face.descender()))
            .cap_height(CAP_HEIGHT * 1000.0)
            .stem_v(if face.is_bold() { 140.0 } else { 80.0 })
            .font_file2(object(3))
            .cid_set(object(4));
        let packed = deflate(&program, 9);
        chunk.stream(object(3), &packed).filter(Filter::FlateDecode).pair(Name(b"Length1"), program.len() as i32);
        // PDF/A-1, 6.3.5: the set names every glyph of the embedded program, components of composites included.
        chunk.stream(object(4), &first_bits(n_glyphs));
        chunk.stream(object(5), &deflate(&cmap.finish(), 9)).filter(Filter::FlateDecode);
        Embedded { name: self.name, object: object(0), objects: chunk }
    }
}

fn width(face: &ttf_parser::Face<'_>, glyph: u16, scale: f32) -> u16 {
    (f32::from(face.glyph_hor_advance(ttf_parser::GlyphId(glyph)).unwrap_or(0)) * scale).round() as u16
}

fn postscript_name(face: &ttf_parser::Face<'_>) -> String {
    face.names()
        .into_iter()
        .filter(|name| name.name_id == ttf_parser::name_id::POST_SCRIPT_NAME)
        .find_map(|name| name.to_string())
        .unwrap_or_else(|| "DejaVuSansCondensed".to_owned())
}

/// A bit string whose first `n` bits are set, most significant first.
fn first_bits(n: usize) -> Vec<u8> {
    let mut bits = vec![0xFF; n / 8];
    if !n.is_multiple_of(8) {
        bits.push(!(0xFF >> (n % 8)));
    }
    bits
}

/// Compresses for a `FlateDecode` stream; level 0 to 9.
pub(super) fn deflate(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut encoder =
        flate2::write::ZlibEncoder::new(Vec::with_capacity(bytes.len() / 2), flate2::Compression::new(level));
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("because a vector accepts every write")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_faces_hold_every_core_character() {
        for bytes in [dejavu::sans_condensed::regular(), dejavu::sans_condensed::bold()] {
            let face = ttf_parser::Face::parse(bytes, 0).expect("a font");
            let fonts = Fonts::shared();
            for char in &fonts.repertoire.characters {
                assert!(face.glyph_index(*char).is_some(), "U+{:04X}", *char as u32);
            }
        }
    }

    #[test]
    fn a_bit_string_names_its_first_glyphs_only() {
        assert_eq!(first_bits(10), [0xFF, 0b1100_0000]);
        assert_eq!(first_bits(8), [0xFF]);
    }
}
