//! Result messages as groups: who, which orders, which observations. In: a [`Message`]. Out: [`Results`], which borrow it.
//!
//! One reading for the structures ORU_R01 (`PID PV1 {ORC OBR {OBX} {SPM {OBX}}}`) and OUL_R22 (`PID PV1 {SPM {OBX} {OBR ORC
//! {OBX}}}`), permissive: every segment lands somewhere, and what does not fit the structure is a [`Finding`]. Meaning of
//! the values, required fields and codes are not known here.
//!
//! Source: HL7 v2.5 §7.3.1 (ORU^R01), v2.5.1 §7.3.9 (OUL^R22).

use crate::{element::Segment, message::Message};

/// One patient and the results under it.
#[derive(Clone, Debug, Default)]
pub struct PatientResult<'m> {
    /// Absent when results come before any PID.
    pub pid: Option<Segment<'m>>,
    /// The stay.
    pub pv1: Option<Segment<'m>>,
    /// NTE after PID or PV1.
    pub pid_notes: Vec<Segment<'m>>,
    /// In the order of the message.
    pub orders: Vec<OrderObservation<'m>>,
    /// Other segments at this level (PD1, NK1, PV2, local ones).
    pub others: Vec<Segment<'m>>,
}

/// One order, or the part of a report under one OBR.
#[derive(Clone, Debug, Default)]
pub struct OrderObservation<'m> {
    /// Often missing, or shared: an OBR without its own ORC has none here.
    pub orc: Option<Segment<'m>>,
    /// Absent when observations come before any OBR.
    pub obr: Option<Segment<'m>>,
    /// Timing and priority.
    pub tq1: Vec<Segment<'m>>,
    /// NTE after ORC, OBR or TQ1.
    pub notes: Vec<Segment<'m>>,
    /// In the order of the message.
    pub observations: Vec<Observation<'m>>,
    /// After the observations in an ORU; in an OUL the one specimen that precedes the OBR.
    pub specimens: Vec<Specimen<'m>>,
    /// Other segments at this level (CTD, SAC, DG1, local ones).
    pub others: Vec<Segment<'m>>,
}

/// One OBX.
#[derive(Clone, Debug)]
pub struct Observation<'m> {
    /// The observation itself.
    pub obx: Segment<'m>,
    /// NTE that follow.
    pub notes: Vec<Segment<'m>>,
    /// Other segments that follow (PRT, TCD, SID, local ones).
    pub others: Vec<Segment<'m>>,
}

/// One SPM.
#[derive(Clone, Debug)]
pub struct Specimen<'m> {
    /// The specimen itself.
    pub spm: Segment<'m>,
    /// OBX that describe the specimen rather than answer the order.
    pub observations: Vec<Observation<'m>>,
    /// NTE that follow.
    pub notes: Vec<Segment<'m>>,
    /// Other segments that follow (SAC, INV, local ones).
    pub others: Vec<Segment<'m>>,
}

/// What does not fit the structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum FindingKind {
    /// More than one PID: each has its own [`PatientResult`]. Legal in ORU_R01, and a risk of mixing patients up.
    SeveralPatients,
    /// Orders or observations before any PID.
    MissingPatient,
    /// An OBX before any OBR.
    ObservationWithoutOrder,
    /// In an ORU, SPM between OBR and its OBX, as in OUL: the OBX are read as results of the order.
    SpecimenBeforeObservations,
    /// A PV1 that is the second one of its patient; it is among the `others`.
    RepeatedVisit,
}

/// A finding and the segment that shows it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Finding {
    /// What.
    pub kind: FindingKind,
    /// Place of the segment in the message, from 1.
    pub segment: usize,
}

/// The groups of one message.
#[derive(Clone, Debug, Default)]
pub struct Results<'m> {
    /// One per PID; more than one is also a finding.
    pub patients: Vec<PatientResult<'m>>,
    /// Segments before the first group, header excepted (SFT, EVN).
    pub others: Vec<Segment<'m>>,
    /// Findings in the order of the message, each kind where it is seen.
    pub findings: Vec<Finding>,
}

