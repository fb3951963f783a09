//! Which attributes must be there, for whom. A submission in, findings out.
//! It does not know value sets: a country says which codes are allowed.

use crate::{DocumentEntry, Finding, FindingCode, Submission};

/// Required attributes that are absent.
///
/// Beyond what the norm requires of a source (ITI TF-3 tables 4.2.3.2-1, 4.2.3.3-1 and TF-2
/// 3.41.4.1.2): times and codes every affinity domain asks for. `hash`, `size` and `URI` are
/// the business of [`crate::xdm`] and [`crate::iti41`], which see the documents.
/// Findings: [`FindingCode::MissingAttribute`], [`FindingCode::PatientIdDiffers`].
pub fn missing_attributes(submission: &Submission) -> Vec<Finding> {
    let set = &submission.set;
    let mut findings = Vec::new();
    let mut require = |object: &str, attribute: &str, present: bool| {
        if !present {
            let at = format!("{object}.{attribute}");
            findings.push(Finding::new(FindingCode::MissingAttribute, at));
        }
    };
    let object = "SubmissionSet";
    require(object, "author", !set.authors.is_empty());
    require(object, "contentTypeCode", set.content_type.is_some());
    require(object, "patientId", set.patient_id.is_some());
    require(object, "sourceId", set.source_id.is_some());
    require(object, "submissionTime", set.submission_time.is_some());
    require(object, "uniqueId", set.unique_id.is_some());
    for (n, entry) in submission.entries.iter().enumerate() {
        let object = format!("DocumentEntry[{}]", n + 1);
        for (attribute, present) in required_of(entry) {
            require(&object, attribute, present);
        }
    }
    for (n, entry) in submission.entries.iter().enumerate() {
        if entry.patient_id.is_some() && entry.patient_id != set.patient_id {
            let at = format!("DocumentEntry[{}].patientId", n + 1);
            findings.push(Finding::new(FindingCode::PatientIdDiffers, at));
        }
    }
    findings
}

fn required_of(entry: &DocumentEntry) -> [(&'static str, bool); 16] {
    [
        ("author", !entry.authors.is_empty()),
        ("classCode", entry.class_code.is_some()),
        ("confidentialityCode", !entry.confidentiality_codes.is_empty()),
        ("creationTime", entry.creation_time.is_some()),
        ("formatCode", entry.format_code.is_some()),
        ("healthcareFacilityTypeCode", entry.healthcare_facility_type.is_some()),
        ("languageCode", entry.language_code.is_some()),
        ("mimeType", !entry.mime_type.is_empty()),
        ("patientId", entry.patient_id.is_some()),
        ("practiceSettingCode", entry.practice_setting.is_some()),
        ("serviceStartTime", entry.service_start_time.is_some()),
        ("sourcePatientId", entry.source_patient_id.is_some()),
        ("sourcePatientInfo", entry.source_patient_info.is_some()),
        ("title", entry.title.is_some()),
        ("typeCode", entry.type_code.is_some()),
        ("uniqueId", entry.unique_id.is_some()),
    ]
}
