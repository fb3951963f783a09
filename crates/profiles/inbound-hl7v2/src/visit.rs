//! The stay (PV1): in, a segment; out, where the patient is cared for.

use hl7v2::Segment;
use lab::order::CareSetting;

use crate::{
    identifier::{LocalId, local_id},
    reader::Reader,
};

/// A stay or a passage.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Visit {
    /// Where the patient is cared for; `None` when PV1-2 says nothing.
    pub setting: Option<CareSetting>,
    /// Ward or unit (PV1-3.1); may be empty.
    pub ward: String,
    /// Number of the stay (PV1-19).
    pub number: Option<LocalId>,
}

/// Reads PV1.
///
/// | PV1-2                    | setting    |
/// |--------------------------|------------|
/// | `I`                      | inpatient  |
/// | `E`                      | emergency  |
/// | `O`, `R`, `P`, `V`, `N`  | ambulatory |
///
/// Source: HL7 table 0004; PAM France 2.11 (`R` sessions, `V` remote monitoring, `N` not applicable).
/// Finding: `VISIT-CLASS-UNKNOWN` for another code.
pub(crate) fn visit(reader: &mut Reader<'_>, pv1: Segment<'_>) -> Visit {
    let place = reader.place(&pv1, 2);
    let class = reader.code(&pv1.field(2).component(1).text(), &place);
    let setting = match class.as_str() {
        "I" => Some(CareSetting::Inpatient),
        "E" => Some(CareSetting::Emergency),
        "O" | "R" | "P" | "V" | "N" => Some(CareSetting::Ambulatory),
        "" => None,
        _ => {
            reader.information("VISIT-CLASS-UNKNOWN", place);
            None
        }
    };
    let place = reader.place(&pv1, 3);
    let ward = reader.word(&pv1.field(3).component(1).text(), &place);
    let place = reader.place(&pv1, 19);
    let number = local_id(reader, pv1.field(19).repetition(1), &place);
    Visit { setting, ward, number }
}
