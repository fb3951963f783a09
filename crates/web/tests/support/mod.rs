//! A small laboratory with invented patients, for tests and the preview: a fresh database, accounts, dossiers at
//! every stage, one report with tracked deliveries, one corrected report.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

pub mod browser;

use std::{sync::Arc, time::Duration};

use app::{
    App, AppError, Env, Settings,
    accounts::{AccountActor, NewAccount},
    registration::{Namesake, NewDossier, NewPatient, PatientChoice},
    report::Partial,
    settings::{DmpSettings, PackSettings, ReturnBox},
};
use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::{AttemptOutcome, DeliveryState, NextStep, RetryPolicy},
    id::{ConversationId, DeliveryId, MessageId, Oid, OrderId, PatientId, VersionId},
    inbound::ConnectionKind,
    order::{CareSetting, ObservationStage, Priority},
    patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Sex},
    person::{Address, Finess, Laboratory, MssanteAddress, Professional, Rpps, Specialty, TrustedDomains},
    quantity::{Interpretation, Value, interpret},
    routing::Channel,
    validation::Role,
};
use records::{
    accounts::Account,
    conversations::{self, NewLetter},
    deliveries::{self, NewAcknowledgment},
    messages::{self, MessageState, NewMessage},
    observations,
    orders::{self, OrderStage},
    patients, professionals, versions,
    work_items::{self, NewWorkItem},
};
use transport::{
    credentials::{Credentials, Token},
    discovery::{Discovery, Names},
    http,
    imap::ImapSettings,
    smtp::SmtpSettings,
    tls::{self, Security},
};

pub const PASSWORD: &str = "paillasse en ordre";
pub const QUALIFIED_INS: &str = "279035121518989";
const OUR_ARC: &str = "1.2.3.4.5";

/// What tests point at.
pub struct World {
    pub app: App,
    pub biologist: Account,
    pub technician: Account,
    pub secretary: Account,
    pub administrator: Account,
    /// Waits for the biologist, whole.
    pub ready_for_biologist: OrderId,
    /// Waits for the technician.
    pub ready_for_technician: OrderId,
    /// Some results are awaited.
    pub incomplete: OrderId,
    /// Signed, then corrected and signed again.
    pub corrected: OrderId,
    pub first_version: VersionId,
    pub second_version: VersionId,
    pub qualified_patient: PatientId,
    pub provisional_patient: PatientId,
    pub message: MessageId,
    pub failed_delivery: DeliveryId,
    pub work_item: String,
    /// A correspondent's mail about the corrected dossier, with a file.
    pub conversation: ConversationId,
    pub letter: String,
}

pub fn professional(rpps: &str, family: &str, given: &str, mailbox: Option<&str>) -> Professional {
    Professional {
        rpps: Rpps::parse(rpps),
        family: family.into(),
        given: given.into(),
        title: "DR".into(),
        specialty: Some(Specialty {
            code: "G15_10/SM26".into(),
            label: "Médecin - Qualifié en médecine générale".into(),
        }),
        mailbox: mailbox.and_then(MssanteAddress::parse),
        phone: Some("0240000000".into()),
        address: None,
    }
}

/// A box that opens with a person's token.
pub const TOKEN_BOX: &str = "secretariat@tilleuls.mssante.fr";

/// A box whose servers are nowhere.
fn return_box(address: &str, credentials: Credentials) -> ReturnBox {
    let smtp = SmtpSettings {
        credentials: Some(credentials.clone()),
        ..SmtpSettings::new("127.0.0.1", 1, Security::PlainLoopback)
    };
    ReturnBox {
        address: MssanteAddress::parse(address).unwrap(),
        smtp: matches!(credentials, Credentials::Token { .. }).then_some(smtp),
        imap: ImapSettings::new("127.0.0.1", 1, Security::PlainLoopback, credentials),
    }
}

