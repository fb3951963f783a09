//! Report: a biologist signs, or results came validated; one transaction freezes the version and plans its deliveries.

use std::cmp::Reverse;

use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::DeliveryState,
    finding::{Finding, Severity},
    id::{Ids, ObservationId, Oid, OrderId, PatientId, VersionId},
    order::{Observation, ObservationStage, Order, Purpose, Visibility},
    patient::Patient,
    person::{MssanteAddress, Professional},
    report::{self, Draft, Recipient, Report, Review, Validated, Validator, VersionIds},
    routing::{self, Act, Channel, Destination, PlannedDelivery, Routed, Sending, WithheldReason},
};
use records::{
    accounts::Account,
    deliveries::{self, Delivery},
    directory, observations,
    observations::Recorded,
    orders, patients,
    versions::{self, Checked, DocumentKind, NewDocument, VersionLine},
    withdrawals,
    work_items::{self, NewWorkItem},
};
use sha2::{Digest, Sha256};
use store::Tx;

use crate::{
    App, AppError,
    pack::Assessed,
    validation::{audit, refresh_stage},
};

/// Validated dossiers read at once to be signed.
const BATCH: u32 = 64;
/// How long a validated dossier that could not be signed lets the others pass, when nothing changes meanwhile.
const UNSIGNED_WAITS: SignedDuration = SignedDuration::from_mins(5);

/// Whether the signer accepts that results are missing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Partial {
    /// A report that is not whole is an obstacle.
    Refused,
    /// An explicit act: sign what there is (Ségur SGL.MSS.23).
    Accepted,
}

/// Who signs, and in whose name the act is recorded.
#[derive(Clone)]
struct Signer {
    /// A biologist who signs here has looked at every result; otherwise each is what it came as.
    looks: bool,
    /// Login, or label of the connection that brought the validation.
    actor: String,
    professional: Professional,
}

/// A dossier as read before it is signed.
struct Loaded {
    order: Order,
    patient: Patient,
    recorded: Vec<Recorded>,
    previous: Vec<Vec<report::PreviousResult>>,
    versions: Vec<VersionLine>,
    patient_holds: bool,
    specimens: Vec<lab::order::Specimen>,
    organisms: Vec<(String, lab::quantity::Coded)>,
    comments: Vec<(Option<String>, String)>,
    attachments: Vec<report::Attachment>,
    /// Number of the page of reports in force.
    page: i64,
}

/// What must not have changed between reading and signing.
#[derive(PartialEq)]
struct Fingerprint {
    observations: Vec<(ObservationId, ObservationStage, u32)>,
    n_versions: usize,
    is_withdrawn: bool,
    patient: PatientId,
    identity: lab::patient::IdentityStatus,
    oppositions: lab::patient::Oppositions,
    hidden: Visibility,
    dmp_blocked: bool,
    is_expertise: bool,
    confidentiality: lab::order::Confidentiality,
    purpose: Option<Purpose>,
}

impl Fingerprint {
    fn of(order: &Order, patient: &Patient, recorded: &[Recorded], versions: &[VersionLine]) -> Self {
        Self {
            observations: recorded
                .iter()
                .map(|it| (it.observation.id, it.observation.stage, it.observation.n_corrections))
                .collect(),
            n_versions: versions.len(),
            is_withdrawn: versions.first().is_some_and(|latest| latest.withdrawal.is_some()),
            patient: order.patient,
            identity: patient.status,
            oppositions: patient.oppositions,
            hidden: order.visibility,
            dmp_blocked: order.dmp_blocked,
            is_expertise: order.expertise.is_some(),
            confidentiality: order.confidentiality,
            purpose: order.purpose.clone(),
        }
    }
}

/// A rendered version, ready to be committed.
struct Rendered {
    report: Report,
    /// Whether it is hidden from the patient.
    visibility: Visibility,
    cda: Vec<u8>,
    /// The same with its stylesheet, when that is what leaves.
    self_presentable: Option<Vec<u8>>,
    /// The same as a page.
    page: String,
    pdf: Vec<u8>,
    pdf_name: String,
    findings: Vec<Finding>,
    checked: Checked,
}

