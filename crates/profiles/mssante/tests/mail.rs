//! Mails as recipients, servers and another language read them.

#![allow(clippy::print_stdout)]

mod support;

use lab::patient::{IdentityStatus, InsAuthority, Sex, Traits};
use lab::report::{Report, ReportStatus};
use mail::Received;
use mssante::{Audience, Documents, MAX_MESSAGE_BYTES, MailError, PatientAnswers, pdf_name, subject};
use support::fixture::{MATRICULE, at, judge, next, python, report};
use support::{PDF, address, holds, mail_to, message_id, settings, to_professional};

const PATIENT_BOX: &str = "279035121518989@patient.mssante.fr";

fn named(family: &str, given: &str) -> Report {
    let mut report = report();
    report.patient = report.patient.with(|it| it.traits.birth_name = family.into());
    report.patient = report.patient.with(|it| it.traits.first_given = given.into());
    report
}

/// The value of a header, unfolded; `None` when it is absent.
fn header(mail: &[u8], name: &str) -> Option<String> {
    let head = std::str::from_utf8(mail).expect("ASCII").split("\r\n\r\n").next().expect("headers");
    let head = head.replace("\r\n ", " ");
    let mut values = head.lines().filter_map(|line| line.strip_prefix(&format!("{name}: ")));
    let value = values.next().map(str::to_owned);
    assert_eq!(values.next(), None, "{name} stands once");
    value
}

#[test]
fn subjects_are_those_of_the_norm() {
    let mut vial = named("VIAL", "Paul");
    vial.patient = vial.patient.with(|it| it.traits.birth_date = Some(jiff::civil::date(1978, 11, 26)));
    let mut undated = named("VIAL", "Paul");
    undated.patient = undated.patient.with(|it| it.traits.birth_date = None);
    let table = [
        (vial, "XDM/1.0/DDM+CR d'examens biologiques VIAL Paul 26/11/1978"),
        (report(), "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979"),
        (
            named("Lœvenbrück-d’Été", "Zoé  Noëlle"),
            "XDM/1.0/DDM+CR d'examens biologiques LOEVENBRUCK-D'ETE Zoe Noelle 28/03/1979",
        ),
        (undated, "XDM/1.0/DDM+CR d'examens biologiques VIAL Paul"),
        (named("VIAL", ""), "XDM/1.0/DDM+CR d'examens biologiques VIAL 28/03/1979"),
        (
            next(&report(), ReportStatus::Final),
            "XDM/1.0/DDM+[Annule et remplace] CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979",
        ),
        (next(&report(), ReportStatus::Partial), "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979"),
    ];
    for (report, expected) in table {
        assert_eq!(subject(&report), expected);
        let mail = to_professional(&report);
        assert_eq!(header(&mail, "Subject").as_deref(), Some(expected));
        assert_eq!(Received::decode(&mail).subject, expected);
        let raw = String::from_utf8(mail).expect("ASCII");
        assert!(raw.contains("\r\nSubject: XDM/1.0/DDM+"), "servers compare the raw prefix");
    }
}

#[test]
fn the_pdf_is_named_after_the_act_and_the_patient() {
    assert_eq!(pdf_name(&report()), "20240104_CR d'examens biologiques_PAT-TROIS_DOMINIQUE_202411111123.pdf");
    let mut late = named("Été/..\\x", "É:l*o?d\"ie");
    late.request.received_at = at("2024-01-04T23:30:00Z");
    late.request.number = "A_1|2".into();
    assert_eq!(
        pdf_name(&late),
        "20240105_CR d'examens biologiques_ETE X_E-l-o-d-ie_A-1-2.pdf",
        "the day is the one of the laboratory"
    );
}

#[test]
fn a_mail_to_a_professional_has_every_header_of_the_norm_once() {
    let mail = to_professional(&report());
    let expected = [
        ("From", "=?UTF-8?Q?Laboratoire_des_charmes_=E2=80=93_Biologie?= <sgl@labo-charmes.mssante.fr>"),
        ("To", "=?UTF-8?Q?Dr_=C3=89va_BLEU?= <eva.bleu@medecin.mssante.fr>"),
        ("Reply-To", "secretariat@labo-charmes.mssante.fr"),
        ("Message-ID", "<2.25.1@labo-charmes.mssante.fr>"),
        ("Date", "Mon, 01 Jul 2024 14:00:00 +0200"),
        ("Return-Receipt-To", "sgl@labo-charmes.mssante.fr"),
        ("Disposition-Notification-To", "sgl@labo-charmes.mssante.fr"),
        ("X-MSS-CODECDA", "11502-2"),
        ("X-MSS-INS", "O"),
        ("X-MSS-NIL", "DEV935997"),
        ("MIME-Version", "1.0"),
    ];
    for (name, value) in expected {
        assert_eq!(header(&mail, name).as_deref(), Some(value), "{name}");
    }
    for absent in ["X-MSS-MES", "In-Reply-To", "References", "Cc", "Bcc"] {
        assert_eq!(header(&mail, absent), None, "{absent}");
    }
}

