//! Reports of the organized screening of cervical cancer; the first says what the published example says.

use super::parts::*;
use lab::{
    order::Specimen,
    person::{Finess, MssanteAddress, Professional, Rpps, Specialty, Subcontractor},
    quantity::{CodeSystem, Coded, Value},
    report::{
        Attachment, Mentions, Report, ReportStatus, ReportedResult, Section, Validator, Validators,
        screening::{
            HpvVaccination, InvitationNumber, Screening, ScreeningCollector, ScreeningConclusion, ScreeningContext,
            VaccineDose,
        },
    },
};

/// HPV found, and a cytology that another laboratory made; not vaccinated. Values of `DEP-CCU-tout-structuré`.
pub fn screening() -> Report {
    let mut report = hpv_report();
    let mut cytology = ReportedResult {
        observed_at: at("2024-01-04T14:50:00Z"),
        method: Some(technique("MI", "Observation microscopique")),
        previous: vec![earlier(
            "2023-12-04T14:50:00Z",
            agency("MED-1193", "négatif pour une lésion intra-épithéliale ou maligne"),
        )],
        ..measured("10524-7", CYTOLOGY_NAME, "CYTO", "Examen cytologique", "1", "")
    };
    answer(&mut cytology, agency("MED-1194", "adénocarcinome SAP"), None);
    cytology.provenance.subcontractor = Some(cytologists());
    let mut section = section("26438-2", "Examen cytologique", results([cytology]));
    section.code = Coded::loinc("26438-2", "Cytologie");
    section.specimen = None;
    section.validators = Validators::one(Validator { professional: pathologist(), at: at("2024-01-04T10:20:00Z") });
    report.chapters.push(chapter("26438-2", "Cytologie", vec![section]));
    report
}

/// HPV found, the cytology as the other laboratory's own report; vaccinated. After `DEP-CCU-HPV-structuré-CYTO-pdf`.
pub fn screening_with_report() -> Report {
    let mut report = hpv_report();
    report.attachments = vec![Attachment {
        title: "Examen cytologique".into(),
        laboratory: cytologists(),
        observed_at: at("2024-01-04T09:23:00Z"),
        pdf: b"%PDF-1.4\n% a report of another laboratory <pdfaid:part>1</pdfaid:part>\n%%EOF\n".to_vec(),
    }];
    edit_screening(&mut report, |screening| {
        screening.vaccination = HpvVaccination::Done(vec![
            VaccineDose { rank: Some(1), given_on: Some(jiff::civil::date(2012, 5, 2)) },
            VaccineDose { rank: Some(2), given_on: None },
        ]);
        screening.invitation = None;
    });
    report
}

/// A sample that the patient took: nothing is known beside, and the cytology is awaited.
pub fn self_sampling() -> Report {
    let mut report = hpv_report();
    report.status = ReportStatus::Partial;
    let section = &mut report.chapters[0].sections[0];
    section.status = ReportStatus::Partial;
    if let Some(specimen) = &mut section.specimen {
        specimen.act = None;
    }
    report.screening = Some(Screening {
        context: ScreeningContext::SelfSampledHpv,
        invitation: None,
        vaccination: HpvVaccination::Unknown,
        kit: Some(Coded { system: CodeSystem::Local, code: String::new(), label: "Trousse en évaluation".into() }),
        medium: None,
        conclusion: None,
        collector: None,
    });
    report
}

const CYTOLOGY_NAME: &str =
    "Observation microscopique:Identification:Ponctuel:Col de l'utérus:Résultat nominal:Coloration cellulaire";
const HPV_NAME: &str = "Papillomavirus humain 16 et 18 et 31+33+35+39+45+51+52+56+58+59+66+68 ADN:Interprétation:Ponctuel:Col de l'utérus:Résultat nominal";

fn hpv_report() -> Report {
    let mut hpv = ReportedResult {
        observed_at: at("2024-01-04T14:50:00Z"),
        method: Some(technique("GUF", "PCR/RT PCR - Point final")),
        previous: vec![earlier(
            "2023-12-04T14:50:00Z",
            Value::Coded(Coded::snomed("77851000146104", "HPV-HR non détecté")),
        )],
        ..measured("77379-6", HPV_NAME, "HPV", "Test HPV-HR", "1", "")
    };
    answer(&mut hpv, Value::Coded(Coded::snomed("1269497006", "ADN d'HPV-HR détecté")), None);
    let section = Section {
        specimen: Some(Specimen {
            collected_at: Some(at("2024-01-04T06:35:00Z")),
            received_at: Some(at("2024-01-04T06:52:00Z")),
            act: Some(Coded { system: CodeSystem::Nabm, code: "0027".into(), label: "FCU-DO - FROTTIS".into() }),
            site: Some(Coded::snomed("76784001", "vagin")),
            ..specimen("801234567893", "GENV", "Prélèvement vaginal")
        }),
        code: Coded::loinc("18725-2", "Microbiologie"),
        validators: Validators::one(Validator { professional: biologist(), at: at("2024-01-04T10:20:00Z") }),
        ..section("18725-2", "Test HPV-HR", results([hpv]))
    };
    let mut report = report(vec![chapter("18725-2", "Microbiologie", vec![section])]);
    report.signed_at = at("2024-01-04T15:05:27Z");
    report.mentions =
        Mentions { personal_data: Some("Vous disposez de droits sur vos données.".into()), ..Mentions::default() };
    report.screening = Some(Screening {
        context: ScreeningContext::PrimaryHpv,
        invitation: InvitationNumber::parse("1234567890121"),
        vaccination: HpvVaccination::NotDone,
        kit: Some(technique("VHEDA1GUR01LX", "ABBOTT - Alinity m HR HPV AMP Kit (09N15-090)")),
        medium: Some(Coded {
            system: CodeSystem::Agency,
            code: "GEN-303".into(),
            label: "Hologic ThinPrep PreservCyt".into(),
        }),
        conclusion: Some(ScreeningConclusion::Anomaly),
        collector: Some(ScreeningCollector {
            name: "Collecteur national des données de dépistage des cancers".into(),
            mailbox: MssanteAddress::parse("collecteur-depistage@institutcancer.mssante.fr").unwrap(),
        }),
    });
    report
}

/// Changes what a screening says.
pub fn edit_screening(report: &mut Report, change: impl FnOnce(&mut Screening)) {
    change(report.screening.as_mut().expect("a screening"));
}

fn agency(code: &str, label: &str) -> Value {
    Value::Coded(Coded { system: CodeSystem::Agency, code: code.into(), label: label.into() })
}

fn cytologists() -> Subcontractor {
    Subcontractor {
        name: "Laboratoire d'anatomo-cyto-pathologie".into(),
        contact: "2 rue Georges Pompidou, 92100 BOULOGNE-BILLANCOURT, tél. 01 74 58 96 07".into(),
        accreditation: None,
        finess: Finess::parse("120453333"),
    }
}

fn pathologist() -> Professional {
    Professional {
        rpps: Rpps::parse("01234536598"),
        family: "DUPONT".into(),
        given: "Thierry".into(),
        specialty: Some(Specialty {
            code: "G15_10/C01".into(),
            label: "Médecin - Anatomie et Cytologie pathologiques humaines (C)".into(),
        }),
        address: Some(address("2 rue Georges Pompidou", "92100", "BOULOGNE-BILLANCOURT")),
        ..biologist()
    }
}
