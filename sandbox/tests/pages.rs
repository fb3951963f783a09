//! The pages of a whole sandbox over loopback: fed by mail and by a deposit, read as a browser
//! does, and attacked by what a hostile sender may write.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::time::Duration;

use mail::{Address, Attachment, Date, Mailbox, Message, MessageId, Report};
use sandbox::dmp::{Fault, Status};
use sandbox::mss::FaultPlan;
use sandbox::{Sandbox, Settings, StartError};
use transport::credentials::Credentials;
use transport::http::{Client, Limits, Response};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpSettings};
use transport::tls::{ClientTls, Security, Versions, client_config};
use xds::iti41::{self, Document};
use xds::xdm::{Stamp, Subset, XdmContent, XdmFile};
use xds::{Author, Code, Cx, DocumentEntry, Dtm, SourcePatientInfo, Submission, SubmissionSet, Xcn, Xon};

const INS: &str = "279035121518989";
const INS_OID: &str = "1.2.250.1.213.1.4.10";
const SENDER: &str = "sgl_auto@labo.mssante.fr";
const PATIENT: &str = "279035121518989@patient.mssante.fr";
const WAIT: Duration = Duration::from_secs(10);
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n";
const SIMULATION: &str = "Bac à sable : simulation des services nationaux.</strong> Rien ici n'est réel.";

struct Site {
    sandbox: Sandbox,
    client: Client,
}

async fn site() -> Site {
    let settings = Settings { open_dmps: vec![INS.to_owned()], ..Settings::default() };
    let sandbox = Sandbox::start(settings).await.unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    Site { sandbox, client: Client::new(tls, Limits::default()) }
}

impl Site {
    async fn get(&self, path: &str) -> Response {
        let url = format!("http://{}{path}", self.sandbox.http_addr);
        self.client.get(&url, &[], WAIT).await.unwrap()
    }

    /// The text of a page, once sure that it is one of ours.
    async fn page(&self, path: &str) -> String {
        let answer = self.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        let html = String::from_utf8(answer.body.to_vec()).unwrap();
        assert!(html.contains(SIMULATION), "{path} says that it is a simulation");
        // Every `<` that is not ours is escaped, so these are all the tags.
        for tag in html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or_default()) {
            let name = tag.split([' ', '\n']).next().unwrap();
            let loads = ["script", "style", "img", "iframe", "object", "embed", "svg", "base"];
            assert!(!loads.contains(&name), "{path} holds {name}");
            for attribute in [" src=\"", " style=\"", " on", " http-equiv"] {
                assert!(!tag.contains(attribute), "{path} holds{attribute}");
            }
        }
        for link in html.split("href=\"").skip(1).chain(html.split("action=\"").skip(1)) {
            assert!(link.starts_with('/') || link.starts_with('#'), "{path} links outside");
        }
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{path}: {policy}");
        assert!(!policy.contains("unsafe"), "{path}");
        html
    }

    async fn post(&self, path: &str, form: &str) -> Response {
        self.post_from(path, form, &[]).await
    }

    async fn post_from(&self, path: &str, form: &str, extra: &[(&str, &str)]) -> Response {
        let url = format!("http://{}{path}", self.sandbox.http_addr);
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded")];
        headers.extend_from_slice(extra);
        self.client.post(&url, &headers, form.as_bytes().to_vec(), WAIT).await.unwrap()
    }

    async fn send(&self, message: &[u8]) -> u64 {
        let mss = &self.sandbox.mss;
        let tls =
            ClientTls { roots_pem: mss.ca_pem.as_bytes(), versions: Versions::Tls12AndLater, ..ClientTls::default() };
        let config = client_config(&tls).unwrap();
        let security = Security::StartTls { config, server_name: "localhost".to_owned() };
        let credentials = Credentials::Password { login: SENDER.to_owned(), password: String::new() };
        let client = SmtpClient::new(SmtpSettings {
            credentials: Some(credentials),
            ..SmtpSettings::new("127.0.0.1", mss.smtp_addr.port(), security)
        });
        let envelope = Envelope { from: SENDER, to: PATIENT, envelope_id: None, notify: Notify::Everything };
        let outcome = client.send(&envelope, message).await;
        assert!(matches!(outcome, Outcome::Accepted { .. }), "{outcome:?}");
        mss.messages(PATIENT, 1)[0].id
    }

    async fn deposit(&self, unique_id: &str, replaces: Option<&str>, visibility: Option<&str>) {
        let (submission, bytes) = submission(unique_id, replaces, visibility);
        let mut submission = submission;
        if let Some(old) = replaces {
            let documents = self.sandbox.dmp.documents();
            let old = documents.iter().find(|document| document.unique_id == old).unwrap();
            submission.replace("Document01", &old.entry_uuid);
        }
        let url = &self.sandbox.urls.dmp_repository;
        let addressing = soap::Addressing::request("urn:uuid:1", url, iti41::ACTION);
        let documents = [Document::new("Document01", &bytes)];
        let message = iti41::encode_mtom(&submission, &documents, &addressing, &[], "b0und4ry", "sgl.test");
        let headers = [("Content-Type", message.content_type.as_str())];
        self.client.post(url, &headers, message.body, WAIT).await.unwrap();
        let transactions = self.sandbox.dmp.transactions();
        assert!(transactions.last().unwrap().errors.is_empty(), "{transactions:?}");
    }
}

