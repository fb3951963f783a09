//! A picture among results: a paragraph that shows it and the media behind it.
//!
//! In: a figure that has its image. Out: a title, a `renderMultiMedia` and an `observationMedia`.
//!
//! Source: FR-Image-illustrative; CDA R2 narrative block.

use super::{
    body::{Page, or},
    element::{Anchor, templates, value},
};
use cda::{Ed, Element, EntryRelationship, ObservationMedia};
use lab::report::Figure;

pub(super) fn write<'a>(page: &mut Page<'a, '_>, figure: &'a Figure) {
    let anchor = Anchor::new("i", page.number(), "");
    let title = or(&figure.title, "Image");
    page.text.push(Element::new("paragraph").with("styleCode", "Bold").text(title));
    let shown = Element::new("renderMultiMedia").with("referencedObject", anchor.id());
    page.text.push(Element::new("paragraph").child(shown));
    let image = Ed {
        media_type: value(figure.image.kind.media_type()),
        representation: value("B64"),
        text: base64_simd::STANDARD.encode_to_string(&figure.image.bytes).into(),
        ..Ed::default()
    };
    let media = ObservationMedia {
        id_: value(anchor.id()),
        class_code: value("OBS"),
        mood_code: value("EVN"),
        template_id: templates(&["2.16.840.1.113883.10.12.304", "1.2.250.1.213.1.1.3.103"]),
        value: vec![image],
        ..ObservationMedia::default()
    };
    page.entry.push(EntryRelationship {
        type_code: value("COMP"),
        observation_media: vec![media],
        ..EntryRelationship::default()
    });
}
