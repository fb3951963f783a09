//! Delivery: the frozen bytes of due deliveries are handed over, and what happened is recorded.
//!
//! An attempt is recorded before its first byte leaves, so a process that dies leaves an open attempt: its outcome is
//! then unknown, which is safe to repeat at the DMP (same identifiers) and waits for its notification by mail.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::{AttemptOutcome, DeliveryState, History, NextStep, Repeatable, after_attempt},
    id::{DeliveryId, VersionId},
    order::Visibility,
    report::{Report, Withdrawal},
    routing::{Act, Channel},
};
use records::{
    deliveries::{self, Delivery},
    versions::{self, DocumentKind},
    work_items::{self, NewWorkItem},
};
use tokio::sync::Semaphore;
use transport::{http, smtp};

use mssante::{Audience, Occasion};

use crate::{
    App, AppError,
    conversation::{self, Written},
    mail_templates::{self, InForce},
};

mod dmp_exchange;
mod gate;
mod held;
mod mail_exchange;
mod order;
mod words;

use held::{Held, LEASE};

/// Deliveries claimed at a time.
const CLAIM: u32 = 64;

/// Clients kept between deliveries.
pub(crate) struct Exchanges {
    smtp: smtp::SmtpClient,
    /// Those of boxes of persons, which send what these persons answer.
    persons: HashMap<String, smtp::SmtpClient>,
    http: http::Client,
    /// Whether the mail operator answers.
    gate: gate::Gate,
    held: Held,
}

/// What one version's deliveries share: read once, built once.
struct Parcel {
    report: Report,
    /// What leaves: the document, alone or with its stylesheet.
    cda: Vec<u8>,
    /// The page that shows it; none in versions signed before it was kept.
    page: Option<Vec<u8>>,
    pdf: Vec<u8>,
    /// The XDM archive, the same for every mail of the version to professionals, and to the patient.
    archives: [tokio::sync::OnceCell<Result<Vec<u8>, String>>; 2],
    visibility: Visibility,
    /// The templates in force when it was read, of mails to professionals and to the patient.
    templates: [InForce; 2],
    /// Deliveries of the version this one replaces.
    replaced: Vec<Delivery>,
    /// The withdrawal to tell of.
    withdrawn: Option<Withdrawal>,
    /// What people answer, by delivery.
    answers: HashMap<DeliveryId, Written>,
}

/// What an attempt came to.
struct Attempted {
    outcome: AttemptOutcome,
    /// The peer's answer, or what failed; shown to people, kept with the attempt.
    answer: String,
}

