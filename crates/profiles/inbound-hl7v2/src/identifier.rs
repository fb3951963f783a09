//! Identifiers with the authority that gave them (CX): in, a repetition of a field; out, value, authority, type.
//!
//! It does not know which authority is ours: the caller compares.

use hl7v2::Repetition;
use lab::redact_debug;

use crate::reader::Reader;

/// An identifier of a person or a stay in someone's domain.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct LocalId {
    /// The identifier, at most 250 characters, not empty.
    pub value: String,
    /// Who gave it.
    pub authority: Authority,
    /// Type of table 0203: `PI`, `AN`, `VN`…; empty when the sender gives none.
    pub kind: String,
}
redact_debug!(LocalId);

/// An assigning authority (HD).
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct Authority {
    /// Name in the sender's table; may be empty.
    pub name: String,
    /// Object identifier, FINESS or other universal identifier; may be empty.
    pub universal_id: String,
    /// `ISO`, `M`, `N`…; may be empty.
    pub universal_kind: String,
}

/// Reads a CX; `None` when it has no identifier or a null one.
pub(crate) fn local_id(reader: &mut Reader<'_>, cx: Repetition<'_>, place: &str) -> Option<LocalId> {
    let value = reader.word(&cx.component(1).text(), place);
    if value.is_empty() {
        return None;
    }
    let authority = authority(reader, cx, 4, place);
    Some(LocalId { value, authority, kind: reader.code(&cx.component(5).text(), place) })
}

/// Reads the HD in a component.
pub(crate) fn authority(reader: &mut Reader<'_>, within: Repetition<'_>, component: usize, place: &str) -> Authority {
    let hd = within.component(component);
    Authority {
        name: reader.code(&hd.subcomponent(1).text(), place),
        universal_id: reader.code(&hd.subcomponent(2).text(), place),
        universal_kind: reader.code(&hd.subcomponent(3).text(), place),
    }
}
