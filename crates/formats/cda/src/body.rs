//! The body: sections with their narrative, and the coded statements behind it.
//!
//! Source: CDA R2, POCD_MT000040; extensions where the published French schema has them.

mod participations;
mod sections;
mod statements;

pub use participations::{
    Consumable, Criterion, Device, Entity, ExternalAct, ExternalDocument, LabCriterion, LabPrecondition, LabeledDrug,
    ManufacturedProduct, Material, ObservationRange, Participant2, ParticipantRole, Performer2, PlayingEntity,
    Precondition, Product, Reference, ReferenceRange, RelatedSubject, Specimen, SpecimenRole, Subject, SubjectPerson,
};
pub use sections::{Component2, Component3, Component5, Entry, NonXmlBody, Section, StructuredBody};
pub use statements::{
    Act, Component4, Encounter, EntryRelationship, Observation, ObservationMedia, Organizer, Procedure,
    RegionOfInterest, SubstanceAdministration, Supply,
};
