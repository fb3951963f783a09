//! One result: OBX and the notes under it. In: a segment. Out: a [`SentObservation`], spelled as sent.

use hl7v2::{Component, Precision, Repetition, Segment, Ts, oru::Observation};
use jiff::Timestamp;
use lab::{
    matching::{SentCode, SentValue, number},
    person::{Finess, Subcontractor},
    quantity::{CodeSystem, Coded, Interpretation},
};
use terminology::loinc;

use super::{ResultStatus, SentObservation, enclosed, range};
use crate::{Quirk, professional::xcn, reader::Reader};

/// Most flags and repetitions of a value that are read.
const MAX_REPETITIONS: usize = 1_000;

pub(super) fn observation(
    reader: &mut Reader<'_>,
    sent: &Observation<'_>,
    collected_at: Option<Timestamp>,
) -> SentObservation {
    let obx = sent.obx;
    let place = reader.place(&obx, 3);
    let code = sent_code(reader, obx.field(3).repetition(1), &place);
    if code.local.is_empty() && code.loinc.is_empty() {
        reader.error("INBOUND-CODE-MISSING", place);
    }
    let place = reader.place(&obx, 4);
    let sub_id = reader.code(&obx.field(4).text(), &place);
    let place = reader.place(&obx, 7);
    let usual = reader.word(&obx.field(7).text(), &place);
    let place = reader.place(&obx, 8);
    let flags: Vec<String> = obx
        .field(8)
        .repetitions()
        .take(MAX_REPETITIONS)
        .map(|flag| reader.code(&flag.component(1).text(), &place))
        .filter(|flag| !flag.is_empty())
        .collect();
    let place = reader.place(&obx, 17);
    let method = coded(reader, obx.field(17).repetition(1), &place);
    let place = reader.place(&obx, 16);
    let validator = xcn(reader, obx.field(16).repetition(1), &place);
    SentObservation {
        place: reader.place(&obx, 0),
        value: value(reader, &obx, &code),
        code,
        sub_id,
        unit: unit(reader, &obx),
        range: range::range(&usual),
        interpretation: flags.iter().find_map(|flag| Interpretation::from_code(flag)),
        flags,
        status: status(reader, &obx),
        observed_at: reader.time(Some(obx), 14).or(collected_at),
        analyzed_at: reader.time(Some(obx), 19),
        method,
        analyzer: analyzer(reader, &obx),
        performer: performer(reader, &obx),
        validator,
        comments: notes(reader, &sent.notes),
        isolate: None,
        names_germ: false,
    }
}

/// The texts of notes: NTE-3, one line per repetition.
pub(super) fn notes(reader: &mut Reader<'_>, notes: &[Segment<'_>]) -> Vec<String> {
    let mut texts = Vec::with_capacity(notes.len());
    for nte in notes {
        let text = text(reader, nte, 3);
        if !text.is_empty() {
            texts.push(text);
        }
    }
    texts
}

/// The repetitions of a field as lines.
fn text(reader: &mut Reader<'_>, segment: &Segment<'_>, field: u16) -> String {
    let place = reader.place(segment, field);
    let lines: Vec<String> =
        segment.field(field.into()).repetitions().take(MAX_REPETITIONS).map(|line| line.text().into_owned()).collect();
    reader.lines(&lines.join("\n"), &place)
}

/// OBX-11. Absent: a quirk, read as entered. Finding: `INBOUND-STATUS-UNKNOWN` (error).
fn status(reader: &mut Reader<'_>, obx: &Segment<'_>) -> ResultStatus {
    let code = obx.field(11).component(1).text();
    match (code.trim(), ResultStatus::from_code(code.trim())) {
        ("", _) => {
            reader.quirk(Quirk::MissingObx11);
            ResultStatus::Entered
        }
        (_, Some(status)) => status,
        (_, None) => {
            reader.error("INBOUND-STATUS-UNKNOWN", reader.place(obx, 11));
            ResultStatus::Entered
        }
    }
}

/// The unit as spelled: the code of OBX-6, else its text.
fn unit(reader: &mut Reader<'_>, obx: &Segment<'_>) -> String {
    let place = reader.place(obx, 6);
    let field = obx.field(6);
    let (code, label) = (field.component(1), field.component(2));
    // `10^9/L` without escape is cut in two.
    if code.raw().trim() == "10" && label.raw().starts_with(|c: char| c.is_ascii_digit()) {
        reader.quirk(Quirk::UnitCutBySeparator);
        return reader.code(&format!("10^{}", label.text()), &place);
    }
    let unit = reader.code(&code.text(), &place);
    if unit.is_empty() { reader.word(&label.text(), &place) } else { unit }
}

