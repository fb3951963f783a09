//! Canonical forms beside those of libxml2, on documents chosen for their traps and on random ones.

use crate::judge::{Chance, hex, python, unhex};
use dsig::{Canonicalization, Error, c14n};
use roxmltree::Document;

/// `#default` is not asked for: `lxml` drops the prefixes that are no names; xmlsec1 judges it beside.
///
/// In: method, comments, prefixes, the rank of the element, the document in hexadecimal. Out: its canonical form.
const SCRIPT: &str = r#"
from lxml import etree
for line in sys.stdin:
    exclusive, comments, prefixes, rank, document = line.rstrip("\n").split(" ")
    parser = etree.XMLParser(remove_blank_text=False, strip_cdata=False)
    try:
        root = etree.fromstring(bytes.fromhex(document), parser)
        element = list(root.iter("*"))[int(rank)]
        prefixes = [it for it in prefixes.split(",") if it] or None
        if exclusive == "True":
            out = etree.tostring(element, method="c14n", exclusive=True, with_comments=comments == "True",
                                 inclusive_ns_prefixes=prefixes, with_tail=False)
        else:
            out = etree.tostring(element, method="c14n", exclusive=False, with_comments=comments == "True", with_tail=False)
        print("ok", out.hex())
    except Exception as error:
        print("no", type(error).__name__)
"#;

const METHODS: [Canonicalization; 4] = [
    Canonicalization::Exclusive,
    Canonicalization::ExclusiveWithComments,
    Canonicalization::Inclusive,
    Canonicalization::InclusiveWithComments,
];

const TRAPS: &[&str] = &[
    "<a/>",
    "<a b='1' a=\"2\" xmlns:z='urn:a' xmlns:y='urn:z' y:a='3' z:b='4' xmlns='urn:d'/>",
    "<a xmlns:b='urn:b' xmlns:c='urn:c' xmlns:unused='urn:u'><b:d c:e='1'/><b:f/></a>",
    "<a xmlns='urn:1'><b xmlns=''><c xmlns='urn:1'><d xmlns=''/></c></b><e/></a>",
    "<a xmlns:p='urn:1'><p:b xmlns:p='urn:2'><p:c xmlns:p='urn:1'/></p:b><p:d/></a>",
    "<a xmlns:p='urn:1' xmlns:q='urn:1' q:x='1' p:y='2' z='3'/>",
    "<a t='&#9;x&#10;y&#13;z' u='a\tb\nc\r\nd\re'>&#9;x&#10;y&#13;z\r\nq\rw</a>",
    "<a t='&lt;&gt;&amp;&quot;&apos;\">'>&lt;&gt;&amp;&quot;&apos;\"'<![CDATA[<&>]]>tail<![CDATA[]]></a>",
    "<a t=\"it's\" u='say \"yes\"'>]]&gt;</a>",
    "<a><!-- one --><b><!----></b><?pi?><?pi  two  ?><?pi three\r\nfour\rfive?><!--x\r\ny\rz--></a>",
    "<a>\r&#10;\r\n&#13;&#10;&#13;\n\r\r\n<![CDATA[\r\n\r&#13;]]></a>",
    "<a u='\r&#10;\r\n&#13;&#10;&#13;\n\r\r\n \t '/>",
    "<a xml:lang='fr' xml:space='preserve'><b xml:lang='en'> <c xml:space='default'/> </b></a>",
    "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:id='x'/>",
    "<é à='œ' xmlns:ü='urn:n'><ü:日本 𝒳='𐍈' ａ='1'/>€&#x1F600;</é>",
    "<a  \n b = '1'\n\tc\r\n=\r\n'2'  ><b   /></a  >",
    "<p:a xmlns:p='urn:1' xmlns='urn:2' p:b='' b=''><p:c xmlns='' d=''/><e xmlns='urn:3'/></p:a>",
    "<a xmlns:p='relative' p:b='1'/>",
    "<a xmlns='relative/path'/>",
    "<a xmlns:p='urn:1'><b xmlns:p='urn:1'><p:c/></b><b p:d='1'><p:c/></b></a>",
    "\u{feff}<a b='2' a='1'/>",
    "<?xml version='1.0' encoding='UTF-8'?><a><b/>text<b></b></a>",
];

struct Case {
    document: String,
    rank: usize,
    how: Canonicalization,
    prefixes: Vec<&'static str>,
}

fn ours(case: &Case) -> Result<Vec<u8>, Error> {
    let text = c14n::line_ends(&case.document);
    let document = Document::parse(&text).unwrap();
    let element = document.descendants().filter(|it| it.is_element()).nth(case.rank).unwrap();
    c14n::canonicalize(element, None, case.how, &case.prefixes)
}

