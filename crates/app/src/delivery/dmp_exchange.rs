//! One deposit of one version into the patient's DMP.

use std::{path::Path, sync::Arc};

use dmp::{Answer, Deposit, Envelope, metadata::Mask};
use lab::{
    delivery::{AttemptOutcome, DeliveryState},
    id::Oid,
    routing::Channel,
};
use records::deliveries::Delivery;
use transport::{http, tls};
use xds::iti41;

use super::{Attempted, Exchanges, Parcel, words};
use crate::{App, AppError, settings::DmpSettings};

/// A client for the DMP's certificates; plain HTTP is possible to loopback only.
pub(super) fn client(settings: &DmpSettings) -> Result<http::Client, tls::TlsError> {
    let config = if settings.roots_pem.is_empty() {
        tls::trusting_nobody()?
    } else {
        (*tls::client_config(&tls::ClientTls { roots_pem: &settings.roots_pem, ..tls::ClientTls::default() })?).clone()
    };
    Ok(http::Client::new(config, http::Limits::default()))
}

impl App {
    /// Deposits one version; when it replaces one that the DMP holds, as its replacement.
    pub(super) async fn deposit(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
        exchanges: &Exchanges,
    ) -> Result<(), AppError> {
        // Identifiers make a repeated deposit the same act, so the envelope's own bytes need not be equal.
        let Some(attempt) = self.begin(delivery).await? else { return Ok(()) };
        let attempted = match self.replaced_entry(parcel, exchanges).await {
            Err(attempted) => attempted,
            Ok(replaced) => self.deposit_now(delivery, parcel, replaced.as_deref(), exchanges).await,
        };
        self.end(delivery, attempt, attempted).await
    }

    async fn deposit_now(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
        replaces: Option<&str>,
        exchanges: &Exchanges,
    ) -> Attempted {
        let settings = self.settings();
        let deposit = Deposit {
            report: &parcel.report,
            cda: &parcel.cda,
            submission_set: &delivery.exchange,
            masks: Mask::of(parcel.visibility),
            replaces,
            submitted_at: delivery.planned_at,
        };
        let submission = match dmp::submission(&deposit, &settings.mail.source) {
            Ok(submission) => submission,
            Err(error) => {
                let answer = format!("Le dépôt n'a pas pu être composé : {error}");
                return Attempted { outcome: AttemptOutcome::NeedsOperator, answer };
            }
        };
        let documents =
            [iti41::Document { entry_id: dmp::metadata::ENTRY_ID.into(), bytes: parcel.cda.as_slice().into() }];
        let request = dmp::deposit_request(&submission, &documents, &self.envelope(&settings.dmp.repository_url));
        match self.ask(&settings.dmp.repository_url, request, exchanges).await {
            Ok(answer) => Attempted { outcome: answer.outcome(), answer: said(&answer) },
            Err(attempted) => attempted,
        }
    }

    fn envelope<'a>(&self, to: &'a str) -> Envelope<'a> {
        Envelope { message_id: self.env().uuid(), to, extra_headers: &[] }
    }

    /// The registry's identifier of the version that this one replaces, when the DMP holds it.
    async fn replaced_entry(&self, parcel: &Parcel, exchanges: &Exchanges) -> Result<Option<String>, Attempted> {
        let Some(replaced) = &parcel.report.ids.replaces else { return Ok(None) };
        let never_left = parcel
            .replaced
            .iter()
            .filter(|it| it.channel == Channel::Dmp)
            .all(|it| it.n_attempts == 0 || it.state == DeliveryState::Withheld);
        if never_left {
            return Ok(None);
        }
        self.find_entry(&replaced.document, exchanges).await
    }

    async fn find_entry(&self, document: &Oid, exchanges: &Exchanges) -> Result<Option<String>, Attempted> {
        let url = &self.settings().dmp.registry_url;
        let request = dmp::find_entry_request(document, &self.envelope(url));
        match self.ask(url, request, exchanges).await? {
            Answer::EntryUuid(found) => Ok(found.into_iter().next()),
            // The question changed nothing at the peer: whatever it said, asking again later is safe.
            answer => Err(Attempted { outcome: AttemptOutcome::Temporary, answer: said(&answer) }),
        }
    }

    async fn ask(&self, url: &str, request: soap::Encoded, exchanges: &Exchanges) -> Result<Answer, Attempted> {
        let headers = [("content-type", request.content_type.as_str())];
        let evidence = self.settings().dmp.evidence.as_deref().map(|folder| (folder, self.env().uuid()));
        if let Some((folder, id)) = evidence {
            keep(folder, &format!("{id}-request.mime"), &request.content_type, &request.body).await;
        }
        match exchanges.http.post(url, &headers, request.body, self.settings().dmp.timeout).await {
            Ok(response) => {
                let content_type = response.header("content-type").unwrap_or("");
                if let Some((folder, id)) = evidence {
                    keep(folder, &format!("{id}-response.mime"), content_type, &response.body).await;
                }
                Ok(dmp::read_answer(response.status, content_type, &response.body))
            }
            Err(error) if error.is_definitely_not_sent() => Err(Attempted {
                outcome: AttemptOutcome::Temporary,
                answer: format!("Non transmis : {}", words::of_http(&error)),
            }),
            Err(error) => Err(Attempted {
                outcome: AttemptOutcome::Unknown,
                answer: format!("Issue inconnue : {}", words::of_http(&error)),
            }),
        }
    }
}

/// The answer in words for the delivery's page.
fn said(answer: &Answer) -> String {
    match answer {
        Answer::Deposited => "Success".to_owned(),
        Answer::AlreadyThere => "Déjà déposé (même contenu)".to_owned(),
        Answer::EntryUuid(found) => format!("{} entrée(s) trouvée(s)", found.len()),
        Answer::Refused(refusal) => format!("{} {}", refusal.code, refusal.text),
        _ => "Réponse illisible".to_owned(),
    }
}

/// Keeps a message with its content type, as a MIME entity that any mail or MIME tool opens.
async fn keep(folder: &Path, name: &str, content_type: &str, body: &[u8]) {
    let mut entity = format!("MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n\r\n").into_bytes();
    entity.extend_from_slice(body);
    if let Err(error) = tokio::fs::write(folder.join(name), entity).await {
        tracing::warn!(%error, "an exchange with the DMP could not be kept as evidence");
    }
}