fn cda(unique_id: &str, replaces: Option<&str>) -> Vec<u8> {
    let related = replaces.map_or(String::new(), |old| {
        format!(
            "<relatedDocument typeCode=\"RPLC\"><parentDocument><id root=\"{old}\"/></parentDocument></relatedDocument>"
        )
    });
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ClinicalDocument xmlns=\"urn:hl7-org:v3\">\
         <id root=\"{unique_id}\"/><code code=\"11502-2\"/><recordTarget><patientRole>\
         <id extension=\"{INS}\" root=\"{INS_OID}\"/></patientRole></recordTarget>{related}\
         <component><structuredBody><component><section><title>Hormonologie</title><text><table>\
         <tbody><tr><td>TSH</td><td>2,1 mUI/L</td></tr></tbody></table></text><entry>\
         <observationMedia><value mediaType=\"application/pdf\" representation=\"B64\">{}</value>\
         </observationMedia></entry></section></component></structuredBody></component>\
         </ClinicalDocument>",
        mail::base64::encode(PDF)
    )
    .into_bytes()
}

fn submission(unique_id: &str, replaces: Option<&str>, visibility: Option<&str>) -> (Submission, Vec<u8>) {
    let bytes = cda(unique_id, replaces);
    let patient = Cx::new(INS, INS_OID, "NH");
    let code = |code: &str| Some(Code::new(code, "1.2.3", "libellé"));
    let time = Dtm::new("20240104150527");
    let author = Author {
        person: Some(Xcn {
            id: "801234534765".into(),
            family: "CAMPARINI".into(),
            given: "Marcel".into(),
            authority: "1.2.250.1.71.4.2.1".into(),
            name_type: "D".into(),
            id_type: "IDNPS".into(),
        }),
        institutions: vec![Xon {
            name: "Laboratoire des <charmes>".into(),
            authority: "1.2.250.1.71.4.2.2".into(),
            id_type: "IDNST".into(),
            id: "1120459876".into(),
        }],
        ..Author::default()
    };
    let confidentiality_codes = [Some("N"), visibility].into_iter().flatten();
    let mut entry = DocumentEntry {
        id: "Document01".into(),
        authors: vec![author.clone()],
        class_code: code("10"),
        confidentiality_codes: confidentiality_codes
            .map(|code| Code::new(code, "1.2.250.1.213.1.1.4.13", "libellé"))
            .collect(),
        creation_time: time.clone(),
        format_code: code("urn:ihe:lab:xd-lab:2008"),
        healthcare_facility_type: code("SA25"),
        language_code: Some("fr-FR".into()),
        legal_authenticator: author.person.clone(),
        mime_type: "text/xml".into(),
        patient_id: Some(patient.clone()),
        practice_setting: code("AMBULATOIRE"),
        service_start_time: time.clone(),
        source_patient_id: Some(Cx::new("1234", "1.2.3.4", "PI")),
        source_patient_info: Some(SourcePatientInfo { sex: Some("F".into()), ..SourcePatientInfo::default() }),
        title: Some("CR d'examens biologiques".into()),
        type_code: code("11502-2"),
        unique_id: Some(unique_id.into()),
        ..DocumentEntry::default()
    };
    entry.describe_file("DOC0001.XML", &bytes);
    let set = SubmissionSet {
        id: "SubmissionSet01".into(),
        authors: vec![author],
        content_type: code("07"),
        patient_id: Some(patient),
        source_id: Some("1.2.3.4".into()),
        submission_time: time,
        unique_id: Some(format!("{unique_id}.99")),
        ..SubmissionSet::default()
    };
    (Submission::new(set, vec![entry], "FR"), bytes)
}

