//! What happens in the demonstration: a cycle of cases that shows every exception, repeated with other patients.

use super::{
    messages::{Identity, Line, Request, Writer},
    people::{self, PHYSICIANS, Physician},
};
use terminology::usual::{RAPID_TESTS, UsualRapidTest};

/// The validating system of the demonstration.
pub const SGL_VALIDATED: (&str, &str) = ("SGL-C", "LABO-C");
/// The laboratory system whose results are validated here.
pub const SGL: (&str, &str) = ("SGL-B", "LABO-B");
/// The biologist of the validating system.
const BIOLOGIST_C: Physician = ("01234567101", "FABRE", "Nathalie");
/// A colleague who has no secure mailbox that anyone knows.
const UNREACHABLE: Physician = ("", "ABSENT", "");

/// One story: what arrives first, what arrives once the first reports are signed.
pub struct Story {
    /// The patient.
    pub patient: people::Invented,
    /// What their identity is.
    pub identity: Identity,
    /// Opposed to feeding the DMP.
    pub opposed: bool,
    /// Opposed to secure mail.
    pub opposed_to_mail: bool,
    /// First messages.
    pub first: Vec<Vec<u8>>,
    /// A dossier registered by hand and served by an analyzer: analyses, then values.
    pub analyzer: Option<Vec<Line>>,
    /// A rapid test made here, and the code of the answer that the technician reads.
    pub rapid_test: Option<(&'static UsualRapidTest, &'static str)>,
    /// Messages once the first version is signed.
    pub then: Vec<Vec<u8>>,
    /// Versions that will be signed.
    pub n_versions: usize,
}

/// The number of kinds of stories.
const KINDS: usize = 14;

/// Stories whose versions add up to `n_reports` exactly.
pub fn stories(writer: &mut Writer, n_reports: usize, run: &str) -> Vec<Story> {
    let mut stories = Vec::new();
    let mut n_versions = 0;
    while n_versions < n_reports {
        let n = stories.len();
        // A two-version story does not fit in the last place.
        let kind = if n_reports - n_versions == 1 && matches!(n % KINDS, 4 | 5) { 0 } else { n % KINDS };
        let story = story(writer, kind, n, run);
        n_versions += story.n_versions;
        stories.push(story);
    }
    stories
}

