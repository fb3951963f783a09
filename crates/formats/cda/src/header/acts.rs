//! What the document is about, answers to and replaces.

use super::{
    entities::{Organization, Place},
    participations::{EncounterParticipant, Performer1, ResponsibleParty},
};
use crate::{
    class::rim,
    types::{Cd, Ed, Ii, Scalar, Time},
};

rim! {
    /// To an order.
    InFulfillmentOf {
        @type_code = "typeCode",
        order: Order = "order",
    }
}

rim! {
    /// An order.
    Order {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        priority_code: Cd = "priorityCode",
        accession_number: Ii = Dicom "accessionNumber",
    }
}

rim! {
    /// What was done.
    DocumentationOf {
        @type_code = "typeCode",
        service_event: ServiceEvent = "serviceEvent",
    }
}

rim! {
    /// An act that the document is about.
    ServiceEvent {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        status_code: Cd = Lab "statusCode",
        effective_time: Time = "effectiveTime",
        performer: Performer1 = "performer",
    }
}

rim! {
    /// A document that this one replaces, appends or transforms.
    RelatedDocument {
        @type_code = "typeCode",
        parent_document: ParentDocument = "parentDocument",
    }
}

rim! {
    /// That document.
    ParentDocument {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
        set_id: Ii = "setId",
        version_number: Scalar = "versionNumber",
    }
}

rim! {
    /// What the patient agreed to.
    Authorization {
        @type_code = "typeCode",
        consent: Consent = "consent",
    }
}

rim! {
    /// An agreement.
    Consent {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        status_code: Cd = "statusCode",
    }
}

rim! {
    /// During which encounter.
    Component1 {
        @type_code = "typeCode",
        encompassing_encounter: EncompassingEncounter = "encompassingEncounter",
    }
}

rim! {
    /// The encounter.
    EncompassingEncounter {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        effective_time: Time = "effectiveTime",
        discharge_disposition_code: Cd = "dischargeDispositionCode",
        responsible_party: ResponsibleParty = "responsibleParty",
        encounter_participant: EncounterParticipant = "encounterParticipant",
        location: Location = "location",
    }
}

rim! {
    /// Where.
    Location {
        @type_code = "typeCode",
        health_care_facility: HealthCareFacility = "healthCareFacility",
    }
}

rim! {
    /// A structure of care.
    HealthCareFacility {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        location: Place = "location",
        service_provider_organization: Organization = "serviceProviderOrganization",
    }
}