/// Compares every case; answers how many both wrote, or nothing when there is no judge.
fn compare(cases: &[Case]) -> Option<usize> {
    let word = |is: bool| if is { "True" } else { "False" };
    let questions: Vec<String> = cases
        .iter()
        .map(|it| {
            let exclusive = word(it.how.is_exclusive());
            let comments = word(it.how != it.how.without_comments());
            format!("{exclusive} {comments} {} {} {}", it.prefixes.join(","), it.rank, hex(it.document.as_bytes()))
        })
        .collect();
    let answers = python("lxml", SCRIPT, &questions)?;
    let mut n_written = 0;
    for (case, answer) in cases.iter().zip(answers) {
        let (verdict, said) = answer.split_once(' ').unwrap();
        let about = format!("{:?} {:?} of element {} of {:?}", case.how, case.prefixes, case.rank, case.document);
        match (verdict, ours(case)) {
            ("ok", Ok(bytes)) => {
                let expected = String::from_utf8(unhex(said)).unwrap();
                assert_eq!(String::from_utf8(bytes).unwrap(), expected, "{about}");
                n_written += 1;
            }
            ("no", Err(_)) => {}
            (_, ours) => panic!("{about}: libxml2 said {verdict} {said}, we {ours:?}"),
        }
    }
    Some(n_written)
}

fn n_elements(document: &str) -> usize {
    Document::parse(document).unwrap().descendants().filter(|it| it.is_element()).count()
}

#[test]
fn documents_full_of_traps_have_the_canonical_form_of_libxml2() {
    let mut cases = Vec::new();
    for document in TRAPS {
        for how in METHODS {
            // Below the root, `lxml` loses what ancestors give (namespaces, `xml:` attributes); xmlsec1 judges that.
            let n = if how.is_exclusive() { n_elements(document) } else { 1 };
            for rank in 0..n {
                cases.push(Case { document: (*document).into(), rank, how, prefixes: Vec::new() });
            }
            if how.is_exclusive() {
                for prefixes in [vec!["p"], vec!["p", "q", "unused", "absent"]] {
                    cases.push(Case { document: (*document).into(), rank: 0, how, prefixes });
                }
            }
        }
    }
    if let Some(n_written) = compare(&cases) {
        assert!(n_written > 150, "{n_written}");
    }
}

