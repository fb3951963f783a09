//! Small schemas and documents.
#![allow(clippy::panic)]

use super::*;

fn schema(text: &'static str) -> Schema {
    let files = move |path: &str| (path == "a.xsd").then(|| text.as_bytes().to_vec());
    Schema::compile(files, "a.xsd").expect("a schema").0
}

#[test]
fn a_schema_is_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Schema>();
}

const NOTE: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='u' elementFormDefault='qualified'>\
    <xs:element name='note'><xs:complexType><xs:sequence>\
    <xs:element name='to' type='xs:anyURI' maxOccurs='unbounded'/><xs:element name='n' minOccurs='0' type='xs:int'/>\
    </xs:sequence><xs:attribute name='id' type='xs:ID'/></xs:complexType></xs:element></xs:schema>";

/// A schema with something of all that the tables hold, and of what they leave out.
const MANY: &str = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema' xmlns='u' targetNamespace='u' \
    elementFormDefault='qualified'>\
    <xs:element name='all'><xs:complexType><xs:sequence>\
    <xs:element name='base' type='base' minOccurs='0' maxOccurs='unbounded'/>\
    <xs:choice minOccurs='0' maxOccurs='unbounded'><xs:element name='word' type='word'/><xs:element name='list' type='list'/>\
    <xs:element name='both' type='both'/><xs:element name='code' type='code'/><xs:element name='n' type='xs:decimal'/></xs:choice>\
    <xs:element name='empty' minOccurs='0'><xs:complexType/></xs:element>\
    <xs:element name='twice' minOccurs='2' maxOccurs='3' type='xs:string'/>\
    <xs:element name='any' minOccurs='0'><xs:complexType mixed='true'><xs:sequence><xs:element name='n' minOccurs='0'/>\
    <xs:any namespace='##other' processContents='skip' minOccurs='0'/></xs:sequence></xs:complexType></xs:element>\
    </xs:sequence><xs:attribute name='fixed' fixed='1 2' type='xs:token'/></xs:complexType></xs:element>\
    <xs:complexType name='base'><xs:attribute name='id' type='xs:ID'/><xs:attribute name='to' type='xs:IDREFS'/>\
    <xs:attribute name='must' type='xs:boolean' use='required'/></xs:complexType>\
    <xs:complexType name='more'><xs:complexContent><xs:extension base='base'><xs:attribute name='uri' type='xs:anyURI'/>\
    </xs:extension></xs:complexContent></xs:complexType>\
    <xs:complexType name='less'><xs:complexContent><xs:restriction base='base'>\
    <xs:attribute name='to' use='prohibited'/></xs:restriction></xs:complexContent></xs:complexType>\
    <xs:simpleType name='word'><xs:restriction base='xs:token'><xs:enumeration value='a b'/><xs:enumeration value='c'/>\
    </xs:restriction></xs:simpleType><xs:simpleType name='list'><xs:list itemType='code'/></xs:simpleType>\
    <xs:simpleType name='both'><xs:union memberTypes='word code xs:int'/></xs:simpleType>\
    <xs:simpleType name='code'><xs:restriction base='xs:string'><xs:pattern value='x|y+'/><xs:minLength value='1'/>\
    </xs:restriction></xs:simpleType></xs:schema>";

#[test]
fn the_quick_look_and_the_full_validator_agree() {
    agree(&schema(MANY));
}

#[test]
fn a_stored_schema_gives_the_verdicts_of_the_one_it_was() {
    agree(&stored(MANY, Some(MANY)));
}

/// A schema by way of its bytes; `later` is what its file holds when it is read again.
fn stored(text: &'static str, later: Option<&'static str>) -> Schema {
    let bytes = schema(text).to_bytes().expect("bytes");
    let files = move |path: &str| later.filter(|_| path == "a.xsd").map(|it| it.as_bytes().to_vec());
    Schema::from_bytes(files, "a.xsd", &bytes).expect("the same schema")
}

