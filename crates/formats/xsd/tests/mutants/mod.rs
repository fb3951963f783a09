//! Documents spoilt on purpose, each in one way that is said: systematic, and the same on every run.

use roxmltree::{Document, Node};

const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// A spoilt document.
pub struct Mutant {
    /// The example it was.
    pub of: String,
    /// What was done to it.
    pub how: String,
    pub text: String,
}

/// About `n` mutants, spread over all examples, all elements and attributes, and all ways to spoil one.
pub fn all(examples: &[(String, Vec<u8>)], n: usize) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (rank, (name, bytes)) in examples.iter().enumerate() {
        let share = n.div_ceil(examples.len());
        let text = shortened(std::str::from_utf8(bytes).unwrap().trim_start_matches('\u{feff}'));
        let document = Document::parse(&text).unwrap();
        let Some(root) = document.descendants().find(|node| node.tag_name().name() == "ClinicalDocument") else {
            continue;
        };
        let mut edits = edits(&text, root);
        edits.extend(bytes_spoilt(&text, root));
        // A stride that shares no factor with the number of edits meets each way, each place in turn.
        let stride = (edits.len() / share).max(1) | 1;
        let chosen = (0..edits.len()).skip((rank * 7) % stride).step_by(stride).take(share);
        mutants.extend(chosen.map(|at| {
            let edit = &edits[at];
            let mut spoilt = text.clone();
            spoilt.replace_range(edit.from..edit.to, &edit.put);
            let place = document.text_pos_at(edit.from);
            Mutant { of: name.clone(), how: format!("{} at {place}", edit.how), text: spoilt }
        }));
    }
    mutants
}

/// The same document with its long runs of base64 cut, so that many mutants fit.
fn shortened(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    for (n, piece) in text.split('>').enumerate() {
        if n > 0 {
            short.push('>');
        }
        match piece.find('<') {
            Some(end) if end > 4000 => {
                short.push_str(&piece.chars().take(400).collect::<String>());
                short.push_str(&piece[end..]);
            }
            _ => short.push_str(piece),
        }
    }
    short
}

/// Replaces a range of a document.
struct Edit {
    how: String,
    from: usize,
    to: usize,
    put: String,
}

impl Edit {
    fn new(how: impl Into<String>, range: std::ops::Range<usize>, put: impl Into<String>) -> Self {
        Self { how: how.into(), from: range.start, to: range.end, put: put.into() }
    }
}

fn edits(text: &str, root: Node) -> Vec<Edit> {
    let ids: Vec<&str> = root.descendants().filter_map(|node| node.attribute("ID")).collect();
    let mut edits = Vec::new();
    for node in root.descendants().filter(Node::is_element) {
        elements(text, node, node == root, &mut edits);
        for attribute in node.attributes() {
            attributes(text, node, &attribute, &ids, &mut edits);
        }
    }
    edits
}

fn elements(text: &str, node: Node, is_root: bool, edits: &mut Vec<Edit>) {
    let range = node.range();
    let source = &text[range.clone()];
    let name = node.tag_name().name();
    let prefix = source[1..].split([':', ' ', '>', '/', '\n', '\r', '\t']).next().unwrap();
    let prefix = if prefix == name { String::new() } else { format!("{prefix}:") };
    let head = range.start..range.start + 1 + prefix.len() + name.len();
    let mut add = |how: &str, range, put: String| edits.push(Edit::new(format!("{how} {name}"), range, put));
    if !is_root {
        add("delete", range.clone(), String::new());
        add("duplicate", range.clone(), source.repeat(2));
        for other in ["zzz", "id", "text", "entry", "component", "observation", "value", "br"] {
            if other != name {
                add(&format!("rename to {other}"), range.clone(), renamed(source, &prefix, name, other));
            }
        }
        if let Some(next) = node.next_sibling_element() {
            let between = &text[range.end..next.range().start];
            let swapped = format!("{}{between}{source}", &text[next.range()]);
            add("swap with the next", range.start..next.range().end, swapped);
        }
        if let Some(first) = node.parent().and_then(|it| it.first_element_child()).filter(|it| *it != node) {
            let moved = format!("{source}{}", &text[first.range().start..range.start]);
            add("move to the front", first.range().start..range.end, moved);
        }
        if let Some(last) = node.parent().and_then(|it| it.last_element_child()).filter(|it| *it != node) {
            let moved = format!("{}{source}", &text[range.end..last.range().end]);
            add("move to the back", range.start..last.range().end, moved);
        }
        add("wrap", range.clone(), format!("<{prefix}component>{source}</{prefix}component>"));
        add("foreign before", range.start..range.start, "<f:x xmlns:f='urn:foreign'/>".to_owned());
        add("sdtc before", range.start..range.start, "<s:raceCode xmlns:s='urn:hl7-org:sdtc' code='a'/>".to_owned());
        add("text before", range.start..range.start, "text".to_owned());
        add("no-break space before", range.start..range.start, "\u{a0}".to_owned());
        add("comment before", range.start..range.start, "<!-- a --><?b c?>".to_owned());
        add("space as CDATA before", range.start..range.start, "<![CDATA[ ]]>&#32;&#x20;".to_owned());
        add("without namespace", head.clone(), format!("<{prefix}{name} xmlns=''"));
        add("other namespace", head.clone(), format!("<{name} xmlns='urn:foreign'"));
    }
    if let (Some(first), Some(last)) = (node.first_child(), node.last_child()) {
        let inside = first.range().start..last.range().end;
        add("empty", inside.clone(), String::new());
        add("text in", inside.end..inside.end, "text".to_owned());
        add("child in", inside.end..inside.end, format!("<{prefix}id/>"));
        if node.first_element_child().is_none() {
            for text in ["", " ", "1", "-1.5", "\u{a0}", " x  y ", "&amp;"] {
                add(&format!("content {text:?} in"), inside.clone(), text.to_owned());
            }
        }
    }
    for (what, attribute) in [
        ("unknown", "zzz='1'"),
        ("foreign", "f:x='1' xmlns:f='urn:foreign'"),
        ("xml:lang", "xml:lang='fr'"),
        ("ID", "ID='a1'"),
        ("ID with accent", "ID='é1'"),
        ("bad ID", "ID='1 a'"),
        ("nullFlavor", "nullFlavor='UNK'"),
        ("bad nullFlavor", "nullFlavor='ZZZ'"),
        ("xsi:nil", "y:nil='true' xmlns:y='http://www.w3.org/2001/XMLSchema-instance'"),
        ("xsi:nil false", "y:nil='false' xmlns:y='http://www.w3.org/2001/XMLSchema-instance'"),
        ("xsi:zzz", "y:zzz='1' xmlns:y='http://www.w3.org/2001/XMLSchema-instance'"),
        (
            "xsi:schemaLocation",
            "y:schemaLocation='urn:hl7-org:v3 CDA.xsd' xmlns:y='http://www.w3.org/2001/XMLSchema-instance'",
        ),
        (
            "odd xsi:schemaLocation",
            "y:schemaLocation='urn:hl7-org:v3' xmlns:y='http://www.w3.org/2001/XMLSchema-instance'",
        ),
        ("moodCode", "moodCode='EVN'"),
        ("value", "value='1'"),
    ] {
        let known = attribute.split('=').next().unwrap();
        if !node.attributes().any(|it| it.name() == known.trim_start_matches("y:")) {
            add(&format!("{what} on"), head.end..head.end, format!(" {attribute}"));
        }
    }
    if node.attribute((XSI, "type")).is_none() {
        for of in ["CD", "PQ", "ANY", "zzz", "ST", "II", "POCD_MT000040.Section"] {
            let put = format!(" y:type='y1:{of}' xmlns:y='{XSI}' xmlns:y1='urn:hl7-org:v3'");
            add(&format!("xsi:type {of} on"), head.end..head.end, put);
        }
    }
}

