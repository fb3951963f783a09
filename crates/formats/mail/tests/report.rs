//! Reports as operators, hospital gateways and patient mail services write them.
#![allow(clippy::unwrap_used, clippy::panic)]

use mail::report::{Action, DispositionKind, IntegrationFailure, decode};
use mail::{Decoded, Report};
use proptest::prelude::*;

fn mail(headers: &str, body: &str) -> Vec<u8> {
    format!("{headers}\n\n{body}").replace('\n', "\r\n").into_bytes()
}

fn multipart(subject: &str, kind: &str, report: &str, third: &str) -> Vec<u8> {
    mail(
        &format!(
            "From: MAILER-DAEMON@op.mssante.fr\nTo: sgl@labo.mssante.fr\nSubject: {subject}\n\
             Message-ID: <r-1@op>\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type={kind}; boundary=\"B\""
        ),
        &format!(
            "--B\nContent-Type: text/plain\n\nNotification.\n\n--B\nContent-Type: message/{kind}\n\n\
             {report}\n--B\n{third}\n--B--\n"
        ),
    )
}

const RETURNED_HEADERS: &str = "Content-Type: text/rfc822-headers\n\n\
    From: sgl@labo.mssante.fr\nMessage-ID: <d-1@labo.mssante.fr>\nSubject: x\n";
const RETURNED_MESSAGE: &str = "Content-Type: message/rfc822\n\n\
    From: sgl@labo.mssante.fr\nMessage-ID: <d-1@labo.mssante.fr>\nSubject: x\n\nCorps\n";

#[test]
fn a_success_status_is_read_with_its_envelope_and_returned_headers() {
    let decoded = decode(&multipart(
        "Successful Mail Delivery Report",
        "delivery-status",
        "Reporting-MTA: dns; op.mssante.fr\nOriginal-Envelope-Id: doc-1\n\n\
         Final-Recipient: rfc822; dr@chb.mssante.fr\n\
         Original-Recipient: rfc822;dr+2Ba@chb.mssante.fr\nAction: relayed\nStatus: 2.0.0\n\
         Diagnostic-Code: smtp; 250 2.0.0 Ok:\n    queued\n",
        RETURNED_HEADERS,
    ));
    let Report::Delivery(status) = &decoded.report else { panic!("{decoded:?}") };
    assert_eq!(status.original_envelope_id.as_deref(), Some("doc-1"));
    assert_eq!(status.reporting_mta.as_deref(), Some("op.mssante.fr"));
    let [recipient] = status.recipients.as_slice() else { panic!("one recipient") };
    assert_eq!(recipient.action, Action::Relayed);
    assert!(recipient.action.is_success());
    assert_eq!(recipient.final_recipient.as_deref(), Some("dr@chb.mssante.fr"));
    assert_eq!(recipient.original_recipient.as_deref(), Some("dr+a@chb.mssante.fr"));
    assert_eq!(recipient.status.as_deref(), Some("2.0.0"));
    assert_eq!(recipient.diagnostic.as_deref(), Some("250 2.0.0 Ok: queued"));
    assert_eq!(decoded.about(), ["d-1@labo.mssante.fr"]);
}

#[test]
fn a_failure_status_for_several_recipients_keeps_each_of_them() {
    let decoded = decode(&multipart(
        "Undelivered Mail Returned to Sender",
        "delivery-status",
        "Reporting-MTA: dns; op\n\n\
         Final-Recipient: rfc822; a@x.mssante.fr\nAction: failed\nStatus: 5.1.1 (unknown)\n\
         Diagnostic-Code: smtp; 550 5.1.1 unknown\n\n\
         Final-Recipient: rfc822; b@x.mssante.fr\nAction: delayed\nStatus: 4.4.1\n",
        RETURNED_MESSAGE,
    ));
    let Report::Delivery(status) = &decoded.report else { panic!("{decoded:?}") };
    let actions: Vec<_> = status.recipients.iter().map(|r| r.action).collect();
    assert_eq!(actions, [Action::Failed, Action::Delayed]);
    assert_eq!(status.recipients[0].status.as_deref(), Some("5.1.1"));
    assert_eq!(status.recipients[0].smtp_code(), Some(550));
    assert_eq!(decoded.returned_message_id.as_deref(), Some("d-1@labo.mssante.fr"));
}