#[test]
fn the_two_files_arrive_as_they_left() {
    let report = report();
    let received = Received::decode(&to_professional(&report));
    let files: Vec<(&str, &str)> = received
        .attachments
        .iter()
        .map(|it| (it.media_type.as_str(), it.file_name.as_deref().unwrap_or_default()))
        .collect();
    let pdf_name = pdf_name(&report);
    assert_eq!(files, [("application/zip", "IHE_XDM.zip"), ("application/pdf", pdf_name.as_str())]);
    let cda = support::fixture::cda(&report, &settings().source);
    let content = mssante::Content { cda: &cda, page: None, masks: &[], withdrawal: None };
    let archive = mssante::archive(&report, &content, &settings()).expect("an archive");
    assert!(received.attachments[0].content == archive);
    assert_eq!(received.attachments[1].content, PDF);
}

#[test]
fn a_mail_is_always_the_same_bytes() {
    assert!(to_professional(&report()) == to_professional(&report()));
}

#[test]
fn a_replacement_answers_the_mail_it_replaces() {
    let previous = message_id(9);
    let report = next(&report(), ReportStatus::Final);
    let mail = mail_to(&report, "eva.bleu@medecin.mssante.fr", Audience::Professional, Some(&previous), &settings())
        .expect("a mail");
    for name in ["In-Reply-To", "References"] {
        assert_eq!(header(&mail, name).as_deref(), Some("<2.25.9@labo-charmes.mssante.fr>"));
    }
}

#[test]
fn the_ins_flag_is_o_only_with_a_qualified_matricule_and_all_its_traits() {
    type Forget = fn(&mut Traits);
    let forget: [(&str, Forget); 6] = [
        ("birth name", |it| it.birth_name.clear()),
        ("first given name", |it| it.first_given.clear()),
        ("given names", |it| it.given_names.clear()),
        ("birth date", |it| it.birth_date = None),
        ("sex", |it| it.sex = Sex::Unknown),
        ("birth place", |it| it.birth_place = None),
    ];
    let mut cases = vec![("complete".to_owned(), report(), "O")];
    for (name, forget) in forget {
        let mut report = report();
        report.patient = report.patient.with(|it| forget(&mut it.traits));
        cases.push((name.to_owned(), report, "N"));
    }
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = report();
        report.patient = report.patient.with(|it| it.status = status);
        cases.push((format!("{status:?}"), report, "N"));
    }
    let mut without = report();
    without.patient = without.patient.with(|it| it.ins = None);
    cases.push(("no matricule".into(), without, "N"));
    let mut real = report();
    real.patient = real.patient.with(|it| it.ins.iter_mut().for_each(|ins| ins.authority = InsAuthority::Nir));
    cases.push(("matricule of another environment".into(), real, "N"));
    for (case, report, expected) in cases {
        let mail = to_professional(&report);
        assert_eq!(header(&mail, "X-MSS-INS").as_deref(), Some(expected), "{case}");
        assert_eq!(header(&mail, "X-MSS-CODECDA").as_deref(), Some("11502-2"), "{case}");
        // The flag says what the document holds.
        assert_eq!(holds(&mail, MATRICULE), expected == "O", "{case}");
    }
}

#[test]
fn a_patient_is_written_to_at_their_own_qualified_ins_only() {
    let to_patient = |report: &Report, to: &str| mail_to(report, to, Audience::Patient, None, &settings());
    let mail = to_patient(&report(), PATIENT_BOX).expect("a mail");
    assert_eq!(header(&mail, "Reply-To").as_deref(), Some("patients@labo-charmes.mssante.fr"));
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        let mut report = report();
        report.patient = report.patient.with(|it| it.status = status);
        assert!(matches!(to_patient(&report, PATIENT_BOX), Err(MailError::NotThePatient)));
    }
    for other in ["207058575627097@patient.mssante.fr", "eva.bleu@medecin.mssante.fr"] {
        assert!(matches!(to_patient(&report(), other), Err(MailError::NotThePatient)), "{other}");
    }
    let wrong = mail_to(&report(), PATIENT_BOX, Audience::Professional, None, &settings());
    assert!(matches!(wrong, Err(MailError::NotAProfessional)));
}

