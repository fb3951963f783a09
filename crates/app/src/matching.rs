//! Matching: a result message meets its dossier, its observations meet the catalogue. A doubt becomes a work item.

use hl7v2::Message;
use inbound_hl7v2::oru::{self, AnnouncedScreening, OrderResult, ResultMessage, ResultStatus, SentObservation};
use lab::{
    catalogue::Analysis,
    finding::{Finding, Severity},
    id::{Ids, ObservationId, OrderId},
    matching::{self, Match, SentCode, SentValue},
    order::{
        CareSetting, Confidentiality, Observation, ObservationStage, Order, Outcome, Purpose, Specimen, SpecimenKind,
        Visibility,
    },
    patient::Patient,
    person::Subcontractor,
    quantity::{CriticalBounds, Interpretation, interpret},
    report::{Attachment, Figure, Image, ImageKind, Review, Screening, Validator},
};
use records::{
    accounts,
    observations::{self, Recorded},
    orders::{self, NewComment, OrderRecord, OrderStage},
    professionals,
    work_items::{self, NewWorkItem},
};
use store::Tx;

use crate::{
    AppError, identity,
    inbound::Context,
    purpose,
    validation::{audit, refresh_stage},
};

/// Marks what a preliminary request still owes, in place of analyses that its sender does not name.
const REST: &str = "…";

/// Marks a result whose analysis is not recognized: the dossier stays incomplete until a person settles the doubt.
pub(crate) const UNMATCHED: &str = "?";

/// Applies a result message; answers what was found.
pub(crate) fn process(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    message: &Message,
) -> Result<Vec<Finding>, AppError> {
    let settings = context.app.settings();
    let read = match oru::read_trusting(message, &settings.zone, &settings.trusted) {
        Ok(read) => read,
        Err(findings) => return Ok(findings),
    };
    let mut findings = read.findings.clone();
    let located = if context.connection.kind.opens_dossiers() {
        open_or_find(tx, ids, context, &read, &mut findings)?
    } else {
        find_awaiting(tx, ids, context, &read, &mut findings)?
    };
    let Some((order, patient)) = located else { return Ok(findings) };
    let on_dossier = read.notes.iter().map(|note| (None, note));
    let on_requests = read.orders.iter().flat_map(|it| it.notes.iter().map(move |note| (Some(&it.service), note)));
    for (service, text) in on_dossier.chain(on_requests) {
        let battery = service.and_then(|service| context.app.catalogue().battery(service));
        let comment = NewComment { author: &context.connection.label, text, battery };
        orders::add_comment(tx, ids, order.id, &comment, context.now)?;
    }
    for (isolate, organism) in read.organisms() {
        orders::put_organism(tx, order.id, &isolate, &organism)?;
    }
    if let Some(said) = &read.screening {
        screening(tx, ids, context, &mut findings, &order, said)?;
    }
    let mut known = observations::of_order(tx, order.id)?;
    let mut integration = Integration { context, order: &order, patient: &patient, findings: &mut findings };
    for sent_order in &read.orders {
        integration.specimens(tx, sent_order)?;
        if sent_order.observations.is_empty() {
            integration.await_service(tx, ids, &sent_order.service, &mut known)?;
        }
        integration.await_rest(tx, ids, sent_order, &mut known)?;
        for sent in &sent_order.observations {
            // The observation that names the germ is the isolate itself, not a result on it.
            if sent.names_germ {
                continue;
            }
            integration.observation(tx, ids, sent_order, sent, &mut known)?;
        }
    }
    let stage = refresh_stage(tx, order.id)?;
    tracing::debug!(order.id = %order.id, stage = stage.code(), "results were integrated");
    audit(tx, &context.connection.label, "results.receive", &order.number, Some(patient.id), context.now)?;
    Ok(findings)
}

