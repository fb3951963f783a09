//! Pictures among results: received as they are, or drawn from the points an analyzer sent.
//!
//! In: bytes or points. Out: what a report shows. Does not draw: the rendering does, before signing.

use crate::redact_debug;
use serde::{Deserialize, Serialize};

/// A picture of a report.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figure {
    /// What it shows, as printed.
    pub title: String,
    /// The picture.
    pub image: Image,
    /// The curve it was drawn from.
    #[serde(default)]
    pub curve: Option<Curve>,
}
redact_debug!(Figure);

/// Bytes of a picture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Image {
    /// What they are.
    pub kind: ImageKind,
    /// The file; empty until it is drawn.
    #[serde(with = "base64")]
    pub bytes: Vec<u8>,
}
redact_debug!(Image);

impl Image {
    /// The file as an address that holds it: `data:image/png;base64,…`.
    pub fn data_uri(&self) -> String {
        format!("data:{};base64,{}", self.kind.media_type(), base64_simd::STANDARD.encode_to_string(&self.bytes))
    }
}

/// Kinds of pictures that a report may hold.
///
/// Source: CR-BIO 2024.01, FR-Image-illustrative (PNG, JPEG, GIF); GIF is left out, PDF/A readers need not show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
pub enum ImageKind {
    /// `image/png`
    Png,
    /// `image/jpeg`
    Jpeg,
}

impl ImageKind {
    /// The kind by the first bytes of a file.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x89, b'P', b'N', b'G', ..] => Some(Self::Png),
            [0xFF, 0xD8, 0xFF, ..] => Some(Self::Jpeg),
            _ => None,
        }
    }

    /// The media type.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }
}

/// A curve: levels at equal distances, as an electrophoresis is read.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Curve {
    /// Levels, from left to right; at least two, at most [`Curve::MAX_POINTS`].
    levels: Vec<i32>,
}
redact_debug!(Curve);

impl Curve {
    /// Most points that a curve may have.
    pub const MAX_POINTS: usize = 4096;

    /// A curve of these levels; `None` when there are too few or too many.
    pub fn new(levels: Vec<i32>) -> Option<Self> {
        (2..=Self::MAX_POINTS).contains(&levels.len()).then_some(Self { levels })
    }

    /// Levels, from left to right.
    pub fn levels(&self) -> &[i32] {
        &self.levels
    }
}

/// Bytes as base64 text, in the stored model.
pub(super) mod base64 {
    use base64_simd::STANDARD;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(in super::super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode_to_string(bytes))
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = std::borrow::Cow::<str>::deserialize(from)?;
        STANDARD.decode_to_vec(text.as_bytes()).map_err(|_| D::Error::custom("base64 text expected"))
    }
}