fn xdm() -> Vec<u8> {
    let (submission, bytes) = submission("1.2.3.1", None, Some("INVISIBLE_PATIENT"));
    let files = [XdmFile { name: "DOC0001.XML", bytes: &bytes }];
    xds::xdm::archive(&XdmContent {
        index_html: "<html><script>alert(1)</script></html>",
        readme: "Archive de test.",
        pages: &[],
        subsets: &[Subset { submission: &submission, files: &files }],
        modified: Stamp { year: 2024, month: 1, day: 4, hour: 16, minute: 5, second: 0 },
    })
    .unwrap()
}

fn message(subject: &str, text: &str, attachments: &[Attachment<'_>]) -> Vec<u8> {
    let from = Address::parse(SENDER).unwrap();
    let to = Address::parse(PATIENT).unwrap();
    Message {
        date: Date { seconds_since_epoch: 1_704_360_030, offset_minutes: 60 },
        message_id: &MessageId::parse("d-1@labo.mssante.fr").unwrap(),
        from: Mailbox { display_name: Some("Laboratoire & <fils>"), address: &from },
        to: &[Mailbox::bare(&to)],
        reply_to: None,
        subject,
        in_reply_to: None,
        references: &[],
        disposition_notification_to: Some(&from),
        return_receipt_to: None,
        extra: &[("X-MSS-INS", "O"), ("X-MSS-CODECDA", "11502-2")],
        text,
        attachments,
        boundary: "b-1",
    }
    .encode()
    .unwrap()
}

fn file<'a>(media_type: &'a str, file_name: &'a str, content: &'a [u8]) -> Attachment<'a> {
    Attachment { media_type, file_name, content }
}

/// What the page offers in front of a file of the archive.
fn link_before<'a>(html: &'a str, name: &str) -> &'a str {
    let after = html.split(name).nth(1).unwrap();
    after.split("href=\"").nth(1).unwrap().split('"').next().unwrap()
}