impl App {
    /// A biologist validates every technically validated result of a dossier and signs the report.
    ///
    /// Errors: [`AppError::NotAllowed`] for another role, [`AppError::Obstacles`] when something stands in the way,
    /// [`AppError::Changed`] when the dossier changed meanwhile.
    pub async fn sign(&self, order: OrderId, actor: &Account, partial: Partial) -> Result<VersionId, AppError> {
        let professional = actor.professional.clone().filter(|_| actor.role.may_validate(ObservationStage::Validated));
        let signer =
            Signer { looks: true, actor: actor.login.clone(), professional: professional.ok_or(AppError::NotAllowed)? };
        self.sign_as(order, Some(signer), partial).await
    }

    /// Signs a dossier whose results all came validated: in the name of the biologist who validated last.
    pub(crate) async fn sign_validated(&self, order: OrderId) -> Result<VersionId, AppError> {
        self.sign_as(order, None, Partial::Refused).await
    }

    async fn sign_as(&self, order: OrderId, signer: Option<Signer>, partial: Partial) -> Result<VersionId, AppError> {
        let n_previous = self.settings().n_previous;
        let loaded = self.store().read(move |tx| load(tx, order, n_previous)).await?;
        if loaded.page != self.page_in_force().number {
            self.reload_page().await?;
        }
        let signer = match signer {
            Some(signer) => signer,
            None => signer_of_validated(&loaded)?,
        };
        assess(&loaded, &signer, partial)?;
        let now = self.env().now();
        let fingerprint = Fingerprint::of(&loaded.order, &loaded.patient, &loaded.recorded, &loaded.versions);
        let app = self.clone();
        let (by, deliver) = (signer.clone(), loaded.order.clone());
        let rendered = tokio::task::spawn_blocking(move || app.render(loaded, &by, now))
            .await
            .map_err(|_| AppError::Rendering("report"))??;
        self.commit(deliver, fingerprint, rendered, signer, now).await
    }

    /// Renders a version from what was read. Pure but for fresh identifiers.
    fn render(&self, loaded: Loaded, signer: &Signer, now: Timestamp) -> Result<Rendered, AppError> {
        let settings = self.settings();
        let page = self.page_in_force();
        let ids = version_ids(&loaded.versions, &mut self.env().ids());
        let analyses = loaded.recorded.iter().map(|it| it.observation.analysis.as_str());
        let visibility = self.visibility(analyses, loaded.order.visibility, loaded.patient_holds);
        let recipients = recipients(&loaded, visibility, settings.mail.source.documents.environment);
        let validator = Validator { professional: signer.professional.clone(), at: now };
        let awaited = loaded
            .recorded
            .iter()
            .filter(|it| it.observation.stage < ObservationStage::TechnicallyValidated)
            .map(|it| it.observation.analysis.clone())
            .collect();
        let validated = loaded
            .recorded
            .into_iter()
            .zip(loaded.previous)
            .filter(|(it, _)| it.observation.stage >= ObservationStage::TechnicallyValidated)
            .map(|(it, previous)| Validated {
                validator: match it.observation.stage {
                    ObservationStage::Validated => it.validator.unwrap_or_else(|| validator.clone()),
                    _ => validator.clone(),
                },
                review: if signer.looks { Review::ByBiologist } else { it.review },
                observation: it.observation,
                previous,
            })
            .collect();
        let mut order = loaded.order;
        if let Some(Purpose::Screening(screening)) = &mut order.purpose {
            screening.collector.clone_from(&settings.screening_collector);
        }
        let draft = Draft {
            ids,
            order,
            patient: loaded.patient,
            laboratory: settings.laboratory.clone(),
            signer: signer.professional.clone(),
            validated,
            awaited,
            organisms: loaded.organisms,
            specimens: loaded.specimens,
            comments: loaded.comments,
            recipients,
            attachments: loaded.attachments,
            zone: settings.zone.clone(),
            texts: page.page.texts.clone(),
        };
        let report = report::assemble(draft, &page.catalogue, now)
            .ok_or_else(|| AppError::Obstacles(vec![Finding::error("REPORT-EMPTY", "")]))?;
        let unfit = report.unfit();
        if !unfit.is_empty() {
            return Err(AppError::Obstacles(unfit));
        }
        let symbol = self.symbol(&report.patient);
        let pdf = page.renderer.render(&report, symbol.as_ref());
        let documents = &settings.mail.source.documents;
        let rapid_test = cr_bio::trod::render(&report, documents);
        let cda = rapid_test.unwrap_or_else(|| cr_bio::v2024_01::render(&report, &pdf, documents));
        let own = cr_bio::lint::assess(&cda, report.patient.status);
        let Assessed { mut findings, checked } = self.inner.pack.assess(report.request.order, &cda);
        findings.extend(own);
        if findings.iter().any(|finding| finding.severity == Severity::Error) {
            findings.sort_by_key(|finding| Reverse(finding.severity));
            return Err(AppError::Obstacles(findings));
        }
        let pdf_name = rendering::file_name(&report);
        let self_presentable = page
            .page
            .self_presentable
            .then(|| rendering::self_presentable::wrap(&cda, &page.look))
            .map(|wrapped| wrapped.ok_or(AppError::Rendering("self-presentable")))
            .transpose()?;
        let page = self.page_of(&cda, Some(&pdf)).ok_or(AppError::Rendering("page"))?;
        Ok(Rendered { report, visibility, cda, self_presentable, page, pdf, pdf_name, findings, checked })
    }

