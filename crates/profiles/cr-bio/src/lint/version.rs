//! Versions and laboratories of the header. Findings `CRBIO-VERSION`, `CRBIO-L19`.

use super::{Parts, child, children, find, path, template};
use crate::codes::SECOND_LABORATORY;
use lab::finding::Finding;

/// Section of results of a second laboratory, as PDF. Source: CR-BIO 2024.01.
const SECOND_INTENTION: &str = "1.2.250.1.213.1.1.2.60";

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    let root = parts.root;
    let number = child(root, "versionNumber").and_then(|it| it.attribute("value")?.parse::<u32>().ok());
    let replaced = children(root, "relatedDocument").find(|it| it.attribute("typeCode") == Some("RPLC"));
    let own = child(root, "id").and_then(|it| it.attribute("root"));
    let parent = replaced.and_then(|it| find(it, &["parentDocument", "id"])).and_then(|it| it.attribute("root"));
    let is_sound = match (number, replaced) {
        (Some(1), Some(_)) => false,
        (Some(2..), None) => false,
        (_, Some(_)) => parent.is_some() && parent != own,
        _ => true,
    };
    if !is_sound {
        findings.push(Finding::error("CRBIO-VERSION", "/ClinicalDocument/versionNumber"));
    }

    let mut events = children(root, "documentationOf").filter_map(|it| find(it, &["serviceEvent", "code"]));
    if let Some(second) = events.find(|it| it.attribute("code") == Some(SECOND_LABORATORY)) {
        let statements = parts.acts.iter().chain(&parts.organizers).chain(&parts.observations);
        let performs = statements.into_iter().any(|it| child(*it, "performer").is_some());
        let as_pdf = parts.sections.iter().any(|it| template::has(*it, SECOND_INTENTION));
        if !performs && !as_pdf {
            findings.push(Finding::error("CRBIO-L19", path(second)));
        }
    }
}
