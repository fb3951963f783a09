//! Who and what takes part in a statement, and what a statement is measured against.

use crate::{
    class::{class, rim},
    element::Element,
    header::{AssignedEntity, Organization},
    types::{Address, Cd, Ed, Ii, Name, Scalar, St, Tel, Time, Value},
};

rim! {
    /// Who did it.
    Performer2 {
        @type_code = "typeCode",
        sdtc_function_code: Cd = Sdtc "functionCode",
        time: Time = "time",
        mode_code: Cd = "modeCode",
        assigned_entity: AssignedEntity = "assignedEntity",
    }
}

rim! {
    /// Who or what takes part.
    Participant2 {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        time: Time = "time",
        awareness_code: Cd = "awarenessCode",
        participant_role: ParticipantRole = "participantRole",
    }
}

rim! {
    /// In which role.
    ParticipantRole {
        @class_code = "classCode",
        function_code: Cd = Sdtc "functionCode",
        id: Ii = "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        playing_device: Device = "playingDevice",
        playing_entity: PlayingEntity = "playingEntity",
        scoping_entity: Entity = "scopingEntity",
    }
}

rim! {
    /// A device: an analyzer, a kit.
    Device {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        code: Cd = "code",
        manufacturer_model_name: St = "manufacturerModelName",
        software_name: St = "softwareName",
    }
}

rim! {
    /// A person, a specimen, a germ.
    PlayingEntity {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        code: Cd = "code",
        quantity: Scalar = "quantity",
        name: Name = "name",
        birth_time: Time = Sdtc "birthTime",
        desc: Ed = "desc",
    }
}

rim! {
    /// What gives a role.
    Entity {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        id: Ii = "id",
        code: Cd = "code",
        desc: Ed = "desc",
    }
}

rim! {
    /// A specimen.
    Specimen {
        @type_code = "typeCode",
        specimen_role: SpecimenRole = "specimenRole",
    }
}

rim! {
    /// The role of a specimen.
    SpecimenRole {
        @class_code = "classCode",
        id: Ii = "id",
        specimen_playing_entity: PlayingEntity = "specimenPlayingEntity",
    }
}

rim! {
    /// Whom it is about, when not the patient.
    Subject {
        @type_code = "typeCode",
        @context_control_code = "contextControlCode",
        awareness_code: Cd = "awarenessCode",
        related_subject: RelatedSubject = "relatedSubject",
    }
}

rim! {
    /// In which relation to the patient.
    RelatedSubject {
        @class_code = "classCode",
        sdtc_id: Ii = Sdtc "id",
        code: Cd = "code",
        addr: Address = "addr",
        telecom: Tel = "telecom",
        subject: SubjectPerson = "subject",
    }
}

rim! {
    /// That person.
    SubjectPerson {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        sdtc_id: Ii = Sdtc "id",
        name: Name = "name",
        sdtc_desc: Ed = Sdtc "desc",
        administrative_gender_code: Cd = "administrativeGenderCode",
        birth_time: Time = "birthTime",
        deceased_ind: Scalar = Sdtc "deceasedInd",
        deceased_time: Time = Sdtc "deceasedTime",
        multiple_birth_ind: Scalar = Sdtc "multipleBirthInd",
        multiple_birth_order_number: Scalar = Sdtc "multipleBirthOrderNumber",
        sdtc_race_code: Cd = Sdtc "raceCode",
        sdtc_ethnic_group_code: Cd = Sdtc "ethnicGroupCode",
    }
}

rim! {
    /// What a result is compared with.
    ReferenceRange {
        @type_code = "typeCode",
        observation_range: ObservationRange = "observationRange",
    }
}

rim! {
    /// Usual values.
    ObservationRange {
        @class_code = "classCode",
        @mood_code = "moodCode",
        code: Cd = "code",
        text: Ed = "text",
        value: Value = "value",
        interpretation_code: Cd = "interpretationCode",
        sdtc_precondition: Element = Sdtc "precondition1",
        lab_precondition: LabPrecondition = Lab "precondition",
    }
}

class! {
    /// For whom usual values hold.
    LabPrecondition {
        @type_code = "typeCode",
        criterion: LabCriterion = Lab "criterion",
    }
}

class! {
    /// The criterion: a sex.
    LabCriterion {
        @class_code = "classCode",
        @mood_code = "moodCode",
        code: Cd = Lab "code",
        value: Scalar = Lab "value",
    }
}

rim! {
    /// What must hold before.
    Precondition {
        @type_code = "typeCode",
        criterion: Criterion = "criterion",
    }
}

rim! {
    /// A criterion.
    Criterion {
        @class_code = "classCode",
        @mood_code = "moodCode",
        code: Cd = "code",
        text: Ed = "text",
        value: Value = "value",
    }
}

rim! {
    /// Something outside of the document.
    Reference {
        @type_code = "typeCode",
        seperatable_ind: Scalar = "seperatableInd",
        external_act: ExternalAct = "externalAct",
        external_observation: ExternalAct = "externalObservation",
        external_procedure: ExternalAct = "externalProcedure",
        external_document: ExternalDocument = "externalDocument",
    }
}

rim! {
    /// An act, observation or procedure outside of the document.
    ExternalAct {
        @class_code = "classCode",
        @mood_code = "moodCode",
        id: Ii = "id",
        code: Cd = "code",
        text: Ed = "text",
    }
}

rim! {
    /// Another document.
    ExternalDocument {
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
    /// What is given.
    Consumable {
        @type_code = "typeCode",
        manufactured_product: ManufacturedProduct = "manufacturedProduct",
    }
}

rim! {
    /// What is delivered.
    Product {
        @type_code = "typeCode",
        manufactured_product: ManufacturedProduct = "manufacturedProduct",
    }
}

rim! {
    /// A product.
    ManufacturedProduct {
        @class_code = "classCode",
        id: Ii = "id",
        manufactured_labeled_drug: LabeledDrug = "manufacturedLabeledDrug",
        manufactured_material: Material = "manufacturedMaterial",
        manufacturer_organization: Organization = "manufacturerOrganization",
        subject_of_1: Element = Pharm "subjectOf1",
        subject_of_2: Element = Pharm "subjectOf2",
        subject_of_3: Element = Pharm "subjectOf3",
        subject_of_4: Element = Pharm "subjectOf4",
        subject_of_5: Element = Pharm "subjectOf5",
    }
}

rim! {
    /// A drug by its name.
    LabeledDrug {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        code: Cd = "code",
        name: Name = "name",
    }
}

rim! {
    /// A drug by what it is made of.
    Material {
        @class_code = "classCode",
        @determiner_code = "determinerCode",
        code: Cd = "code",
        name: Name = "name",
        desc: Element = Pharm "desc",
        risk_code: Element = Pharm "riskCode",
        handling_code: Element = Pharm "handlingCode",
        form_code: Element = Pharm "formCode",
        lot_number_text: St = "lotNumberText",
        expiration_time: Element = Pharm "expirationTime",
        stability_time: Element = Pharm "stabilityTime",
        as_distributed_product: Element = Pharm "asDistributedProduct",
        as_medicine_manufacturer: Element = Pharm "asMedicineManufacturer",
        as_content: Element = Pharm "asContent",
        as_specialized_kind: Element = Pharm "asSpecializedKind",
        part: Element = Pharm "part",
        ingredient: Element = Pharm "ingredient",
    }
}
