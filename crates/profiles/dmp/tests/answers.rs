//! What answers of the DMP are taken for, and that no answer can do harm.

use dmp::RefusalClass::{NeedsOperator, Permanent, Temporary};
use dmp::{Answer, Refusal, RefusalClass, read_answer};
use lab::delivery::AttemptOutcome;
use soap::{Addressing, Fault, FaultCode, Outgoing};
use xds::iti18::QueryResponse;
use xds::{ErrorCode, RegistryError, RegistryResponse, Severity};

const XML: &str = "application/soap+xml; charset=UTF-8";

fn message(body: &[u8]) -> Vec<u8> {
    let addressing = Addressing::reply("urn:uuid:1", Some("urn:uuid:0"), "urn:answer");
    soap::encode(&Outgoing { addressing: &addressing, headers: &[], body }).body
}

fn failure(codes: &[&str]) -> Vec<u8> {
    let errors =
        codes.iter().map(|code| RegistryError::new(ErrorCode::from_text(code), &format!("about {code}"))).collect();
    message(&RegistryResponse::failure(errors).encode())
}

fn refusal(answer: Answer) -> Refusal {
    match answer {
        Answer::Refused(refusal) => Some(refusal),
        _ => None,
    }
    .expect("a refusal")
}

fn class(answer: &Answer) -> Option<RefusalClass> {
    match answer {
        Answer::Refused(refusal) => Some(refusal.class),
        _ => None,
    }
}

#[test]
fn a_success_is_a_deposit() {
    let answer = read_answer(200, XML, &message(&RegistryResponse::success().encode()));
    assert!(answer == Answer::Deposited);
    assert_eq!(answer.outcome(), AttemptOutcome::Received);
    let mut warned = RegistryResponse::success();
    let warning = RegistryError::new(ErrorCode::ExtraMetadataNotSaved, "");
    warned.errors = vec![RegistryError { severity: Severity::Warning, ..warning }];
    assert!(read_answer(200, XML, &message(&warned.encode())) == Answer::Deposited);
}

#[test]
fn a_document_registered_twice_with_the_same_bytes_is_a_success_and_with_others_is_not() {
    let duplicate = "XDSDuplicateUniqueIdInRegistry";
    let answer = read_answer(200, XML, &failure(&[duplicate]));
    assert!(answer == Answer::AlreadyThere);
    assert_eq!(answer.outcome(), AttemptOutcome::Received);
    assert!(read_answer(200, XML, &failure(&[duplicate, duplicate])) == Answer::AlreadyThere);
    for codes in [&["XDSNonIdenticalHash"][..], &[duplicate, "XDSNonIdenticalHash"]] {
        assert_eq!(class(&read_answer(200, XML, &failure(codes))), Some(Permanent));
    }
}

#[test]
fn registry_errors_are_classified_and_the_gravest_decides() {
    let table: [(&[&str], RefusalClass, &str); 12] = [
        (&["XDSRegistryBusy"], Temporary, "XDSRegistryBusy"),
        (&["XDSRepositoryBusy"], Temporary, "XDSRepositoryBusy"),
        (&["XDSRegistryOutOfResources"], Temporary, "XDSRegistryOutOfResources"),
        (&["XDSRepositoryOutOfResources"], Temporary, "XDSRepositoryOutOfResources"),
        (&["XDSUnknownPatientId"], Permanent, "XDSUnknownPatientId"),
        (&["XDSReplaceFailed"], Permanent, "XDSReplaceFailed"),
        (&["XDSRegistryMetadataError"], NeedsOperator, "XDSRegistryMetadataError"),
        (&["DMPClosed"], Permanent, "DMPClosed"),
        (&["DMPSomethingNew"], NeedsOperator, "DMPSomethingNew"),
        (&["XDSRegistryBusy", "XDSUnknownPatientId"], Permanent, "XDSUnknownPatientId"),
        (&["XDSMissingDocument", "XDSRegistryBusy"], NeedsOperator, "XDSMissingDocument"),
        (&["XDSRegistryBusy", "XDSRepositoryBusy"], Temporary, "XDSRegistryBusy"),
    ];
    for (codes, expected, code) in table {
        let refusal = refusal(read_answer(200, XML, &failure(codes)));
        assert_eq!(refusal.class, expected, "{codes:?}");
        assert_eq!(refusal.code, code);
        assert_eq!(refusal.text, format!("about {code}"));
    }
    assert_eq!(class(&read_answer(200, XML, &failure(&[]))), Some(NeedsOperator));
}

