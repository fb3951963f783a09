//! Messages written and read back, and messages as other stacks write them.

use proptest::prelude::*;
use soap::{Addressing, DecodeError, Fault, FaultCode, Limits, Outgoing, OutgoingPart};

const BODY: &[u8] = b"<p:Put xmlns:p=\"urn:p\" xmlns:xop=\"http://www.w3.org/2004/08/xop/include\"><p:Doc>\
<xop:Include href=\"cid:doc%201%40lab.test\"/></p:Doc><p:Inline>aGVsbG8=\n</p:Inline></p:Put>";

fn request() -> Addressing {
    Addressing::request("urn:uuid:1", "https://peer.test/svc", "urn:p:Put")
}

fn decode<'a>(content_type: &str, body: &'a [u8]) -> Result<soap::Incoming<'a>, DecodeError> {
    soap::decode(content_type, body, &Limits::default())
}

fn mtom(bytes: &[u8]) -> soap::Encoded {
    let addressing = request();
    let message = Outgoing {
        addressing: &addressing,
        headers: &[b"<s:Security xmlns:s=\"urn:s\">kept  as is</s:Security>"],
        body: BODY,
    };
    let part = OutgoingPart { content_id: "doc 1@lab.test", content_type: "text/xml", bytes };
    soap::encode_mtom(&message, &[part], "b-0123456789", "root@lab.test")
}

#[test]
fn a_plain_message_keeps_its_addressing_headers_and_body() {
    let addressing = request();
    let encoded = soap::encode(&Outgoing { addressing: &addressing, headers: &[], body: BODY });
    assert_eq!(encoded.content_type, "application/soap+xml; charset=UTF-8; action=\"urn:p:Put\"");
    let read = decode(&encoded.content_type, &encoded.body).expect("readable");
    assert_eq!(read.addressing, addressing);
    assert_eq!(read.addressing.missing_for_request(), Vec::<&str>::new());
    assert_eq!((read.body_name.as_str(), read.is_mtom), ("Put", false));
    let document = read.document().expect("XML");
    for name in ["Action", "ReplyTo"] {
        let header = document.descendants().find(|n| n.has_tag_name((soap::ADDRESSING_NS, name))).expect("header");
        assert_eq!(header.attribute((soap::ENVELOPE_NS, "mustUnderstand")), Some("true"), "{name}");
    }
    let body = soap::body_element(&document).expect("body");
    let inline = body.children().nth(1).expect("inline");
    assert_eq!(read.binary(inline).as_deref(), Some(&b"hello"[..]));
}

#[test]
fn an_attachment_is_found_through_its_url_encoded_reference() {
    let encoded = mtom(b"\r\n--b-0123456789 not a boundary\r\n\0\xFF");
    assert!(encoded.content_type.starts_with(
        "multipart/related; type=\"application/xop+xml\"; start=\"<root@lab.test>\"; \
         start-info=\"application/soap+xml\"; action=\"urn:p:Put\"; boundary="
    ));
    let read = decode(&encoded.content_type, &encoded.body).expect("readable");
    assert!(read.is_mtom);
    let document = read.document().expect("XML");
    let doc = soap::body_element(&document).and_then(|b| b.first_element_child()).expect("Doc");
    assert_eq!(read.binary(doc).as_deref(), Some(&b"\r\n--b-0123456789 not a boundary\r\n\0\xFF"[..]));
    assert!(read.envelope().contains("kept  as is"));
}

#[test]
fn parts_written_by_another_stack_are_read() {
    // Line feeds only, folded header, base64 part, root not first, lower-case names, preamble.
    let body = b"preamble\n--u:1\ncontent-type: application/octet-stream;\n name=x\n\
content-transfer-encoding: BASE64\nContent-Id: <a@b>\n\nAAEC\n/w==\n--u:1  \n\
Content-Type: application/xop+xml; type=\"application/soap+xml\"\nContent-ID: <root>\n\n\
<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><x>\
<i:Include xmlns:i=\"http://www.w3.org/2004/08/xop/include\" href=\"cid:a@b\"/></x></e:Body></e:Envelope>\
\n--u:1--\nepilogue";
    let content_type = "Multipart/Related; flag; boundary=\"u:1\" ; Start=\"<root>\"";
    let read = decode(content_type, body).expect("readable");
    let document = read.document().expect("XML");
    let x = soap::body_element(&document).expect("x");
    assert_eq!(read.binary(x).as_deref(), Some(&[0u8, 1, 2, 255][..]));
    assert_eq!(read.addressing.missing_for_request(), ["MessageID", "To", "ReplyTo", "Action"]);
}

