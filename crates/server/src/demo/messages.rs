//! The HL7 v2 messages of the demonstration, as its invented senders would write them.

use jiff::{Timestamp, Zoned, tz::TimeZone};

use super::people::{Invented, Physician, mailbox};

/// Writes messages of one run: times, control ids and dossier numbers follow each other.
pub struct Writer {
    started: Zoned,
    run: String,
    n_messages: usize,
}

/// One result line: code and label in the catalogue, LOINC left to the catalogue, value type, value, unit, range, flag.
pub struct Line {
    /// Code of the catalogue.
    pub code: &'static str,
    /// LOINC code, of what no catalogue holds; may be empty.
    pub loinc: &'static str,
    /// HL7 value type: `NM`, `ST`, `SN`, `CE`.
    pub kind: &'static str,
    /// Value as written in OBX-5.
    pub value: String,
    /// Unit.
    pub unit: &'static str,
    /// Sub-identifier (isolate); may be empty.
    pub sub_id: &'static str,
    /// Flag; may be empty.
    pub flag: &'static str,
    /// Status.
    pub status: char,
    /// Comment; may be empty.
    pub note: &'static str,
}

/// A request with its results.
pub struct Request<'a> {
    /// Dossier number at the sender's.
    pub number: &'a str,
    /// What was asked for: code and label.
    pub service: (&'static str, &'static str),
    /// When the specimens were taken, in minutes before the run began.
    pub taken_minutes_ago: i64,
    /// Urgent.
    pub urgent: bool,
    /// Prescriber.
    pub prescriber: Physician,
    /// Copies.
    pub copies: &'a [Physician],
    /// OBR-25.
    pub status: char,
    /// The biologist whose validation comes with the results: RPPS, family, given name.
    pub validator: Option<Physician>,
    /// Specimen: code and label.
    pub specimen: (&'static str, &'static str),
    /// Results.
    pub lines: Vec<Line>,
    /// Antibiogram of the isolate `1`, as a child request.
    pub antibiogram: Vec<Line>,
}

/// What the sender states of the identity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// INS with `VALI`.
    Qualified,
    /// INS announced, `PROV`.
    NotQualified,
}

impl Writer {
    /// Messages that begin now.
    pub fn new(now: Timestamp, zone: &TimeZone, run: &str) -> Self {
        Self { started: now.to_zoned(zone.clone()), run: run.to_owned(), n_messages: 0 }
    }

    fn time(&self, minutes_ago: i64) -> String {
        let at = self
            .started
            .checked_sub(jiff::SignedDuration::from_mins(minutes_ago))
            .unwrap_or_else(|_| self.started.clone());
        at.strftime("%Y%m%d%H%M%S%z").to_string()
    }

    fn header(&mut self, sender: (&str, &str), kind: &str, version: &str) -> String {
        self.n_messages += 1;
        format!(
            "MSH|^~\\&|{}|{}|PAILLASSE|LABO|{}||{kind}|{}{:06}|P|{version}|||||FRA|UNICODE UTF-8",
            sender.0,
            sender.1,
            self.time(0),
            self.run,
            self.n_messages
        )
    }

    /// An admission that creates or updates a patient; `opposed` says that they oppose feeding the DMP.
    pub fn admission(&mut self, patient: &Invented, identity: Identity, opposed: bool) -> Vec<u8> {
        let head = self.header(("GAM", "CHU-DEMO"), "ADT^A01^ADT_A01", "2.5^FRA^2.11");
        let now = self.time(0);
        let feeding = if opposed { "IO" } else { "INO" };
        encode(&[
            head,
            format!("EVN||{now}||||{now}"),
            pid(patient, identity),
            "PV1|1|O".to_owned(),
            format!("ZBE|{}^CHU-DEMO|{now}||INSERT|N||||M", self.n_messages),
            format!("ZFA|ACTIF|{now}|||||||{feeding}|{now}|IC|{now}"),
        ])
    }

    /// Results of a laboratory system.
    pub fn results(
        &mut self,
        sender: (&str, &str),
        patient: &Invented,
        identity: Identity,
        request: &Request<'_>,
    ) -> Vec<u8> {
        let mut segments =
            vec![self.header(sender, "ORU^R01^ORU_R01", "2.5"), pid(patient, identity), "PV1|1|O".to_owned()];
        self.request(&mut segments, 1, request, request.number, &request.lines);
        segments.push(self.specimen(request));
        if !request.antibiogram.is_empty() {
            let number = format!("{}A", request.number);
            self.request(&mut segments, 2, request, &number, &request.antibiogram);
            if let Some(obr) = segments.iter_mut().rev().find(|it| it.starts_with("OBR|2")) {
                // OBR-26: the culture whose isolate this antibiogram is of; OBR-29: its request.
                set_field(obr, 26, "CULT_U&Culture d'urine&L^1");
                set_field(obr, 29, &format!("P{0}^{0}", request.number));
            }
        }
        encode(&segments)
    }

