//! The namespaces of a CDA document: the one of HL7 and the extensions that France and IHE use.
//!
//! Source: CDA R2; extensions by SDTC, IHE PaLM (lab), IHE Pharmacy, DICOM part 20.

use std::borrow::Cow;

/// The namespace of a name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Namespace<'a> {
    /// None: ordinary attributes, and elements outside of CDA.
    None,
    /// CDA itself, the default namespace of what is written.
    Hl7,
    /// `lab`, IHE Pathology and Laboratory Medicine.
    Lab,
    /// `sdtc`, HL7 Structured Documents.
    Sdtc,
    /// `pharm`, IHE Pharmacy.
    Pharm,
    /// `ps3-20`, DICOM.
    Dicom,
    /// `xsi`, schema instance.
    Xsi,
    /// `xml`.
    Xml,
    /// Any other.
    Other(Cow<'a, str>),
}

/// Namespaces with a prefix of their own: how a document declares them, in order.
pub(crate) const EXTENSIONS: [(Namespace<'static>, &str, &str); 5] = [
    (Namespace::Lab, "xmlns:lab", "urn:oid:1.3.6.1.4.1.19376.1.3.2"),
    (Namespace::Sdtc, "xmlns:sdtc", "urn:hl7-org:sdtc"),
    (Namespace::Pharm, "xmlns:pharm", "urn:ihe:pharm:medication"),
    (Namespace::Dicom, "xmlns:ps3-20", "urn:dicom-org:ps3-20"),
    (Namespace::Xsi, "xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
];

/// The namespace of CDA.
pub const HL7: &str = "urn:hl7-org:v3";

impl<'a> Namespace<'a> {
    /// The namespace of that name.
    pub fn of(uri: Option<&'a str>) -> Self {
        Self::from(Cow::Borrowed(uri.unwrap_or_default()))
    }

    /// The prefix with which it is written; empty for CDA, for none and for an unknown one.
    pub fn prefix(&self) -> &'static str {
        match self {
            Self::Xml => "xml",
            _ => {
                let known = EXTENSIONS.iter().find(|(namespace, ..)| namespace == self);
                known.and_then(|(_, declaration, _)| declaration.strip_prefix("xmlns:")).unwrap_or_default()
            }
        }
    }
}

impl<'a> From<Cow<'a, str>> for Namespace<'a> {
    fn from(uri: Cow<'a, str>) -> Self {
        match uri.as_ref() {
            "" => Self::None,
            HL7 => Self::Hl7,
            xml::reader::XML => Self::Xml,
            name => match EXTENSIONS.iter().find(|(_, _, known)| *known == name) {
                Some((namespace, ..)) => namespace.clone(),
                None => Self::Other(uri),
            },
        }
    }
}
