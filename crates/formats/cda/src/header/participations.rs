//! How people take part in the document.

use super::entities::{
    AssignedAuthor, AssignedCustodian, AssignedEntity, AssociatedEntity, IntendedRecipient, PatientRole, RelatedEntity,
};
use crate::{
    class::rim,
    types::{Cd, Ed, Ii, Time},
};

rim! {
    /// Whose record the document belongs to.
    RecordTarget {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        patient_role: PatientRole = "patientRole",
    }
}

rim! {
    /// Who wrote.
    Author {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        function_code: Cd = "functionCode",
        time: Time = "time",
        assigned_author: AssignedAuthor = "assignedAuthor",
    }
}

rim! {
    /// Who typed.
    DataEnterer {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        time: Time = "time",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}

rim! {
    /// Who told.
    Informant {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        assigned_entity: AssignedEntity = "assignedEntity",
        related_entity: RelatedEntity = "relatedEntity",
    }
}

rim! {
    /// Who keeps the document.
    Custodian {
        @type_code = "typeCode",
        assigned_custodian: AssignedCustodian = "assignedCustodian",
    }
}

rim! {
    /// For whom.
    InformationRecipient {
        @type_code = "typeCode",
        intended_recipient: IntendedRecipient = "intendedRecipient",
    }
}

rim! {
    /// Who answers for it by law.
    LegalAuthenticator {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        time: Time = "time",
        signature_code: Cd = "signatureCode",
        signature_text: Ed = Sdtc "signatureText",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}

rim! {
    /// Who answers for some of it.
    Authenticator {
        @type_code = "typeCode",
        time: Time = "time",
        signature_code: Cd = "signatureCode",
        assigned_entity: AssignedEntity = "assignedEntity",
        signature_text: Ed = Sdtc "signatureText",
    }
}

rim! {
    /// Who else takes part.
    Participant1 {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        function_code: Cd = "functionCode",
        time: Time = "time",
        associated_entity: AssociatedEntity = "associatedEntity",
    }
}

rim! {
    /// Who did what is documented.
    Performer1 {
        @type_code = "typeCode",
        function_code: Cd = "functionCode",
        time: Time = "time",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}

rim! {
    /// Who answers for the encounter.
    ResponsibleParty {
        @type_code = "typeCode",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}

rim! {
    /// Who takes part in the encounter.
    EncounterParticipant {
        @type_code = "typeCode",
        time: Time = "time",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}