#[test]
fn a_fault_keeps_its_code_its_innermost_subcode_and_its_reason() {
    for subcode in [None, Some("DMPInvalidCertificate"), Some("ActionNotSupported")] {
        let fault = Fault::new(FaultCode::Sender, subcode, "Certificat refusé <&>");
        let addressing = Addressing::reply("urn:uuid:2", Some("urn:uuid:1"), "urn:fault");
        let encoded = soap::encode(&Outgoing { addressing: &addressing, headers: &[], body: &fault.to_body() });
        let read = decode("", &encoded.body).expect("readable");
        assert_eq!(read.fault, Some(fault));
        assert_eq!(read.addressing.relates_to.as_deref(), Some("urn:uuid:1"));
    }
    let nested = br#"<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><s:Fault>
      <s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>a:One</s:Value><s:Subcode>
      <s:Value>b:Two</s:Value></s:Subcode></s:Subcode></s:Code>
      <s:Reason><s:Text xml:lang="fr"> Indisponible </s:Text></s:Reason></s:Fault></s:Body></s:Envelope>"#;
    let fault = decode("application/soap+xml", nested).expect("readable").fault.expect("fault");
    assert_eq!(fault, Fault::new(FaultCode::Receiver, Some("Two"), "Indisponible"));
    assert!(!format!("{fault:?}").contains("Indisponible"));
}

#[test]
fn what_is_not_soap_1_2_is_refused_by_cause() {
    let soap_1_1 = b"<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body/></e:Envelope>";
    assert_eq!(decode("text/xml", soap_1_1).err(), Some(DecodeError::VersionMismatch));
    assert!(matches!(decode("", b"<a>"), Err(DecodeError::NotXml { .. })));
    assert!(matches!(decode("", b"<a/>"), Err(DecodeError::Malformed { .. })));
    let dtd = b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>";
    assert!(matches!(decode("", dtd), Err(DecodeError::NotXml { .. })));
    let encoded = mtom(b"0123456789");
    let cut = &encoded.body[..encoded.body.len() - 20];
    assert!(matches!(decode(&encoded.content_type, cut), Err(DecodeError::Malformed { at: "multipart body", .. })));
}

#[test]
fn every_bound_is_enforced() {
    let encoded = mtom(&[b'x'; 1000]);
    let limits = |edit: fn(&mut Limits)| {
        let mut limits = Limits::default();
        edit(&mut limits);
        soap::decode(&encoded.content_type, &encoded.body, &limits).err()
    };
    assert_eq!(limits(|l| l.message_bytes = 100), Some(DecodeError::TooLarge { limit_bytes: 100 }));
    assert_eq!(limits(|l| l.n_parts = 1), Some(DecodeError::TooManyParts { limit: 1 }));
    assert!(matches!(limits(|l| l.n_nodes = 3), Some(DecodeError::NotXml { .. })));
    assert!(matches!(limits(|l| l.part_header_bytes = 20), Some(DecodeError::Malformed { at: "part header", .. })));
    assert_eq!(limits(|_| ()), None);
}

proptest! {
    #[test]
    fn binary_parts_survive_byte_for_byte(bytes in prop::collection::vec(
        prop::sample::select(b"\r\n-b0 \0\xFF".to_vec()), 0..200)) {
        let encoded = mtom(&bytes);
        let read = decode(&encoded.content_type, &encoded.body).expect("readable");
        prop_assert_eq!(&read.parts[0].bytes[..], &bytes[..]);
    }

    #[test]
    fn nothing_a_peer_sends_panics(
        content_type in "(multipart/related)?[;=\" a-z<>@]{0,20}(; ?boundary=\"?b)?",
        body in prop::collection::vec(prop::sample::select(b"\r\n-b: <>/ax%=".to_vec()), 0..120),
    ) {
        let _ = decode(&content_type, &body);
    }
}
