//! One mail of one version to one mailbox.

use std::{collections::HashMap, sync::Arc};

use dmp::metadata::Mask;
use jiff::Timestamp;
use lab::{
    delivery::{AttemptOutcome, DeliveryState},
    order::Visibility,
    person::MssanteAddress,
    routing::{Act, Channel},
};
use mail::Received;
use mssante::{Audience, Documents, MailError, Occasion};
use records::deliveries::{Content, Delivery};
use transport::smtp::{Envelope, Notify, Outcome, SmtpClient, SmtpError, Turn};

use super::{Attempted, Exchanges, Parcel, gate::Passage, is_same_box, words};
use crate::{
    App, AppError,
    conversation::Written,
    mail_templates::{self, InForce},
    report::sha256_hex,
};

impl App {
    /// Sends one mail: the same bytes and Message-ID at every attempt, after the mails that it corrects.
    pub(super) async fn send_mail(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
        exchanges: &Exchanges,
    ) -> Result<(), AppError> {
        if let Some(reason) = self.not_to_be_written_to(delivery) {
            return self.stop(delivery, reason).await;
        }
        if let Some(from) = parcel.answers.get(&delivery.id).and_then(|it| it.sent_from.as_ref()) {
            return self.send_for_person(delivery, parcel, from, exchanges).await;
        }
        let policy = &self.settings().retry;
        let passage = exchanges.gate.passage(self.env().now(), policy);
        if let Passage::Closed(until) = passage {
            return self.wait(delivery, until, "L'opérateur ne répond pas".to_owned()).await;
        }
        // Asked again when the attempt begins; asked first where nothing may be composed for nothing.
        let may_have_to_wait =
            delivery.state == DeliveryState::Sent || parcel.report.ids.replaces.is_some() || parcel.withdrawn.is_some();
        if may_have_to_wait && !self.may_leave(delivery, exchanges).await? {
            return Ok(());
        }
        let (mail, content) = match self.composed(delivery, parcel).await? {
            Ok(composed) => composed,
            Err(reason) => return self.stop(delivery, reason).await,
        };
        let turn = match exchanges.smtp.turn().await {
            Ok(turn) => turn,
            Err(outcome) => return self.unreachable(delivery, passage, outcome, exchanges).await,
        };
        exchanges.gate.opened(self.env().now());
        let from = &self.settings().mail.sender.address;
        self.hand_over(delivery, from, turn, &mail, content, exchanges).await
    }

    /// Sends what a person answers from a box of persons, as soon as there is a token for it.
    async fn send_for_person(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
        from: &MssanteAddress,
        exchanges: &Exchanges,
    ) -> Result<(), AppError> {
        let Some(client) = exchanges.persons.get(from.as_str()) else {
            let answer = "La boîte d'où cette réponse devait partir n'est plus déclarée : rien n'a été transmis.";
            return self.stop(delivery, answer.to_owned()).await;
        };
        if delivery.state == DeliveryState::Sent && !self.may_leave(delivery, exchanges).await? {
            return Ok(());
        }
        let (mail, content) = match self.composed(delivery, parcel).await? {
            Ok(composed) => composed,
            Err(reason) => return self.stop(delivery, reason).await,
        };
        match client.turn().await {
            Ok(turn) => self.hand_over(delivery, from, turn, &mail, content, exchanges).await,
            Err(outcome) => {
                let until = self.env().now() + self.settings().retry.first_delay;
                self.wait(delivery, until, read(outcome).answer).await
            }
        }
    }

    /// The bytes of a mail, the same as those of its first attempt; otherwise why nothing may leave.
    async fn composed(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
    ) -> Result<Result<(Vec<u8>, Content), String>, AppError> {
        let brought = self.brought(delivery, parcel).await?;
        let template = self.template(delivery, parcel).await?;
        let mail = match self.mail(delivery, parcel, &template, &brought).await {
            Ok(mail) => mail,
            Err(error) => return Ok(Err(format!("Le message n'a pas pu être composé : {error}"))),
        };
        let sha256 = sha256_hex(&mail);
        if delivery.content_sha256.as_ref().is_some_and(|first| *first != sha256) {
            let answer = "Le message reconstruit diffère de celui du premier envoi : rien n'a été transmis.";
            return Ok(Err(answer.to_owned()));
        }
        Ok(Ok((mail, Content { sha256, template: Some(template.number) })))
    }