impl App {
    /// Hands over what is due, until the process ends.
    pub async fn run_deliveries(self) {
        let http = match dmp_exchange::client(&self.settings().dmp) {
            Ok(http) => http,
            Err(error) => {
                tracing::error!(%error, "the DMP client could not be made: nothing is delivered");
                return;
            }
        };
        let exchanges = Arc::new(Exchanges {
            smtp: smtp::SmtpClient::new(self.settings().smtp.clone()),
            persons: self.clients_of_persons(),
            http,
            gate: gate::Gate::new(self.env().now()),
            held: Held::default(),
        });
        let mut renewals = tokio::task::JoinSet::new();
        renewals.spawn(self.clone().run_renewals(Arc::clone(&exchanges)));
        let slots = Arc::new(Semaphore::new(self.settings().max_deliveries_in_flight));
        // An embedded database has one process: what an earlier one held is free at once. Others share the database
        // and their leases run out by themselves.
        if self.store().backend() == store::Backend::Sqlite
            && let Err(error) = self.store().write(|tx| deliveries::expire_leases(tx).map_err(AppError::from)).await
        {
            tracing::error!(%error, "leases of an earlier process could not be ended");
        }
        loop {
            if let Err(error) = self.recover_abandoned(&exchanges).await {
                tracing::error!(%error, "abandoned deliveries could not be recovered");
            }
            // One slot per version under way; wait for room before claiming more.
            let Ok(room) = slots.clone().acquire_owned().await else { return };
            drop(room);
            match self.claim().await {
                Ok(claimed) if claimed.is_empty() => {
                    let bell = self.inner.delivery_bell.notified();
                    let _ = tokio::time::timeout(Duration::from_millis(500), bell).await;
                }
                Ok(claimed) => {
                    exchanges.held.take(&claimed);
                    for ((version, act), claimed) in by_version(claimed) {
                        let Ok(slot) = slots.clone().acquire_owned().await else { return };
                        let (app, exchanges) = (self.clone(), exchanges.clone());
                        tokio::spawn(async move {
                            app.deliver_version(version, act, claimed, &exchanges).await;
                            drop(slot);
                        });
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "due deliveries could not be claimed");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    async fn claim(&self) -> Result<Vec<Delivery>, AppError> {
        let now = self.env().now();
        self.store().write(move |tx| Ok(deliveries::claim(tx, now, now + LEASE, CLAIM)?)).await
    }

    /// Ends the attempts of a process that died: their outcome is unknown.
    async fn recover_abandoned(&self, exchanges: &Arc<Exchanges>) -> Result<(), AppError> {
        let (now, policy, exchanges) = (self.env().now(), self.settings().retry, Arc::clone(exchanges));
        self.store()
            .write(move |tx| {
                for (delivery, open_attempt) in deliveries::abandoned(tx, now)? {
                    // Ours: the lease could not be renewed in time, the exchange goes on.
                    if exchanges.held.has(delivery.id) {
                        continue;
                    }
                    match open_attempt {
                        None => deliveries::postpone(tx, delivery.id, now)?,
                        Some(attempt) => {
                            let next = next_step(&delivery, AttemptOutcome::Unknown, 0, None, now, &policy);
                            let answer = "Interrompu par un arrêt du programme";
                            deliveries::end_attempt(
                                tx,
                                delivery.id,
                                &attempt,
                                AttemptOutcome::Unknown,
                                answer,
                                next,
                                now,
                            )?;
                        }
                    }
                }
                Ok(())
            })
            .await
    }

    async fn deliver_version(&self, version: VersionId, act: Act, claimed: Vec<Delivery>, exchanges: &Exchanges) {
        let parcel = match self.parcel(version, act).await {
            Ok(parcel) => Arc::new(parcel),
            Err(error) => {
                tracing::error!(report.id = %version, %error, "a version could not be read for delivery");
                self.give_back(&claimed, SignedDuration::from_secs(30)).await;
                claimed.iter().for_each(|it| exchanges.held.release(it.id));
                return;
            }
        };
        let all = claimed.iter().map(|delivery| self.deliver(delivery, &parcel, exchanges));
        futures_util::future::join_all(all).await;
    }

    async fn deliver(&self, delivery: &Delivery, parcel: &Arc<Parcel>, exchanges: &Exchanges) {
        self.deliver_held(delivery, parcel, exchanges).await;
        exchanges.held.release(delivery.id);
    }

    async fn deliver_held(&self, delivery: &Delivery, parcel: &Arc<Parcel>, exchanges: &Exchanges) {
        if delivery.channel == Channel::Dmp && previous_is_under_way(parcel) {
            self.give_back(std::slice::from_ref(delivery), SignedDuration::from_secs(2)).await;
            return;
        }
        let attempted = match delivery.channel {
            Channel::Dmp => self.deposit(delivery, parcel, exchanges).await,
            Channel::MssantePro | Channel::MssantePatient => self.send_mail(delivery, parcel, exchanges).await,
        };
        if let Err(error) = attempted {
            // Nothing left: what did is recorded, however long that takes.
            tracing::error!(delivery.id = %delivery.id, %error, "an attempt could not begin");
            self.give_back(std::slice::from_ref(delivery), SignedDuration::from_secs(30)).await;
        }
    }

    async fn give_back(&self, claimed: &[Delivery], delay: SignedDuration) {
        self.give_back_until(claimed, self.env().now() + delay).await;
    }

    /// Gives back what was not tried, due then.
    async fn give_back_until(&self, claimed: &[Delivery], due_at: Timestamp) {
        let ids = claimed.iter().map(|it| it.id).collect::<Vec<_>>();
        let given_back = self
            .store()
            .write(move |tx| {
                for id in ids {
                    deliveries::postpone(tx, id, due_at)?;
                }
                Ok::<_, AppError>(())
            })
            .await;
        if let Err(error) = given_back {
            tracing::error!(%error, "claimed deliveries could not be given back: their lease will end");
        }
    }

    async fn parcel(&self, version: VersionId, act: Act) -> Result<Parcel, AppError> {
        self.store()
            .read(move |tx| {
                let report = versions::model(tx, version)?;
                let cda = versions::sent_document(tx, version)?;
                let (_, pdf) = versions::document(tx, version, DocumentKind::Pdf)?;
                let page = versions::opt_document(tx, version, DocumentKind::Page)?.map(|(_, bytes)| bytes);
                let replaced = match &report.ids.replaces {
                    Some(replaced) => deliveries::of_version(tx, replaced.version)?,
                    None => Vec::new(),
                };
                let line = versions::get(tx, version)?;
                let withdrawn = line.withdrawal.filter(|_| act == Act::Withdraw);
                let answers = match act {
                    Act::Answer => conversation::answers(tx, version)?,
                    Act::Send | Act::Withdraw => HashMap::new(),
                };
                let mut template =
                    |audience| mail_templates::latest(tx, Occasion::of(&report, audience, withdrawn.is_some()));
                let templates = [template(Audience::Professional)?, template(Audience::Patient)?];
                let (archives, visibility) = (Default::default(), line.visibility);
                Ok(Parcel { report, cda, page, pdf, archives, visibility, templates, replaced, withdrawn, answers })
            })
            .await
    }

    /// Records that an attempt begins that hands over nothing, or not the same bytes each time.
    ///
    /// `None`, and the delivery ends, when its version was replaced or withdrawn since it was claimed: it would come
    /// after what corrects it; or when its dossier is for an expertise now, and keeps it here.
    async fn begin(&self, delivery: &Delivery) -> Result<Option<String>, AppError> {
        let (claimed, now, mut ids, app) = (delivery.clone(), self.env().now(), self.env().ids(), self.clone());
        self.store()
            .write(move |tx| {
                if claimed.act == Act::Send && !versions::is_current(tx, claimed.version)? {
                    deliveries::drop_claimed(tx, claimed.id)?;
                    return Ok(None);
                }
                if app.keep_for_expertise(tx, &claimed)? {
                    return Ok(None);
                }
                Ok(Some(deliveries::begin_attempt(tx, &mut ids, claimed.id, None, now)?))
            })
            .await
    }

    /// Records how an attempt ended, and tries until it is recorded: what was handed over must never look untried.
    async fn end(&self, delivery: &Delivery, attempt: String, attempted: Attempted) -> Result<(), AppError> {
        let attempted = Arc::new(attempted);
        while let Err(error) = self.record_end(delivery, attempt.clone(), Arc::clone(&attempted)).await {
            tracing::error!(delivery.id = %delivery.id, %error, "the end of an attempt could not be recorded yet");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(())
    }

    async fn record_end(
        &self,
        delivery: &Delivery,
        attempt: String,
        attempted: Arc<Attempted>,
    ) -> Result<(), AppError> {
        let (now, policy, mut ids) = (self.env().now(), self.settings().retry, self.env().ids());
        let (tried, outcome) = (delivery.clone(), attempted.outcome);
        let state = self
            .store()
            .write(move |tx| {
                let id = tried.id;
                let refused_since = deliveries::refused_since(tx, id, since(&tried))?;
                let mut next = next_step(&tried, outcome, 1, refused_since, now, &policy);
                // What surely did not leave need not leave once a later version says it better.
                let has_not_left = matches!(outcome, AttemptOutcome::Temporary | AttemptOutcome::Unreachable);
                if has_not_left && tried.act == Act::Send && !versions::is_current(tx, tried.version)? {
                    next = NextStep { state: DeliveryState::Superseded, due_at: None };
                }
                deliveries::end_attempt(tx, id, &attempt, outcome, &attempted.answer, next, now)?;
                if next.state == DeliveryState::Failed {
                    open_failed(tx, &mut ids, id, now)?;
                }
                Ok::<_, AppError>(next.state)
            })
            .await?;
        let n_attempts = delivery.n_attempts + 1;
        tracing::info!(delivery.id = %delivery.id, ?outcome, state = state.code(), n_attempts, "a delivery was tried");
        Ok(())
    }

    /// Ends a delivery that hands over nothing until a person acts.
    async fn stop(&self, delivery: &Delivery, answer: String) -> Result<(), AppError> {
        let Some(attempt) = self.begin(delivery).await? else { return Ok(()) };
        self.end(delivery, attempt, Attempted { outcome: AttemptOutcome::NeedsOperator, answer }).await
    }
}

/// What the kept answer of a mail server means, as the code of a text (`refusal.…` in the catalogue of wording).
///
/// `None` when the answer is not a refusal, or one that has no words here.
pub fn refusal(answer: &str) -> Option<&'static str> {
    mssante::Refusal::of(answer).map(mssante::Refusal::code)
}

pub(crate) fn open_failed(
    tx: &mut store::Tx<'_>,
    ids: &mut dyn lab::id::Ids,
    id: DeliveryId,
    now: Timestamp,
) -> Result<(), AppError> {
    let delivery = deliveries::get(tx, id)?;
    let version = versions::get(tx, delivery.version)?;
    let item = NewWorkItem {
        station: "delivery",
        code: "DELIVERY-FAILED",
        subject: &delivery.name,
        order: Some(version.order),
        delivery: Some(id),
        ..NewWorkItem::default()
    };
    Ok(work_items::open(tx, ids, &item, now)?)
}

/// When the patience of a delivery begins: at its planning, or when a person last asked to try again.
fn since(delivery: &Delivery) -> Timestamp {
    delivery.retried_at.unwrap_or(delivery.planned_at)
}

fn next_step(
    delivery: &Delivery,
    outcome: AttemptOutcome,
    n_begun: u32,
    refused_since: Option<Timestamp>,
    now: Timestamp,
    policy: &lab::delivery::RetryPolicy,
) -> NextStep {
    let history = History {
        n_attempts: delivery.n_attempts + n_begun,
        since: since(delivery),
        refused_since,
        repeatable: match delivery.channel {
            Channel::Dmp => Repeatable::Recognized,
            Channel::MssantePro | Channel::MssantePatient => Repeatable::SeenTwice,
        },
        spread: spread(delivery.id),
    };
    after_attempt(outcome, &history, now, policy)
}

/// A part of 255 that differs from delivery to delivery and never changes: the last byte of a random identifier.
fn spread(id: DeliveryId) -> u8 {
    id.0.as_bytes()[15]
}

fn is_same_box(one: &Delivery, other: &Delivery) -> bool {
    one.channel == other.channel && one.address == other.address
}

/// Whether the version this one replaces is being deposited right now: the DMP must have it first.
fn previous_is_under_way(parcel: &Parcel) -> bool {
    parcel.replaced.iter().any(|delivery| {
        delivery.channel == Channel::Dmp
            && matches!(delivery.state, DeliveryState::Sent | DeliveryState::Retrying | DeliveryState::Planned)
    })
}

fn by_version(claimed: Vec<Delivery>) -> HashMap<(VersionId, Act), Vec<Delivery>> {
    let mut groups: HashMap<(VersionId, Act), Vec<Delivery>> = HashMap::new();
    for delivery in claimed {
        groups.entry((delivery.version, delivery.act)).or_default().push(delivery);
    }
    groups
}
