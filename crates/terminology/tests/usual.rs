//! The usual catalogue: every code exists, every unit fits what is measured, every range can be used.

#![allow(clippy::panic, clippy::print_stderr)]

use std::collections::{HashMap, HashSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use terminology::{chapters, jdv, loinc, ucum, usual};

/// A file of the folder of reference data beside the repository; `None`, said aloud, when it is not there.
fn reference(name: &str) -> Option<PathBuf> {
    let found = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("shared/data/loinc").join(name))
        .find(|path| path.exists());
    if found.is_none() {
        eprintln!("skipped: 1 check needs the reference file {name}");
    }
    found
}

fn lines(path: &Path) -> Vec<Vec<String>> {
    let bytes = std::fs::read(path).expect("a readable file");
    let text = match path.extension().is_some_and(|extension| extension == "gz") {
        true => {
            let mut text = String::new();
            flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).expect("gzip of UTF-8");
            text
        }
        false => String::from_utf8(bytes).expect("UTF-8"),
    };
    text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// The kinds of quantity that a LOINC property may be given in, told by the shape of the unit.
fn kinds_of(property: &str) -> &'static [&'static str] {
    match property {
        "MCnc" => &["mass/volume"],
        "SCnc" => &["substance/volume"],
        "NCnc" => &["number/volume"],
        "CCnc" => &["activity/volume"],
        "ACnc" => &["arbitrary/volume"],
        "NFr" | "VFr" | "MFr" => &["percent"],
        "SFr" => &["percent", "substance/substance"],
        "EntVol" => &["volume"],
        "EntMass" => &["mass"],
        "Vel" => &["speed"],
        "Time" => &["time"],
        "RelTime" => &["percent", "none"],
        "ArVRat" => &["volume/time"],
        "LsCnc" => &["pH"],
        "Ratio" => &["percent", "mass/substance"],
        "PrThr" | "Type" | "Prid" | "Imp" => &["none"],
        // Susceptibilities, in concentrations or letters, and what a microscope shows: this table gives no property.
        "" => &["mass/volume", "none"],
        _ => &[],
    }
}

fn kind_of(unit: Option<&str>) -> &'static str {
    let Some(unit) = unit else { return "none" };
    match ucum::without_annotations(unit).as_str() {
        "g/L" | "g/dL" | "mg/L" | "ug/L" | "ng/L" | "ng/mL" | "ug/mL" => "mass/volume",
        "mmol/L" | "umol/L" | "nmol/L" | "pmol/L" => "substance/volume",
        "10*9/L" | "10*12/L" | "/mL" | "/uL" | "[CFU]/mL" => "number/volume",
        "U/L" => "activity/volume",
        "m[IU]/L" | "[IU]/L" | "[IU]/mL" | "m[IU]/mL" => "arbitrary/volume",
        "%" => "percent",
        "mmol/mol" => "substance/substance",
        "mg/mmol" => "mass/substance",
        "fL" => "volume",
        "pg" => "mass",
        "mm/h" => "speed",
        "s" => "time",
        "mL/min" => "volume/time",
        "[pH]" => "pH",
        _ => "unknown",
    }
}

#[test]
fn every_loinc_code_exists_and_is_given_in_a_unit_that_fits_its_property() {
    let Some(path) = reference("loinc_concepts.tsv.gz") else {
        return;
    };
    let properties: HashMap<String, String> =
        lines(&path).into_iter().map(|row| (row[0].clone(), row[3].clone())).collect();
    for analysis in usual::analyses() {
        let property = properties.get(analysis.loinc).unwrap_or_else(|| panic!("{} is no code", analysis.loinc));
        let kind = kind_of(analysis.ucum);
        assert!(kinds_of(property).contains(&kind), "{}: {property} in {kind}", analysis.code);
    }
}

/// The same, by the table of properties that documents are checked with.
#[test]
fn no_usual_unit_is_one_that_the_property_of_its_code_cannot_have() {
    let mut n_compared = 0;
    for analysis in usual::analyses().filter(|it| !it.code.starts_with("ATB_")) {
        let Some(unit) = analysis.ucum else { continue };
        let property = loinc::property(analysis.loinc).unwrap_or_else(|| panic!("{}: no property", analysis.code));
        let dimension = ucum::dimension(unit).unwrap_or_else(|| panic!("{}: {unit}", analysis.code));
        assert!(property.admits(dimension), "{}: {} in {unit}", analysis.code, property.name);
        n_compared += 1;
    }
    assert!(n_compared >= 90, "{n_compared}");
}

#[test]
fn antibiotics_are_susceptibilities_and_the_rest_is_not() {
    let Some(path) = reference("loinc_concepts.tsv.gz") else {
        return;
    };
    let classes: HashMap<String, String> =
        lines(&path).into_iter().map(|row| (row[0].clone(), row[1].clone())).collect();
    for analysis in usual::analyses() {
        assert_eq!(classes[analysis.loinc] == "ABXBACT", analysis.code.starts_with("ATB_"), "{}", analysis.code);
    }
}

/// Published labels hold slips of the pen (letters left out, another analyte's label): those we do not repeat.
const PUBLISHED_WITH_A_SLIP: &[&str] = &["706-2", "713-8", "770-8", "14682-9"];

