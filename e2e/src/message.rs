//! Messages of scenarios, written field by field so that each test shows what it changes.

/// A patient of a scenario.
#[derive(Clone)]
pub struct Patient {
    /// Number at the sender's.
    pub number: String,
    /// Family and given name, ER7 text.
    pub name: (String, String),
    /// Matricule announced; `None` announces none.
    pub matricule: Option<String>,
    /// PID-32.
    pub reliability: &'static str,
}

impl Patient {
    /// The published test patient, qualified.
    pub fn qualified() -> Self {
        Self {
            number: "P1".into(),
            name: ("PAT-TROIS".into(), "DOMINIQUE".into()),
            matricule: Some("279035121518989".into()),
            reliability: "VALI",
        }
    }

    /// The same patient, whose identity the sender has not validated.
    pub fn provisional() -> Self {
        Self { reliability: "PROV", ..Self::qualified() }
    }
}

/// One result line.
#[derive(Clone)]
pub struct Line {
    /// Local code.
    pub code: String,
    /// Type.
    pub kind: &'static str,
    /// Value, ER7.
    pub value: String,
    /// Unit.
    pub unit: String,
    /// Status.
    pub status: char,
}

impl Line {
    /// A final number.
    pub fn number(code: &str, value: &str, unit: &str) -> Self {
        Self { code: code.into(), kind: "NM", value: value.into(), unit: unit.into(), status: 'F' }
    }
}

/// An ORU^R01.
#[derive(Clone)]
pub struct Message {
    /// Sending application.
    pub sender: &'static str,
    /// MSH-10.
    pub control_id: String,
    /// MSH-7.
    pub time: String,
    /// Patient.
    pub patient: Patient,
    /// Dossier number.
    pub number: String,
    /// OBR-25.
    pub status: char,
    /// Class of the patient, PV1-2: `O` ambulatory, `I` hospitalized, `E` emergency.
    pub class: char,
    /// RPPS of the biologist of OBR-32.
    pub validator: Option<&'static str>,
    /// Results.
    pub lines: Vec<Line>,
}

impl Message {
    /// A final potassium and sodium of the qualified patient, from the trusted laboratory system.
    pub fn chemistry() -> Self {
        Self {
            sender: "SGL-B",
            control_id: "M1".into(),
            time: "20261102093000+0100".into(),
            patient: Patient::qualified(),
            number: "N1".into(),
            status: 'F',
            class: 'O',
            validator: None,
            lines: vec![Line::number("NA", "140", "mmol/L"), Line::number("K", "4.2", "mmol/L")],
        }
    }

    /// The matricule that a trusted sender states valid.
    pub fn matricule(&self) -> Option<&str> {
        self.patient.matricule.as_deref()
    }

    /// The bytes.
    pub fn encode(&self) -> Vec<u8> {
        let patient = &self.patient;
        let ins = patient.matricule.as_ref().map_or_else(String::new, |matricule| {
            format!("~{matricule}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS")
        });
        let (family, given) = &patient.name;
        let doctor = "801234567001^MOREAU^Claire^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS";
        let copy = "801234567002^ROSSI^Antoine^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS";
        let validator = self.validator.map_or_else(String::new, |rpps| {
            format!("8{rpps}&MOREAU&Hélène&&&DR&&&ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO")
        });
        let mut segments = vec![
            format!(
                "MSH|^~\\&|{}|LABO|PAILLASSE|LABO|{}||ORU^R01^ORU_R01|{}|P|2.5|||||FRA|UNICODE UTF-8",
                self.sender, self.time, self.control_id
            ),
            format!(
                "PID|1||{}^^^DOMAINE^PI{ins}||{family}^{given}^{given}^^^^L||19790328|F|||1 rue^^PARIS^^75001^FRA^H~^^^^^^BDL^^63220|||||||||||||||||||||{}",
                patient.number, patient.reliability
            ),
            format!("PV1|1|{}", self.class),
            format!("ORC|RE|P{0}|{0}|||||||||{doctor}||^NET^X.400^claire.moreau@medecin.test.mssante.fr", self.number),
            format!(
                "OBR|1|P{0}|{0}|BIO^Bilan^L||20261101180000+0100|20261102073000+0100|||||||20261102084500+0100||{doctor}||||||20261102091500+0100|||{1}|||{copy}||||{validator}",
                self.number, self.status
            ),
            format!(
                "PRT||UC||RCT^Result Copies To^participation|{copy}||||||||||^^X.400^antoine.rossi@medecin.test.mssante.fr"
            ),
        ];
        for (rank, line) in self.lines.iter().enumerate() {
            segments.push(format!(
                "OBX|{}|{}|{}^^L||{}|{}|||||{}",
                rank + 1,
                line.kind,
                line.code,
                line.value,
                line.unit,
                line.status
            ));
        }
        let mut bytes = segments.join("\r").into_bytes();
        bytes.push(b'\r');
        bytes
    }
}
