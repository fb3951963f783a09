//! `IHE_XDM.zip`: the CDA document with its metadata, a page and a read-me file for people.
//!
//! In: a signed report, its CDA and the page that shows it. Out: the bytes of the archive, the same for every recipient of
//! the version: build it once, send it many times. Nothing in it but these two and the metadata names the patient.
//!
//! Source: IHE ITI TF-2 3.32; CI-SIS volet partage de documents de santé (métadonnées XDM); ISO 9660 level 1 names.

use crate::{
    MailError, Settings,
    body::day,
    texts::{self, Texts, fill},
};
use dmp::metadata::{LANGUAGE, Mask, document_entry, media_type, submission_set};
use jiff::Timestamp;
use lab::{
    id::Oid,
    report::{Report, Withdrawal},
};
use xds::{
    Slot, Submission,
    xdm::{self, Stamp, Subset, XdmContent, XdmFile},
};

/// Name of the attached file, which servers route on.
pub const ARCHIVE_NAME: &str = "IHE_XDM.zip";

/// Name of the page that shows the document, beside `INDEX.HTM`.
pub const PAGE_NAME: &str = "CR.HTM";

/// Name of the document in its subset.
const DOCUMENT_NAME: &str = "DOC0001.XML";
/// Tells what the document does to the one the recipient holds: `C`, replaces it; `D`, deletes it.
const ACTION_SLOT: &str = "urn:action:extraMetadataSlot";