#[test]
fn french_loinc_labels_are_the_published_ones() {
    let Some(path) = reference("loinc_fr_official.tsv") else {
        return;
    };
    let mut published: HashMap<String, Vec<String>> = HashMap::new();
    // Capital accents and the gender of the scale differ between publications.
    let plain = |label: &str| label.replace(['É', 'È'], "E").replace("Bêta", "Beta").to_lowercase();
    for row in lines(&path) {
        published.entry(row[0].clone()).or_default().push(plain(&row[1]));
    }
    let mut n_compared = 0;
    for analysis in usual::analyses().filter(|analysis| !PUBLISHED_WITH_A_SLIP.contains(&analysis.loinc)) {
        if let Some(labels) = published.get(analysis.loinc) {
            let ours = plain(analysis.loinc_label_fr);
            // A publication may stop before the scale or leave it empty.
            let same = labels.iter().any(|label| {
                ours == *label
                    || ours.starts_with(label.as_str())
                    || ours == label.replace(";  ;", "; résultat nominal ;")
            });
            assert!(same, "{}: {ours} is none of {labels:?}", analysis.loinc);
            n_compared += 1;
        }
    }
    assert!(n_compared >= 30, "{n_compared}");
}

#[test]
fn every_nabm_code_is_current() {
    let Some(path) = reference("nabm_snds.tsv") else {
        return;
    };
    let current: HashSet<String> =
        lines(&path).into_iter().filter(|row| row[3].is_empty()).map(|row| row[0].clone()).collect();
    for analysis in usual::analyses() {
        if let Some(nabm) = analysis.nabm {
            assert!(current.contains(nabm), "{}: {nabm}", analysis.code);
        }
    }
}

#[test]
fn codes_are_unique_so_that_a_loinc_code_names_one_analysis() {
    let mut local = HashSet::new();
    let mut loinc = HashSet::new();
    for analysis in usual::analyses() {
        assert!(local.insert(analysis.code), "{}", analysis.code);
        assert!(loinc.insert(analysis.loinc), "{}", analysis.loinc);
        assert!(analysis.code.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_'));
    }
    assert!(local.len() >= 150, "{}", local.len());
}

#[test]
fn chapters_specimens_and_techniques_are_those_of_the_value_sets() {
    for analysis in usual::analyses() {
        let code = analysis.code;
        assert_eq!(chapters::label(analysis.chapter_code), Some(analysis.chapter_label), "{code}");
        assert_eq!(jdv::SPECIMEN_TYPE.label(analysis.specimen_code), Some(analysis.specimen_label), "{code}");
        if let Some((technique, label)) = analysis.method {
            assert_eq!(jdv::TECHNIQUE.label(technique), Some(label), "{code}");
        }
    }
}

#[test]
fn units_pass_the_national_check_and_are_printed() {
    for analysis in usual::analyses() {
        match analysis.ucum {
            Some(unit) => {
                assert!(ucum::is_accepted(unit), "{unit}");
                assert!(!analysis.printed_unit.is_empty(), "{}", analysis.code);
            }
            None => assert!(analysis.printed_unit.is_empty() && analysis.unit_synonyms.is_empty(), "{}", analysis.code),
        }
    }
}

#[test]
fn a_battery_is_one_label_in_one_chapter_and_its_rows_stand_together() {
    let mut seen: HashMap<&str, (usual::UsualBattery, &str)> = HashMap::new();
    let mut last = None;
    for analysis in usual::analyses() {
        let here = analysis.battery.map(|battery| battery.code);
        if let Some(battery) = analysis.battery {
            let known = seen.get(battery.code).copied();
            assert!(known.is_none_or(|known| known == (battery, analysis.chapter_code)), "{}", battery.code);
            assert!(known.is_none() || last == here, "{} is split", battery.code);
            seen.insert(battery.code, (battery, analysis.chapter_code));
        }
        last = here;
    }
    assert_eq!(seen["58410-2"].0.label, "Hémogramme complet sur automate");
    assert!(seen["57698-3"].0.is_loinc && !seen["IONO"].0.is_loinc);
}

/// The decimal as a whole number of millionths.
fn millionths(text: &str) -> i64 {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    assert!(decimals.len() <= 6 && !whole.is_empty(), "{text}");
    format!("{whole}{decimals:0<6}").parse().expect("a decimal with a point")
}

#[test]
fn ranges_are_ordered_and_lie_inside_the_critical_bounds() {
    for analysis in usual::analyses() {
        let code = analysis.code;
        let critical_low = analysis.critical_low.map(millionths);
        let critical_high = analysis.critical_high.map(millionths);
        assert!(critical_low.zip(critical_high).is_none_or(|(low, high)| low < high), "{code}");
        let mut sexes = HashSet::new();
        for range in analysis.ranges {
            assert!(matches!(range.sex, 'F' | 'M' | '*') && sexes.insert(range.sex), "{code}");
            assert!(range.from_days < range.to_days);
            let (low, high) = (range.low.map(millionths), range.high.map(millionths));
            assert!(low.is_some() || high.is_some(), "{code}");
            assert!(low.zip(high).is_none_or(|(low, high)| low < high), "{code}");
            let lowest = low.or(high).expect("one bound");
            let highest = high.or(low).expect("one bound");
            assert!(critical_low.is_none_or(|critical| critical < lowest), "{code}");
            assert!(critical_high.is_none_or(|critical| critical > highest), "{code}");
        }
        // Numbers need a unit, but for three pure numbers.
        assert!(analysis.ucum.is_some() || analysis.ranges.is_empty() || code == "TCA_R", "{code}");
    }
}

#[test]
fn what_must_be_announced_first_is_hidden_from_the_patient() {
    for code in ["VIH", "AGHBS", "ACVHC"] {
        assert!(usual::by_code(code).expect("in the table").hidden_from_patient, "{code}");
    }
    assert!(!usual::by_loinc("2823-3").expect("potassium").hidden_from_patient);
}