#[test]
fn a_stored_schema_that_no_longer_compiles_calls_nothing_valid_for_it() {
    let (sure, unsure) = ("<note xmlns='u'><to>b</to></note>", "<note xmlns='u'><to>b</to><n>1</n></note>");
    assert!(schema(NOTE).validate(unsure.as_bytes()).is_valid());
    for later in [None, Some(""), Some("<a/>")] {
        let schema = stored(NOTE, later);
        for _ in 0..2 {
            assert!(schema.validate(sure.as_bytes()).is_valid());
            for refused in [schema.validate(unsure.as_bytes()), schema.validate_fully(sure.as_bytes())] {
                assert_eq!((codes(&refused), refused.judged), (vec![("internal", 1, 1)], Judged::Nothing));
            }
        }
    }
    let bytes = schema(NOTE).to_bytes().expect("bytes");
    let panics = |_: &str| -> Option<Vec<u8>> { panic!("a reader of files with a defect") };
    let schema = Schema::from_bytes(panics, "a.xsd", &bytes).expect("the same schema");
    assert_eq!(codes(&schema.validate(unsure.as_bytes())), [("internal", 1, 1)]);
}

#[test]
fn damaged_bytes_never_make_the_quick_look_panic() {
    let bytes = schema(MANY).to_bytes().expect("bytes");
    let document = format!(
        "<all xmlns='u' xmlns:x='{}' fixed='1 2'><base x:type='more' must='1' id='a' to='a'/><word> a  b </word>\
        <list> x  yy </list><both>yyy</both><code>x</code><n>+1.</n><empty/><twice/><twice/></all>",
        xml::reader::XSI
    );
    for length in 0..bytes.len() {
        assert!(Tables::from_bytes(&bytes[..length]).is_none(), "cut at {length}");
    }
    let mut n_read = 0;
    let mut damaged = bytes.clone();
    for (at, whole) in bytes.iter().enumerate() {
        for mask in [1, 2, 4, 8, 16, 32, 64, 128, 255] {
            damaged[at] = whole ^ mask;
            // Not by way of `Schema`, which would hide a panic.
            if let Some(tables) = Tables::from_bytes(&damaged) {
                n_read += 1;
                accept::accept(&tables, &document);
            }
        }
        damaged[at] = *whole;
    }
    assert!(n_read > bytes.len(), "{n_read} of {}", bytes.len());
}

#[test]
fn tables_with_a_list_of_itself_are_refused() {
    let mut tables = schema(MANY).tables;
    for (number, simple) in (0..).zip(&mut tables.simples) {
        if let tables::Check::List(item, _) = &mut simple.check {
            *item = number;
        }
    }
    assert!(Tables::from_bytes(&tables.to_bytes().expect("bytes")).is_none());
}

fn agree(schema: &Schema) {
    let twice = "<twice/><twice/>";
    for (inside, valid, quick) in [
        ("", true, true),
        ("<word> a  b </word><word>c</word><word>c<!-- a --></word>", true, true),
        ("<word>a b c</word>", false, false),
        ("<list> x  yy </list><list/>", true, true),
        ("<list>x z</list>", false, false),
        ("<both>yyy</both><both> c </both>", true, true),
        ("<both> 12 </both>", true, false),
        ("<both>xx</both>", false, false),
        ("<code>x</code><n>+1.</n><n>.5</n>", true, true),
        ("<code> x</code>", false, false),
        ("<n>1e3</n>", false, false),
        ("<n>.</n>", false, false),
        ("<base must='true' id='a'/><base must=' 0 ' to=' a a '/>", true, true),
        ("<base must='1' to='b'/>", false, false),
        ("<base must='1' id='a'/><base must='1' id='a'/>", false, false),
        ("<base must='1' id='1'/>", false, false),
        ("<base must='1' to=''/>", false, false),
        ("<base/>", false, false),
        ("<base must='1'> </base>", false, false),
        ("<base x:type='more' must='1' uri='a b'/>", true, true),
        ("<base x:type='more' must='1' uri='%z'/>", false, false),
        ("<base x:type='less' must='1'/>", true, true),
        ("<base x:type='less' must='1' to=''/>", false, false),
        ("<base x:type='word'/>", false, false),
        ("<base x:type='nothing' must='1'/>", false, false),
        ("<base x:nil='true' must='1'/>", false, false),
        ("<empty/>", true, true),
        ("<empty> </empty>", false, false),
        ("<empty><!-- a --></empty>", true, true),
        ("text", false, false),
        ("<word>c</word> &#32;<![CDATA[ ]]>", true, true),
    ] {
        let text = format!("<all xmlns='u' xmlns:x='{}'>{inside}{twice}</all>", xml::reader::XSI);
        let verdict = schema.validate_fully(text.as_bytes());
        assert_eq!(verdict.is_valid(), valid, "{inside}: {verdict:?}");
        assert_eq!(schema.is_certainly_valid(text.as_bytes()), quick, "{inside}");
        assert_eq!(schema.validate(text.as_bytes()), verdict, "{inside}");
    }
    for (text, valid) in [
        ("<all xmlns='u' fixed=' 1  2 '><twice/><twice/></all>", true),
        ("<all xmlns='u' fixed='1'><twice/><twice/></all>", false),
        ("<all xmlns='u'><twice/></all>", false),
        ("<all xmlns='u'><twice/><twice/><twice/><twice/></all>", false),
        ("<all xmlns='u'><twice/><twice/><any>a<b xmlns='v'><c/></b></any></all>", true),
        ("<all xmlns='u'><twice/><twice/><any><b/></any></all>", false),
        ("<all/>", false),
    ] {
        assert_eq!(schema.validate(text.as_bytes()).is_valid(), valid, "{text}");
        assert_eq!(schema.validate_fully(text.as_bytes()).is_valid(), valid, "{text}");
    }
}