/// OBX-23 (XON: name, number) and OBX-24 (address), of v2.5.1 and later.
fn performer(reader: &mut Reader<'_>, obx: &Segment<'_>) -> Option<Subcontractor> {
    let place = reader.place(obx, 23);
    let organization = obx.field(23).repetition(1);
    let name = reader.word(&organization.component(1).text(), &place);
    let number = reader.code(&organization.component(10).text(), &place);
    let place = reader.place(obx, 24);
    let address = obx.field(24).repetition(1);
    let mut line = |at: usize| reader.word(&address.component(at).subcomponent(1).text(), &place);
    let (street, city, code) = (line(1), line(3), line(5));
    let town = format!("{code} {city}").trim().to_owned();
    let contact = [street, town].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
    (!name.is_empty()).then(|| Subcontractor { name, contact, accreditation: None, finess: Finess::parse(&number) })
}

fn analyzer(reader: &mut Reader<'_>, obx: &Segment<'_>) -> Option<String> {
    let place = reader.place(obx, 18);
    let device = obx.field(18).repetition(1);
    let name = [1, 2].into_iter().map(|at| reader.word(&device.component(at).text(), &place));
    let name: Vec<String> = name.filter(|part| !part.is_empty()).collect();
    (!name.is_empty()).then(|| name.join(" "))
}

/// The value by its type.
///
/// | OBX-2                       | read as                                             |
/// |-----------------------------|-----------------------------------------------------|
/// | `NM`                        | a number as spelled                                 |
/// | `SN`                        | bound and number apart                              |
/// | `ST`                        | a number when it reads as one, else words           |
/// | `TX`, `FT`                  | words                                               |
/// | `CE`, `CWE`, `CNE`, `CF`, `IS`, `ID` | a code when there is one, else words       |
/// | `DT`, `TS`, `DTM`, `TM`     | words, dates in French                              |
/// | `ED`                        | a picture or a PDF                                  |
/// | `NA`                        | the points of a curve                               |
/// | other                       | nothing, with a finding                             |
///
/// Finding: `RESULT-TYPE-UNSUPPORTED` (warning; the value is not kept).
fn value(reader: &mut Reader<'_>, obx: &Segment<'_>, code: &SentCode) -> SentValue {
    let field = obx.field(5);
    if field.is_absent() || field.is_null() {
        return SentValue::Absent;
    }
    let place = reader.place(obx, 5);
    let first = field.repetition(1);
    match obx.field(2).text().trim() {
        "NM" => SentValue::Numeric(reader.word(&first.text(), &place)),
        "SN" => SentValue::Structured {
            comparator: reader.word(&first.component(1).text(), &place),
            first: reader.word(&first.component(2).text(), &place),
            separator: reader.word(&first.component(3).text(), &place),
            second: reader.word(&first.component(4).text(), &place),
        },
        "ST" => words(reader, obx),
        "" => {
            reader.quirk(Quirk::MissingObx2);
            words(reader, obx)
        }
        "TX" | "FT" => present(text(reader, obx, 5)),
        "CE" | "CWE" | "CNE" | "CF" | "IS" | "ID" => match coded(reader, first, &place) {
            Some(coded) if !coded.code.is_empty() => SentValue::Coded(coded),
            Some(label_only) => SentValue::Text(label_only.label),
            None => SentValue::Absent,
        },
        "DT" | "TS" | "DTM" => present(french_date(&reader.word(&first.component(1).text(), &place))),
        "TM" => present(reader.word(&first.text(), &place)),
        "ED" => enclosed::file(reader, obx, code),
        "NA" => enclosed::points(reader, obx),
        _ => {
            reader.warning("RESULT-TYPE-UNSUPPORTED", reader.place(obx, 2));
            SentValue::Absent
        }
    }
}

fn present(words: String) -> SentValue {
    if words.is_empty() { SentValue::Absent } else { SentValue::Text(words) }
}

fn words(reader: &mut Reader<'_>, obx: &Segment<'_>) -> SentValue {
    let words = text(reader, obx, 5);
    if number(&words).is_some() { SentValue::Numeric(words) } else { present(words) }
}

/// `20240104` as `04/01/2024`; another text as it is.
fn french_date(text: &str) -> String {
    match Ts::parse(text) {
        Ok(ts) if ts.precision >= Precision::Minute => {
            format!("{:02}/{:02}/{} {:02}:{:02}", ts.day, ts.month, ts.year, ts.hour, ts.minute)
        }
        Ok(ts) if ts.precision >= Precision::Day => {
            format!("{:02}/{:02}/{}", ts.day, ts.month, ts.year)
        }
        _ => text.to_owned(),
    }
}