pub fn settings() -> Settings {
    let address = |text: &str| MssanteAddress::parse(text).unwrap();
    let mut director = professional("10009999901", "MOREAU", "Camille", None);
    director.specialty = Some(Specialty { code: "G15_10/SM03".into(), label: "Médecin - Biologie médicale".into() });
    Settings {
        laboratory: Laboratory {
            name: "Laboratoire des Tilleuls".into(),
            finess: Finess::parse("440000289").unwrap(),
            address: Address {
                lines: vec!["3 rue des Tilleuls".into()],
                postal_code: "44000".into(),
                city: "NANTES".into(),
            },
            phone: "0240111111".into(),
            accreditation: Some("8-0000".into()),
            director,
        },
        zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
        mail: mssante::Settings {
            source: dmp::metadata::Source {
                system: Oid::parse("1.2.3.4.5.9").unwrap(),
                documents: cr_bio::DocumentSettings {
                    roots: cr_bio::LocalRoots::under(&Oid::parse(OUR_ARC).unwrap()).unwrap(),
                    environment: ins::Environment::Test,
                    software: None,
                    facility: cr_bio::Facility::MedicalBiologyLaboratory,
                    practice: cr_bio::PracticeSetting::Ambulatory,
                },
            },
            sender: mssante::Sender { address: address("labo@tilleuls.mssante.fr"), label: "Laboratoire".into() },
            reply_to: mssante::ReplyTo {
                professionals: address("reponse@tilleuls.mssante.fr"),
                patients: address("reponse@tilleuls.mssante.fr"),
                prescribers: Vec::new(),
            },
            patient_domain: ins::PATIENT_DOMAIN.into(),
            patient_answers: mssante::PatientAnswers::Accepted,
            product: mssante::Product { name: "Paillasse".into(), version: "0".into(), vendor: "Paillasse".into() },
            nil: "TEST".into(),
        },
        dmp: DmpSettings {
            repository_url: "http://127.0.0.1:1/repository".into(),
            registry_url: "http://127.0.0.1:1/registry".into(),
            timeout: Duration::from_secs(1),
            roots_pem: Vec::new(),
            evidence: None,
        },
        smtp: SmtpSettings::new("127.0.0.1", 1, Security::PlainLoopback),
        discovery: Discovery {
            names: Names::Nobody,
            file: String::new(),
            http: http::Client::new(tls::trusting_nobody().unwrap(), http::Limits::default()),
        },
        revocation: None,
        return_boxes: vec![
            return_box(
                "labo@tilleuls.mssante.fr",
                Credentials::Password { login: "labo@tilleuls.mssante.fr".into(), password: String::new() },
            ),
            return_box(TOKEN_BOX, Credentials::Token { mailbox: TOKEN_BOX.into(), token: Token::default() }),
        ],
        retry: RetryPolicy::default(),
        return_box_interval: Duration::from_secs(1),
        overdue_after: SignedDuration::from_hours(2),
        max_deliveries_in_flight: 4,
        max_message_bytes: 1 << 20,
        n_previous: 3,
        screening_collector: None,
        trusted: TrustedDomains::default(),
        pack: PackSettings::default(),
    }
}

fn decimal(text: &str) -> lab::quantity::Decimal {
    text.parse().unwrap()
}

/// An application on a fresh database in memory.
pub async fn open_app(env: Env) -> App {
    open_app_with(env, PackSettings::default()).await
}

async fn open_app_with(env: Env, pack: PackSettings) -> App {
    let store = app::start::open_store("sqlite::memory:", &env).await.unwrap();
    App::open(store, env, Settings { pack, ..settings() }, app::catalogue::usual()).await.unwrap()
}

async fn account(app: &App, login: &str, name: &str, role: Role) -> Account {
    let biologist = (role == Role::Biologist).then(|| settings().laboratory.director);
    let new =
        NewAccount { login: login.into(), name: name.into(), role, password: PASSWORD.into(), professional: biologist };
    app.create_account(new, AccountActor::Operator).await.unwrap();
    let login = login.to_owned();
    let found = app.store().read(move |tx| Ok::<_, AppError>(records::accounts::by_login(tx, &login)?)).await.unwrap();
    found.unwrap().0
}

const FAMILIES: &[&str] =
    &["Roux", "Da Silva", "Lefèvre", "Nguyen", "Le Goff", "Martin", "Benali", "Durand-Pelletier", "Kowalski", "Petit"];
const GIVEN: &[&str] =
    &["Alice", "Karim Yanis", "Zoé", "Jean-Baptiste", "Inès", "Hugo", "Marie", "Thérèse", "Noé", "Sofia"];

