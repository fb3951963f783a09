//! What the text prints against what is coded, in any layout. Finding `CRBIO-L02`.
//!
//! In: the parts of a document. Out: a warning for each result whose coded number is not in the row, or the paragraph,
//! that names the test; for each coded word whose text says the contrary.
//! Numbers are compared as numbers: `75,0` is 75, `10 000` is 10000. Units and wordings are not compared.

use super::{Parts, child, find, path, template::is_result, type_of};
use lab::{finding::Finding, quantity::Decimal};
use roxmltree::Node;

/// Words of which one denies the other.
const OPPOSITES: [(&str, &str); 4] =
    [("positif", "negatif"), ("presence", "absence"), ("detecte", "non detecte"), ("present", "absent")];

pub(super) fn assess(parts: &Parts<'_, '_>, findings: &mut Vec<Finding>) {
    for observation in parts.observations.iter().filter(|it| is_result(**it)) {
        let Some(value) = child(*observation, "value") else { continue };
        let Some(place) = named_at(parts, *observation).map(surroundings) else { continue };
        let words = words(place);
        let is_printed = match type_of(value) {
            Some("PQ" | "REAL" | "INT") => has_number(&words, value),
            Some("IVL_PQ") => ["low", "high"].iter().filter_map(|it| child(value, it)).all(|it| has_number(&words, it)),
            Some("CD" | "CE") => {
                let said = find(value, &["originalText", "reference"]).and_then(|it| parts.target(it));
                !denies(value.attribute("displayName").unwrap_or_default(), said.map(self::words).as_deref())
            }
            _ => true,
        };
        if !is_printed {
            findings.push(Finding::warning("CRBIO-L02", path(*observation)));
        }
    }
}

/// Where the narrative names a test.
fn named_at<'a, 'i>(parts: &Parts<'a, 'i>, observation: Node<'a, 'i>) -> Option<Node<'a, 'i>> {
    parts.target(find(observation, &["code", "originalText", "reference"])?)
}

/// The row, or else the paragraph, item or whole text around a node.
fn surroundings<'a, 'i>(node: Node<'a, 'i>) -> Node<'a, 'i> {
    let is_place = |it: &Node<'a, 'i>| ["tr", "paragraph", "item", "text"].contains(&it.tag_name().name());
    node.ancestors().find(is_place).unwrap_or(node)
}

fn words(node: Node<'_, '_>) -> String {
    let mut words = String::new();
    for text in node.descendants().filter(Node::is_text).filter_map(|it| it.text()) {
        words.push_str(text);
        words.push('\n');
    }
    words
}

/// Whether one of the numbers of a text is that of a node; true when the node has none that can be compared.
fn has_number(words: &str, node: Node<'_, '_>) -> bool {
    let Some(wanted) = node.attribute("value").and_then(|it| it.parse::<Decimal>().ok()) else { return true };
    numbers(words).any(|it| it == wanted)
}

/// The numbers of a text: digits, thousands apart, a comma or a point.
fn numbers(words: &str) -> impl Iterator<Item = Decimal> {
    let mut found = Vec::new();
    for line in words.lines() {
        let mut rest = line;
        while let Some(from) = rest.find(|it: char| it.is_ascii_digit()) {
            let is_negative = rest[..from].ends_with(['-', '−']);
            rest = &rest[from..];
            let end = end_of_number(rest);
            let digits: String = rest[..end]
                .chars()
                .filter(|it| it.is_ascii_digit() || matches!(it, '.' | ','))
                .map(|it| if it == ',' { '.' } else { it })
                .collect();
            if let Ok(number) = digits.trim_end_matches('.').parse::<Decimal>() {
                found.push(number);
                if is_negative {
                    found.push(-number);
                }
            }
            rest = &rest[end..];
        }
    }
    found.into_iter()
}

/// Where a number ends: a space continues it only before exactly three digits, a sign only once and before a digit.
fn end_of_number(text: &str) -> usize {
    let mut end = 0;
    let mut has_sign = false;
    for (at, it) in text.char_indices() {
        let after = &text[at + it.len_utf8()..];
        let continues = match it {
            '0'..='9' => true,
            '.' | ',' if !has_sign => {
                has_sign = true;
                after.starts_with(|it: char| it.is_ascii_digit())
            }
            ' ' | '\u{A0}' | '\u{202F}' if !has_sign => {
                let digits = after.bytes().take_while(u8::is_ascii_digit).count();
                digits == 3
            }
            _ => false,
        };
        if !continues {
            break;
        }
        end = at + it.len_utf8();
    }
    end
}

/// Whether the text says the contrary of a coded word.
fn denies(coded: &str, said: Option<&str>) -> bool {
    let Some(said) = said else { return false };
    let (coded, said) = (ins::unaccented(coded).to_lowercase(), ins::unaccented(said).to_lowercase());
    let is = |text: &str, word: &str| {
        text.split(|it: char| !it.is_alphanumeric()).collect::<Vec<_>>().join(" ").contains(word)
    };
    OPPOSITES.iter().any(|(yes, no)| {
        (is(&coded, no) != is(&said, no)) && (is(&coded, no) || is(&coded, yes)) && (is(&said, no) || is(&said, yes))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_a_text_are_read_as_people_read_them() {
        let found = |text: &str| numbers(text).map(|it| it.to_string()).collect::<Vec<_>>();
        assert_eq!(found("5,2 mmol/L (12/09/2020)"), ["5.2", "12", "9", "2020"]);
        assert_eq!(found("10 000 /mL puis 1\u{A0}234,50"), ["10000", "1234.50"]);
        assert_eq!(found("-1,5 ; 3. Fin"), ["1.5", "-1.5", "3"]);
        assert_eq!(found("12 3456"), ["12", "3456"]);
    }

    #[test]
    fn a_text_denies_a_code_only_when_it_says_the_contrary() {
        assert!(denies("Positif", Some("Négatif")));
        assert!(denies("Non détecté", Some("Détecté")));
        assert!(!denies("Non détecté", Some("non détecté ce jour")));
        assert!(!denies("Escherichia coli", Some("E. coli")));
        assert!(!denies("Positif", None));
    }
}