/// A laboratory system's message: its dossier is found under its number, or opened.
fn open_or_find(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    read: &ResultMessage,
    findings: &mut Vec<Finding>,
) -> Result<Option<(Order, Patient)>, AppError> {
    let Some(patient) = identity::recognize(tx, ids, context, &read.patient, findings)? else { return Ok(None) };
    let Some(number) = dossier_number(read) else {
        doubt(tx, ids, context, findings, Finding::error("ORDER-NUMBER-MISSING", "OBR-3"), "", None)?;
        return Ok(None);
    };
    if let Some(id) = known_dossier(tx, context, read)? {
        let (order, _) = orders::get_locked(tx, id)?;
        if order.patient != patient.id {
            doubt(tx, ids, context, findings, Finding::error("ORDER-OTHER-PATIENT", "PID-3"), &number, Some(id))?;
            return Ok(None);
        }
        return Ok(Some((order, patient)));
    }
    let only_corrections =
        read.observations().next().is_some() && read.observations().all(|it| it.status == ResultStatus::Corrected);
    let order = open(tx, ids, context, read, &patient, number)?;
    if only_corrections {
        doubt(
            tx,
            ids,
            context,
            findings,
            Finding::warning("RESULT-CORRECTS-UNKNOWN", "OBX-11"),
            &order.number,
            Some(order.id),
        )?;
    }
    Ok(Some((order, patient)))
}

/// The number under which a laboratory system knows the dossier: its own, else that of the group of requests, else the
/// prescriber's.
fn dossier_number(read: &ResultMessage) -> Option<String> {
    let first = |number: fn(&OrderResult) -> &Option<String>| read.orders.iter().find_map(|it| number(it).clone());
    first(|it| &it.filler_number).or_else(|| first(|it| &it.group_number)).or_else(|| first(|it| &it.placer_number))
}

