//! Times. Finding `CRBIO-L15`: a time of day means nothing without its zone.

use super::{Parts, path};
use lab::finding::Finding;

/// Elements that hold a time; bounds hold one inside of them.
const TIMES: [&str; 2] = ["effectiveTime", "time"];

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for node in &parts.times {
        let value = node.attribute("value").unwrap_or_default();
        let is = |it: &roxmltree::Node<'_, '_>| TIMES.contains(&it.tag_name().name());
        let is_time = is(node) || node.parent().is_some_and(|it| is(&it));
        if is_time && value.len() > 8 && !value.contains(['+', '-']) {
            findings.push(Finding::warning("CRBIO-L15", path(*node)));
        }
    }
}
