//! The header: who, for whom, about what, instead of what.
//!
//! Source: CDA R2, POCD_MT000040; extensions where the published French schema has them.

mod acts;
mod entities;
mod participations;

pub use acts::{
    Authorization, Component1, Consent, DocumentationOf, EncompassingEncounter, HealthCareFacility, InFulfillmentOf,
    Location, Order, ParentDocument, RelatedDocument, ServiceEvent,
};
pub use entities::{
    AssignedAuthor, AssignedCustodian, AssignedEntity, AssociatedEntity, AuthoringDevice, Birthplace,
    CustodianOrganization, Guardian, IntendedRecipient, LanguageCommunication, MaintainedEntity, Organization,
    OrganizationPartOf, Patient, PatientRole, Person, Place, RelatedEntity,
};
pub use participations::{
    Authenticator, Author, Custodian, DataEnterer, EncounterParticipant, Informant, InformationRecipient,
    LegalAuthenticator, Participant1, Performer1, RecordTarget, ResponsibleParty,
};

use crate::{
    body::Component2,
    class::rim,
    types::{Cd, Ii, Scalar, St, Time},
};

rim! {
    /// The document.
    ClinicalDocument {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        title: St = "title",
        sdtc_status_code: Cd = Sdtc "statusCode",
        effective_time: Time = "effectiveTime",
        confidentiality_code: Cd = "confidentialityCode",
        language_code: Cd = "languageCode",
        set_id: Ii = "setId",
        version_number: Scalar = "versionNumber",
        copy_time: Time = "copyTime",
        record_target: RecordTarget = "recordTarget",
        author: Author = "author",
        data_enterer: DataEnterer = "dataEnterer",
        informant: Informant = "informant",
        custodian: Custodian = "custodian",
        information_recipient: InformationRecipient = "informationRecipient",
        legal_authenticator: LegalAuthenticator = "legalAuthenticator",
        authenticator: Authenticator = "authenticator",
        participant: Participant1 = "participant",
        in_fulfillment_of: InFulfillmentOf = "inFulfillmentOf",
        documentation_of: DocumentationOf = "documentationOf",
        related_document: RelatedDocument = "relatedDocument",
        authorization: Authorization = "authorization",
        component_of: Component1 = "componentOf",
        component: Component2 = "component",
    }
}