#[tokio::test]
async fn an_empty_sandbox_shows_where_its_services_are() {
    let site = site().await;
    for path in ["/", "/boites", "/dmp", "/pannes", "/boites/a%40b.mssante.fr", "/dmp/1"] {
        site.page(path).await;
    }
    let overview = site.page("/").await;
    assert!(overview.contains(&site.sandbox.mss.smtp_addr.to_string()));
    assert!(overview.contains(&site.sandbox.mss.imap_addr.to_string()));
    assert!(overview.contains(&site.sandbox.urls.dmp_repository));
    assert!(overview.contains("Aucune panne en cours"));
    let authority = site.get("/autorite.pem").await;
    assert_eq!(authority.body, site.sandbox.mss.ca_pem.as_bytes());
    let style = site.get("/style.css").await;
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(!String::from_utf8(style.body.to_vec()).unwrap().contains("url("));
    for path in ["/inconnue", "/messages/9", "/documents/1.2.3", "/messages/9/pieces/0"] {
        let answer = site.get(path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(String::from_utf8(answer.body.to_vec()).unwrap().contains(SIMULATION));
    }
}

#[tokio::test]
async fn a_mail_shows_its_headers_its_files_and_its_opened_archive() {
    let site = site().await;
    let archive = xdm();
    let files = [file("application/zip", "IHE_XDM.zip", &archive), file("application/pdf", "CR.pdf", PDF)];
    let bytes = message("XDM/1.0/DDM+CR", "Résultat joint.", &files);
    let id = site.send(&bytes).await;
    assert!(site.page("/boites").await.contains("279035121518989%40patient.mssante.fr"));
    let mailbox = site.page("/boites/279035121518989%40patient.mssante.fr").await;
    assert!(mailbox.contains("XDM/1.0/DDM+CR") && mailbox.contains("non lu"));

    let page = site.page(&format!("/messages/{id}")).await;
    for text in [
        "<dt>X-MSS-INS</dt><dd>O</dd>",
        "<dt>X-MSS-CODECDA</dt><dd>11502-2</dd>",
        "<dt>Message-ID</dt><dd>d-1@labo.mssante.fr</dd>",
        "Résultat joint.",
        "IHE_XDM/SUBSET01/METADATA.XML",
        "Structure XDM, empreintes et tailles vérifiées",
        "invisible au patient (INVISIBLE_PATIENT)",
        "04/01/2024 16:05:27",
    ] {
        assert!(page.contains(text), "{text}");
    }

    let document = site.get(link_before(&page, "SUBSET01/DOC0001.XML")).await;
    assert_eq!(document.body, cda("1.2.3.1", None));
    assert_eq!(document.header("content-type"), Some("text/plain; charset=utf-8"));
    let metadata = site.get(link_before(&page, "METADATA.XML")).await;
    assert!(String::from_utf8(metadata.body.to_vec()).unwrap().contains("SubmitObjectsRequest"));
    let index = site.get(link_before(&page, "INDEX.HTM")).await;
    assert_eq!(index.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(index.header("x-content-type-options"), Some("nosniff"));

    let pdf = site.get(&format!("/messages/{id}/pieces/1")).await;
    assert_eq!(pdf.body, PDF);
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert_eq!(pdf.header("content-disposition"), Some("inline; filename=\"CR.pdf\""));
    let zip = site.get(&format!("/messages/{id}/pieces/0")).await;
    assert_eq!(zip.body, archive);
    assert_eq!(zip.header("content-type"), Some("application/zip"));
    assert!(zip.header("content-disposition").unwrap().starts_with("attachment"));
    let source = site.get(&format!("/messages/{id}/source")).await;
    assert!(source.body.ends_with(&bytes));
    assert_eq!(source.header("content-type"), Some("text/plain; charset=utf-8"));
}

#[tokio::test]
async fn the_recipient_answers_from_the_page_by_a_receipt_or_an_integration_failure() {
    let site = site().await;
    let id = site.send(&message("XDM/1.0/DDM+CR", "Résultat.", &[])).await;
    let answers = || -> Vec<mail::Decoded> {
        let mss = &site.sandbox.mss;
        let newest_first = mss.messages(SENDER, 10).into_iter();
        newest_first
            .map(|m| mail::report::decode(&mss.message(m.id).unwrap()))
            .filter(|answer| !matches!(answer.report, Report::Delivery(_)))
            .collect()
    };
    let path = format!("/messages/{id}/accuse");
    let answer = site.post(&path, "acte=lu").await;
    assert_eq!(answer.status, 303);
    let next = answer.header("location").unwrap();
    assert!(site.page(next).await.contains("La réponse est partie"));
    assert!(site.sandbox.mss.messages(PATIENT, 1)[0].is_seen);
    let sent = answers();
    assert_eq!(sent.len(), 1);
    let displayed = mail::report::DispositionKind::Displayed;
    assert!(matches!(&sent[0].report, Report::Disposition(read) if read.kind == displayed));

    assert_eq!(site.post(&path, "acte=echec&code=902&volet=1.1.3").await.status, 303);
    assert_eq!(answers()[0].integration_failure.as_ref().map(|failure| failure.code), Some(902));
    // The answer itself is a message that people can read.
    let id = site.sandbox.mss.messages(SENDER, 1)[0].id;
    assert!(site.page(&format!("/messages/{id}")).await.contains("Original-Message-ID"));

    for bad in ["acte=echec&code=999", "acte=autre"] {
        assert_eq!(site.post(&path, bad).await.status, 400, "{bad}");
    }
    assert_eq!(site.post("/messages/999/accuse", "acte=lu").await.status, 404);
    assert_eq!(answers().len(), 2);
}

#[tokio::test]
async fn nothing_a_hostile_sender_writes_becomes_markup_or_a_header() {
    let site = site().await;
    let attack = "\"><script>alert('x')</script><img src=x onerror=alert(1)>";
    let name = "\"><script>x</script>\r\nSet-Cookie: a=b.html";
    let body = b"<html><script>alert(1)</script></html>".as_slice();
    let files = [
        file("text/html", name, body),
        file("application/pdf", "faux.pdf", body),
        file("application/zip", "x.zip", b"PK\x03\x04 broken"),
    ];
    let id = site.send(&message(&format!("XDM/1.0/DDM+CR {attack}"), attack, &files)).await;
    for path in ["/boites/279035121518989%40patient.mssante.fr".into(), format!("/messages/{id}")] {
        let html = site.page(&path).await;
        assert!(html.contains("&#60;script&#62;alert(&#39;x&#39;)"), "{path}");
        assert!(!html.contains("<img"), "{path}");
    }
    let page = site.page(&format!("/messages/{id}")).await;
    assert!(page.contains("Cette archive ne se lit pas"));
    assert!(page.contains("Laboratoire &#38; &#60;fils&#62;"));

    let html = site.get(&format!("/messages/{id}/pieces/0")).await;
    assert_eq!(html.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(html.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(html.header("set-cookie"), None);
    let fake = site.get(&format!("/messages/{id}/pieces/1")).await;
    assert_eq!(fake.header("content-type"), Some("application/octet-stream"));
    assert!(fake.header("content-disposition").unwrap().starts_with("attachment"));

    let search = site.page("/boites?q=%22%3E%3Cscript%3E").await;
    assert!(search.contains("value=\"&#34;&#62;&#60;script&#62;\""));
    site.page("/boites/%22%3E%3Cscript%3E").await;
    site.page("/dmp/%22%3E%3Cscript%3E").await;
}

#[tokio::test]
async fn a_message_that_is_not_a_message_still_has_a_page() {
    let site = site().await;
    for bytes in [
        b"no header at all\r\n".as_slice(),
        b"Subject: =?UTF-8?B?PHNjcmlwdD4=?=\r\nContent-Type: text/html\r\n\r\n<script>x</script>\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n--\r\n",
    ] {
        let id = site.send(bytes).await;
        site.page(&format!("/messages/{id}")).await;
    }
}

#[tokio::test]
async fn a_patient_has_documents_with_versions_visibility_and_pdf_copies() {
    let site = site().await;
    site.deposit("1.2.3.1", None, Some("INVISIBLE_PATIENT")).await;
    let hidden = site.page(&format!("/dmp/{INS}")).await;
    assert!(hidden.contains("non : invisible au patient"));
    assert!(hidden.contains("title=\"INVISIBLE_PATIENT\">invisible au patient"));
    assert!(hidden.contains("Laboratoire des &#60;charmes&#62;"));
    site.deposit("1.2.3.2", Some("1.2.3.1"), None).await;
    let documents = site.sandbox.dmp.documents();
    assert_eq!(documents[0].status, Status::Deprecated);

    let list = site.page("/dmp").await;
    let counts = "</a></td><td class=\"number\">2</td><td class=\"number\">1</td>\
                  <td class=\"number\">1</td>";
    assert!(list.contains(&format!("{INS}{counts}")), "two documents, one in force, one shown");
    let patient = site.page(&format!("/dmp/{INS}")).await;
    let (new, old) = (patient.find(">v2 ").unwrap(), patient.find(">v1 ").unwrap());
    assert!(new < old, "newest first");
    assert!(patient.contains("title=\"Approved\">En vigueur"));
    assert!(patient.contains("title=\"Deprecated\">Remplacé"));
    assert!(patient.contains("remplace <a href=\"/documents/1.2.3.1\">"));
    assert!(patient.contains("remplacé par <a href=\"/documents/1.2.3.2\">"));
    assert!(patient.contains("non : remplacé") && patient.contains(">oui<"));
    assert!(patient.contains(&documents[1].entry_uuid));

    let document = site.page("/documents/1.2.3.2").await;
    assert!(document.contains("Hormonologie") && document.contains("TSH  |  2,1 mUI/L"));
    let shown = site.get("/documents/1.2.3.2/cda").await;
    assert_eq!(shown.body, cda("1.2.3.2", Some("1.2.3.1")));
    assert_eq!(shown.header("content-type"), Some("text/plain; charset=utf-8"));
    let downloaded = site.get("/documents/1.2.3.2/cda?telecharger=1").await;
    assert_eq!(downloaded.header("content-disposition"), Some("attachment; filename=\"1.2.3.2.xml\""));
    let pdf = site.get("/documents/1.2.3.2/pdf/0").await;
    assert_eq!(pdf.body, PDF);
    assert_eq!(pdf.header("content-type"), Some("application/pdf"));
    assert_eq!(site.get("/documents/1.2.3.2/pdf/1").await.status, 404);
    let overview = site.page("/").await;
    assert!(overview.contains("ITI-41") && overview.contains("acceptée"));
}

#[tokio::test]
async fn a_dmp_is_opened_and_closed_from_the_page() {
    let site = site().await;
    assert_eq!(site.post("/dmp", &format!("ins={INS}&acte=fermer")).await.status, 303);
    let (submission, bytes) = submission("1.2.3.1", None, None);
    let url = &site.sandbox.urls.dmp_repository;
    let addressing = soap::Addressing::request("urn:uuid:1", url, iti41::ACTION);
    let documents = [Document::new("Document01", &bytes)];
    let message = iti41::encode_mtom(&submission, &documents, &addressing, &[], "b", "sgl.test");
    let headers = [("Content-Type", message.content_type.as_str())];
    site.client.post(url, &headers, message.body.clone(), WAIT).await.unwrap();
    assert_eq!(site.sandbox.dmp.transactions()[0].errors, ["DMPClosed"]);
    assert!(site.page("/").await.contains("DMPClosed"));
    assert_eq!(site.post("/dmp", "ins=2+79+03+51+215+189+89&acte=ouvrir").await.status, 303);
    site.client.post(url, &headers, message.body, WAIT).await.unwrap();
    assert_eq!(site.sandbox.dmp.documents().len(), 1);
    assert_eq!(site.post("/dmp", "ins=123&acte=ouvrir").await.status, 400);
}

#[tokio::test]
async fn faults_start_and_stop_from_the_page() {
    let site = site().await;
    let mail = |form: &'static str| site.post("/pannes/messagerie", form);
    assert_eq!(mail("panne=refus&code=452&prochains=2").await.status, 303);
    assert_eq!(mail("panne=non-remis&forme=texte&prochains=1").await.status, 303);
    assert_eq!(site.post("/pannes/dmp", "panne=lenteur&ms=40&prochains=").await.status, 303);
    let plan = site.sandbox.mss.faults().get();
    assert_eq!(plan.refuse.as_ref().map(|r| (r.code, r.times)), Some((452, 2)));
    assert_eq!(plan.bounces, 1);
    assert_eq!(site.sandbox.dmp.faults().active()[0].fault, Fault::Slow { ms: 40 });
    let page = site.page("/pannes").await;
    assert!(page.contains("452, encore 2 fois") && page.contains("lenteur de 40 ms"));
    assert!(site.page("/").await.contains("Pannes en cours"));

    assert_eq!(mail("panne=liste-grise&code=451&delai=90&boite=dr%40chb.mssante.fr").await.status, 303);
    assert_eq!(mail("panne=boite-pleine&forme=renvoi&delai=5&prochains=4").await.status, 303);
    assert_eq!(mail("panne=tls-lent&delai=7").await.status, 303);
    assert_eq!(mail("panne=tls-coupe&prochains=1").await.status, 303);
    assert_eq!(mail("panne=tls-illisible&prochains=").await.status, 303);
    let page = site.page("/pannes").await;
    for state in [
        "451, délai de 90 s, jusqu&#39;à l&#39;arrêt de la panne, pour dr@chb.mssante.fr",
        "renvoi après 5 s, encore 4 fois",
        "7 s, jusqu&#39;à l&#39;arrêt de la panne",
    ] {
        assert!(page.contains(state), "{state}");
    }
    let tags = page.split('<').map(|tag| tag.split('>').next().unwrap());
    let fields = tags.filter(|tag| tag.starts_with("input ") || tag.starts_with("select "));
    for field in fields.filter(|tag| !tag.contains("type=\"hidden\"")) {
        let id = field.split(" id=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or(field);
        assert_eq!(page.matches(&format!("<label for=\"{id}\">")).count(), 1, "{id}");
    }
    let overview = site.page("/").await;
    for fault in ["liste grise (", "boîte pleine (", "TLS lent (", "TLS coupé (", "TLS illisible ("] {
        assert!(overview.contains(fault), "{fault}");
    }

    assert_eq!(mail("panne=refus&acte=arreter").await.status, 303);
    assert_eq!(site.sandbox.mss.faults().get().refuse, None);
    assert_eq!(mail("panne=inconnue").await.status, 400);
    assert_eq!(site.post("/pannes/arret", "service=tout").await.status, 303);
    assert_eq!(site.sandbox.mss.faults().get().bounces, FaultPlan::default().bounces);
    assert!(site.sandbox.dmp.faults().active().is_empty());
}

#[tokio::test]
async fn another_site_can_not_act_through_a_browser() {
    let site = site().await;
    let form = "panne=arret&prochains=1";
    let own = format!("http://{}", site.sandbox.http_addr);
    for headers in [
        [("Origin", "https://ailleurs.example")],
        [("Origin", "null")],
        [("Sec-Fetch-Site", "cross-site")],
        [("Sec-Fetch-Site", "same-site")],
    ] {
        let answer = site.post_from("/pannes/messagerie", form, &headers).await;
        assert_eq!(answer.status, 403, "{headers:?}");
    }
    assert!(!site.sandbox.mss.faults().get().down);
    let answer = site.post_from("/pannes/messagerie", form, &[("Origin", &own)]).await;
    assert_eq!(answer.status, 303);
    assert!(site.sandbox.mss.faults().get().down);
}

#[tokio::test]
async fn the_control_api_and_the_pages_share_one_port_that_closes_at_the_end() {
    let site = site().await;
    assert_eq!(site.get("/sandbox/mss/statistics").await.status, 200);
    assert_eq!(site.get("/sandbox/dmp/faults").await.status, 200);
    assert!(site.sandbox.urls.mss_faults.ends_with("/sandbox/mss/faults"));
    let http = site.sandbox.http_addr;
    site.sandbox.shutdown();
    let closed = async {
        while tokio::net::TcpStream::connect(http).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(WAIT, closed).await.unwrap();
}

#[tokio::test]
async fn http_is_not_served_beyond_this_machine() {
    let settings = Settings { http_bind: "0.0.0.0:0".parse().unwrap(), ..Settings::default() };
    assert!(matches!(Sandbox::start(settings).await, Err(StartError::NotLoopback)));
}
