//! Bodies, sections, entries.

use super::{
    participations::Subject,
    statements::{
        Act, Encounter, Observation, ObservationMedia, Organizer, Procedure, RegionOfInterest, SubstanceAdministration,
        Supply,
    },
};
use crate::{
    class::rim,
    element::Element,
    header::{Author, Informant},
    types::{Cd, Ed, Ii, St},
};

rim! {
    /// The body of the document: a file, or sections.
    Component2 {
        @type_code = "typeCode",
        @context_conduction_ind = "contextConductionInd",
        non_xml_body: NonXmlBody = "nonXMLBody",
        structured_body: StructuredBody = "structuredBody",
    }
}

rim! {
    /// A file instead of sections (level 1).
    NonXmlBody {
        @class_code = "classCode",
        @mood_code = "moodCode",
        text: Ed = "text",
        confidentiality_code: Cd = "confidentialityCode",
        language_code: Cd = "languageCode",
    }
}

rim! {
    /// Sections.
    StructuredBody {
        @class_code = "classCode",
        @mood_code = "moodCode",
        confidentiality_code: Cd = "confidentialityCode",
        language_code: Cd = "languageCode",
        component: Component3 = "component",
    }
}

rim! {
    /// A section of the body.
    Component3 {
        @type_code = "typeCode",
        @context_conduction_ind = "contextConductionInd",
        section: Section = "section",
    }
}

rim! {
    /// A section of a section.
    Component5 {
        @type_code = "typeCode",
        @context_conduction_ind = "contextConductionInd",
        section: Section = "section",
    }
}

rim! {
    /// A section: what people read, and the entries behind it.
    Section {
        @id_ = "ID",
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        title: St = "title",
        text: Element = "text",
        confidentiality_code: Cd = "confidentialityCode",
        language_code: Cd = "languageCode",
        subject: Subject = "subject",
        author: Author = "author",
        informant: Informant = "informant",
        entry: Entry = "entry",
        component: Component5 = "component",
    }
}

rim! {
    /// An entry: one statement.
    Entry {
        @type_code = "typeCode",
        @context_conduction_ind = "contextConductionInd",
        act: Act = "act",
        encounter: Encounter = "encounter",
        observation: Observation = "observation",
        observation_media: ObservationMedia = "observationMedia",
        organizer: Organizer = "organizer",
        procedure: Procedure = "procedure",
        region_of_interest: RegionOfInterest = "regionOfInterest",
        substance_administration: SubstanceAdministration = "substanceAdministration",
        supply: Supply = "supply",
    }
}
