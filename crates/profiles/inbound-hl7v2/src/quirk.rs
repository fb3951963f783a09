//! Deviations of real senders that we read all the same, each by its name.

/// A tolerated deviation, reported once per message. It names what was seen, never what was in the field.
///
/// Senders and dates: *ANS samples* are the messages published in ansforge/hl7V2-exemples, read in 2026; *rehearsed* ones
/// are usual defects of installed senders, replayed in `fixtures/hl7v2`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Quirk {
    /// PID-5 without a name type: read as the birth name. Rehearsed (analyzers).
    NameTypeMissing,
    /// PID-5.3 does not start with the first given name: it is put in front. Rehearsed (senders of plain HL7, where the
    /// third component holds the other given names).
    GivenNamesWithoutFirst,
    /// CX-7 of an INS filled, which PAM France 2.11 wants empty. ANS samples (ORU, admissions, consents).
    InsValidityDate,
    /// The authority of an INS is a bare object identifier, without name and `ISO`. ANS samples (PRT of the ORU).
    InsAuthorityBare,
    /// An RPPS number with its type digit in front (12 digits). ANS samples (PRT, `RPPS` announced).
    RppsWithTypeDigit,
    /// A professional's number of 11 or 12 digits without type and authority: read as an RPPS number. Rehearsed (v2.3).
    ProfessionalIdWithoutType,
    /// Spaces around a code. ANS samples (`…^LN `, `N^^ expandedYes-NoIndicator`).
    SpacesAroundCode,
    /// A LOINC code, its check digit right, without `LN`: read as LOINC and as a local code. Rehearsed.
    LoincWithoutSystem,
    /// OBX-2 absent although there is a value: read as text. Rehearsed (analyzers).
    MissingObx2,
    /// OBX-11 absent: read as entered, not verified. Rehearsed (analyzers).
    MissingObx11,
    /// A unit such as `10^9/L` cut by the component separator: put together again. Rehearsed (analyzers).
    UnitCutBySeparator,
    /// A date where a time is due: read as midnight. Rehearsed.
    DateWithoutHour,
    /// The address of a participant one field off. ANS samples (PRT-15).
    ParticipantAddressShifted,
    /// ZBE-3 filled, which PAM France forbids. ANS samples (discharge).
    MovementEndFilled,
    /// A08, which PAM France does not use: read as A31. Rehearsed (plain HL7 senders).
    UpdateByA08,
}