fn story(writer: &mut Writer, kind: usize, n: usize, run: &str) -> Story {
    // Every other cycle tells of the same patients again: their earlier results stand beside the new ones.
    let cycle = n / KINDS;
    let patient = people::patient(if cycle % 2 == 1 { n - KINDS } else { n });
    let prescriber = PHYSICIANS[n % PHYSICIANS.len()];
    let copy = PHYSICIANS[(n + 1) % PHYSICIANS.len()];
    let number = format!("{run}{:05}", n + 1);
    let identity = if kind == 1 { Identity::NotQualified } else { Identity::Qualified };
    let mut story = Story {
        identity,
        opposed: kind == 3,
        opposed_to_mail: kind == 8,
        first: Vec::new(),
        analyzer: None,
        rapid_test: None,
        then: Vec::new(),
        n_versions: 1,
        patient,
    };
    let plain = |lines: Vec<Line>| Request {
        number: &number,
        service: ("BIO", "Bilan"),
        taken_minutes_ago: 149 - i64::try_from(cycle % 60).unwrap_or(0),
        urgent: false,
        prescriber,
        copies: std::slice::from_ref(&PHYSICIANS[(n + 1) % PHYSICIANS.len()]),
        status: 'F',
        validator: None,
        specimen: ("SER", "Sérum"),
        lines,
        antibiogram: Vec::new(),
    };
    let mut send = |sender, request: &Request<'_>| writer.results(sender, &story.patient, identity, request);
    match kind {
        // A copy goes to someone who cannot be reached.
        0 => {
            let copies = [copy, UNREACHABLE];
            let request = Request { copies: &copies, ..plain(chemistry(n)) };
            story.first.push(send(SGL, &request));
        }
        // The identity is not qualified: nothing leaves with an INS.
        1 => story.first.push(send(SGL, &plain(blood_count(n)))),
        // A result to announce first.
        2 => story.first.push(send(SGL, &Request { service: ("SERO", "Sérologie"), ..plain(serology()) })),
        // Opposed to feeding the DMP.
        3 => story.first.push(send(SGL, &plain(lipids(n)))),
        // Partial, then whole.
        4 => {
            let mut first = chemistry(n);
            first.push(pending("TSH"));
            story.first.push(send(SGL, &Request { status: 'P', ..plain(first) }));
            let mut whole = chemistry(n);
            whole.push(number_line("TSH", format!("{}", 1.2 + (n % 5) as f64 / 10.0), "mUI/L", 'F'));
            story.then.push(send(SGL, &plain(whole)));
            story.n_versions = 2;
        }
        // Signed, then corrected by the sender.
        5 => {
            story.first.push(send(SGL, &plain(chemistry(n))));
            let mut corrected = chemistry(n);
            if let Some(potassium) = corrected.iter_mut().find(|line| line.code == "K") {
                potassium.value = "4.4".to_owned();
                potassium.status = 'C';
            }
            story.then.push(send(SGL, &plain(corrected)));
            story.n_versions = 2;
        }
        // Several chapters, critical values, urgent.
        6 => {
            let mut lines = critical();
            lines.extend(blood_count(n));
            lines.extend(coagulation());
            lines.extend(electrophoresis());
            story.first.push(send(SGL, &Request { urgent: true, ..plain(lines) }));
        }
        // Microbiology.
        7 => {
            let request = Request {
                service: ("ECBU", "Examen cytobactériologique des urines"),
                specimen: ("UR", "Urine"),
                antibiogram: antibiogram(),
                ..plain(urine())
            };
            story.first.push(send(SGL, &request));
        }
        // Opposed to receiving mail.
        8 => story.first.push(send(SGL, &plain(lipids(n)))),
        // Results that come validated: the report leaves without a click.
        9 | 10 => {
            let lines = if kind == 9 { thyroid(n) } else { chemistry(n) };
            story.first.push(send(SGL_VALIDATED, &Request { validator: Some(BIOLOGIST_C), ..plain(lines) }));
        }
        // The organized screening of cervical cancer.
        12 => {
            let request = Request {
                service: ("DEPCCU", "Dépistage du cancer du col"),
                specimen: ("GENV", "Prélèvement vaginal"),
                ..plain(screening())
            };
            story.first.push(send(SGL, &request));
        }
        // Made on the spot, entered here.
        13 => story.rapid_test = RAPID_TESTS.last().map(|test| (test, "260385009")),
        // Registered here, measured by an analyzer.
        _ => story.analyzer = Some(analyzer_lines(n)),
    }
    story
}

/// Results of three months ago of the first patients, so that the bench shows earlier values from the start.
pub fn history(writer: &mut Writer, stories: &[Story], run: &str) -> Vec<Vec<u8>> {
    const DAYS: i64 = 92;
    let of_past = |n: usize, story: &Story| {
        let mut lines = chemistry(n + 5);
        lines.extend(blood_count(n + 3));
        lines.extend(lipids(n + 2));
        let number = format!("{run}H{n:04}");
        let request = Request {
            number: &number,
            service: ("BIO", "Bilan"),
            taken_minutes_ago: DAYS * 24 * 60 + i64::try_from(n).unwrap_or(0),
            urgent: false,
            prescriber: PHYSICIANS[n % PHYSICIANS.len()],
            copies: &[],
            status: 'F',
            validator: Some(BIOLOGIST_C),
            specimen: ("SER", "Sérum"),
            lines,
            antibiogram: Vec::new(),
        };
        writer.results(SGL_VALIDATED, &story.patient, story.identity, &request)
    };
    stories
        .iter()
        .take(KINDS)
        .enumerate()
        .map({
            let mut of_past = of_past;
            move |(n, story)| of_past(n, story)
        })
        .collect()
}

/// The n-th dossier of a measure: ten results of a qualified patient, with a prescriber and a copy who have mailboxes.
pub fn bench_dossier(world: &super::World, n: usize) -> Vec<u8> {
    let patient = people::patient(n % 900);
    world.sandbox.dmp.open_dmp(&patient.matricule);
    let mut writer = Writer::new(world.app.env().now(), &world.app.settings().zone, &format!("B{n:08}X"));
    dossier(&mut writer, &patient, n, &format!("B{n:08}"))
}

/// A message of about 1.6 kB, different for each connection and rank.
pub fn bench_message(connection: usize, rank: usize) -> Vec<u8> {
    let run = format!("I{connection:02}{rank:06}X");
    let mut writer = Writer::new(jiff::Timestamp::UNIX_EPOCH, &jiff::tz::TimeZone::UTC, &run);
    dossier(&mut writer, &people::patient((connection * 29 + rank) % 900), rank, &format!("I{connection:02}{rank:06}"))
}