    /// Results of an analyzer, which knows the specimen only.
    pub fn analyzer(&mut self, patient_number: &str, specimen: &str, lines: &[Line]) -> Vec<u8> {
        let mut segments = vec![
            self.header(("AUTOMATE-A", "PLATEAU"), "ORU^R01", "2.5"),
            format!("PID|1||{patient_number}^^^DEMO-IPP^PI||INCONNU"),
            format!("OBR|1|{specimen}|{specimen}|CHIMIE^Chimie^L|||{}", self.time(45)),
        ];
        for (n, line) in lines.iter().enumerate() {
            segments.push(obx(n + 1, line));
        }
        segments.push(format!("SPM|1|{specimen}^{specimen}||SER^Sérum^HL70487"));
        encode(&segments)
    }

    fn request(&self, segments: &mut Vec<String>, rank: usize, request: &Request<'_>, number: &str, lines: &[Line]) {
        let prescriber = xcn(request.prescriber);
        let box_of = mailbox(request.prescriber);
        segments.push(format!("ORC|RE|P{number}|{number}|||||||||{prescriber}||^NET^X.400^{box_of}"));
        let mut obr = format!("OBR|{rank}|P{number}|{number}|{}^{}^L", request.service.0, request.service.1);
        let taken = request.taken_minutes_ago;
        set_field(&mut obr, 6, &self.time(taken + 22 * 60));
        set_field(&mut obr, 7, &self.time(taken));
        set_field(&mut obr, 14, &self.time(taken - 60));
        set_field(&mut obr, 16, &prescriber);
        set_field(&mut obr, 22, &self.time((taken - 145).max(0)));
        set_field(&mut obr, 25, &request.status.to_string());
        if request.urgent {
            set_field(&mut obr, 27, "^^^^^S");
        }
        set_field(&mut obr, 28, &request.copies.iter().map(|copy| xcn(*copy)).collect::<Vec<_>>().join("~"));
        if let Some((rpps, family, given)) = request.validator {
            set_field(&mut obr, 32, &format!("8{rpps}&{family}&{given}&&&DR&&&ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO"));
        }
        segments.push(obr);
        for copy in request.copies {
            if !copy.0.is_empty() {
                let (who, address) = (xcn(*copy), mailbox(*copy));
                segments.push(format!("PRT||UC||RCT^Result Copies To^participation|{who}||||||||||^^X.400^{address}"));
            }
        }
        for (n, line) in lines.iter().enumerate() {
            segments.push(obx(n + 1, line));
            if !line.note.is_empty() {
                segments.push(format!("NTE|1|L|{}", line.note));
            }
        }
    }

    fn specimen(&self, request: &Request<'_>) -> String {
        let mut spm =
            format!("SPM|1|{0}S^{0}S||{1}^{2}^HL70487", request.number, request.specimen.0, request.specimen.1);
        set_field(&mut spm, 17, &self.time(request.taken_minutes_ago));
        set_field(&mut spm, 18, &self.time(request.taken_minutes_ago - 60));
        spm
    }
}

fn pid(patient: &Invented, identity: Identity) -> String {
    let ins = format!("~{}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS", patient.matricule);
    let mut pid = format!(
        "PID|1||{}^^^DEMO-IPP^PI{ins}||{}^{}^{}^^^^L||{}|{}",
        patient.number,
        patient.family,
        patient.given,
        patient.given,
        patient.birth.strftime("%Y%m%d"),
        patient.sex
    );
    set_field(
        &mut pid,
        11,
        &format!("12 rue des Essais^^{}^^{}^FRA^H~^^^^^^BDL^^{}", patient.place.0, postal(patient), patient.place.1),
    );
    set_field(&mut pid, 32, if identity == Identity::Qualified { "VALI" } else { "PROV" });
    pid
}

fn postal(patient: &Invented) -> String {
    let department = if patient.place.1.starts_with("2A") { "20" } else { &patient.place.1[..2] };
    format!("{department}000")
}

fn xcn((rpps, family, given): Physician) -> String {
    if rpps.is_empty() {
        format!("^{family}^{given}^^^DR")
    } else {
        format!("8{rpps}^{family}^{given}^^^DR^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS")
    }
}

fn obx(rank: usize, line: &Line) -> String {
    let loinc = if line.loinc.is_empty() { String::new() } else { format!("^{}^^LN", line.loinc) };
    let mut obx =
        format!("OBX|{rank}|{}|{}^^L{loinc}|{}|{}|{}", line.kind, line.code, line.sub_id, line.value, line.unit);
    set_field(&mut obx, 8, line.flag);
    set_field(&mut obx, 11, &line.status.to_string());
    obx
}

/// Sets the n-th field of a segment, filling up with empty ones.
fn set_field(segment: &mut String, n: usize, value: &str) {
    let mut fields: Vec<&str> = segment.split('|').collect();
    while fields.len() <= n {
        fields.push("");
    }
    fields[n] = value;
    *segment = fields.join("|");
}

fn encode(segments: &[String]) -> Vec<u8> {
    let mut bytes = segments.join("\r").into_bytes();
    bytes.push(b'\r');
    bytes
}