#[test]
fn no_ins_is_in_the_mail_of_an_identity_that_is_not_qualified() {
    for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
        for report in [report(), next(&report(), ReportStatus::Final)] {
            let mut report = report;
            report.patient = report.patient.with(|it| it.status = status);
            let mail = to_professional(&report);
            assert!(!holds(&mail, MATRICULE) && !holds(&mail, &MATRICULE[..13]), "{status:?}");
        }
    }
}

#[test]
fn patients_may_answer_only_when_the_laboratory_wants_it() {
    for (answers, flag, sentence) in [
        (PatientAnswers::Refused, Some("FIN"), "n'attend pas de réponse"),
        (PatientAnswers::Accepted, None, "répondez à ce message"),
    ] {
        let settings = mssante::Settings { patient_answers: answers, ..settings() };
        let mail = mail_to(&report(), PATIENT_BOX, Audience::Patient, None, &settings);
        let mail = mail.expect("a mail");
        assert_eq!(header(&mail, "X-MSS-MES").as_deref(), flag);
        assert!(Received::decode(&mail).text.contains(sentence), "{answers:?}");
    }
}

#[test]
fn the_text_says_what_the_report_is_and_how_to_reach_the_laboratory() {
    let mut partial = report();
    partial.status = ReportStatus::Partial;
    let mut second = next(&report(), ReportStatus::Partial);
    second.status = ReportStatus::Partial;
    let (is_partial, completes, corrects) =
        ("est partiel", "complète et remplace le compte rendu partiel", "annule et remplace la version 1 ");
    let cases: [(Report, &[&str]); 5] = [
        (report(), &[]),
        (partial, &[is_partial]),
        (second, &[is_partial, completes]),
        (next(&report(), ReportStatus::Partial), &[completes]),
        (next(&report(), ReportStatus::Final), &[corrects]),
    ];
    for (n, (report, expected)) in cases.iter().enumerate() {
        for (to, audience, reply_to) in [
            ("eva.bleu@medecin.mssante.fr", Audience::Professional, "secretariat@"),
            (PATIENT_BOX, Audience::Patient, "patients@"),
        ] {
            let mail = mail_to(report, to, audience, None, &settings()).expect("a mail");
            let text = Received::decode(&mail).text;
            for sentence in [is_partial, completes, corrects] {
                // The patient never had the partial one.
                let is_theirs = sentence != completes || audience == Audience::Professional;
                let wanted = expected.contains(&sentence) && is_theirs;
                assert_eq!(text.contains(sentence), wanted, "case {n}, {audience:?}: {sentence}");
            }
            for fact in ["PAT-TROIS DOMINIQUE", "202411111123", "04/01/2024", "Dr Marcel CAMPARINI"] {
                assert!(text.contains(fact), "case {n}, {audience:?}: {fact}");
            }
            for secret in [MATRICULE, "Glucose", "5.10", "5,10", "{", "}"] {
                assert!(!text.contains(secret), "case {n}, {audience:?}: {secret}");
            }
            let last = text.trim_end().lines().last().expect("a last line");
            assert!(last.starts_with("Ce message a été envoyé automatiquement"), "{last}");
            assert!(last.contains(reply_to), "{last}");
        }
    }
}

#[test]
fn no_name_can_add_a_header_a_line_or_a_part() {
    let evil = "X\r\nBcc: a@b.mssante.fr\r\n\r\n--=_2.25.1labo\r\n";
    let mut report = named(evil, evil);
    report.patient = report.patient.with(|it| it.traits.used_name = Some(evil.into()));
    report.signer.family = evil.into();
    report.laboratory.name = evil.into();
    report.laboratory.phone = evil.into();
    report.request.number = evil.into();
    let mut settings = settings();
    settings.sender.label = evil.into();
    settings.nil = evil.into();
    settings.product.name = evil.into();
    let to = "eva.bleu@medecin.mssante.fr";
    let mail = mail_to(&report, to, Audience::Professional, None, &settings).expect("a mail");
    assert_eq!(header(&mail, "Bcc"), None);
    let received = Received::decode(&mail);
    assert_eq!(received.attachments.len(), 2);
    assert!(received.text.lines().all(|line| !line.starts_with("Bcc") && !line.starts_with("--")));
    assert!(!received.attachments[1].file_name.as_deref().expect("a name").contains(['\r', '\n']));
    assert_eq!(received.to.len(), 1);
    assert_eq!(received.to[0].address, to);
}