/// The dossier that any request of the message belongs to.
fn known_dossier(tx: &mut Tx<'_>, context: &Context<'_>, read: &ResultMessage) -> Result<Option<OrderId>, AppError> {
    for number in read.orders.iter().flat_map(|it| [&it.filler_number, &it.placer_number]).flatten() {
        if let Some(id) = orders::by_sender(tx, context.connection.id, number)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

fn open(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    read: &ResultMessage,
    patient: &Patient,
    sender_number: String,
) -> Result<Order, AppError> {
    let settings = context.app.settings();
    let prescriber = read.orders.iter().find_map(|it| it.prescriber.clone());
    let mut copies: Vec<_> = Vec::new();
    for copy in read.orders.iter().flat_map(|it| &it.copies) {
        if !copies.contains(copy) {
            copies.push(copy.clone());
        }
    }
    let treating = read.patient.treating_physician.clone();
    let mut complete = |professional| with_directory(tx, professional);
    let order = Order {
        id: OrderId::fresh(ids),
        number: String::new(),
        patient: patient.id,
        placer_number: read.orders.iter().find_map(|it| it.placer_number.clone()),
        priority: read.orders.iter().map(|it| it.priority).min().unwrap_or(lab::order::Priority::Routine),
        setting: read.visit.as_ref().and_then(|visit| visit.setting).unwrap_or(CareSetting::Ambulatory),
        prescribed_at: read.orders.iter().find_map(|it| it.prescribed_at),
        collected_at: read.orders.iter().find_map(|it| it.collected_at),
        received_at: read.orders.iter().find_map(|it| it.received_at).unwrap_or(context.received_at),
        prescriber: prescriber.map(&mut complete).transpose()?,
        treating_physician: treating.map(&mut complete).transpose()?,
        copies: copies.into_iter().map(complete).collect::<Result<_, _>>()?,
        dmp_blocked: false,
        expertise: None,
        purpose: None,
        confidentiality: Confidentiality::Normal,
        visibility: Visibility::Visible,
    };
    // A laboratory system's own number is printed when it is free, so that people find it in both systems.
    let number = match orders::by_number(tx, &sender_number)? {
        None => sender_number.clone(),
        Some(_) => format!("{sender_number}/{}", orders::next_in_sequence(tx, "order")?),
    };
    let order = Order { number, ..order };
    let record = OrderRecord {
        site: settings.laboratory.finess.as_str().to_owned(),
        connection: Some(context.connection.id),
        filler_number: Some(sender_number),
        stage: OrderStage::Awaited,
        critical: false,
        abnormal: false,
    };
    orders::insert(tx, &order, &record, context.now)?;
    Ok(order)
}

/// Completes what a message says of a professional with what the directory knows; learns new ones.
fn with_directory(tx: &mut Tx<'_>, mut sent: lab::person::Professional) -> Result<lab::person::Professional, AppError> {
    let Some(rpps) = &sent.rpps else { return Ok(sent) };
    match professionals::by_rpps(tx, rpps)? {
        Some(known) => {
            sent.mailbox = sent.mailbox.or(known.mailbox);
            sent.specialty = sent.specialty.or(known.specialty);
            sent.phone = sent.phone.or(known.phone);
            sent.address = sent.address.or(known.address);
            if sent.title.is_empty() {
                sent.title = known.title;
            }
        }
        None => professionals::upsert(tx, &sent)?,
    }
    Ok(sent)
}

/// An analyzer's message: its dossier must exist, found by its number or by the number of a specimen.
fn find_awaiting(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    read: &ResultMessage,
    findings: &mut Vec<Finding>,
) -> Result<Option<(Order, Patient)>, AppError> {
    let numbers: Vec<&str> = read
        .orders
        .iter()
        .flat_map(|it| [&it.group_number, &it.placer_number, &it.filler_number])
        .flatten()
        .map(String::as_str)
        .collect();
    let specimens = read.orders.iter().flat_map(|it| &it.specimens).map(|it| it.number.as_str());
    let mut found = None;
    for number in &numbers {
        found = found.or(orders::by_number(tx, number)?);
    }
    for number in specimens.chain(numbers.iter().copied()).filter(|number| !number.is_empty()) {
        if found.is_none()
            && let [only] = orders::by_specimen(tx, number)?[..]
        {
            found = Some(only);
        }
    }
    let Some(id) = found else {
        doubt(
            tx,
            ids,
            context,
            findings,
            Finding::error("ORDER-UNKNOWN", "OBR-2"),
            numbers.first().copied().unwrap_or(""),
            None,
        )?;
        return Ok(None);
    };
    let (order, _) = orders::get_locked(tx, id)?;
    let patient = records::patients::get(tx, order.patient)?;
    if let Some(number) = identity::number(&read.patient) {
        let named = records::patients::by_identifier(tx, &identity::authority(context, number), &number.value)?;
        let same_number = number.value == patient.local_id;
        if named.is_some_and(|named| named.id != patient.id) && !same_number {
            doubt(tx, ids, context, findings, Finding::error("ORDER-OTHER-PATIENT", "PID-3"), &order.number, Some(id))?;
            return Ok(None);
        }
    }
    Ok(Some((order, patient)))
}

/// What a message says of a screening joins what is known of it.
fn screening(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
    order: &Order,
    said: &AnnouncedScreening,
) -> Result<(), AppError> {
    let known = match (&order.purpose, said.context) {
        (Some(Purpose::Screening(known)), _) => known.clone(),
        (None, Some(context)) => Screening::new(context),
        (None, None) => {
            let finding = Finding::warning("SCREENING-CONTEXT-MISSING", "OBX-5");
            return doubt(tx, ids, context, findings, finding, &order.number, Some(order.id));
        }
        (Some(Purpose::RapidTest(_)), _) => {
            let finding = Finding::warning("SCREENING-IN-RAPID-TEST", "OBX-5");
            return doubt(tx, ids, context, findings, finding, &order.number, Some(order.id));
        }
    };
    let purpose = Purpose::Screening(Screening {
        context: said.context.unwrap_or(known.context),
        invitation: said.invitation.clone().or(known.invitation),
        vaccination: said.vaccination.clone().unwrap_or(known.vaccination),
        kit: said.kit.clone().or(known.kit),
        medium: said.medium.clone().or(known.medium),
        conclusion: said.conclusion.or(known.conclusion),
        collector: None,
    });
    purpose::put(tx, order, Some(&purpose), &context.connection.label, context.now)?;
    Ok(())
}

/// A doubt: noted with the message, and opened for a person to settle.
fn doubt(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    context: &Context<'_>,
    findings: &mut Vec<Finding>,
    finding: Finding,
    subject: &str,
    order: Option<OrderId>,
) -> Result<(), AppError> {
    let item = NewWorkItem {
        station: "matching",
        code: finding.code,
        place: &finding.place,
        subject,
        message: Some(context.message),
        order,
        ..NewWorkItem::default()
    };
    work_items::open(tx, ids, &item, context.now)?;
    findings.push(finding);
    Ok(())
}

/// The results of one message meeting one dossier.
struct Integration<'a, 'f> {
    context: &'a Context<'a>,
    order: &'a Order,
    patient: &'a Patient,
    findings: &'f mut Vec<Finding>,
}

impl Integration<'_, '_> {
    fn specimens(&self, tx: &mut Tx<'_>, sent: &OrderResult) -> Result<(), AppError> {
        for specimen in sent.specimens.iter().filter(|it| !it.number.is_empty()) {
            let (code, label) = &specimen.kind;
            let label = terminology::jdv::SPECIMEN_TYPE.label(code).unwrap_or(label);
            let kind = SpecimenKind { code: code.clone(), label: label.to_owned() };
            let specimen = Specimen {
                number: specimen.number.clone(),
                kind,
                collected_at: specimen.collected_at.or(sent.collected_at),
                received_at: specimen.received_at.or(sent.received_at),
                act: specimen.act.clone(),
                site: specimen.site.clone(),
                collector: sent.collector.clone(),
            };
            orders::put_specimen(tx, self.order.id, &specimen)?;
        }
        Ok(())
    }

    fn doubt(&mut self, tx: &mut Tx<'_>, ids: &mut dyn Ids, finding: Finding, subject: &str) -> Result<(), AppError> {
        doubt(tx, ids, self.context, self.findings, finding, subject, Some(self.order.id))
    }

    /// A request without results: the analyses it names are awaited.
    fn await_service(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        service: &SentCode,
        known: &mut Vec<Recorded>,
    ) -> Result<(), AppError> {
        if let Match::Matched(analysis) = matching::analysis(self.context.app.catalogue(), service) {
            self.put_awaited(tx, ids, &analysis.code, known)?;
        }
        Ok(())
    }

    /// A preliminary request has results to come, even when the sender does not name them: the report stays partial
    /// until the same request is final.
    fn await_rest(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        sent: &OrderResult,
        known: &mut Vec<Recorded>,
    ) -> Result<(), AppError> {
        let service = if sent.service.local.is_empty() { &sent.service.loinc } else { &sent.service.local };
        let rest = format!("{REST}{service}");
        match sent.status {
            Some(ResultStatus::Preliminary | ResultStatus::InProgress) => self.put_awaited(tx, ids, &rest, known),
            Some(ResultStatus::Final | ResultStatus::Corrected) => {
                observations::remove_awaited(tx, self.order.id, &rest)?;
                known.retain(|it| it.observation.analysis != rest);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn put_awaited(
        &self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        analysis: &str,
        known: &mut Vec<Recorded>,
    ) -> Result<(), AppError> {
        if known.iter().any(|it| it.observation.analysis == analysis && it.observation.isolate.is_none()) {
            return Ok(());
        }
        let observation = Observation::awaited(ObservationId::fresh(ids), analysis);
        observations::insert(tx, self.order.id, self.patient.id, &observation, Some(self.context.message))?;
        known.push(Recorded {
            observation,
            technical_by: None,
            technical_at: None,
            validator: None,
            validated_by: None,
            review: Review::default(),
        });
        Ok(())
    }

    fn observation(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        sent_order: &OrderResult,
        sent: &SentObservation,
        known: &mut Vec<Recorded>,
    ) -> Result<(), AppError> {
        let app = self.context.app;
        if let SentValue::Pdf(pdf) = &sent.value {
            return self.attach(tx, sent, pdf);
        }
        let analysis = match matching::analysis(app.catalogue(), &sent.code) {
            Match::Matched(analysis) => analysis,
            unmatched => {
                let code = if unmatched == Match::Ambiguous { "ANALYSIS-AMBIGUOUS" } else { "ANALYSIS-UNKNOWN" };
                let subject =
                    [&sent.code.local, &sent.code.loinc, &sent.code.label].into_iter().find(|it| !it.is_empty());
                let finding = Finding::error(code, format!("{}-3", sent.place));
                let subject = subject.map_or("", String::as_str);
                self.doubt(tx, ids, finding, subject)?;
                return self.put_awaited(tx, ids, &format!("{UNMATCHED}{subject}"), known);
            }
        };
        if sent.status == ResultStatus::InProgress {
            return self.put_awaited(tx, ids, &analysis.code, known);
        }
        let at = known
            .iter()
            .position(|it| it.observation.analysis == analysis.code && it.observation.isolate == sent.isolate);
        let id = at.map_or_else(|| ObservationId::fresh(ids), |at| known[at].observation.id);
        let Some(mut fresh) = self.received(tx, ids, id, analysis, sent)? else {
            // The value could not be kept: the result stays awaited until a person settles the doubt.
            return self.put_awaited(tx, ids, &analysis.code, known);
        };
        let (message, now) = (Some(self.context.message), self.context.now);
        let changed = match at {
            None => {
                observations::insert(tx, self.order.id, self.patient.id, &fresh, message)?;
                known.push(Recorded {
                    observation: fresh.clone(),
                    technical_by: None,
                    technical_at: None,
                    validator: None,
                    validated_by: None,
                    review: Review::default(),
                });
                true
            }
            Some(at) => {
                let before = &known[at].observation;
                let first = before.stage == ObservationStage::Awaited;
                let same = before.value == fresh.value
                    && before.outcome == fresh.outcome
                    && before.comments == fresh.comments
                    && before.figure == fresh.figure;
                if !first && !same {
                    observations::keep_history(tx, ids, before, &self.context.connection.label, now)?;
                    fresh.n_corrections = before.n_corrections + 1;
                }
                if first || !same {
                    observations::update_result(tx, &fresh, message)?;
                    known[at].observation = fresh.clone();
                    known[at].validator = None;
                }
                first || !same
            }
        };
        let validated = at.is_some_and(|at| known[at].observation.stage == ObservationStage::Validated);
        if let Some(review) = self.context.connection.kind.review().filter(|_| changed || !validated) {
            self.validate_as_sent(tx, ids, sent_order, (sent, review), &fresh)?;
        }
        Ok(())
    }

    /// The observation as received; `None` when its value cannot be kept.
    fn received(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        id: ObservationId,
        analysis: &Analysis,
        sent: &SentObservation,
    ) -> Result<Option<Observation>, AppError> {
        let mut observation = Observation::awaited(id, &analysis.code);
        observation.stage = ObservationStage::Received;
        observation.observed_at =
            sent.observed_at.or(sent.analyzed_at).or(self.order.collected_at).or(Some(self.context.received_at));
        observation.method = sent.method.clone();
        observation.analyzer = sent.analyzer.clone();
        observation.comments = sent.comments.clone();
        observation.isolate = sent.isolate.clone();
        let missing_reason = match sent.status {
            ResultStatus::Unavailable => Some("Examen non réalisé, signalé par le laboratoire émetteur."),
            ResultStatus::Deleted | ResultStatus::PostedWrong => Some("Résultat annulé par le laboratoire émetteur."),
            _ => None,
        };
        if let Some(reason) = missing_reason {
            observation.outcome = Outcome::Aborted;
            if observation.comments.is_empty() {
                observation.comments.push(reason.to_owned());
            }
            return Ok(Some(observation));
        }
        if let SentValue::Image(image) = &sent.value
            && !rendering::Logo::is_shown(&image.bytes)
        {
            let finding = Finding::warning("RESULT-FILE-UNREADABLE", format!("{}-5", sent.place));
            self.doubt(tx, ids, finding, &analysis.code)?;
            return Ok(None);
        }
        if let Some(figure) = figure(&sent.value, &analysis.label) {
            observation.figure = Some(figure);
            return Ok(Some(observation));
        }
        let (value, findings) = matching::value(&sent.value, &sent.unit, analysis, &format!("{}-5", sent.place));
        for finding in findings {
            let subject = if finding.code == "RESULT-UNIT-UNKNOWN" { sent.unit.as_str() } else { &analysis.code };
            match finding.severity {
                Severity::Information => self.findings.push(finding),
                Severity::Warning | Severity::Error => self.doubt(tx, ids, finding, subject)?,
            }
        }
        let Some(value) = value else {
            if sent.value == SentValue::Absent && !sent.comments.is_empty() {
                observation.outcome = Outcome::Aborted;
                return Ok(Some(observation));
            }
            return Ok(None);
        };
        observation.range = self.range(analysis, sent);
        let none = CriticalBounds::default();
        let critical = if observation.isolate.is_some() { &none } else { &analysis.critical };
        observation.interpretation = match sent.interpretation {
            Some(flag) if flag.is_susceptibility() => Some(flag),
            flag => gravest(interpret(&value, observation.range.as_ref(), critical), flag),
        };
        observation.value = Some(value);
        Ok(Some(observation))
    }

    /// Keeps the report of another laboratory with the dossier, to be joined to ours.
    fn attach(&self, tx: &mut Tx<'_>, sent: &SentObservation, pdf: &[u8]) -> Result<(), AppError> {
        let title = if sent.code.label.is_empty() { "Compte rendu d'un autre laboratoire" } else { &sent.code.label };
        let unnamed = || Subcontractor {
            name: "Laboratoire sous-traitant".to_owned(),
            contact: String::new(),
            accreditation: None,
            finess: None,
        };
        let attachment = Attachment {
            title: title.to_owned(),
            laboratory: sent.performer.clone().unwrap_or_else(unnamed),
            observed_at: sent.observed_at.or(sent.analyzed_at).unwrap_or(self.context.received_at),
            pdf: pdf.to_vec(),
        };
        Ok(orders::put_attachment(tx, self.order.id, &attachment)?)
    }

    /// A laboratory system's own usual values are those of its report; an analyzer's are not.
    fn range(&self, analysis: &Analysis, sent: &SentObservation) -> Option<lab::quantity::ReferenceRange> {
        let on = self.order.collected_at.unwrap_or(self.order.received_at);
        let day = on.to_zoned(self.context.app.settings().zone.clone()).date();
        let ours = || analysis.range_for(self.patient.traits.sex, self.patient.age_days(day));
        if self.context.connection.kind.opens_dossiers() { sent.range.clone().or_else(ours) } else { ours() }
    }

    /// A final result that names a known biologist is validated by that biologist.
    fn validate_as_sent(
        &mut self,
        tx: &mut Tx<'_>,
        ids: &mut dyn Ids,
        sent_order: &OrderResult,
        (sent, review): (&SentObservation, Review),
        observation: &Observation,
    ) -> Result<(), AppError> {
        if !matches!(
            sent.status,
            ResultStatus::Final
                | ResultStatus::Corrected
                | ResultStatus::Unavailable
                | ResultStatus::Deleted
                | ResultStatus::PostedWrong
        ) {
            return Ok(());
        }
        let named = sent.validator.as_ref().or(sent_order.interpreter.as_ref().map(|(who, _)| who));
        let account = match named.and_then(|named| named.rpps.as_ref()) {
            Some(rpps) => accounts::biologist_by_rpps(tx, rpps.as_str())?,
            None => None,
        };
        let Some(professional) = account.and_then(|account| account.professional) else {
            let finding = Finding::warning("VALIDATOR-UNKNOWN", format!("{}-32", sent_order.place));
            return self.doubt(tx, ids, finding, "");
        };
        // The time is the one at which the validation is ours to act on.
        let validator = Validator { professional, at: self.context.now };
        Ok(observations::validate(tx, observation.id, &self.context.connection.label, &validator, review)?)
    }
}

/// The picture of a value that is one; a curve is drawn here, once.
fn figure(sent: &SentValue, title: &str) -> Option<Figure> {
    let (image, curve) = match sent {
        SentValue::Image(image) => (image.clone(), None),
        SentValue::Curve(curve) => {
            (Image { kind: ImageKind::Png, bytes: rendering::curve::draw(curve) }, Some(curve.clone()))
        }
        _ => return None,
    };
    Some(Figure { title: title.to_owned(), image, curve })
}

/// Ours unless the sender's says critical, or ours says nothing.
fn gravest(ours: Option<Interpretation>, sent: Option<Interpretation>) -> Option<Interpretation> {
    match (ours, sent) {
        (Some(ours), Some(sent)) if sent.is_critical() && !ours.is_critical() => Some(sent),
        (Some(ours), _) => Some(ours),
        (None, sent) => sent,
    }
}