    async fn hand_over(
        &self,
        delivery: &Delivery,
        from: &MssanteAddress,
        turn: Turn<'_>,
        mail: &[u8],
        content: Content,
        exchanges: &Exchanges,
    ) -> Result<(), AppError> {
        let Some(attempt) = self.begin_in_order(delivery, content, exchanges).await? else { return Ok(()) };
        let id = delivery.id.to_string();
        let envelope = Envelope {
            from: from.as_str(),
            to: delivery.address.as_ref().map_or("", |address| address.as_str()),
            envelope_id: Some(&id),
            notify: Notify::Everything,
        };
        let outcome = turn.send(&envelope, mail).await;
        self.end(delivery, attempt, read(outcome)).await
    }

    /// A client for each box that opens with a token.
    pub(super) fn clients_of_persons(&self) -> HashMap<String, SmtpClient> {
        let boxes = self.settings().return_boxes.iter();
        boxes.filter_map(|it| Some((it.address.as_str().to_owned(), SmtpClient::new(it.smtp.clone()?)))).collect()
    }

    /// Why nothing may leave for a box, whatever was decided when it was written down; the list may have changed since.
    fn not_to_be_written_to(&self, delivery: &Delivery) -> Option<String> {
        match &delivery.address {
            None => Some("L'adresse n'est pas celle d'une boîte MSSanté : rien n'a été transmis.".to_owned()),
            Some(address) if !self.settings().trusted.trusts(address) => Some(format!(
                "Le domaine {} n'est pas dans la liste blanche MSSanté : rien n'a été transmis.",
                address.domain()
            )),
            Some(_) => None,
        }
    }

    /// No connection could be opened: the gate closes. The first attempt that meets it is recorded, the others wait.
    async fn unreachable(
        &self,
        delivery: &Delivery,
        passage: Passage,
        outcome: Outcome,
        exchanges: &Exchanges,
    ) -> Result<(), AppError> {
        let Attempted { answer, .. } = read(outcome);
        let closed = exchanges.gate.closed(self.env().now(), passage, &self.settings().retry);
        if closed.is_news && delivery.state != DeliveryState::Sent {
            let Some(attempt) = self.begin(delivery).await? else { return Ok(()) };
            return self.end(delivery, attempt, Attempted { outcome: AttemptOutcome::Unreachable, answer }).await;
        }
        self.wait(delivery, closed.probe_at, answer).await
    }

    /// Gives a mail back until the operator may answer again; ends it when that has lasted too long.
    async fn wait(&self, delivery: &Delivery, until: Timestamp, answer: String) -> Result<(), AppError> {
        let policy = &self.settings().retry;
        if until <= super::since(delivery) + policy.unreachable_give_up_after {
            // Those that waited together come back apart.
            let until = until + policy.first_delay * i32::from(super::spread(delivery.id)) / 255;
            self.give_back_until(std::slice::from_ref(delivery), until).await;
            return Ok(());
        }
        if delivery.state == DeliveryState::Sent {
            return self.stop(delivery, answer).await;
        }
        let Some(attempt) = self.begin(delivery).await? else { return Ok(()) };
        self.end(delivery, attempt, Attempted { outcome: AttemptOutcome::Unreachable, answer }).await
    }

    /// The template of a mail: the one in force, until bytes were handed over; from then on the one of these bytes.
    async fn template(&self, delivery: &Delivery, parcel: &Parcel) -> Result<InForce, AppError> {
        // A person's own words.
        if delivery.act == Act::Answer {
            return Ok(InForce::ORIGINAL);
        }
        let audience = audience(delivery.channel);
        let in_force = match audience {
            Audience::Professional => &parcel.templates[0],
            Audience::Patient => &parcel.templates[1],
        };
        if delivery.content_sha256.is_none() {
            return Ok(in_force.clone());
        }
        let first = delivery.template.unwrap_or(InForce::ORIGINAL.number);
        if in_force.number == first {
            return Ok(in_force.clone());
        }
        let occasion = Occasion::of(&parcel.report, audience, parcel.withdrawn.is_some());
        self.store().read(move |tx| mail_templates::numbered(tx, occasion, first)).await
    }