/// Code, label and system of a triplet of a coded element.
type Triplet = [String; 3];

fn triplets(reader: &mut Reader<'_>, coded: Repetition<'_>, place: &str) -> [Triplet; 2] {
    [1, 4].map(|from| {
        [
            reader.code(&coded.component(from).text(), place),
            reader.word(&coded.component(from + 1).text(), place),
            reader.code(&coded.component(from + 2).text(), place),
        ]
    })
}

/// The terminology that a sender names, by table 0396 or by object identifier.
fn system(name: &str) -> Option<CodeSystem> {
    Some(match name {
        "LN" | "LOINC" | "2.16.840.1.113883.6.1" => CodeSystem::Loinc,
        "SCT" | "SCT2" | "SNM" | "SNOMED CT" | "SNOMED-CT" | "2.16.840.1.113883.6.96" => CodeSystem::SnomedCt,
        "NCBI" | "NCBI-Taxonomy" | "2.16.840.1.113883.3.9471" => CodeSystem::Ncbi,
        "NABM" | "1.2.250.1.215.300.2" => CodeSystem::Nabm,
        "1.2.250.1.213.1.1.5.130" => CodeSystem::Waiting,
        "1.2.250.1.213.2.3.5" => CodeSystem::Technique,
        "TA_ASIP" | "1.2.250.1.213.1.1.4.322" => CodeSystem::Agency,
        "I10" | "CIM-10" | "2.16.840.1.113883.6.3" => CodeSystem::Icd10,
        _ => return None,
    })
}

/// A coded element: the first of its two codes whose system is known, else the first as a local code.
///
/// `None` when it is empty; a label without code gives an empty code.
pub(super) fn coded(reader: &mut Reader<'_>, element: Repetition<'_>, place: &str) -> Option<Coded> {
    let triplets = triplets(reader, element, place);
    let known = triplets.iter().find_map(|[code, label, name]| {
        let system = system(name).filter(|_| !code.is_empty())?;
        Some(Coded { system, code: code.clone(), label: label.clone() })
    });
    let local = || {
        let [code, label, _] = triplets.iter().find(|[code, label, _]| !code.is_empty() || !label.is_empty())?;
        Some(Coded { system: CodeSystem::Local, code: code.clone(), label: label.clone() })
    };
    let mut coded = known.or_else(local)?;
    if coded.label.is_empty() {
        let other = triplets.iter().map(|[_, label, _]| label).find(|label| !label.is_empty());
        coded.label = other.unwrap_or(&coded.code).clone();
    }
    Some(coded)
}

/// OBX-3 or OBR-4: LOINC by its system, the other code as local, the first label.
pub(super) fn sent_code(reader: &mut Reader<'_>, element: Repetition<'_>, place: &str) -> SentCode {
    let triplets = triplets(reader, element, place);
    code_of(reader, &triplets)
}

/// As [`sent_code`], for a code whose parts are subcomponents (OBR-26.1).
pub(super) fn sent_code_within(reader: &mut Reader<'_>, element: Component<'_>, place: &str) -> SentCode {
    let triplets = [1, 4].map(|from| {
        [
            reader.code(&element.subcomponent(from).text(), place),
            reader.word(&element.subcomponent(from + 1).text(), place),
            reader.code(&element.subcomponent(from + 2).text(), place),
        ]
    });
    code_of(reader, &triplets)
}

fn code_of(reader: &mut Reader<'_>, triplets: &[Triplet; 2]) -> SentCode {
    let mut sent = SentCode::default();
    for [code, label, name] in triplets {
        if sent.label.is_empty() {
            sent.label.clone_from(label);
        }
        if system(name) == Some(CodeSystem::Loinc) {
            if sent.loinc.is_empty() {
                sent.loinc.clone_from(code);
            }
        } else if sent.local.is_empty() {
            sent.local.clone_from(code);
            // Local codes look like anything, but seldom like a LOINC code with its right check digit.
            if name.is_empty() && sent.loinc.is_empty() && loinc::number(code).is_some() {
                reader.quirk(Quirk::LoincWithoutSystem);
                sent.loinc.clone_from(code);
            }
        }
    }
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_printed_in_french_and_other_words_kept() {
        assert_eq!(french_date("20240104"), "04/01/2024");
        assert_eq!(french_date("202401041605"), "04/01/2024 16:05");
        assert_eq!(french_date("2024"), "2024");
        assert_eq!(french_date("hier"), "hier");
    }
}
