//! From the model to bytes: the order of the schema, no white space between elements.

use crate::{
    ClinicalDocument,
    class::Class,
    namespace::{EXTENSIONS, HL7},
};

/// Writes a document: UTF-8, CDA as the default namespace, the prefixes of extensions declared at the root.
///
/// The same bytes for the same model. Never fails; characters that XML cannot carry become U+FFFD.
pub fn write(document: &ClinicalDocument<'_>) -> Vec<u8> {
    write_with_capacity(document, 64 * 1024)
}

/// [`write`] for a caller that knows about how many bytes it will be.
pub fn write_with_capacity(document: &ClinicalDocument<'_>, n_bytes: usize) -> Vec<u8> {
    let mut w = xml::Writer::with_capacity(n_bytes);
    w.declaration();
    w.open("ClinicalDocument").attr("xmlns", HL7);
    for (_, declaration, uri) in EXTENSIONS {
        w.attr(declaration, uri);
    }
    document.write_content(&mut w);
    w.close();
    w.finish()
}
