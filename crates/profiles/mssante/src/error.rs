//! Why a mail or an archive is not written. Safe to log: no error holds an address or a name.

/// What stops a mail. No attempt helps before a person acts.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MailError {
    /// The mail is for the patient, and the address is not the one of their INS: the identity is not qualified, or the
    /// box is somebody else's.
    #[error("the address is not the mailbox of the patient's own INS")]
    NotThePatient,
    /// The mail is for a professional, and the address is a patient's.
    #[error("the address of a professional is in the domain of patients")]
    NotAProfessional,
    /// An address or a message identifier cannot stand in a header.
    #[error("an address or identifier cannot be written in a header")]
    Address(#[from] mail::AddressError),
    /// The encoded message is larger than the smallest bound of the operators.
    #[error("the message exceeds {limit_bytes} bytes")]
    TooLarge {
        /// The bound, in bytes.
        limit_bytes: usize,
    },
    /// The message could not be encoded.
    #[error("the message cannot be encoded")]
    Encode(#[from] mail::EncodeError),
    /// The archive could not be written.
    #[error("the archive cannot be written")]
    Archive(#[from] xds::xdm::XdmError),
}
