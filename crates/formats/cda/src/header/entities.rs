//! People, organizations, places and devices, in the roles the header gives them.

use crate::{
    class::rim,
    element::Element,
    types::{Address, Cd, Ed, Ii, Name, Scalar, St, Tel, Time},
};

rim! {
    /// The patient, as the organization that keeps the record knows them.
    PatientRole {
        @class_code = "classCode",
        id: Ii = "id",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        patient: Patient = "patient",
        provider_organization: Organization = "providerOrganization",
    }
}

rim! {
    /// The patient.
    Patient {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        id: Ii = "id",
        name: Name = "name",
        sdtc_desc: Ed = Sdtc "desc",
        administrative_gender_code: Cd = "administrativeGenderCode",
        birth_time: Time = "birthTime",
        deceased_ind: Scalar = Sdtc "deceasedInd",
        deceased_time: Time = Sdtc "deceasedTime",
        multiple_birth_ind: Scalar = Sdtc "multipleBirthInd",
        multiple_birth_order_number: Scalar = Sdtc "multipleBirthOrderNumber",
        marital_status_code: Cd = "maritalStatusCode",
        religious_affiliation_code: Cd = "religiousAffiliationCode",
        race_code: Cd = "raceCode",
        sdtc_race_code: Cd = Sdtc "raceCode",
        ethnic_group_code: Cd = "ethnicGroupCode",
        sdtc_ethnic_group_code: Cd = Sdtc "ethnicGroupCode",
        guardian: Guardian = "guardian",
        birthplace: Birthplace = "birthplace",
        language_communication: LanguageCommunication = "languageCommunication",
    }
}

rim! {
    /// A person or organization who answers for the patient.
    Guardian {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        guardian_person: Person = "guardianPerson",
        guardian_organization: Organization = "guardianOrganization",
    }
}

rim! {
    /// Where the patient was born.
    Birthplace {
        @class_code = "classCode",
        place: Place = "place",
    }
}

rim! {
    /// A place.
    Place {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        name: Name = "name",
        addr: Address = "addr",
    }
}

rim! {
    /// A language of the patient.
    LanguageCommunication {
        language_code: Cd = "languageCode",
        mode_code: Cd = "modeCode",
        proficiency_level_code: Cd = "proficiencyLevelCode",
        preference_ind: Scalar = "preferenceInd",
    }
}

rim! {
    /// A person.
    Person {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        name: Name = "name",
        sdtc_desc: Ed = Sdtc "desc",
        as_patient_relationship: Element = Sdtc "asPatientRelationship",
    }
}

rim! {
    /// An organization.
    Organization {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        id: Ii = "id",
        name: Name = "name",
        telecom: Tel = "telecom",
        addr: Address = "addr",
        standard_industry_class_code: Cd = "standardIndustryClassCode",
        as_organization_part_of: OrganizationPartOf = "asOrganizationPartOf",
    }
}

rim! {
    /// What an organization is part of.
    OrganizationPartOf {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        status_code: Cd = "statusCode",
        effective_time: Time = "effectiveTime",
        whole_organization: Organization = "wholeOrganization",
    }
}

rim! {
    /// Someone acting for an organization.
    AssignedEntity {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        assigned_person: Person = "assignedPerson",
        represented_organization: Organization = "representedOrganization",
        sdtc_patient: Element = Sdtc "patient",
    }
}

rim! {
    /// Who or what wrote.
    AssignedAuthor {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        assigned_person: Person = "assignedPerson",
        assigned_authoring_device: AuthoringDevice = "assignedAuthoringDevice",
        represented_organization: Organization = "representedOrganization",
    }
}

rim! {
    /// A device that wrote.
    AuthoringDevice {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        code: Cd = "code",
        manufacturer_model_name: St = "manufacturerModelName",
        software_name: St = "softwareName",
        as_maintained_entity: MaintainedEntity = "asMaintainedEntity",
    }
}

rim! {
    /// Who keeps a device in order.
    MaintainedEntity {
        @class_code = "classCode",
        effective_time: Time = "effectiveTime",
        maintaining_person: Person = "maintainingPerson",
    }
}

rim! {
    /// The organization that keeps the document.
    AssignedCustodian {
        @class_code = "classCode",
        represented_custodian_organization: CustodianOrganization = "representedCustodianOrganization",
    }
}

rim! {
    /// The organization that keeps the document, itself.
    CustodianOrganization {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        id: Ii = "id",
        name: Name = "name",
        telecom: Tel = "telecom",
        addr: Address = "addr",
    }
}

rim! {
    /// Someone the document is meant for.
    IntendedRecipient {
        @class_code = "classCode",
        id: Ii = "id",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        information_recipient: Person = "informationRecipient",
        received_organization: Organization = "receivedOrganization",
    }
}

rim! {
    /// Someone who takes part.
    AssociatedEntity {
        @class_code = "classCode",
        id: Ii = "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        associated_person: Person = "associatedPerson",
        scoping_organization: Organization = "scopingOrganization",
    }
}

rim! {
    /// Someone near the patient.
    RelatedEntity {
        @class_code = "classCode",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        effective_time: Time = "effectiveTime",
        related_person: Person = "relatedPerson",
    }
}