fn dossier(writer: &mut Writer, patient: &people::Invented, n: usize, number: &str) -> Vec<u8> {
    let request = Request {
        number,
        service: ("BIO", "Bilan"),
        taken_minutes_ago: 149,
        urgent: false,
        prescriber: PHYSICIANS[n % PHYSICIANS.len()],
        copies: &PHYSICIANS[(n + 1) % PHYSICIANS.len()..][..1],
        status: 'F',
        validator: None,
        specimen: ("SER", "Sérum"),
        lines: chemistry(n),
        antibiogram: Vec::new(),
    };
    writer.results(SGL, patient, Identity::Qualified, &request)
}

fn line(
    code: &'static str,
    kind: &'static str,
    value: String,
    unit: &'static str,
    flag: &'static str,
    status: char,
) -> Line {
    Line { code, loinc: "", kind, value, unit, sub_id: "", flag, status, note: "" }
}

fn number_line(code: &'static str, value: String, unit: &'static str, status: char) -> Line {
    line(code, "NM", value, unit, "", status)
}

fn pending(code: &'static str) -> Line {
    line(code, "NM", String::new(), "", "", 'I')
}

/// A value that varies a little with the patient: `base` plus 0 to 9 times `step`, with `decimals` digits.
fn varied(n: usize, salt: usize, base: f64, step: f64, decimals: usize) -> String {
    let offset = ((n * 31 + salt * 17) % 10) as f64;
    format!("{:.decimals$}", base + offset * step)
}

/// A measured analysis of the demonstration: code, salt, base, step, decimals, unit.
type Measured = (&'static str, usize, f64, f64, usize, &'static str);

/// Final numbers that vary with the patient, one per row.
fn measured(n: usize, rows: &[Measured]) -> Vec<Line> {
    rows.iter()
        .map(|&(code, salt, base, step, decimals, unit)| {
            number_line(code, varied(n, salt, base, step, decimals), unit, 'F')
        })
        .collect()
}

fn chemistry(n: usize) -> Vec<Line> {
    measured(
        n,
        &[
            ("NA", 1, 137.0, 0.6, 0, "mmol/L"),
            ("K", 2, 3.6, 0.1, 1, "mmol/L"),
            ("CL", 3, 99.0, 0.6, 0, "mmol/L"),
            ("BIC", 4, 23.0, 0.4, 0, "mmol/L"),
            ("PROT", 5, 66.0, 1.1, 0, "g/L"),
            ("UREE", 6, 3.5, 0.4, 1, "mmol/L"),
            ("CREA", 7, 55.0, 3.5, 0, "µmol/L"),
            ("DFG", 8, 75.0, 3.0, 0, "mL/min/1,73m²"),
            ("CRP", 9, 1.0, 1.3, 1, "mg/L"),
            ("GLY", 10, 4.2, 0.2, 1, "mmol/L"),
        ],
    )
}

fn blood_count(n: usize) -> Vec<Line> {
    measured(
        n,
        &[
            ("GB", 1, 4.5, 0.6, 1, "10*9/L"),
            ("GR", 2, 4.1, 0.1, 2, "10*12/L"),
            ("HB", 3, 11.4, 0.4, 1, "g/dL"),
            ("HT", 4, 36.0, 0.8, 1, "%"),
            ("VGM", 5, 82.0, 1.2, 1, "fL"),
            ("PLQ", 6, 160.0, 22.0, 0, "G/L"),
            ("PNN", 7, 2.0, 0.4, 2, "G/L"),
            ("LYM", 8, 1.1, 0.2, 2, "G/L"),
        ],
    )
}

fn lipids(n: usize) -> Vec<Line> {
    measured(
        n,
        &[
            ("CHOL", 1, 4.1, 0.3, 2, "mmol/L"),
            ("TG", 2, 0.8, 0.2, 2, "mmol/L"),
            ("HDL", 3, 1.0, 0.1, 2, "mmol/L"),
            ("LDL", 4, 2.0, 0.3, 2, "mmol/L"),
        ],
    )
}

fn thyroid(n: usize) -> Vec<Line> {
    vec![
        number_line("TSH", varied(n, 1, 0.8, 0.3, 2), "mUI/L", 'F'),
        number_line("T4L", varied(n, 2, 12.0, 0.7, 1), "pmol/L", 'F'),
    ]
}

fn serology() -> Vec<Line> {
    vec![
        line("VIH", "ST", "Négatif".to_owned(), "", "NEG", 'F'),
        line("ACVHC", "ST", "Négatif".to_owned(), "", "NEG", 'F'),
    ]
}