#[test]
fn faults_are_classified_by_their_own_code() {
    use FaultCode::{MustUnderstand, Receiver, Sender};
    let table = [
        (Sender, Some("DMPInvalidCertificate"), NeedsOperator, "DMPInvalidCertificate"),
        (Sender, Some("MessageAddressingHeaderRequired"), NeedsOperator, "MessageAddressingHeaderRequired"),
        (Sender, None, NeedsOperator, "soap:Sender"),
        (MustUnderstand, None, NeedsOperator, "soap:MustUnderstand"),
        (Receiver, None, Temporary, "soap:Receiver"),
        (Receiver, Some("EndpointUnavailable"), Temporary, "EndpointUnavailable"),
        (Receiver, Some("DMPClosed"), Permanent, "DMPClosed"),
        (Receiver, Some("XDSRegistryBusy"), Temporary, "XDSRegistryBusy"),
        (Receiver, Some("Unheard"), NeedsOperator, "Unheard"),
    ];
    for (code, subcode, expected, text) in table {
        let body = message(&Fault::new(code, subcode, "Motif").to_body());
        for status in [200, 400, 500] {
            let refusal = refusal(read_answer(status, XML, &body));
            assert_eq!(refusal.class, expected, "{code:?} {subcode:?}");
            assert_eq!((refusal.code.as_str(), refusal.text.as_str()), (text, "Motif"));
        }
    }
}

#[test]
fn a_search_gives_the_entries_found() {
    let entry = "urn:uuid:5f2b7a1c-91c2-4f5e-9f0e-2b1d3c4a5e6f";
    for refs in [vec![], vec![entry.to_owned()]] {
        let body = QueryResponse { response: RegistryResponse::success(), object_refs: refs.clone() };
        let answer = read_answer(200, XML, &message(&body.encode()));
        assert!(answer == Answer::EntryUuid(refs));
    }
    let busy = RegistryResponse::failure(vec![RegistryError::new(ErrorCode::RegistryBusy, "")]);
    let body = QueryResponse { response: busy, object_refs: Vec::new() };
    assert_eq!(class(&read_answer(200, XML, &message(&body.encode()))), Some(Temporary));
}

#[test]
fn without_a_readable_answer_the_status_decides() {
    let html = b"<html><body>Bad gateway</body></html>";
    let table = [
        (503, Some(Temporary)),
        (502, Some(Temporary)),
        (429, Some(Temporary)),
        (500, Some(Temporary)),
        (401, Some(NeedsOperator)),
        (403, Some(NeedsOperator)),
        (404, Some(NeedsOperator)),
        (302, Some(NeedsOperator)),
        (413, Some(Permanent)),
        (200, None),
    ];
    for (status, expected) in table {
        for bytes in [&html[..], b"", b"\xff\xfe"] {
            let answer = read_answer(status, "text/html", bytes);
            assert_eq!(class(&answer), expected, "{status}");
            assert_eq!(answer == Answer::Unreadable, expected.is_none(), "{status}");
        }
    }
    assert_eq!(Answer::Unreadable.outcome(), AttemptOutcome::Unknown);
}

#[test]
fn a_success_under_an_error_status_is_not_believed() {
    let body = message(&RegistryResponse::success().encode());
    assert_eq!(class(&read_answer(503, XML, &body)), Some(Temporary));
}

#[test]
fn neither_a_code_nor_a_debug_output_can_carry_a_patient() {
    let errors = vec![RegistryError::new(ErrorCode::Other("279035121518989 PAT\r\nx".into()), "INS 279035121518989")];
    let body = message(&RegistryResponse::failure(errors).encode());
    let answer = read_answer(200, XML, &body);
    assert!(!format!("{answer:?}").contains("2790"));
    let refusal = refusal(answer);
    assert_eq!(refusal.code, "PATx");
}

#[test]
fn no_truncated_or_damaged_answer_panics_or_passes_for_a_success() {
    let whole = message(&RegistryResponse::success().encode());
    for end in 0..whole.len() {
        assert!(read_answer(200, XML, &whole[..end]) == Answer::Unreadable, "{end}");
    }
    let fault = message(&Fault::new(FaultCode::Sender, Some("DMPClosed"), "é").to_body());
    for bytes in [&whole, &fault, &failure(&["XDSRegistryBusy"])] {
        for at in 0..bytes.len() {
            for byte in [0, b'<', b'"', 0xff] {
                let mut damaged = bytes.clone();
                damaged[at] = byte;
                let _ = read_answer(200, XML, &damaged);
                let _ = read_answer(200, "multipart/related; boundary=x", &damaged);
            }
        }
    }
}