fn disposition(subject: &str, fields: &str) -> Decoded {
    decode(&multipart(subject, "disposition-notification", fields, RETURNED_MESSAGE))
}

#[test]
fn a_read_receipt_is_read() {
    let decoded = disposition(
        "Lu : x",
        "Final-Recipient: rfc822;dr@chb.mssante.fr\nOriginal-Message-ID: <d-9@labo>\n\
         Disposition: manual-action/MDN-sent-manually; displayed\n",
    );
    let Report::Disposition(d) = &decoded.report else { panic!("{decoded:?}") };
    assert_eq!(d.kind, DispositionKind::Displayed);
    assert!(!d.sent_automatically && !d.is_error());
    assert_eq!(d.final_recipient.as_deref(), Some("dr@chb.mssante.fr"));
    assert_eq!(decoded.about(), ["d-9@labo", "d-1@labo.mssante.fr"]);
}

#[test]
fn both_grammars_of_an_integration_error_give_the_same_answer() {
    let error = "902^Identifiant de patient inconnu^1.2.250.1.213.1.1.4.321";
    let old = disposition(
        "=?UTF-8?Q?[KO_Int=C3=A9gration_syst=C3=A8me_!][902]_XDM/1.0/DDM+CR?=",
        &format!(
            "Final-Recipient: rfc822; pfi@chb.mssante.fr\n\
             Disposition: automatic-action/MDN-sent-automatically; processed/Error: {error}| \
             E^Error^errorSeverity\n"
        ),
    );
    let new = disposition(
        "=?UTF-8?Q?[KO_Int=C3=A9gration_syst=C3=A8me_!][902]_XDM/1.0/DDM+CR?=",
        &format!(
            "Final-Recipient: rfc822; pfi@chb.mssante.fr\n\
             Disposition: automatic-action/MDN-sent-automatically; processed/error\n\
             Error: {error}| E^Error^errorSeverity\n"
        ),
    );
    assert_eq!(old.report, new.report);
    let Report::Disposition(d) = &old.report else { panic!("{old:?}") };
    assert_eq!(d.kind, DispositionKind::Processed);
    assert!(d.sent_automatically && d.is_error());
    assert_eq!(d.error_code(), Some(902));
    assert!(d.error.as_deref().unwrap().starts_with(error));
    assert_eq!(old.integration_failure, Some(IntegrationFailure { code: 902 }));
}

#[test]
fn a_processed_document_is_not_an_error() {
    let decoded = disposition("XDM/1.0/DDM+CR", "Disposition: automatic-action/MDN-sent-automatically; processed\n");
    let Report::Disposition(d) = &decoded.report else { panic!("{decoded:?}") };
    assert!(!d.is_error());
    assert_eq!(d.error_code(), None);
    assert_eq!(decoded.integration_failure, None);
}

#[test]
fn an_ordinary_mail_may_tell_an_integration_failure_with_the_original_attached() {
    for attached in [
        "Content-Type: message/rfc822; name=\"original.eml\"\n\nMessage-ID: <d-1@labo>\n\nx\n",
        "Content-Type: application/octet-stream; name=\"original.eml\"\n\
         Content-Disposition: attachment; filename=\"original.eml\"\n\nMessage-ID: <d-1@labo>\n\nx\n",
    ] {
        let decoded = decode(&mail(
            "From: pfi@chb.mssante.fr\nSubject: [Erreur d'integration !][904] XDM/1.0/DDM+CR\n\
             MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=B",
            &format!("--B\nContent-Type: text/plain\n\nCode 904\n\n--B\n{attached}\n--B--\n"),
        ));
        assert_eq!(decoded.report, Report::Other);
        assert_eq!(decoded.integration_failure, Some(IntegrationFailure { code: 904 }));
        assert_eq!(decoded.returned_message_id.as_deref(), Some("d-1@labo"));
    }
}