fn critical() -> Vec<Line> {
    vec![
        number_line("NA", "128".to_owned(), "mmol/L", 'F'),
        Line { note: "Résultat téléphoné au prescripteur.", ..number_line("K", "6.9".to_owned(), "mmol/L", 'F') },
        number_line("CREA", "312".to_owned(), "µmol/L", 'F'),
        line("CRP", "SN", ">^350".to_owned(), "mg/L", "", 'F'),
    ]
}

/// The gram fractions and the curve they were read on.
fn electrophoresis() -> Vec<Line> {
    let fractions = [("EP_ALB", "36.2"), ("EP_A1", "3.9"), ("EP_A2", "8.8"), ("EP_B", "8.1"), ("EP_G", "17.6")];
    let peaks =
        [(60.0, 9.0, 700.0), (105.0, 6.0, 75.0), (140.0, 9.0, 150.0), (175.0, 9.0, 120.0), (225.0, 20.0, 230.0)];
    let level = |at: u32| {
        let of_peak = |(center, width, height): &(f64, f64, f64)| {
            let from = (f64::from(at) - center) / width;
            height * (-from * from / 2.0).exp()
        };
        peaks.iter().map(of_peak).sum::<f64>().round().to_string()
    };
    let curve = (0..300).map(level).collect::<Vec<_>>().join("^");
    let mut lines: Vec<Line> =
        fractions.into_iter().map(|(code, value)| number_line(code, value.to_owned(), "g/L", 'F')).collect();
    lines.push(line("EP_PROFIL", "NA", curve, "", "", 'F'));
    lines
}

/// A search for HPV that found it, with what a screening says beside.
fn screening() -> Vec<Line> {
    let coded = |code, answer: &str| line(code, "CE", answer.to_owned(), "", "", 'F');
    vec![
        coded("CONTEXTE", "MED-1210^Test HPV-HR de dépistage primaire^TA_ASIP"),
        coded("HPV_HR", "1269497006^ADN d'HPV-HR détecté^SCT"),
        coded("TROUSSE", "VHEDA1GUR01LX^ABBOTT - Alinity m HR HPV AMP Kit^1.2.250.1.213.2.3.5"),
        coded("MILIEU", "GEN-303^Hologic ThinPrep PreservCyt^TA_ASIP"),
        Line { loinc: "11369-6", ..coded("VACCIN", "N^Non") },
        coded("CONCLUSION", "MED-1190^Anomalie^TA_ASIP"),
    ]
}

fn coagulation() -> Vec<Line> {
    vec![
        number_line("TP", "58".to_owned(), "%", 'F'),
        number_line("INR", "1.6".to_owned(), "", 'F'),
        number_line("FIB", "4.8".to_owned(), "g/L", 'F'),
    ]
}

fn urine() -> Vec<Line> {
    vec![
        number_line("LEU_U", "250000".to_owned(), "/mL", 'F'),
        number_line("HEM_U", "8000".to_owned(), "/mL", 'F'),
        line("GRAM_U", "ST", "Bacilles à Gram négatif".to_owned(), "", "", 'F'),
        Line { sub_id: "1", ..line("CULT_U", "CE", "112283007^Escherichia coli^SCT".to_owned(), "", "A", 'F') },
        Line { sub_id: "1", ..line("DENOMB_U", "SN", ">^1000000".to_owned(), "UFC/mL", "", 'F') },
    ]
}

fn antibiogram() -> Vec<Line> {
    let by_category = |code, category: &'static str| line(code, "ST", category.to_owned(), "", category, 'F');
    vec![
        by_category("ATB_AMX", "R"),
        line("ATB_AMC", "NM", "4".to_owned(), "mg/L", "S", 'F'),
        line("ATB_CTX", "SN", "<^0.25".to_owned(), "mg/L", "S", 'F'),
        line("ATB_CIP", "NM", "0.5".to_owned(), "mg/L", "I", 'F'),
        by_category("ATB_FOS", "S"),
        by_category("ATB_NIT", "S"),
        by_category("ATB_SXT", "R"),
    ]
}

fn analyzer_lines(n: usize) -> Vec<Line> {
    measured(
        n,
        &[
            ("GLY", 1, 4.3, 0.2, 2, "mmol/L"),
            ("CREA", 2, 60.0, 3.0, 0, "µmol/L"),
            ("ASAT", 3, 14.0, 2.0, 0, "U/L"),
            ("ALAT", 4, 12.0, 3.0, 0, "U/L"),
        ],
    )
}