    /// The bytes of the mail; the reason, safe to log, when it cannot be composed.
    async fn mail(
        &self,
        delivery: &Delivery,
        parcel: &Arc<Parcel>,
        template: &InForce,
        brought: &[Delivery],
    ) -> Result<Vec<u8>, String> {
        if let Some(answer) = parcel.answers.get(&delivery.id) {
            return self.compose_answer(delivery, parcel, answer).map_err(|error| error.to_string());
        }
        let settings = &self.settings().mail;
        // What the patient is sent is not hidden from them, whatever it was when the version was signed.
        let (archive, visibility) = match delivery.channel {
            Channel::MssantePatient => (&parcel.archives[1], Visibility::Visible),
            Channel::MssantePro | Channel::Dmp => (&parcel.archives[0], parcel.visibility),
        };
        let archive = archive
            .get_or_init(|| async {
                let (shared, settings) = (Arc::clone(parcel), settings.clone());
                let masks = Mask::of(visibility);
                let build = move || {
                    let withdrawal = shared.withdrawn.as_ref();
                    let content =
                        mssante::Content { cda: &shared.cda, page: shared.page.as_deref(), masks, withdrawal };
                    mssante::archive(&shared.report, &content, &settings)
                };
                tokio::task::spawn_blocking(build)
                    .await
                    .map_err(|error| error.to_string())?
                    .map_err(|error| error.to_string())
            })
            .await
            .as_ref()
            .map_err(String::clone)?;
        self.compose(delivery, parcel, template, archive, brought).map_err(|error| error.to_string())
    }

    /// What a person answers to a mail, in its thread.
    fn compose_answer(&self, delivery: &Delivery, parcel: &Parcel, written: &Written) -> Result<Vec<u8>, MailError> {
        let settings = &self.settings().mail;
        let message_id = mssante::message_id(&delivery.exchange, &settings.sender.address)?;
        let theirs = written.theirs.as_deref().map(Received::decode).unwrap_or_default();
        let answer = mssante::Answer {
            address: delivery.address.as_ref().ok_or(MailError::NotAProfessional)?,
            name: &delivery.name,
            audience: audience(delivery.channel),
            message_id: &message_id,
            subject: &theirs.subject,
            answers: theirs.message_id.as_deref(),
            text: &written.text,
            from: written.sent_from.as_ref(),
            sent_at: delivery.planned_at,
        };
        mssante::answer(&parcel.report, &answer, settings)
    }

    fn compose(
        &self,
        delivery: &Delivery,
        parcel: &Parcel,
        template: &InForce,
        archive: &[u8],
        brought: &[Delivery],
    ) -> Result<Vec<u8>, MailError> {
        let settings = &self.settings().mail;
        let address = delivery.address.as_ref().ok_or(MailError::NotAProfessional)?;
        let message_id = mssante::message_id(&delivery.exchange, &settings.sender.address)?;
        let about = brought
            .iter()
            .find(|it| is_same_box(it, delivery) && it.n_attempts > 0)
            .map(|it| mssante::message_id(&it.exchange, &settings.sender.address))
            .transpose()?;
        let mail = mssante::Delivery {
            address,
            name: &delivery.name,
            audience: audience(delivery.channel),
            message_id: &message_id,
            about: about.as_ref(),
            withdrawal: parcel.withdrawn.as_ref(),
            template: template.own.as_ref(),
            sent_at: delivery.planned_at,
        };
        mssante::mail(&parcel.report, &mail, &Documents { archive, pdf: &parcel.pdf }, settings)
    }
}

fn audience(channel: Channel) -> Audience {
    match channel {
        Channel::MssantePatient => Audience::Patient,
        Channel::MssantePro | Channel::Dmp => Audience::Professional,
    }
}

/// What an SMTP outcome proves. Texts of the server may name the mailbox; they are kept with the delivery, never logged.
fn read(outcome: Outcome) -> Attempted {
    match outcome {
        Outcome::Accepted { reply, .. } => Attempted { outcome: AttemptOutcome::Accepted, answer: reply },
        Outcome::Refused { code, text, enhanced, permanent, .. } => Attempted {
            outcome: if permanent { AttemptOutcome::Permanent } else { AttemptOutcome::Temporary },
            answer: format!("{code} {} {text}", enhanced.unwrap_or_default()),
        },
        // None will be otherwise at the next attempt.
        Outcome::NotSent(error @ (SmtpError::TooLarge { .. } | SmtpError::Envelope | SmtpError::BareLineEnd)) => {
            Attempted {
                outcome: AttemptOutcome::Permanent,
                answer: format!("Non transmis : {}", words::of_smtp(&error)),
            }
        }
        Outcome::NotSent(error) => Attempted {
            outcome: AttemptOutcome::Temporary,
            answer: format!("Non transmis : {}", words::of_smtp(&error)),
        },
        Outcome::Unknown(error) => Attempted {
            outcome: AttemptOutcome::Unknown,
            answer: format!("Issue inconnue : {}", words::of_smtp(&error)),
        },
    }
}