#[test]
fn plain_bounces_are_recognized_and_tied_by_every_means() {
    let decoded = decode(&mail(
        "From: noreply@patient.mssante.fr\nSubject: =?UTF-8?Q?Message_non_distribu=C3=A9?=\n\
         In-Reply-To: <d-1@labo>\nReferences: <d-0@labo> <d-1@labo>\n\
         Content-Type: text/plain; charset=UTF-8",
        "La messagerie de ce patient est close.\n",
    ));
    let Report::Bounce(bounce) = &decoded.report else { panic!("{decoded:?}") };
    assert_eq!(bounce.smtp_code, None);
    assert!(bounce.text.contains("close"));
    assert_eq!(decoded.about(), ["d-1@labo", "d-0@labo"]);

    let decoded = decode(&mail(
        "From: Mail System <MAILER-DAEMON@op>\nSubject: Probleme",
        "<dr@x.mssante.fr>: host said: 552 5.3.4 Message too big\n\n> Message-ID: <d-2@labo>\n",
    ));
    let Report::Bounce(bounce) = &decoded.report else { panic!("{decoded:?}") };
    assert_eq!(bounce.smtp_code, Some(552));
    assert_eq!(bounce.status.as_deref(), Some("5.3.4"));
    assert_eq!(decoded.about(), ["d-2@labo"]);
}

#[test]
fn an_answer_by_a_person_is_not_a_bounce() {
    let decoded = decode(&mail(
        "From: dr@chb.mssante.fr\nSubject: Re: Message non =?UTF-8?Q?distribu=C3=A9?=\n\
         In-Reply-To: <d-1@labo>",
        "J'ai bien eu votre message 550 5.1.1, merci.\n",
    ));
    assert_eq!(decoded.report, Report::Other);
    assert_eq!(decoded.in_reply_to, ["d-1@labo"]);
}

#[test]
fn nothing_decoded_prints_its_content() {
    let decoded = decode(&multipart(
        "s",
        "delivery-status",
        "Reporting-MTA: dns; op\n\nFinal-Recipient: rfc822; 279035121518989@patient.mssante.fr\n\
         Action: failed\nStatus: 5.1.1\n",
        RETURNED_HEADERS,
    ));
    assert!(matches!(decoded.report, Report::Delivery(_)));
    assert!(!format!("{decoded:?}").contains("2790"));
    assert!(!format!("{:?}", decoded.report).contains("2790"));
}

#[test]
fn deeply_nested_and_endless_input_is_bounded() {
    let nested = "Content-Type: message/rfc822\r\n\r\n".repeat(1_000_000);
    let _ = decode(nested.as_bytes());
    // The same inside an encoded part, where a reader may recurse.
    let encoded = mail::base64::encode(nested.as_bytes());
    let wrapped = format!("Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n{encoded}");
    let _ = decode(wrapped.as_bytes());
    let _ = mail::Received::decode(wrapped.as_bytes());
    let parts = "--B\r\nContent-Type: message/delivery-status\r\n\r\nA: b\r\n".repeat(5000);
    let text = format!("Content-Type: multipart/report; boundary=B\r\n\r\n{parts}");
    assert_eq!(decode(text.as_bytes()).report, Report::Other);
    let groups = "Action: failed\r\n\r\n".repeat(100_000);
    let decoded = decode(&multipart("s", "delivery-status", &groups, RETURNED_HEADERS));
    let Report::Delivery(status) = decoded.report else { panic!("delivery") };
    assert!(status.recipients.len() <= 200);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let _ = decode(&bytes);
        let _ = mail::Received::decode(&bytes);
    }

    #[test]
    fn damaged_reports_never_panic(
        cut in 0usize..600, at in 0usize..600, noise in proptest::collection::vec(any::<u8>(), 0..20),
        fields in "(Disposition|Error|Action|Status|Final-Recipient)[:;/ a-zA-Zé^0-9\r\n\t]{0,80}",
    ) {
        for kind in ["delivery-status", "disposition-notification"] {
            let mut bytes = multipart("[KO Intégration][9", kind, &fields, RETURNED_MESSAGE);
            let at = at.min(bytes.len());
            bytes.splice(at..at, noise.clone());
            bytes.truncate(bytes.len().saturating_sub(cut));
            let _ = decode(&bytes);
            let _ = mail::Received::decode(&bytes);
        }
    }
}