    /// The INS Datamatrix of a patient; `None` unless the identity is qualified and of this environment.
    pub fn symbol(&self, patient: &Patient) -> Option<rendering::Symbol> {
        let environment = self.settings().mail.source.documents.environment;
        ins::datamatrix(patient, environment).and_then(|text| rendering::Symbol::encode(&text))
    }

    /// Hidden from the patient as soon as one of these analyses waits to be announced, else as the dossier says.
    ///
    /// A patient who may hold an earlier version knows: what waited was announced.
    fn visibility<'a>(
        &self,
        mut analyses: impl Iterator<Item = &'a str>,
        order: Visibility,
        patient_holds: bool,
    ) -> Visibility {
        let hidden = !patient_holds
            && analyses.any(|code| {
                self.catalogue()
                    .by_code(code)
                    .is_some_and(|analysis| analysis.visibility == Visibility::HiddenFromPatient)
            });
        if hidden { Visibility::HiddenFromPatient } else { order }
    }

    /// The one transaction: version, documents, plan, audit.
    async fn commit(
        &self,
        order: Order,
        fingerprint: Fingerprint,
        rendered: Rendered,
        signer: Signer,
        now: Timestamp,
    ) -> Result<VersionId, AppError> {
        let mut ids = self.env().ids();
        let app = self.clone();
        let version = self
            .store()
            .write(move |tx| app.commit_in(tx, &order, &fingerprint, &rendered, &signer, &mut ids, now))
            .await?;
        self.inner.delivery_bell.notify_one();
        Ok(version)
    }

    #[expect(clippy::too_many_arguments, reason = "what was read, what was rendered, who, and the two sources")]
    fn commit_in(
        &self,
        tx: &mut Tx<'_>,
        read: &Order,
        fingerprint: &Fingerprint,
        rendered: &Rendered,
        signer: &Signer,
        ids: &mut dyn Ids,
        now: Timestamp,
    ) -> Result<VersionId, AppError> {
        let (order, _) = orders::get_locked(tx, read.id)?;
        let patient = patients::get(tx, order.patient)?;
        let recorded = observations::of_order(tx, order.id)?;
        let known = versions::of_order(tx, order.id)?;
        let holders = routing::holders(withdrawals::sendings(tx, order.id)?);
        let current = Fingerprint::of(&order, &patient, &recorded, &known);
        if current != *fingerprint {
            return Err(AppError::Changed);
        }
        let report = &rendered.report;
        let validator = Validator { professional: signer.professional.clone(), at: now };
        for it in recorded.iter().filter(|it| it.observation.stage == ObservationStage::TechnicallyValidated) {
            observations::validate(tx, it.observation.id, &signer.actor, &validator, Review::ByBiologist)?;
        }
        if signer.looks {
            observations::note_review(tx, order.id)?;
        }
        let model = versions::encode_model(report);
        let always = [
            (DocumentKind::Cda, "DOC0001.XML", rendered.cda.as_slice()),
            (DocumentKind::Pdf, rendered.pdf_name.as_str(), rendered.pdf.as_slice()),
            (DocumentKind::Page, mssante::PAGE_NAME, rendered.page.as_bytes()),
            (DocumentKind::Model, "model.json", model.as_slice()),
        ];
        let wrapped = rendered.self_presentable.as_deref();
        let wrapped = wrapped.map(|bytes| (DocumentKind::SelfPresentable, "DOC0001.AP.XML", bytes));
        let documents: Vec<_> = always
            .into_iter()
            .chain(wrapped)
            .map(|(kind, name, bytes)| (kind, name, sha256_hex(bytes), bytes))
            .collect();
        let documents: Vec<_> = documents
            .iter()
            .map(|(kind, name, sha256, bytes)| NewDocument { kind: *kind, name, sha256, bytes })
            .collect();
        let analyses = report.results().map(|result| result.local_code.as_str());
        let visibility = self.visibility(analyses, order.visibility, patient_holds(&holders));
        // The document says who it is hidden from: the patient received an earlier version while it was rendered.
        if visibility != rendered.visibility {
            return Err(AppError::Changed);
        }
        versions::insert(tx, report, visibility, &signer.actor, &rendered.findings, &rendered.checked, &documents)?;

        let plan = self.plan(tx, &order, report, &report.patient, visibility, holders, ids)?;
        deliveries::insert_plan(tx, report.ids.version, &plan, now)?;
        if let Some(replaced) = &report.ids.replaces {
            deliveries::supersede(tx, replaced.version)?;
        }
        ask_for_addresses(tx, ids, order.id, &plan, now)?;
        refresh_stage(tx, order.id)?;
        work_items::close_station(tx, order.id, "report", &signer.actor, report.ids.document.as_str(), now)?;
        audit(tx, &signer.actor, "report.sign", report.ids.document.as_str(), Some(order.patient), now)?;
        Ok(report.ids.version)
    }

    /// The deliveries of a version, as the dossier and the patient are.
    #[expect(clippy::too_many_arguments, reason = "what is routed, and what is known of those it goes to")]
    fn plan(
        &self,
        tx: &mut Tx<'_>,
        order: &Order,
        report: &Report,
        patient: &Patient,
        visibility: Visibility,
        holders: Vec<Sending>,
        ids: &mut dyn Ids,
    ) -> Result<Vec<PlannedDelivery>, AppError> {
        let (patient_holds, previous) = (patient_holds(&holders), previous_mailboxes(holders));
        let mail = &self.settings().mail;
        let environment = mail.source.documents.environment;
        let routed = Routed {
            status: report.status,
            visibility,
            previous_mailboxes: &previous,
            patient_holds,
            paper_wanted: &paper_wanted(tx, order)?,
            collector: report.screening.as_ref().and_then(|it| it.collector.as_ref()),
            patient_mailbox: ins::patient_mailbox(&report.patient, environment, &mail.patient_domain),
            ins_is_sendable: ins::sendable(&report.patient, environment).is_some(),
        };
        Ok(routing::plan(order, patient, &routed, ids))
    }

    /// Decides again about what an expertise keeps here, or now has to: deliveries of the version in force that have not
    /// left. What left, what someone else keeps and who holds the report are left alone.
    pub(crate) fn decide_again(&self, tx: &mut Tx<'_>, order: &Order, now: Timestamp) -> Result<(), AppError> {
        let Some(version) = versions::of_order(tx, order.id)?.into_iter().next() else { return Ok(()) };
        if version.withdrawal.is_some() {
            return Ok(());
        }
        let plan = self.plan_now(tx, order, &version)?;
        let expertise = WithheldReason::Expertise;
        for delivery in deliveries::of_version(tx, version.id)?.into_iter().filter(|it| it.act == Act::Send) {
            let Some(planned) = plan.iter().find(|it| is_for_the_same(it, &delivery)) else { continue };
            let is_kept = delivery.withheld.as_deref() == Some(expertise.code());
            let address = match &planned.destination {
                Destination::Mailbox { address, .. } => Some(address),
                Destination::Dmp | Destination::Unreachable(_) => None,
            };
            match planned.withheld {
                Some(reason) if reason == expertise => deliveries::keep(tx, delivery.id, reason)?,
                withheld if is_kept => {
                    deliveries::decide_again(tx, delivery.id, withheld, address, now)?;
                    ask_for_addresses(tx, &mut self.env().ids(), order.id, [planned], now)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// What would be planned for a version now.
    fn plan_now(
        &self,
        tx: &mut Tx<'_>,
        order: &Order,
        version: &VersionLine,
    ) -> Result<Vec<PlannedDelivery>, AppError> {
        let report = versions::model(tx, version.id)?;
        // Whose report it is stays as signed; what they agree to is as they say now.
        let mut patient = (*report.patient).clone();
        patient.oppositions = patients::get(tx, order.patient)?.oppositions;
        let holders = routing::holders(withdrawals::sendings(tx, order.id)?);
        // One that the biologist has shown since, or hidden, is as it is now.
        let visibility = match order.visibility {
            Visibility::HiddenFromPatient => Visibility::HiddenFromPatient,
            Visibility::Visible => version.visibility,
        };
        self.plan(tx, order, &report, &patient, visibility, holders, &mut self.env().ids())
    }

    /// Keeps a claimed delivery here when its dossier turned out to be for an expertise since it was claimed, or since it
    /// last failed; whether it was.
    pub(crate) fn keep_for_expertise(&self, tx: &mut Tx<'_>, claimed: &Delivery) -> Result<bool, AppError> {
        let has_not_left = matches!(claimed.state, DeliveryState::Planned | DeliveryState::Retrying);
        if claimed.act != Act::Send || !has_not_left || !orders::is_for_expertise(tx, claimed.version)? {
            return Ok(false);
        }
        let version = versions::get(tx, claimed.version)?;
        let (order, _) = orders::get(tx, version.order)?;
        // Somebody lets it leave by hand, knowing what the dossier is for.
        if order.expertise.as_ref().is_some_and(|it| claimed.retried_at.is_some_and(|at| at >= it.at)) {
            return Ok(false);
        }
        let plan = self.plan_now(tx, &order, &version)?;
        let expertise = WithheldReason::Expertise;
        let is_kept = plan.iter().any(|it| is_for_the_same(it, claimed) && it.withheld == Some(expertise));
        if is_kept {
            deliveries::keep_claimed(tx, claimed.id, expertise)?;
        }
        Ok(is_kept)
    }

    /// Signs the dossiers whose results came validated, as they come. Ends with the process.
    pub async fn run_signing(self) {
        loop {
            let now = self.env().now();
            let ready = self.store().read(move |tx| orders::to_sign(tx, now, BATCH).map_err(AppError::from)).await;
            let ready = match ready {
                Ok(ready) => ready,
                Err(error) => {
                    tracing::error!(%error, "dossiers to sign could not be read");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                    continue;
                }
            };
            let mut n_settled = 0;
            for order in ready {
                match self.sign_validated(order).await {
                    Ok(_) => n_settled += 1,
                    Err(AppError::Changed) => {}
                    Err(error) if error.is_temporary() => {
                        tracing::warn!(order.id = %order, %error, "a signature is tried again");
                    }
                    Err(error) => {
                        tracing::warn!(order.id = %order, %error, "a validated dossier could not be signed");
                        n_settled += u32::from(self.note_unsigned(order, &error).await);
                    }
                }
            }
            if n_settled == 0 {
                let bell = self.inner.signing_bell.notified();
                let _ = tokio::time::timeout(std::time::Duration::from_secs(5), bell).await;
            }
        }
    }

    /// Tells people, and lets the dossiers behind it pass; whether that could be recorded.
    async fn note_unsigned(&self, order: OrderId, error: &AppError) -> bool {
        let first = match error {
            AppError::Obstacles(findings) => findings.first(),
            _ => None,
        };
        let code = first.map_or("REPORT-NOT-SIGNED", |finding| finding.code);
        let told = first.map(|it| [it.place.as_str(), it.detail.as_str()].into_iter().filter(|it| !it.is_empty()));
        // Not the subject, which tells doubts apart: what a rule says may quote an identifier that is new each time.
        let place = told.map(|it| it.collect::<Vec<_>>().join(" : ")).unwrap_or_default();
        let (now, mut ids) = (self.env().now(), self.env().ids());
        let noted = self
            .store()
            .write(move |tx| {
                let item = NewWorkItem {
                    station: "report",
                    code,
                    place: &place,
                    order: Some(order),
                    ..NewWorkItem::default()
                };
                work_items::open(tx, &mut ids, &item, now)?;
                orders::put_off_signature(tx, order, now + UNSIGNED_WAITS).map_err(AppError::from)
            })
            .await;
        if let Err(error) = &noted {
            tracing::error!(%error, "a work item could not be opened");
        }
        noted.is_ok()
    }
}

/// A recipient without a secure address is a doubt.
fn ask_for_addresses<'a>(
    tx: &mut Tx<'_>,
    ids: &mut dyn Ids,
    order: OrderId,
    plan: impl IntoIterator<Item = &'a PlannedDelivery>,
    now: Timestamp,
) -> Result<(), AppError> {
    for unreachable in plan.into_iter().filter(|it| it.withheld == Some(WithheldReason::NoAddress)) {
        if let Destination::Unreachable(name) = &unreachable.destination {
            let item = NewWorkItem {
                station: "routing",
                code: "ROUTING-NO-ADDRESS",
                subject: name,
                order: Some(order),
                ..NewWorkItem::default()
            };
            work_items::open(tx, ids, &item, now)?;
        }
    }
    Ok(())
}

/// Whether a plan is about the recipient of a recorded delivery; there is one patient, and one DMP.
fn is_for_the_same(planned: &PlannedDelivery, delivery: &Delivery) -> bool {
    planned.channel == delivery.channel
        && match &planned.destination {
            _ if planned.channel != Channel::MssantePro => true,
            Destination::Mailbox { address, .. } => delivery.address.as_ref() == Some(address),
            Destination::Unreachable(name) => delivery.address.is_none() && delivery.name == *name,
            Destination::Dmp => true,
        }
}

/// The professional mailboxes among those that may hold an earlier version.
fn previous_mailboxes(holders: Vec<Sending>) -> Vec<(MssanteAddress, String)> {
    let professionals = holders.into_iter().filter(|it| it.channel == Channel::MssantePro);
    professionals.filter_map(|it| Some((it.address?, it.name))).collect()
}

/// The mailboxes of a dossier whose holders want paper.
fn paper_wanted(tx: &mut Tx<'_>, order: &Order) -> Result<Vec<MssanteAddress>, AppError> {
    let mut wanted = Vec::new();
    for address in routing::addressees(order).into_iter().filter_map(|it| it.mailbox.as_ref()) {
        if directory::known_mailbox(tx, address)?.is_some_and(|known| !known.paperless) {
            wanted.push(address.clone());
        }
    }
    Ok(wanted)
}

fn patient_holds(holders: &[Sending]) -> bool {
    holders.iter().any(|it| it.channel == Channel::MssantePatient)
}

fn load(tx: &mut Tx<'_>, order: OrderId, n_previous: u32) -> Result<Loaded, AppError> {
    let (order, _) = orders::get(tx, order)?;
    let patient = patients::get(tx, order.patient)?;
    let recorded = observations::of_order(tx, order.id)?;
    let previous = recorded
        .iter()
        .map(|it| Ok(observations::previous(tx, order.patient, order.id, &it.observation, n_previous)?))
        .collect::<Result<_, AppError>>()?;
    Ok(Loaded {
        versions: versions::of_order(tx, order.id)?,
        patient_holds: patient_holds(&routing::holders(withdrawals::sendings(tx, order.id)?)),
        specimens: orders::specimens(tx, order.id)?,
        organisms: orders::organisms(tx, order.id)?,
        comments: orders::comments(tx, order.id)?,
        attachments: orders::attachments(tx, order.id)?,
        page: records::report_page::latest_number(tx)?,
        order,
        patient,
        recorded,
        previous,
    })
}

/// The biologist who validated last, in whose name results that came validated are reported.
fn signer_of_validated(loaded: &Loaded) -> Result<Signer, AppError> {
    loaded
        .recorded
        .iter()
        .filter_map(|it| Some((it.validator.as_ref()?, it.validated_by.as_ref()?)))
        .max_by_key(|(validator, _)| validator.at)
        .map(|(validator, by)| Signer { looks: false, actor: by.clone(), professional: validator.professional.clone() })
        .ok_or(AppError::NotAllowed)
}

fn assess(loaded: &Loaded, signer: &Signer, partial: Partial) -> Result<(), AppError> {
    let bench: Vec<Observation> = loaded.recorded.iter().map(|it| it.observation.clone()).collect();
    let mut findings = lab::validation::obstacles(&bench);
    if signer.professional.rpps.is_none() {
        findings.push(Finding::error("SIGNER-NO-RPPS", ""));
    }
    let missing = bench.iter().any(|it| it.stage < ObservationStage::TechnicallyValidated);
    let present = bench.iter().any(|it| it.stage >= ObservationStage::TechnicallyValidated);
    if !present {
        findings.push(Finding::error("REPORT-EMPTY", ""));
    } else if missing && partial == Partial::Refused {
        findings.push(Finding::error("REPORT-NOT-WHOLE", ""));
    }
    if partial == Partial::Accepted {
        // What waits for the technician is simply not in a partial report.
        findings.retain(|finding| finding.code != "VALIDATION-NOT-TECHNICAL");
    }
    if findings.is_empty() { Ok(()) } else { Err(AppError::Obstacles(findings)) }
}

fn version_ids(known: &[VersionLine], ids: &mut dyn Ids) -> VersionIds {
    let version = VersionId::fresh(ids);
    let document = Oid::from_uuid(ids.uuid());
    // A report issued after a withdrawal is another one: it replaces nothing.
    match known.first().filter(|latest| latest.withdrawal.is_none()) {
        Some(latest) => report::next_version(&latest.ids(), (latest.status, latest.signed_at), version, document),
        None => VersionIds { version, document, set: Oid::from_uuid(ids.uuid()), number: 1, replaces: None },
    }
}

fn recipients(loaded: &Loaded, visibility: Visibility, environment: ins::Environment) -> Vec<Recipient> {
    let mut recipients: Vec<Recipient> = routing::readers(&loaded.order)
        .into_iter()
        .map(|professional| Recipient::Professional(professional.clone()))
        .collect();
    let whole = loaded.recorded.iter().all(|it| it.observation.stage >= ObservationStage::TechnicallyValidated);
    let to_patient = ins::sendable(&loaded.patient, environment).is_some()
        && !loaded.patient.oppositions.mssante_patient
        && visibility == Visibility::Visible
        && (loaded.order.expertise.is_none() || loaded.patient_holds)
        && whole;
    if to_patient {
        recipients.push(Recipient::Patient);
    }
    recipients
}

/// SHA-256, hexadecimal.
pub(crate) fn sha256_hex(bytes: &[u8]) -> String {
    let digest = Sha256::digest(bytes);
    let mut hex = String::with_capacity(64);
    for byte in digest {
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or('0');
        hex.push(digit(byte >> 4));
        hex.push(digit(byte & 15));
    }
    hex
}