fn new_patient(n: usize) -> NewPatient {
    let year = 1931 + i16::try_from((n * 7) % 92).unwrap();
    NewPatient {
        birth_name: format!("{}{}", FAMILIES[n % FAMILIES.len()], "x".repeat(n / 100)),
        given_names: GIVEN[(n / 3) % GIVEN.len()].into(),
        birth_date: jiff::civil::Date::new(year, i8::try_from(1 + n % 12).unwrap(), i8::try_from(1 + n % 28).unwrap())
            .ok(),
        sex: if n.is_multiple_of(2) { Sex::Female } else { Sex::Male },
        birth_place: Some("44109".into()),
        used_name: n.is_multiple_of(5).then(|| "Chevalier".into()),
        phone: None,
        namesake: Namesake::Checked,
    }
}

fn correspondents() -> Vec<Professional> {
    let given = ["Claude", "Dominique", "Sacha", "Camille", "Morgan", "Alix"];
    let families = ["BERGER", "FAURE", "GIRARD", "HENRY", "LUCAS", "MENARD"];
    (0..6)
        .map(|n| {
            let mailbox = format!("dr.{}@medecins.mssante.fr", families[n].to_lowercase());
            professional(&format!("1000000000{n}"), families[n], given[n], (n != 5).then_some(mailbox.as_str()))
        })
        .collect()
}

pub async fn register(app: &App, by: &Account, n: usize, patient: PatientChoice, codes: &[&str]) -> OrderId {
    let known = correspondents();
    let now = app.env().now();
    let new = NewDossier {
        patient,
        priority: if n % 9 == 4 { Priority::Urgent } else { Priority::Routine },
        setting: CareSetting::Ambulatory,
        prescribed_at: None,
        collected_at: Some(now - SignedDuration::from_mins(40)),
        prescriber: Some(known[n % 6].clone()),
        treating_physician: Some(known[(n + 1) % 6].clone()),
        copies: if n.is_multiple_of(4) { vec![known[(n + 2) % 6].clone(), known[5].clone()] } else { Vec::new() },
        analyses: codes.iter().map(|code| (*code).to_owned()).collect(),
        meant_for: app::registration::MeantFor::Care,
    };
    app.register(new, by).await.unwrap().order
}