impl<'m> Results<'m> {
    /// Groups the segments. Never fails: a message of another type gives what groups it has.
    pub fn of(message: &'m Message) -> Self {
        let message_type = message.message_type();
        let place =
            if message_type.code == "OUL" { SpecimenPlace::BeforeOrders } else { SpecimenPlace::AfterObservations };
        let mut grouping = Grouping {
            results: Self::default(),
            place,
            current: Level::Message,
            specimen: None,
            specimen_given: false,
        };
        for segment in message.segments().skip(1) {
            grouping.take(segment);
        }
        grouping.close_specimen();
        grouping.results
    }
}

/// Where the structure puts SPM.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SpecimenPlace {
    BeforeOrders,
    AfterObservations,
}

/// What the last segment belonged to: where notes and unknown segments go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Message,
    Patient,
    Order,
    Observation,
    Specimen,
    SpecimenObservation,
}

struct Grouping<'m> {
    results: Results<'m>,
    place: SpecimenPlace,
    current: Level,
    /// OUL: the specimen of the orders to come.
    specimen: Option<Specimen<'m>>,
    /// OUL: an order has that specimen.
    specimen_given: bool,
}

impl<'m> Grouping<'m> {
    fn take(&mut self, segment: Segment<'m>) {
        match segment.name().as_str() {
            "PID" => self.patient(segment),
            "PV1" => self.visit(segment),
            "ORC" => self.common_order(segment),
            "OBR" => self.request(segment),
            "TQ1" => {
                self.order(segment).tq1.push(segment);
                self.current = Level::Order;
            }
            "SPM" => self.specimen(segment),
            "OBX" => self.observation(segment),
            "NTE" => self.note(segment),
            _ => self.other(segment),
        }
    }

    fn find(&mut self, kind: FindingKind, segment: Segment<'m>) {
        self.results.findings.push(Finding { kind, segment: segment.number() });
    }

    fn patient(&mut self, segment: Segment<'m>) {
        self.close_specimen();
        if self.results.patients.iter().any(|p| p.pid.is_some()) {
            self.find(FindingKind::SeveralPatients, segment);
        }
        self.results.patients.push(PatientResult { pid: Some(segment), ..PatientResult::default() });
        self.current = Level::Patient;
    }

    /// OUL: a specimen without any order makes an order of its own, so that it is not lost.
    fn close_specimen(&mut self) {
        if let Some(specimen) = self.specimen.take()
            && !self.specimen_given
        {
            let order = OrderObservation { specimens: vec![specimen], ..OrderObservation::default() };
            // `specimen` opened a patient.
            if let Some(patient) = self.results.patients.last_mut() {
                patient.orders.push(order);
            }
        }
    }

