//! Chapters of a laboratory report: in, a code; out, its French label. LOINC codes but for six waiting codes of the ANS.
//!
//! Origin: chapter tab of the value set *Circuit de la biologie* (Agence du Numérique en Santé), state of June 2021, the last
//! one published as data. Official examples of 2024 also print 18727-8 as *Sérologie*; this table keeps the value set.
//! LOINC content: see [`crate::LOINC_NOTICE`].

/// A chapter or sub-chapter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chapter {
    /// LOINC code, or a waiting code (digits without a dash).
    pub code: &'static str,
    /// French label.
    pub label: &'static str,
}

impl Chapter {
    /// Whether the code is a LOINC code, and not a national waiting code.
    pub fn is_loinc(&self) -> bool {
        self.code.contains('-')
    }
}

/// Every chapter, in the order of the value set.
#[rustfmt::skip]
pub const CHAPTERS: &[Chapter] = &[
    Chapter { code: "18716-1", label: "Allergie" },
    Chapter { code: "18717-9", label: "Immunohématologie" },
    Chapter { code: "18718-7", label: "Marqueurs cellulaires" },
    Chapter { code: "18719-5", label: "Biochimie" },
    Chapter { code: "18720-3", label: "Hémostase, coagulation" },
    Chapter { code: "18721-1", label: "Dosages de médicaments et substances" },
    Chapter { code: "18722-9", label: "Fertilité" },
    Chapter { code: "18723-7", label: "Hématologie" },
    Chapter { code: "18724-5", label: "HLA" },
    Chapter { code: "18725-2", label: "Microbiologie" },
    Chapter { code: "18727-8", label: "Auto-immunité" },
    Chapter { code: "18728-6", label: "Toxicologie" },
    Chapter { code: "18729-4", label: "Examens urinaires - cristallurie" },
    Chapter { code: "18767-4", label: "Gaz du sang" },
    Chapter { code: "18768-2", label: "NFS - Hémogramme" },
    Chapter { code: "18769-0", label: "Antibiogramme" },
    Chapter { code: "26435-8", label: "Génétique humaine" },
    Chapter { code: "26436-6", label: "Biologie polyvalente" },
    Chapter { code: "26437-4", label: "Épreuves dynamiques" },
    Chapter { code: "26438-2", label: "Cytologie" },
    Chapter { code: "26439-0", label: "Chirurgie" },
    Chapter { code: "27898-6", label: "Pathologie" },
    Chapter { code: "82314-6", label: "Prélèvement transmis à un laboratoire spécialisé" },
    Chapter { code: "92892-9", label: "Sérologie parasitaire" },
    Chapter { code: "92893-7", label: "Sérologie virale" },
    Chapter { code: "92894-5", label: "Sérologie bactérienne" },
    Chapter { code: "92895-2", label: "Endocrinologie" },
    Chapter { code: "600238", label: "Examens sur LCR" },
    Chapter { code: "692344", label: "Examens sur liquide de ponction" },
    Chapter { code: "572177", label: "HPA" },
    Chapter { code: "859127", label: "Examens sur selles" },
    Chapter { code: "930894", label: "Biologie moléculaire" },
    Chapter { code: "1160878", label: "HNA" },
];

/// The label of a chapter; `None` for a code outside the value set.
pub fn label(code: &str) -> Option<&'static str> {
    CHAPTERS.iter().find(|chapter| chapter.code == code).map(|chapter| chapter.label)
}
