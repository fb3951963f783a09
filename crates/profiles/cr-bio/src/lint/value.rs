//! Values against what surrounds them: usual values, interpretation, previous results, comments.
//!
//! In: the parts of a document. Out: findings `CRBIO-L07`, `L08`, `L09`, `L20`.
//! A value that is not a number, or usual values in words, are not compared.

use super::{Parts, XSI, child, children, find, path, template::is_result};
use lab::{finding::Finding, quantity::Decimal};
use roxmltree::Node;

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for observation in parts.observations.iter().filter(|it| is_result(**it)) {
        usual_values(*observation, findings);
        previous(*observation, findings);
        if child(*observation, "statusCode").and_then(|it| it.attribute("code")) == Some("aborted")
            && !has_comment(*observation)
        {
            findings.push(Finding::error("CRBIO-L20", path(*observation)));
        }
    }
}

/// Whether the test itself, or what holds it, is commented on.
fn has_comment(observation: Node<'_, '_>) -> bool {
    let comments = |node: Node<'_, '_>| {
        children(node, "entryRelationship").any(|it| it.attribute("typeCode") == Some("SUBJ"))
            || children(node, "component").any(|it| child(it, "act").is_some())
    };
    observation.ancestors().take_while(|it| it.tag_name().name() != "section").any(comments)
}

fn number(node: Option<Node<'_, '_>>) -> Option<Decimal> {
    node?.attribute("value")?.parse().ok()
}

fn usual_values(observation: Node<'_, '_>, findings: &mut Vec<Finding>) {
    let value = child(observation, "value");
    for range in children(observation, "referenceRange").filter_map(|it| find(it, &["observationRange", "value"])) {
        let (low, high) = (child(range, "low"), child(range, "high"));
        let unit = value.filter(|it| it.attribute((XSI, "type")).is_some_and(is_quantity)).and_then(unit_of);
        let other_unit = [low, high]
            .into_iter()
            .flatten()
            .any(|bound| matches!((unit, bound.attribute("unit")), (Some(ours), Some(its)) if ours != its));
        let (low, high) = (number(low), number(high));
        if other_unit || matches!((low, high), (Some(low), Some(high)) if low > high) {
            findings.push(Finding::error("CRBIO-L07", path(range)));
        } else if let Some(value) = value
            && let Some(code) = child(observation, "interpretationCode").and_then(|it| it.attribute("code"))
            && contradicts(code, value, low, high)
        {
            findings.push(Finding::warning("CRBIO-L08", path(observation)));
        }
    }
}

fn is_quantity(kind: &str) -> bool {
    kind.ends_with("PQ")
}

/// The unit of a value or of its bound.
fn unit_of<'a>(value: Node<'a, '_>) -> Option<&'a str> {
    value.attribute("unit").or_else(|| child(value, "low").or_else(|| child(value, "high"))?.attribute("unit"))
}

/// Whether an interpretation says the opposite of what the numbers say. Bounds are usual values themselves.
fn contradicts(code: &str, value: Node<'_, '_>, low: Option<Decimal>, high: Option<Decimal>) -> bool {
    // A value known by a bound is compared only as far as the bound proves something.
    let (at_least, at_most) = match number(Some(value)) {
        Some(number) => (Some(number), Some(number)),
        None => (number(child(value, "low")), number(child(value, "high"))),
    };
    let is_surely_not_above = matches!((at_most, high), (Some(value), Some(high)) if value <= high);
    let is_surely_not_below = matches!((at_least, low), (Some(value), Some(low)) if value >= low);
    let is_surely_outside = matches!((at_least, high), (Some(value), Some(high)) if value > high)
        || matches!((at_most, low), (Some(value), Some(low)) if value < low);
    match code {
        "H" | "HH" | "HU" => is_surely_not_above,
        "L" | "LL" | "LU" => is_surely_not_below,
        "N" => is_surely_outside,
        _ => false,
    }
}

/// L9: the same test, dated, valued, earlier, in the same unit.
fn previous(observation: Node<'_, '_>, findings: &mut Vec<Finding>) {
    let unit = child(observation, "value").and_then(unit_of);
    let key = |it: Node<'_, '_>| {
        let code = child(it, "code")?;
        let code = if code.has_attribute("code") { code } else { child(code, "translation")? };
        Some((code.attribute("code")?.to_owned(), code.attribute("codeSystem").map(str::to_owned)))
    };
    let observed = child(observation, "effectiveTime").and_then(|it| it.attribute("value"));
    let relations = children(observation, "entryRelationship").filter(|it| it.attribute("typeCode") == Some("REFR"));
    for earlier in relations.filter_map(|it| child(it, "observation")) {
        let at = child(earlier, "effectiveTime").and_then(|it| it.attribute("value"));
        let value = child(earlier, "value");
        let other_unit = matches!((unit, value.and_then(unit_of)), (Some(ours), Some(its)) if ours != its);
        let is_later = matches!((at, observed), (Some(at), Some(now)) if minutes(at) > minutes(now));
        if at.is_none() || value.is_none() || other_unit || is_later || key(earlier) != key(observation) {
            findings.push(Finding::warning("CRBIO-L09", path(earlier)));
        }
    }
}

/// A time as far as both are precise: digits down to the minute, the zone left aside (a day is what matters here).
fn minutes(time: &str) -> &str {
    time.get(..8).unwrap_or(time)
}
