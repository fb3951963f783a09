//! Clinical statements, and how one holds another.

use super::participations::{
    Consumable, Participant2, Performer2, Precondition, Product, Reference, ReferenceRange, Specimen, Subject,
};
use crate::{
    class::rim,
    element::Element,
    header::{Author, Informant},
    types::{Cd, Ed, Ii, Interval, Ratio, Scalar, St, Time, Value},
};

rim! {
    /// Something done.
    Act {
        @class_code = "classCode",
        @mood_code = "moodCode",
        @negation_ind = "negationInd",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        priority_code: Cd = "priorityCode",
        language_code: Cd = "languageCode",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// An encounter.
    Encounter {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        discharge_disposition_code: Cd = Sdtc "dischargeDispositionCode",
        priority_code: Cd = "priorityCode",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// A result, or a previous one.
    Observation {
        @class_code = "classCode",
        @mood_code = "moodCode",
        @negation_ind = "negationInd",
        id: Ii = "id",
        code: Cd = "code",
        derivation_expr: St = "derivationExpr",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        priority_code: Cd = "priorityCode",
        repeat_number: Interval = "repeatNumber",
        language_code: Cd = "languageCode",
        value: Value = "value",
        interpretation_code: Cd = "interpretationCode",
        method_code: Cd = "methodCode",
        target_site_code: Cd = "targetSiteCode",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        reference_range: ReferenceRange = "referenceRange",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// An image or a file.
    ObservationMedia {
        @id_ = "ID",
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        language_code: Cd = "languageCode",
        value: Ed = "value",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
    }
}

rim! {
    /// Statements under one code: a battery, an isolate.
    Organizer {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        sdtc_text: Ed = Sdtc "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        component: Component4 = "component",
    }
}

rim! {
    /// An intervention: the sampling.
    Procedure {
        @class_code = "classCode",
        @mood_code = "moodCode",
        @negation_ind = "negationInd",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        priority_code: Cd = "priorityCode",
        language_code: Cd = "languageCode",
        method_code: Cd = "methodCode",
        approach_site_code: Cd = "approachSiteCode",
        target_site_code: Cd = "targetSiteCode",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// A part of an image.
    RegionOfInterest {
        @id_ = "ID",
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        value: Scalar = "value",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
    }
}

rim! {
    /// A product given: a vaccination.
    SubstanceAdministration {
        @class_code = "classCode",
        @mood_code = "moodCode",
        @negation_ind = "negationInd",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        priority_code: Cd = "priorityCode",
        repeat_number: Interval = "repeatNumber",
        route_code: Cd = "routeCode",
        approach_site_code: Cd = "approachSiteCode",
        dose_quantity: Interval = "doseQuantity",
        rate_quantity: Interval = "rateQuantity",
        max_dose_quantity: Ratio = "maxDoseQuantity",
        administration_unit_code: Cd = "administrationUnitCode",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        consumable: Consumable = "consumable",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// A product delivered.
    Supply {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        priority_code: Cd = "priorityCode",
        repeat_number: Interval = "repeatNumber",
        independent_ind: Scalar = "independentInd",
        quantity: Scalar = "quantity",
        expected_use_time: Time = "expectedUseTime",
        subject: Subject = "subject",
        specimen: Specimen = "specimen",
        product: Product = "product",
        performer: Performer2 = "performer",
        author: Author = "author",
        informant: Informant = "informant",
        participant: Participant2 = "participant",
        entry_relationship: EntryRelationship = "entryRelationship",
        reference: Reference = "reference",
        precondition: Precondition = "precondition",
        in_fulfillment_of: Element = Sdtc "inFulfillmentOf1",
    }
}

rim! {
    /// A statement inside of a statement.
    EntryRelationship {
        @type_code = "typeCode",
        @inversion_ind = "inversionInd",
        @context_conduction_ind = "contextConductionInd",
        @negation_ind = "negationInd",
        sequence_number: Scalar = "sequenceNumber",
        seperatable_ind: Scalar = "seperatableInd",
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

rim! {
    /// A statement inside of an organizer.
    Component4 {
        @type_code = "typeCode",
        @context_conduction_ind = "contextConductionInd",
        sequence_number: Scalar = "sequenceNumber",
        seperatable_ind: Scalar = "seperatableInd",
        priority_number: Scalar = Sdtc "priorityNumber",
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