fn element(chance: &mut Chance, bound: &[&'static str], depth: usize, has_xml: bool, out: &mut String) {
    let mut bound = bound.to_vec();
    let mut declarations = String::new();
    let mut declared = Vec::new();
    for _ in 0..chance.under(4) {
        let prefix = chance.one(&["", "p", "q", "r", "é"]);
        if declared.contains(&prefix) {
            continue;
        }
        declared.push(prefix);
        // Two namespaces, one spelled like the other: the order of attributes is by namespace, then by name.
        let uri = chance.one(&["urn:a", "urn:b", "http://x/?a", "urn:a#"]);
        if prefix.is_empty() {
            let uri = if chance.under(3) == 0 { "" } else { uri };
            declarations += &format!(" xmlns='{uri}'");
        } else {
            declarations += &format!(" xmlns:{prefix}='{uri}'");
            bound.push(prefix);
        }
    }
    let named = |chance: &mut Chance, names: &[&'static str]| {
        let name = chance.one(names);
        match bound.get(chance.under(bound.len() + 2)) {
            Some(prefix) => format!("{prefix}:{name}"),
            None => name.to_owned(),
        }
    };
    let name = named(chance, &["a", "b", "Z", "œ"]);
    let mut attributes = Vec::new();
    for name in ["a", "b", "B", "é", "aa"] {
        if chance.under(3) == 0 {
            let value = content(chance, "'<");
            attributes.push(format!("{}='{value}'", named(chance, &[name])));
        }
    }
    if has_xml && chance.under(3) == 0 {
        attributes.push(format!(
            "xml:{}='{}'",
            chance.one(&["lang", "space", "x"]),
            chance.one(&["default", "preserve"])
        ));
    }
    let (before, after) =
        if chance.under(2) == 0 { (declarations, String::new()) } else { (String::new(), declarations) };
    let white = chance.one(&[" ", "\n", "\t", "\r\n "]);
    let attributes: String = attributes.iter().map(|it| format!("{white}{it}")).collect();
    if depth == 0 || chance.under(6) == 0 {
        *out += &format!("<{name}{before}{attributes}{after}/>");
        return;
    }
    *out += &format!("<{name}{before}{attributes}{after}>");
    for _ in 0..chance.under(5) {
        match chance.under(7) {
            0 => *out += &format!("<!--{}-->", chance.one(&["", " x ", "\r\n", "&amp;<", "\r"])),
            1 => *out += &format!("<?t {}?>", chance.one(&["", "x", "\r\ny", " & < ", "\rz "])),
            2 => *out += &format!("<![CDATA[{}]]>", chance.one(&["", "<&>", "\r\n", "]]", "\r", "&#13;"])),
            3 => *out += &content(chance, "<"),
            _ => element(chance, &bound, depth - 1, has_xml, out),
        }
    }
    *out += &format!("</{name}>");
}

fn content(chance: &mut Chance, without: &str) -> String {
    let mut out = String::new();
    for _ in 0..chance.under(6) {
        let piece = chance.one(&[
            "x",
            " ",
            "\n",
            "\t",
            "\r",
            "\r\n",
            "&#13;",
            "&#10;",
            "&#9;",
            "&#32;",
            "&amp;",
            "&lt;",
            "&gt;",
            "&quot;",
            "&apos;",
            "\"",
            "'",
            "é",
            "𐍈",
            "&#x10348;",
            "]",
            ">",
        ]);
        // `]]>` may not stand in a text.
        if !(without.contains(piece) || piece == ">" && out.ends_with(']')) {
            out += piece;
        }
    }
    out
}

#[test]
fn random_documents_have_the_canonical_form_of_libxml2() {
    let mut chance = Chance::new();
    let mut cases = Vec::new();
    for n in 0..1500 {
        let mut document = String::new();
        let has_xml = n % 2 == 0;
        element(&mut chance, &[], 4, has_xml, &mut document);
        let how = METHODS[chance.under(4)];
        // An attribute may stand twice under two prefixes of one namespace.
        if Document::parse(&document).is_err() {
            continue;
        }
        let rank = if how.is_exclusive() { chance.under(n_elements(&document)) } else { 0 };
        let prefixes = if how.is_exclusive() && chance.under(2) == 0 { vec!["p", "r"] } else { Vec::new() };
        cases.push(Case { document, rank, how, prefixes });
    }
    assert!(cases.len() > 1000, "{}", cases.len());
    if let Some(n_written) = compare(&cases) {
        assert!(n_written > 1000, "{n_written}");
    }
}

#[test]
fn inclusive_form_of_a_part_inherits_the_attributes_of_the_xml_namespace_and_all_namespaces() {
    let text = "<a xmlns='urn:d' xmlns:u='urn:u' xml:lang='fr' xml:space='preserve' b='1'><c xml:lang='en'><e f='1' xml:space='default'><g/></e></c></a>";
    let document = Document::parse(text).unwrap();
    let part = document.descendants().find(|it| it.has_tag_name(("urn:d", "e"))).unwrap();
    let write = |how| String::from_utf8(c14n::canonicalize(part, None, how, &[]).unwrap()).unwrap();
    assert_eq!(
        write(Canonicalization::Inclusive),
        r#"<e xmlns="urn:d" xmlns:u="urn:u" f="1" xml:lang="en" xml:space="default"><g></g></e>"#
    );
    assert_eq!(write(Canonicalization::Exclusive), r#"<e xmlns="urn:d" f="1" xml:space="default"><g></g></e>"#);
}

/// Libxml2 writes these without escaping them, which gives no XML; the norm wants them written as attributes are.
#[test]
fn names_of_namespaces_are_escaped_like_attributes() {
    let document = Document::parse("<a xmlns='urn:x&amp;y' xmlns:q='urn:&quot;&#9;'/>").unwrap();
    let bytes = c14n::canonicalize(document.root_element(), None, Canonicalization::Inclusive, &[]).unwrap();
    assert_eq!(String::from_utf8(bytes).unwrap(), r#"<a xmlns="urn:x&amp;y" xmlns:q="urn:&quot;&#x9;"></a>"#);
}

#[test]
fn a_tree_whose_line_ends_were_not_normalized_is_refused() {
    let document = Document::parse("<a>\r&#10;</a>").unwrap();
    let written = c14n::canonicalize(document.root_element(), None, Canonicalization::Inclusive, &[]);
    assert_eq!(written, Err(Error::LineEnds));
}

#[test]
fn the_descendant_left_out_takes_only_itself_away() {
    let document = Document::parse("<a>1<b><c/>2</b>3<d/></a>").unwrap();
    let left_out = document.descendants().find(|it| it.has_tag_name("b")).unwrap();
    let bytes = c14n::canonicalize(document.root_element(), Some(left_out.id()), Canonicalization::Exclusive, &[]);
    assert_eq!(bytes.unwrap(), b"<a>13<d></d></a>");
}

#[test]
fn depth_is_bounded() {
    let deep = |n: usize| format!("{}{}", "<a>".repeat(n), "</a>".repeat(n));
    for (n, is_fine) in [(c14n::MAX_DEPTH, true), (c14n::MAX_DEPTH + 1, false)] {
        let text = deep(n);
        let document = Document::parse(&text).unwrap();
        let written = c14n::canonicalize(document.root_element(), None, Canonicalization::Inclusive, &[]);
        assert_eq!(written.is_ok(), is_fine, "{n}");
    }
}