fn codes(verdict: &Verdict) -> Vec<(&'static str, u32, u32)> {
    verdict.errors.iter().map(|it| (it.code, it.line, it.column)).collect()
}

#[test]
fn an_error_has_its_rule_its_place_and_its_path() {
    let schema = schema(NOTE);
    assert!(schema.validate(b"<note xmlns='u' id='a'><to>b</to><n> 1 </n></note>").is_valid());
    let verdict = schema.validate("<note xmlns='u'>\n<to>é</to> <n>x</n><n/></note>".as_bytes());
    assert_eq!(verdict.judged, Judged::Whole);
    assert_eq!(codes(&verdict), [("cvc-datatype-valid", 2, 16), ("cvc-complex-type.2.4", 2, 20), ("cvc-elt.1", 2, 20)]);
    assert_eq!(verdict.errors[0].path.as_deref(), Some("/Q{u}note[1]/Q{u}n[1]"));
    assert!(!format!("{verdict:?}").contains('x'.to_string().repeat(2).as_str()));
    assert_eq!(codes(&schema.validate(b"<note xmlns='u'><to>%zz</to></note>")), [("cvc-datatype-valid.1.2.1", 1, 24)]);
    assert_eq!(
        codes(&schema.validate("<note xmlns='u'>\u{a0}<to/></note>".as_bytes())),
        [("cvc-complex-type.2.3", 1, 17)]
    );
}

#[test]
fn what_cannot_be_read_is_refused_by_name() {
    let schema = schema(NOTE);
    let code = |bytes: &[u8]| codes(&schema.validate(bytes))[0];
    assert_eq!(code(b"<note>\n</no>"), ("xml", 2, 3));
    assert_eq!(code(b"<!DOCTYPE note SYSTEM 'a.dtd'><note/>"), ("dtd", 1, 1));
    assert_eq!(code(b"<note>\xff</note>"), ("encoding", 1, 7));
    assert_eq!(code(b"<?xml version='1.0' encoding='UTF-16'?><note/>"), ("encoding", 1, 1));
    assert_eq!(code(b"<other/>").0, "cvc-elt.1");
    assert_eq!(code(&vec![b' '; DOCUMENT_BYTES_MAX + 1]).0, "too-large");
    assert_eq!(code(b""), ("xml", 1, 1));
}

#[test]
fn errors_are_bounded_and_so_is_what_they_leave_in_memory() {
    let schema = schema(NOTE);
    let verdict = schema.validate(format!("<note xmlns='u'>{}</note>", "<x/>".repeat(5000)).as_bytes());
    assert_eq!((verdict.errors.len(), verdict.truncated), (ERRORS_MAX, true));
    let names: String = (0..40_000).map(|n| format!("<{}{n}/>", "n".repeat(100))).collect();
    for _ in 0..3 {
        schema.validate(format!("<note xmlns='u'>{names}</note>").as_bytes());
    }
    assert!(schema.validate(b"<note xmlns='u'><to/></note>").is_valid());
    let full = schema.full.lock().expect("not poisoned");
    assert!(full.as_ref().expect("compiled").set.name_table.heap_bytes() < 3 * NAMES_BYTES_MAX);
}