/// What an archive is made of, beside the report.
#[derive(Clone, Copy)]
pub struct Content<'a> {
    /// The document, sent byte for byte as signed.
    pub cda: &'a [u8],
    /// Shows it to people without any software of theirs; left out of an archive that withdraws it.
    pub page: Option<&'a [u8]>,
    /// Those of the dossier, as in the DMP.
    pub masks: &'a [Mask],
    /// That the version is withdrawn: the archive then names the document to delete.
    pub withdrawal: Option<&'a Withdrawal>,
}
lab::redact_debug!(Content<'_>);

/// Builds the archive of a version, or of its withdrawal.
///
/// `INDEX.HTM` leads to the page: a browser that opens the document from a disk shows nothing. A withdrawal brings the same
/// document, flagged `D`, and a page that only says that it is withdrawn.
/// The submission set is numbered after the version and dated of its signature, or after and of the withdrawal: the
/// archive is always the same bytes. The patient is identified by their INS when it may be sent, by our own number
/// otherwise.
/// Errors: [`MailError::Archive`], beyond the bounds of a ZIP file.
///
/// Source: CI-SIS volet transmission au LPS, remplacement et suppression (`urn:action:extraMetadataSlot`).
pub fn archive(report: &Report, content: &Content<'_>, settings: &Settings) -> Result<Vec<u8>, MailError> {
    let submission = submission(report, content, settings);
    let texts = &texts::fr::TEXTS;
    let page = content.page.filter(|_| content.withdrawal.is_none());
    let page = page.map(|bytes| XdmFile { name: PAGE_NAME, bytes });
    let (index, readme) = match content.withdrawal {
        Some(withdrawal) => {
            (withdrawn_index(report, withdrawal, texts), readme(report, texts.readme_withdrawn, settings, texts))
        }
        None => {
            let more = if page.is_some() { texts.readme_page } else { "" };
            (index(report, page.is_some(), texts), readme(report, more, settings, texts))
        }
    };
    let content = XdmContent {
        index_html: &index,
        readme: &readme,
        pages: page.as_slice(),
        subsets: &[Subset { submission: &submission, files: &[XdmFile { name: DOCUMENT_NAME, bytes: content.cda }] }],
        modified: stamp(report, content.withdrawal.map_or(report.signed_at, |it| it.at)),
    };
    Ok(xdm::archive(&content)?)
}

fn submission(report: &Report, content: &Content<'_>, settings: &Settings) -> Submission {
    let mut entry = document_entry(report, content.masks, &settings.source);
    entry.mime_type = media_type(content.cda).into();
    entry.describe_file(DOCUMENT_NAME, content.cda);
    let action = match (content.withdrawal, &report.ids.replaces) {
        (Some(_), _) => Some("D"),
        (None, Some(_)) => Some("C"),
        (None, None) => None,
    };
    entry.extra_slots.extend(action.map(|action| Slot::new(ACTION_SLOT, action)));
    let (id, at) = match content.withdrawal {
        Some(withdrawal) => (withdrawal.id.0, withdrawal.at),
        None => (report.ids.version.0, report.signed_at),
    };
    let set = submission_set(report, &Oid::from_uuid(id), at, &settings.source);
    Submission::new(set, vec![entry], LANGUAGE)
}

/// A page without style, script or anything to load: two or three links, the one to read first.
fn index(report: &Report, has_page: bool, texts: &Texts) -> String {
    let values = [("laboratory", report.laboratory.name.as_str()), ("date", &day(report.signed_at, &report.zone))];
    let mut w = xml::Writer::with_capacity(1024);
    w.constant("<!DOCTYPE html>\n");
    w.open("html").attr("lang", texts.lang);
    w.open("head").constant("<meta charset=\"utf-8\">").element("title", &report.title()).close();
    w.open("body").element("h1", &report.title());
    w.element("p", &fill(texts.index_sender, &values));
    w.open("ul");
    let document = format!("IHE_XDM/SUBSET01/{DOCUMENT_NAME}");
    let page = has_page.then_some((PAGE_NAME, texts.index_page));
    let files = [(document.as_str(), texts.index_document), ("README.TXT", texts.index_readme)];
    for (href, label) in page.into_iter().chain(files) {
        w.open("li").open("a").attr("href", href).text(label).close().close();
    }
    w.close();
    if has_page {
        w.element("p", texts.index_pdf);
    }
    w.close().close();
    String::from_utf8(w.finish()).unwrap_or_default()
}

/// The page of a withdrawal: what is withdrawn and why; no link to what must not be read any more.
fn withdrawn_index(report: &Report, withdrawal: &Withdrawal, texts: &Texts) -> String {
    let values = [
        ("number", report.request.number.as_str()),
        ("version", &report.ids.number.to_string()),
        ("signed", &day(report.signed_at, &report.zone)),
        ("date", &day(withdrawal.at, &report.zone)),
        ("laboratory", report.laboratory.name.as_str()),
        ("reason", texts.reason(withdrawal.reason)),
    ];
    let title = fill(texts.index_withdrawn_title, &[("title", &report.title())]);
    let mut w = xml::Writer::with_capacity(1024);
    w.constant("<!DOCTYPE html>\n");
    w.open("html").attr("lang", texts.lang);
    w.open("head").constant("<meta charset=\"utf-8\">").element("title", &title).close();
    w.open("body").element("h1", &title);
    w.element("p", &fill(texts.index_withdrawn, &values));
    w.open("p").open("a").attr("href", "README.TXT").text(texts.index_readme).close().close();
    w.close().close();
    String::from_utf8(w.finish()).unwrap_or_default()
}

/// Lines ended by CRLF, for the simplest of readers; `more` are the last ones.
fn readme(report: &Report, more: &str, settings: &Settings, texts: &Texts) -> String {
    let laboratory = &report.laboratory;
    let mut address = laboratory.address.lines.clone();
    address.push(format!("{} {}", laboratory.address.postal_code, laboratory.address.city));
    let title = report.title();
    let values = [
        ("title", title.as_str()),
        ("laboratory", laboratory.name.as_str()),
        ("address", &address.join(", ")),
        ("phone", &laboratory.phone),
        ("product", &settings.product.name),
        ("version", &settings.product.version),
        ("vendor", &settings.product.vendor),
    ];
    format!("{}{more}", fill(texts.readme, &values)).replace('\n', "\r\n")
}

/// A time where the laboratory is. Years before 1980 cannot be written: the first one is.
fn stamp(report: &Report, at: Timestamp) -> Stamp {
    let at = report.zone.to_datetime(at);
    // Every field of a civil time is positive; a year that is not falls out of the bounds of ZIP anyway.
    let small = |field: i8| field.unsigned_abs();
    Stamp {
        year: at.year().unsigned_abs(),
        month: small(at.month()),
        day: small(at.day()),
        hour: small(at.hour()),
        minute: small(at.minute()),
        second: small(at.second()),
    }
}