/// Gives results to the first observations of a dossier, as an analyzer would: inside, beside and far from usual values.
pub async fn results(app: &App, order: OrderId, n: usize, first: usize) {
    let analyses = app.catalogue().clone();
    let now = app.env().now();
    app.store()
        .write(move |tx| {
            let (known, _) = orders::get(tx, order)?;
            let patient = patients::get(tx, known.patient)?;
            let age = patient.age_days(now.to_zoned(jiff::tz::TimeZone::UTC).date());
            let (mut critical, mut abnormal) = (false, false);
            for (at, recorded) in observations::of_order(tx, order)?.into_iter().enumerate().take(first) {
                let mut observation = recorded.observation;
                let analysis = analyses.by_code(&observation.analysis).unwrap();
                let range = analysis.range_for(patient.traits.sex, age);
                let low = range.as_ref().and_then(|range| range.low.or(range.high)).unwrap_or(decimal("1.2"));
                let number = match (n + at) % 17 {
                    3 => low * decimal("0.8"),
                    7 if n.is_multiple_of(6) => low * decimal("9"),
                    _ => low * decimal("1.15"),
                };
                let value = match &analysis.unit {
                    Some(unit) => {
                        Value::Number { comparator: None, number: number.round_dp(2), unit: Some(unit.clone()) }
                    }
                    None => Value::Text("Absence".into()),
                };
                observation.interpretation = interpret(&value, range.as_ref(), &analysis.critical);
                critical |= observation.interpretation.is_some_and(Interpretation::is_critical);
                abnormal |= observation.interpretation.is_some_and(Interpretation::is_abnormal);
                observation.range = range;
                observation.value = Some(value);
                observation.observed_at = Some(now);
                observation.stage = ObservationStage::Received;
                observations::update_result(tx, &observation, None)?;
            }
            orders::set_stage(tx, order, OrderStage::Received, critical, abnormal)?;
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
}

pub const PANEL: &[&str] = &["HB", "LEUCO", "PLQ", "K", "NA", "CREAT", "GLU", "TSH", "CRP"];

/// The codes of [`PANEL`] that the usual catalogue has, completed to six.
pub fn panel(app: &App) -> Vec<&'static str> {
    PANEL.iter().copied().filter(|code| app.catalogue().by_code(code).is_some()).collect()
}

/// A laboratory with `n` further dossiers beside those that tests point at.
pub async fn world(env: Env, n: usize) -> World {
    world_with(env, n, PackSettings::default()).await
}

/// The same laboratory, whose reports are checked with the rules of a pack.
pub async fn world_with(env: Env, n: usize, pack: PackSettings) -> World {
    let app = open_app_with(env, pack).await;
    let biologist = account(&app, "biologiste", "Dr Camille MOREAU", Role::Biologist).await;
    let technician = account(&app, "technicien", "Sacha BLANC", Role::Technician).await;
    let secretary = account(&app, "secretaire", "Alix NOIR", Role::Secretary).await;
    let administrator = account(&app, "administrateur", "Morgan GRIS", Role::Administrator).await;
    app.store()
        .write(|tx| {
            for professional in correspondents() {
                professionals::upsert(tx, &professional)?;
            }
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
    let declared = app::registration::NewConnection {
        label: "SGL de l'hôpital".into(),
        kind: ConnectionKind::SglValidated,
        application: "SGLHOP".into(),
        facility: String::new(),
        own_domain: false,
        trust: "Convention du 3 mars 2026, identités qualifiées".into(),
        active: true,
    };
    app.declare_connection(declared, &administrator).await.unwrap();
    let codes = panel(&app);

    // A patient with an earlier dossier, qualified.
    let earlier = register(&app, &secretary, 0, PatientChoice::New(new_patient(0)), &codes).await;
    let qualified_patient = patient_of(&app, earlier).await;
    qualify(&app, qualified_patient).await;
    results(&app, earlier, 1, usize::MAX).await;
    app.validate_technically(earlier, &technician).await.unwrap();
    let first_version = app.sign(earlier, &biologist, Partial::Refused).await.unwrap();
    deliver(&app, first_version).await;
    correct(&app, earlier).await;
    app.validate_technically(earlier, &technician).await.unwrap();
    let second_version = app.sign(earlier, &biologist, Partial::Refused).await.unwrap();
    let failed_delivery = fail_one(&app, second_version).await;

    let ready_for_biologist = register(&app, &secretary, 4, PatientChoice::Known(qualified_patient), &codes).await;
    results(&app, ready_for_biologist, 6, usize::MAX).await;
    app.validate_technically(ready_for_biologist, &technician).await.unwrap();

    let ready_for_technician = register(&app, &secretary, 1, PatientChoice::New(new_patient(1)), &codes).await;
    let provisional_patient = patient_of(&app, ready_for_technician).await;
    results(&app, ready_for_technician, 2, usize::MAX).await;

    let incomplete = register(&app, &secretary, 2, PatientChoice::New(new_patient(2)), &codes).await;
    results(&app, incomplete, 3, 3).await;
    app.validate_technically(incomplete, &technician).await.unwrap();

    let message = message(&app).await;
    let work_item = doubt(&app, ready_for_technician, message).await;
    let (conversation, letter) = conversation(&app, earlier, second_version).await;

    for at in 3..n + 3 {
        let order = register(
            &app,
            &secretary,
            at,
            PatientChoice::New(new_patient(at)),
            &codes[..(3 + at % 7).min(codes.len())],
        )
        .await;
        match at % 8 {
            0 => {}
            1 | 2 => results(&app, order, at, usize::MAX).await,
            3 => results(&app, order, at, 1).await,
            _ => {
                results(&app, order, at, usize::MAX).await;
                app.validate_technically(order, &technician).await.unwrap();
                if at % 8 == 7 {
                    app.sign(order, &biologist, Partial::Refused).await.unwrap();
                }
            }
        }
    }
    World {
        app,
        biologist,
        technician,
        secretary,
        administrator,
        ready_for_biologist,
        ready_for_technician,
        incomplete,
        corrected: earlier,
        first_version,
        second_version,
        qualified_patient,
        provisional_patient,
        message,
        failed_delivery,
        work_item,
        conversation,
        letter,
    }
}

pub async fn patient_of(app: &App, order: OrderId) -> PatientId {
    app.store().read(move |tx| Ok::<_, AppError>(orders::get(tx, order)?.0.patient)).await.unwrap()
}

async fn qualify(app: &App, patient: PatientId) {
    app.store()
        .write(move |tx| {
            let mut known = patients::get(tx, patient)?;
            known.status = IdentityStatus::Qualified;
            known.ins =
                Some(Ins { matricule: InsMatricule::parse(QUALIFIED_INS).unwrap(), authority: InsAuthority::NirTest });
            patients::update(tx, &known)?;
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
}

/// A result is changed after it was signed.
async fn correct(app: &App, order: OrderId) {
    let (now, mut ids) = (app.env().now(), app.env().ids());
    app.store()
        .write(move |tx| {
            let mut changed = observations::of_order(tx, order)?.swap_remove(0).observation;
            observations::keep_history(tx, &mut ids, &changed, "SGL de l'hôpital", now)?;
            if let Some(Value::Number { number, .. }) = &mut changed.value {
                *number += decimal("0.50");
            }
            changed.stage = ObservationStage::Received;
            changed.n_corrections += 1;
            changed.comments.push("Résultat corrigé après contrôle de l'échantillon.".into());
            observations::update_result(tx, &changed, None)?;
            orders::set_stage(tx, order, OrderStage::Received, false, true)?;
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
}

/// Every delivery of a version is tried; mails are received and one is read.
async fn deliver(app: &App, version: VersionId) {
    let (now, mut ids) = (app.env().now(), app.env().ids());
    let message = message(app).await;
    app.store()
        .write(move |tx| {
            for (at, it) in deliveries::of_version(tx, version)?.into_iter().enumerate() {
                if it.state != DeliveryState::Planned {
                    continue;
                }
                let attempt = deliveries::begin_attempt(tx, &mut ids, it.id, None, now)?;
                let (outcome, state, answer) = match it.channel {
                    Channel::Dmp => (AttemptOutcome::Received, DeliveryState::Received, "ResponseStatusType:Success"),
                    _ => (AttemptOutcome::Accepted, DeliveryState::Accepted, "250 2.0.0 Ok: queued as <b>4XyZ</b>"),
                };
                deliveries::end_attempt(tx, it.id, &attempt, outcome, answer, NextStep { state, due_at: None }, now)?;
                let proof = if at == 0 {
                    ("mdn", "read", DeliveryState::Read)
                } else {
                    ("dsn", "received", DeliveryState::Received)
                };
                if it.channel != Channel::Dmp {
                    let new = NewAcknowledgment {
                        delivery: it.id,
                        message,
                        kind: proof.0,
                        proof: proof.1,
                        detail: "2.0.0 delivered",
                    };
                    deliveries::acknowledge(tx, &mut ids, &new, proof.2, now)?;
                }
            }
            Ok::<_, AppError>(())
        })
        .await
        .unwrap();
}

async fn fail_one(app: &App, version: VersionId) -> DeliveryId {
    let (now, mut ids) = (app.env().now(), app.env().ids());
    app.store()
        .write(move |tx| {
            let it =
                deliveries::of_version(tx, version)?.into_iter().find(|it| it.state == DeliveryState::Planned).unwrap();
            let attempt = deliveries::begin_attempt(tx, &mut ids, it.id, None, now)?;
            let next = NextStep { state: DeliveryState::Failed, due_at: None };
            let answer = "550 5.1.1 boîte inconnue";
            deliveries::end_attempt(tx, it.id, &attempt, AttemptOutcome::Permanent, answer, next, now)?;
            records::journal::raise(tx, &mut ids, "delivery_failed", &it.id.to_string(), Some(it.id), now)?;
            Ok::<_, AppError>(it.id)
        })
        .await
        .unwrap()
}

async fn message(app: &App) -> MessageId {
    let (now, id) = (app.env().now(), MessageId(app.env().uuid()));
    app.store()
        .write(move |tx| {
            messages::insert(
                tx,
                &NewMessage {
                    id,
                    received_at: now,
                    transport: "mllp",
                    peer: "192.0.2.7:41234",
                    connection: None,
                    control_id: "MSG00042",
                    kind: "ORU^R01",
                    content_hash: id.0.as_bytes(),
                    raw: b"MSH|^~\\&|SGLHOP|CHU|PAILLASSE|LAB|20261122080000+0100||ORU^R01^ORU_R01|MSG00042|P|2.5\rPID|||1^^^X||PAT-TROIS^DOMINIQUE||19790301|F\rOBX|1|ST|XX^<script>alert(1)</script>||x\r",
                    answer: Some(b"MSH|^~\\&|PAILLASSE|LAB|SGLHOP|CHU|20261122080001+0100||ACK^R01|1|P|2.5\rMSA|AA|MSG00042\r"),
                    state: MessageState::Processed,
                    note: "",
                },
            )?;
            let findings = [lab::finding::Finding::warning("ANALYSIS-UNKNOWN", "OBX[1]-3")];
            messages::add_findings(tx, id, &findings)?;
            Ok::<_, AppError>(id)
        })
        .await
        .unwrap()
}

/// Dr FAURE asks about a report, with a file whose name would be a trap.
const LETTER: &[u8] = b"From: FAURE Dominique <dr.faure@medecins.mssante.fr>\r\nMessage-ID: <q1@medecins.mssante.fr>\r\n\
Subject: Question <b>sur</b> le potassium\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n\
--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPouvez-vous <script>alert(1)</script> recontr\xc3\xb4ler ?\r\n\
--x\r\nContent-Type: text/html\r\nContent-Disposition: attachment; filename=\"ordonnance.html\"\r\n\r\n<script>1</script>\r\n--x--\r\n";

async fn conversation(app: &App, order: OrderId, version: VersionId) -> (ConversationId, String) {
    let (now, id, mut ids) = (app.env().now(), MessageId(app.env().uuid()), app.env().ids());
    app.store()
        .write(move |tx| {
            let message = NewMessage {
                id,
                received_at: now,
                transport: "imap",
                peer: "retour",
                connection: None,
                control_id: "q1@medecins.mssante.fr",
                kind: "mail",
                content_hash: id.0.as_bytes(),
                raw: LETTER,
                answer: None,
                state: MessageState::Processed,
                note: "",
            };
            messages::insert(tx, &message)?;
            let delivery = deliveries::of_version(tx, version)?.first().map(|it| it.id);
            let letter = NewLetter {
                message: id,
                order: Some(order),
                delivery,
                peer: "dr.faure@medecins.mssante.fr",
                name: "Dr Dominique FAURE",
                subject: "Question <b>sur</b> le potassium",
                is_automatic: false,
            };
            let conversation = conversations::receive(tx, &mut ids, &letter, now)?;
            let letter = conversations::letters(tx, conversation)?.swap_remove(0).id;
            Ok::<_, AppError>((conversation, letter))
        })
        .await
        .unwrap()
}

async fn doubt(app: &App, order: OrderId, message: MessageId) -> String {
    let (now, mut ids) = (app.env().now(), app.env().ids());
    app.store()
        .write(move |tx| {
            let item = NewWorkItem {
                station: "matching",
                code: "ANALYSIS-UNKNOWN",
                place: "OBX[1]-3",
                subject: "XX <script>alert(1)</script>",
                message: Some(message),
                order: Some(order),
                ..NewWorkItem::default()
            };
            work_items::open(tx, &mut ids, &item, now)?;
            Ok::<_, AppError>(work_items::open_items(tx, Some(order))?.swap_remove(0).id)
        })
        .await
        .unwrap()
}

/// The identifier of the latest version of a dossier.
pub async fn latest_version(app: &App, order: OrderId) -> Option<VersionId> {
    app.store().read(move |tx| Ok::<_, AppError>(versions::of_order(tx, order)?.first().map(|it| it.id))).await.unwrap()
}

/// A clock that tests move.
pub fn clock(start: &str) -> (Env, Arc<std::sync::atomic::AtomicI64>) {
    let start: Timestamp = start.parse().unwrap();
    let now = Arc::new(std::sync::atomic::AtomicI64::new(start.as_microsecond()));
    let shared = Arc::clone(&now);
    // Each reading is one millisecond later: identifiers stay ordered.
    let read =
        move || Timestamp::from_microsecond(shared.fetch_add(1000, std::sync::atomic::Ordering::SeqCst)).unwrap();
    (Env::with_clock(read), now)
}
