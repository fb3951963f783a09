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
use lab::{id::Oid, report::Report};
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
/// Tells what the document does to the one the recipient holds: `C`, replaces it.
const ACTION_SLOT: &str = "urn:action:extraMetadataSlot";

/// Builds the archive of a version.
///
/// `cda` is sent byte for byte as signed; `page` shows it to people without any software of theirs, and `INDEX.HTM`
/// leads there: a browser that opens the document from a disk shows nothing. `masks` are those of the dossier, as in the DMP.
/// The submission set is numbered after the version, its time is the one of the signature: the archive of a version is
/// always the same bytes. The patient is identified by their INS when it may be sent, by our own number otherwise.
/// Errors: [`MailError::Archive`], beyond the bounds of a ZIP file.
///
/// Source: CI-SIS volet transmission au LPS, remplacement (`urn:action:extraMetadataSlot`).
pub fn archive(
    report: &Report,
    cda: &[u8],
    page: Option<&[u8]>,
    masks: &[Mask],
    settings: &Settings,
) -> Result<Vec<u8>, MailError> {
    let submission = submission(report, cda, masks, settings);
    let texts = &texts::fr::TEXTS;
    let page = page.map(|bytes| XdmFile { name: PAGE_NAME, bytes });
    let content = XdmContent {
        index_html: &index(report, page.is_some(), texts),
        readme: &readme(report, page.is_some(), settings, texts),
        pages: page.as_slice(),
        subsets: &[Subset { submission: &submission, files: &[XdmFile { name: DOCUMENT_NAME, bytes: cda }] }],
        modified: stamp(report),
    };
    Ok(xdm::archive(&content)?)
}

fn submission(report: &Report, cda: &[u8], masks: &[Mask], settings: &Settings) -> Submission {
    let mut entry = document_entry(report, masks, &settings.source);
    entry.mime_type = media_type(cda).into();
    entry.describe_file(DOCUMENT_NAME, cda);
    if report.ids.replaces.is_some() {
        entry.extra_slots.push(Slot::new(ACTION_SLOT, "C"));
    }
    let unique_id = Oid::from_uuid(report.ids.version.0);
    let set = submission_set(report, &unique_id, report.signed_at, &settings.source);
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

/// Lines ended by CRLF, for the simplest of readers.
fn readme(report: &Report, has_page: bool, settings: &Settings, texts: &Texts) -> String {
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
    let page = if has_page { texts.readme_page } else { "" };
    format!("{}{page}", fill(texts.readme, &values)).replace('\n', "\r\n")
}

/// The time of the signature where the laboratory is. Years before 1980 cannot be written: the first one is.
fn stamp(report: &Report) -> Stamp {
    let at = report.zone.to_datetime(report.signed_at);
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