#[test]
fn a_document_inside_of_a_stylesheet_is_found_and_validated() {
    let schema = schema(NOTE);
    let sheet =
        |inside: &str| format!("<xsl:stylesheet version='1.0' xmlns:xsl='{}'>\n{inside}</xsl:stylesheet>", pack::XSLT);
    let good = sheet("<d:x xmlns:d='d' xmlns:p='u'><p:note p2='' ><p:to/></p:note></d:x>").replace(" p2=''", "");
    let verdict = schema.validate(good.as_bytes());
    assert!(verdict.is_valid(), "{verdict:?}");
    let Judged::Embedded(range) = verdict.judged else { panic!("{:?}", verdict.judged) };
    assert_eq!(&good[range], "<p:note ><p:to/></p:note>");
    let bad = schema.validate(good.replace("<p:to/>", "").as_bytes());
    assert_eq!(codes(&bad), [("cvc-complex-type.2.4", 2, 39)]);
    assert_eq!(codes(&schema.validate(sheet("<d/>").as_bytes()))[0].0, "undeclared");
}

#[test]
fn files_are_asked_for_inside_of_the_pack_only() {
    let asked = std::sync::Arc::new(Mutex::new(Vec::new()));
    let log = asked.clone();
    let files = move |path: &str| {
        log.lock().expect("not poisoned").push(path.to_owned());
        let first = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n\
            <xs:include schemaLocation='../../../etc/b%20é.xsd'/>\n<xs:include schemaLocation='file:///etc/passwd'/>\
            <xs:include schemaLocation='http://example.test/a.xsd'/><xs:include schemaLocation='x/..%2f..%2fy.xsd'/>\
            <xs:import namespace='http://www.w3.org/1999/XSL/Transform' schemaLocation='xslt.xsd'/>\
            <xs:element name='a'/></xs:schema>";
        (path == "in/a.xsd").then(|| first.as_bytes().to_vec())
    };
    let (_, findings) = Schema::compile(files, "./in/../in/a.xsd").expect("a schema");
    let said: Vec<_> = findings.iter().map(|it| (it.code.as_str(), it.file.as_str(), it.line)).collect();
    let missing = ("XSD-PACK-02", "in/a.xsd", 3);
    assert_eq!(said, [("XSD-PACK-02", "in/a.xsd", 2), missing, missing, missing, ("XSD-PACK-01", "in/a.xsd", 3)]);
    let asked = asked.lock().expect("not poisoned").clone();
    assert_eq!(asked, ["in/a.xsd", "etc/b é.xsd", "in/x/_"]);
}

#[test]
fn a_type_that_is_nowhere_is_a_finding() {
    let text = "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n<xs:element name='a' type='b'/></xs:schema>";
    let files = move |_: &str| Some(text.as_bytes().to_vec());
    let (schema, findings) = Schema::compile(files, "a.xsd").expect("a schema");
    let said: Vec<_> = findings.iter().map(|it| (it.code, it.file.as_str(), it.line, it.location.as_str())).collect();
    assert_eq!(said, [(FindingCode::MissingType, "a.xsd", 2, "a")]);
    assert!(!schema.validate(b"<a/>").is_valid());
}

#[test]
fn a_schema_that_cannot_be_used_says_why() {
    let error = |text: &'static str| {
        let files = move |path: &str| (path == "a.xsd").then(|| text.as_bytes().to_vec());
        Schema::compile(files, "a.xsd").err().expect("an error")
    };
    let missing = Schema::compile(|_: &str| None, "a.xsd").err();
    assert_eq!(missing, Some(Error::Missing { path: "a.xsd".to_owned() }));
    for text in
        ["", "<a/>", "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'>\n<xs:element nam='a'/></xs:schema>"]
    {
        assert!(matches!(error(text), Error::Invalid { .. }), "{text}: {:?}", error(text));
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(300))]

    #[test]
    fn no_bytes_make_validation_panic(at in 0..400usize, put in proptest::collection::vec(proptest::num::u8::ANY, 0..6)) {
        static SCHEMA: std::sync::LazyLock<Schema> = std::sync::LazyLock::new(|| schema(MANY));
        let text = format!("<all xmlns='u' xmlns:x='{}'><base x:type='more' must='1' id='a'/><word> a  b </word>\
            <list> x  yy </list><both>yyy</both><n>+1.</n><twice>&#65;</twice><twice/><any>a<b xmlns='v'/></any></all>",
            xml::reader::XSI);
        let mut bytes = text.into_bytes();
        let at = at.min(bytes.len());
        bytes.splice(at..bytes.len().min(at + put.len() / 2), put);
        let verdict = SCHEMA.validate(&bytes);
        proptest::prop_assert!(verdict.errors.iter().all(|it| it.code != "internal"));
        proptest::prop_assert_eq!(SCHEMA.validate_fully(&bytes), verdict);
    }
}