#[test]
fn a_message_larger_than_mailboxes_take_is_refused_before_it_is_sent() {
    let id = message_id(1);
    let to = address("eva.bleu@medecin.mssante.fr");
    let delivery = mssante::Delivery {
        address: &to,
        name: "",
        audience: Audience::Professional,
        message_id: &id,
        about: None,
        withdrawal: None,
        template: None,
        sent_at: at("2024-07-01T12:00:00Z"),
    };
    for (size, fits) in [(18_000_000, true), (19_000_000, false), (MAX_MESSAGE_BYTES, false)] {
        let documents = Documents { archive: &vec![b'x'; size], pdf: PDF };
        let mail = mssante::mail(&report(), &delivery, &documents, &settings());
        assert_eq!(mail.is_ok(), fits, "{size}");
        assert!(fits || matches!(mail, Err(MailError::TooLarge { .. })), "{size}");
    }
}

/// What Python's own mail and ZIP readers see, one fact a line.
const READ: &str = r#"
import sys, os, io, email, email.policy, zipfile
data = open(os.path.join(sys.argv[1], '0'), 'rb').read()
m = email.message_from_bytes(data, policy=email.policy.default)
assert not m.defects, m.defects
print(m['Subject'])
print(m['From'].addresses[0].display_name, m['From'].addresses[0].addr_spec)
print(m['To'].addresses[0].display_name, m['To'].addresses[0].addr_spec)
print(m['Message-ID'], m['X-MSS-INS'], m['X-MSS-NIL'])
print(m['Date'].datetime.isoformat())
print(m.get_content_type())
parts = list(m.iter_parts())
text = parts[0].get_content()
assert parts[0].get_content_charset() == 'utf-8'
print(text.strip().splitlines()[0])
for p in parts[1:]:
    assert p.get_content_disposition() == 'attachment' and not p.defects
    print(p.get_content_type(), p.get_filename())
z = zipfile.ZipFile(io.BytesIO(parts[1].get_content()))
assert z.testzip() is None
assert z.read('IHE_XDM/SUBSET01/DOC0001.XML').startswith(b'<?xml')
assert parts[2].get_content() == b'%PDF-1.4 invented'
whole = data + b''.join(z.read(n) for n in z.namelist()) + text.encode()
print('279035121518989' in whole.decode('latin-1'))
"#;

#[test]
fn another_reader_understands_the_mail_in_the_same_way() {
    let Some(python) = python("email") else {
        println!("skipped: the mail read by Python, there is none");
        return;
    };
    let mut provisional = named("Été-d’Arc", "Zoé");
    provisional.patient = provisional.patient.with(|it| it.status = IdentityStatus::Provisional);
    for (report, flag, has_ins, subject, name) in [
        (
            report(),
            "O",
            "True",
            "XDM/1.0/DDM+CR d'examens biologiques PAT-TROIS DOMINIQUE 28/03/1979",
            "PAT-TROIS_DOMINIQUE",
        ),
        (provisional, "N", "False", "XDM/1.0/DDM+CR d'examens biologiques ETE-D'ARC Zoe 28/03/1979", "ETE-D'ARC_Zoe"),
    ] {
        let said = judge(&python, &format!("mail-{flag}"), READ, &[&to_professional(&report)]);
        let expected = [
            subject,
            "Laboratoire des charmes – Biologie sgl@labo-charmes.mssante.fr",
            "Dr Éva BLEU eva.bleu@medecin.mssante.fr",
            &format!("<2.25.1@labo-charmes.mssante.fr> {flag} DEV935997"),
            "2024-07-01T14:00:00+02:00",
            "multipart/mixed",
            "Bonjour,",
            "application/zip IHE_XDM.zip",
            &format!("application/pdf 20240104_CR d'examens biologiques_{name}_202411111123.pdf"),
            has_ins,
        ];
        assert_eq!(said.lines().collect::<Vec<_>>(), expected);
    }
}