    /// The patient of `segment`; an unnamed one when no PID came.
    fn open_patient(&mut self, segment: Segment<'m>) -> &mut PatientResult<'m> {
        if self.results.patients.is_empty() {
            self.find(FindingKind::MissingPatient, segment);
            self.results.patients.push(PatientResult::default());
        }
        let last = self.results.patients.len() - 1;
        &mut self.results.patients[last]
    }

    /// The order of `segment`; an unnamed one when neither ORC nor OBR came.
    fn order(&mut self, segment: Segment<'m>) -> &mut OrderObservation<'m> {
        if self.open_patient(segment).orders.is_empty() {
            self.new_order(segment, OrderObservation::default());
        }
        let orders = &mut self.open_patient(segment).orders;
        let last = orders.len() - 1;
        &mut orders[last]
    }

    fn new_order(&mut self, segment: Segment<'m>, mut order: OrderObservation<'m>) {
        order.specimens.extend(self.specimen.clone());
        self.specimen_given = true;
        self.open_patient(segment).orders.push(order);
        self.current = Level::Order;
    }

    fn visit(&mut self, segment: Segment<'m>) {
        let patient = self.open_patient(segment);
        if patient.pv1.is_none() {
            patient.pv1 = Some(segment);
        } else {
            patient.others.push(segment);
            self.find(FindingKind::RepeatedVisit, segment);
        }
        self.current = Level::Patient;
    }

    fn common_order(&mut self, segment: Segment<'m>) {
        let follows_request = self.place == SpecimenPlace::BeforeOrders && self.current == Level::Order;
        if let Some(open) = self.open_patient(segment).orders.last_mut().filter(|_| follows_request)
            && open.obr.is_some()
            && open.orc.is_none()
        {
            open.orc = Some(segment);
            return;
        }
        self.new_order(segment, OrderObservation { orc: Some(segment), ..OrderObservation::default() });
    }

    fn request(&mut self, segment: Segment<'m>) {
        let follows_order = self.current == Level::Order;
        if let Some(open) = self.open_patient(segment).orders.last_mut().filter(|_| follows_order)
            && open.obr.is_none()
        {
            open.obr = Some(segment);
            return;
        }
        self.new_order(segment, OrderObservation { obr: Some(segment), ..OrderObservation::default() });
    }

    fn specimen(&mut self, spm: Segment<'m>) {
        let specimen = Specimen { spm, observations: Vec::new(), notes: Vec::new(), others: Vec::new() };
        self.open_patient(spm);
        match self.place {
            SpecimenPlace::BeforeOrders => {
                self.close_specimen();
                self.specimen = Some(specimen);
                self.specimen_given = false;
                self.current = Level::Specimen;
            }
            SpecimenPlace::AfterObservations => {
                let order = self.order(spm);
                order.specimens.push(specimen);
                if order.observations.is_empty() {
                    // The OBX to come are the results: losing a result is worse than misplacing a specimen's property.
                    self.find(FindingKind::SpecimenBeforeObservations, spm);
                    self.current = Level::Order;
                } else {
                    self.current = Level::Specimen;
                }
            }
        }
    }

    /// The specimen that notes and OBX go to.
    fn open_specimen(&mut self) -> Option<&mut Specimen<'m>> {
        match self.place {
            SpecimenPlace::BeforeOrders => self.specimen.as_mut(),
            SpecimenPlace::AfterObservations => {
                self.results.patients.last_mut()?.orders.last_mut()?.specimens.last_mut()
            }
        }
    }

    fn observation(&mut self, obx: Segment<'m>) {
        let observation = Observation { obx, notes: Vec::new(), others: Vec::new() };
        if matches!(self.current, Level::Specimen | Level::SpecimenObservation)
            && let Some(specimen) = self.open_specimen()
        {
            specimen.observations.push(observation);
            self.current = Level::SpecimenObservation;
            return;
        }
        let order = self.order(obx);
        let orphan = order.obr.is_none() && order.observations.is_empty();
        order.observations.push(observation);
        if orphan {
            self.find(FindingKind::ObservationWithoutOrder, obx);
        }
        self.current = Level::Observation;
    }

    /// The observation that notes go to.
    fn open_observation(&mut self) -> Option<&mut Observation<'m>> {
        match self.current {
            Level::SpecimenObservation => self.open_specimen()?.observations.last_mut(),
            _ => self.results.patients.last_mut()?.orders.last_mut()?.observations.last_mut(),
        }
    }

    fn note(&mut self, segment: Segment<'m>) {
        let list = match self.current {
            Level::Message => None,
            Level::Patient => self.results.patients.last_mut().map(|p| &mut p.pid_notes),
            Level::Order => Some(&mut self.order(segment).notes),
            Level::Specimen => self.open_specimen().map(|s| &mut s.notes),
            Level::Observation | Level::SpecimenObservation => self.open_observation().map(|o| &mut o.notes),
        };
        match list {
            Some(list) => list.push(segment),
            None => self.results.others.push(segment),
        }
    }

    fn other(&mut self, segment: Segment<'m>) {
        let list = match self.current {
            Level::Message => None,
            Level::Patient => self.results.patients.last_mut().map(|p| &mut p.others),
            Level::Order => Some(&mut self.order(segment).others),
            Level::Specimen => self.open_specimen().map(|s| &mut s.others),
            Level::Observation | Level::SpecimenObservation => self.open_observation().map(|o| &mut o.others),
        };
        match list {
            Some(list) => list.push(segment),
            None => self.results.others.push(segment),
        }
    }
}
