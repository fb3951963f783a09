//! What is wrong with data that could nevertheless be read: a stable code and a place.
//! Findings never hold the data itself: they are safe to log.

/// One defect of a submission or of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which rule is broken.
    pub code: FindingCode,
    /// Where, by position: an object and an attribute, such as `DocumentEntry[2].creationTime`, or
    /// `file[5]`, the fifth entry of an archive (its name may be that of a patient).
    pub at: String,
}

impl Finding {
    pub(crate) fn new(code: FindingCode, at: impl Into<String>) -> Self {
        Self { code, at: at.into() }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at {}", self.code.as_str(), self.at)
    }
}

macro_rules! finding_codes {
    ($($(#[$doc:meta])* $variant:ident = $code:literal,)*) => {
        /// The rules a submission or an archive may break.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum FindingCode { $($(#[$doc])* $variant,)* }

        impl FindingCode {
            /// The stable code shown to people and kept in records.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }
        }
    };
}

finding_codes! {
    /// A required attribute is absent (ITI TF-3 tables 4.2.3.2-1 and 4.2.3.3-1).
    MissingAttribute = "XDS-META-01",
    /// An attribute is there but its syntax is wrong (a time, an identifier, a number).
    MalformedAttribute = "XDS-META-02",
    /// The metadata holds no submission set, or several.
    NotOneSubmissionSet = "XDS-META-03",
    /// An association points at an object that is not in the submission, or the reverse is missing.
    DanglingAssociation = "XDS-META-04",
    /// An object the model does not hold (a folder, an unknown registry object) was skipped.
    SkippedObject = "XDS-META-05",
    /// Patient identifiers differ inside one submission.
    PatientIdDiffers = "XDS-META-06",
    /// A document entry comes without its document.
    MissingDocument = "XDS-DOC-01",
    /// A document comes without its entry.
    MissingEntry = "XDS-DOC-02",
    /// The hash is not that of the document.
    WrongHash = "XDS-DOC-03",
    /// The size is not that of the document.
    WrongSize = "XDS-DOC-04",
    /// `INDEX.HTM` is absent from the root of the archive (ITI TF-2 3.32.4.1.2).
    MissingIndex = "XDM-01",
    /// `README.TXT` is absent from the root of the archive.
    MissingReadme = "XDM-02",
    /// The directory `IHE_XDM` is absent.
    MissingXdmDirectory = "XDM-03",
    /// A directory holds files but has no entry of its own; some readers then see nothing.
    MissingDirectoryEntry = "XDM-04",
    /// A subset has no `METADATA.XML`.
    MissingMetadata = "XDM-05",
    /// The metadata of a subset cannot be read.
    UnreadableMetadata = "XDM-06",
    /// A document entry has no URI; the document was found by its hash or for being alone.
    MissingUri = "XDM-07",
    /// A file name is not ISO 9660 level 1 (8.3, `A-Z 0-9 _`, at most 8 levels).
    NotIso9660 = "XDM-08",
    /// A file name matches only when case is ignored.
    WrongCase = "XDM-09",
    /// A file is encrypted, damaged or compressed by an unsupported method, and was skipped.
    UnreadableFile = "XDM-10",
}