fn renamed(source: &str, prefix: &str, from: &str, to: &str) -> String {
    let mut text = source.replacen(&format!("<{prefix}{from}"), &format!("<{prefix}{to}"), 1);
    let end = format!("</{prefix}{from}");
    if let Some(at) = text.rfind(&end) {
        text.replace_range(at..at + end.len(), &format!("</{prefix}{to}"));
    }
    text
}

fn attributes(text: &str, node: Node, attribute: &roxmltree::Attribute, ids: &[&str], edits: &mut Vec<Edit>) {
    let (range, inside) = (attribute.range(), attribute.range_value());
    let what = format!("{}/@{}", node.tag_name().name(), attribute.name());
    let value = &text[inside.clone()];
    let mut add = |how: &str, range, put: String| edits.push(Edit::new(format!("{how} {what}"), range, put));
    add("delete", range.clone(), String::new());
    add("rename", range.start..range.start, "zz".to_owned());
    add("upper case", inside.clone(), value.to_uppercase());
    add("lower case", inside.clone(), value.to_lowercase());
    for put in [
        "",
        " ",
        "x y",
        "x",
        "X-1",
        "-1",
        "+1.",
        ".5",
        "1e3",
        "INF",
        "NaN",
        "0x1",
        "true",
        "1",
        "20240230",
        "é",
        "1.2.3",
        "01.2",
        "2.16.840.1",
        "a:b",
        "a#b",
        "&#10;",
        "&lt;",
        "fr-FR",
        "http://[",
        "a b c",
        "%zz",
        "\u{a0}",
        "99999999999999999999999999",
    ] {
        add(&format!("value {put:?} in"), inside.clone(), put.to_owned());
    }
    add("spaces around", inside.clone(), format!(" {value}&#9;\n"));
    add("no-break space before", inside.start..inside.start, "\u{a0}".to_owned());
    add("space inside", inside.clone(), value.chars().flat_map(|c| [c, ' ']).collect());
    add("twice", inside.clone(), format!("{value}{value}"));
    if attribute.name() == "ID" {
        for id in ids.iter().filter(|id| **id != value).take(3) {
            add("another's value in", inside.clone(), (*id).to_owned());
        }
    }
    if attribute.namespace() == Some(XSI) {
        let prefix = value.split_once(':').map(|(prefix, _)| format!("{prefix}:")).unwrap_or_default();
        for put in
            ["ANY", "CD", "CE", "PQ", "IVL_PQ", "ST", "ED", "TS", "II", "SXCM_TS", "zzz", "POCD_MT000040.Section"]
        {
            add(&format!("type {put} in"), inside.clone(), format!("{prefix}{put}"));
        }
        add("undeclared prefix in", inside.clone(), format!("qq:{value}"));
        add("spaces around type in", inside.clone(), format!(" {value} "));
    }
}

/// Bytes taken or put anywhere: most of it is no longer well-formed.
fn bytes_spoilt(text: &str, root: Node) -> Vec<Edit> {
    let mut edits = Vec::new();
    let range = root.range();
    let step = (range.len() / 400).max(1);
    for (n, at) in range.clone().step_by(step).enumerate() {
        let at = (at..range.end).find(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1));
        let Some(at) = at else { continue };
        let put =
            ["", "<", "&", ">", "\"", "'", "]]>", "\u{1}", "\u{fffe}", "&nbsp;", "\u{e9}", "&#1;", "<!--", "?>", "/"]
                [n % 15];
        edits.push(Edit::new(format!("put {put:?}"), at..at + usize::from(put.is_empty()), put));
    }
    edits
}
