//! Data types: identifiers, codes, texts, quantities, times, names, addresses.
//!
//! Source: HL7 V3 data types R1, as the schema of CDA R2 spells them.

mod parts;
mod value;

pub use parts::{Address, Name, Part, PartName};
pub use value::{Data, Value};

use crate::class::class;

class! {
    /// II: an identifier.
    Ii {
        @root = "root",
        @extension = "extension",
        @assigning_authority_name = "assigningAuthorityName",
        @displayable = "displayable",
    }
}

class! {
    /// CD, CE, CV, CS: a code.
    Cd {
        @code = "code",
        @display_name = "displayName",
        @code_system = "codeSystem",
        @code_system_name = "codeSystemName",
        @code_system_version = "codeSystemVersion",
        original_text: Ed = "originalText",
        qualifier: Cr = "qualifier",
        translation: Cd = "translation",
    }
}

class! {
    /// CR: what makes a code more precise.
    Cr {
        @inverted = "inverted",
        name: Cd = "name",
        value: Cd = "value",
    }
}

class! {
    /// ED: a text, or bytes in base64, or a reference to either.
    Ed {
        @media_type = "mediaType",
        @language = "language",
        @representation = "representation",
        @compression = "compression",
        @integrity_check = "integrityCheck",
        @integrity_check_algorithm = "integrityCheckAlgorithm",
        #text text,
        reference: Tel = "reference",
        thumbnail: Ed = "thumbnail",
    }
}

class! {
    /// ST, SC: a character string.
    St {
        @language = "language",
        @representation = "representation",
        @media_type = "mediaType",
        #text text,
    }
}

class! {
    /// TEL: an address of telecommunication, or a reference.
    Tel {
        @value = "value",
        @use_ = "use",
        useable_period: Time = "useablePeriod",
    }
}

class! {
    /// BL, INT, REAL, MO, PQ: one value.
    Scalar {
        @value = "value",
        @unit = "unit",
        @currency = "currency",
        @inclusive = "inclusive",
        @operator = "operator",
        translation: Pqr = "translation",
    }
}

class! {
    /// PQR: a quantity in another unit.
    Pqr {
        @value = "value",
        @code = "code",
        @display_name = "displayName",
        @code_system = "codeSystem",
        @code_system_name = "codeSystemName",
        @code_system_version = "codeSystemVersion",
        original_text: Ed = "originalText",
        translation: Cd = "translation",
    }
}

class! {
    /// IVL of a quantity: bounds.
    Interval {
        @value = "value",
        @unit = "unit",
        @operator = "operator",
        translation: Pqr = "translation",
        low: Scalar = "low",
        center: Scalar = "center",
        width: Scalar = "width",
        high: Scalar = "high",
    }
}

class! {
    /// RTO: a ratio.
    Ratio {
        numerator: Scalar = "numerator",
        denominator: Scalar = "denominator",
    }
}

class! {
    /// TS, IVL_TS, PIVL_TS, EIVL_TS, SXPR_TS: a point in time, an interval, something that comes back.
    Time {
        @xsi_type = Xsi "type",
        @value = "value",
        @operator = "operator",
        @inclusive = "inclusive",
        @alignment = "alignment",
        @institution_specified = "institutionSpecified",
        low: Time = "low",
        center: Time = "center",
        width: Scalar = "width",
        high: Time = "high",
        phase: Time = "phase",
        period: Scalar = "period",
        event: Cd = "event",
        offset: Interval = "offset",
        comp: Time = "comp",
    }
}
