//! What the file says of itself, twice: Info dictionary and XMP packet, which PDF/A wants equal.
//!
//! In: a report or a laid out document. Out: the facts, the packet, the file identifier. Holds the dossier number, no trait of the patient.

use crate::document::{Sheet, instant};
use jiff::{Timestamp, Zoned, tz::TimeZone};
use lab::report::Report;
use pdf_writer::Date;

/// The program that made the file.
pub(super) const PRODUCER: &str = "Paillasse";

/// Facts about the file.
pub(super) struct Metadata {
    pub(super) title: String,
    pub(super) author: String,
    signed_at: Zoned,
    document: String,
}

impl Metadata {
    pub(super) fn new(report: &Report) -> Self {
        Self {
            title: plain(&format!("{}, dossier {}", report.title(), report.request.number)),
            author: plain(&report.laboratory.name),
            signed_at: report.signed_at.to_zoned(report.zone.clone()),
            document: report.ids.document.to_string(),
        }
    }

    /// Of a document that someone else may have made: its title, who keeps it, when it was made, its identifier.
    pub(super) fn of_sheet(sheet: &Sheet<'_>) -> Self {
        let author = sheet.subtitle.first().map(String::as_str).unwrap_or_default();
        Self {
            title: plain(&sheet.title),
            author: plain(author),
            signed_at: instant(&sheet.made_at).unwrap_or_else(|| Timestamp::UNIX_EPOCH.to_zoned(TimeZone::UTC)),
            document: plain(&sheet.identifier),
        }
    }

    /// The date of signature for the Info dictionary.
    pub(super) fn date(&self) -> Date {
        let at = &self.signed_at;
        let (hours, minutes) = self.offset();
        Date::new(at.year().clamp(0, 9999) as u16)
            .month(at.month() as u8)
            .day(at.day() as u8)
            .hour(at.hour() as u8)
            .minute(at.minute() as u8)
            .second(at.second() as u8)
            .utc_offset_hour(hours)
            .utc_offset_minute(minutes)
    }

    /// Offset of the zone: signed hours, then minutes.
    fn offset(&self) -> (i8, u8) {
        let minutes = self.signed_at.offset().seconds() / 60;
        ((minutes / 60) as i8, (minutes % 60).unsigned_abs() as u8)
    }

    /// The XMP packet, with the same facts as the Info dictionary.
    ///
    /// Source: ISO 19005-1, 6.7.2 (packet), 6.7.3 (equality with Info), 6.7.11 (part and conformance).
    pub(super) fn xmp(&self) -> String {
        let (hours, minutes) = self.offset();
        let date = format!("{}{hours:+03}:{minutes:02}", self.signed_at.strftime("%Y-%m-%dT%H:%M:%S"));
        let (title, author) = (escaped(&self.title), escaped(&self.author));
        let document = escaped(&self.document);
        format!(
            "<?xpacket begin=\"\u{FEFF}\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n\
             <x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\
             <rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" \
             xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:xmpMM=\"http://ns.adobe.com/xap/1.0/mm/\" \
             xmlns:pdf=\"http://ns.adobe.com/pdf/1.3/\" xmlns:pdfaid=\"http://www.aiim.org/pdfa/ns/id/\">\
             <pdfaid:part>1</pdfaid:part><pdfaid:conformance>B</pdfaid:conformance>\
             <dc:format>application/pdf</dc:format>\
             <dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">{title}</rdf:li></rdf:Alt></dc:title>\
             <dc:creator><rdf:Seq><rdf:li>{author}</rdf:li></rdf:Seq></dc:creator>\
             <xmp:CreateDate>{date}</xmp:CreateDate><xmp:ModifyDate>{date}</xmp:ModifyDate>\
             <xmp:MetadataDate>{date}</xmp:MetadataDate><xmp:CreatorTool>{PRODUCER}</xmp:CreatorTool>\
             <pdf:Producer>{PRODUCER}</pdf:Producer>\
             <xmpMM:DocumentID>urn:oid:{document}</xmpMM:DocumentID>\
             </rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"w\"?>"
        )
    }

    /// Sixteen bytes that follow from the document's identifier alone.
    pub(super) fn file_id(&self) -> [u8; 16] {
        // FNV-1a, 128 bits: an identifier spread over its bytes, not a proof of anything.
        let mut hash: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
        for byte in self.document.bytes() {
            hash = (hash ^ u128::from(byte)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b);
        }
        hash.to_be_bytes()
    }
}

/// Without the characters that XML or a document list cannot hold.
fn plain(text: &str) -> String {
    let is_kept = |char: &char| !char.is_control() && !matches!(char, '\u{FFFE}' | '\u{FFFF}');
    text.chars().filter(is_kept).take(200).collect::<String>().trim().to_owned()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
