//! Conversation: what people write about reports is taken care of by somebody, and answered.

use std::collections::HashMap;

use lab::{
    finding::Finding,
    id::{ConversationId, DeliveryId, VersionId},
    person::{AddressRefusal, MssanteAddress},
    routing::{self, Act, Channel},
    validation::Role,
};
use records::{
    accounts::{self, Account},
    conversations, deliveries, messages, orders, versions,
};
use store::Tx;

use crate::{App, AppError, validation::audit};

/// Longest answer, in bytes.
const MAX_ANSWER_BYTES: usize = 20_000;

/// Roles that take care of what people write.
const CARERS: [Role; 2] = [Role::Secretary, Role::Biologist];

/// What a sending brings that answers a mail.
pub(crate) struct Written {
    pub text: String,
    /// The box it leaves from, when that is not the applicative one.
    pub sent_from: Option<MssanteAddress>,
    /// The mail it answers, as received.
    pub theirs: Option<Vec<u8>>,
}

/// Answers that sendings of a version bring.
pub(crate) fn answers(tx: &mut Tx<'_>, version: VersionId) -> Result<HashMap<DeliveryId, Written>, AppError> {
    let mut found = HashMap::new();
    for delivery in deliveries::of_version(tx, version)?.iter().filter(|it| it.act == Act::Answer) {
        if let Some(answered) = conversations::answered(tx, delivery.id)? {
            let theirs = answered.theirs.map(|id| messages::get(tx, id)).transpose()?.map(|message| message.raw);
            let sent_from = answered.sent_from.as_deref().and_then(MssanteAddress::parse);
            found.insert(delivery.id, Written { text: answered.text, sent_from, theirs });
        }
    }
    Ok(found)
}

impl App {
    /// Gives a conversation to an account, or to nobody.
    ///
    /// Errors: [`AppError::NotAllowed`] for a role that does not take care of mail, or an account that could not.
    pub async fn assign_conversation(
        &self,
        id: ConversationId,
        to: Option<String>,
        actor: &Account,
    ) -> Result<(), AppError> {
        let (now, by) = (self.env().now(), carer(actor)?);
        self.store()
            .write(move |tx| {
                if let Some(login) = &to {
                    let known = accounts::by_login(tx, login)?.map(|(account, _)| account);
                    known.filter(|it| it.active && CARERS.contains(&it.role)).ok_or(AppError::NotAllowed)?;
                }
                conversations::assign(tx, id, to.as_deref())?;
                audit(tx, &by, "conversation.assign", &id.to_string(), None, now)
            })
            .await
    }

    /// Says that a conversation is dealt with; it opens again when they write.
    pub async fn close_conversation(&self, id: ConversationId, actor: &Account) -> Result<(), AppError> {
        let (now, by) = (self.env().now(), carer(actor)?);
        self.store()
            .write(move |tx| {
                conversations::close(tx, id, &by, now)?;
                audit(tx, &by, "conversation.close", &id.to_string(), None, now)
            })
            .await
    }

    /// Ties a conversation to the dossier with this number: what a mail did not say, a person read.
    ///
    /// Errors: finding `CONVERSATION-NO-ORDER` when no dossier bears the number, or nothing of it was sent.
    pub async fn tie_conversation(&self, id: ConversationId, number: &str, actor: &Account) -> Result<(), AppError> {
        let (now, by, number) = (self.env().now(), carer(actor)?, number.trim().to_owned());
        self.store()
            .write(move |tx| {
                let unknown = || AppError::Obstacles(vec![Finding::error("CONVERSATION-NO-ORDER", "number")]);
                let order = orders::by_number(tx, &number)?.ok_or_else(unknown)?;
                if versions::of_order(tx, order)?.is_empty() {
                    return Err(unknown());
                }
                let patient = orders::get(tx, order)?.0.patient;
                conversations::tie(tx, id, order, None)?;
                audit(tx, &by, "conversation.tie", &id.to_string(), Some(patient), now)
            })
            .await
    }

    /// Answers: a mail in their thread leaves as every other one, and the conversation is dealt with. It leaves from the
    /// box that they wrote to when that is a box of persons whose token is there, from the applicative box otherwise.
    ///
    /// Errors: findings `CONVERSATION-TEXT` (empty, or beyond 20 000 bytes), `CONVERSATION-NO-ORDER` (tie it first),
    /// `CONVERSATION-ADDRESS` (they wrote from outside the space of trust, or from the box of another patient),
    /// `RECIPIENT-DOMAIN-NOT-LISTED`.
    pub async fn answer_conversation(
        &self,
        id: ConversationId,
        text: &str,
        actor: &Account,
    ) -> Result<DeliveryId, AppError> {
        let (now, by, text) = (self.env().now(), carer(actor)?, text.trim().to_owned());
        let refused = |code| AppError::Obstacles(vec![Finding::error(code, "")]);
        if text.is_empty() || text.len() > MAX_ANSWER_BYTES {
            return Err(refused("CONVERSATION-TEXT"));
        }
        let (mut ids, app) = (self.env().ids(), self.clone());
        let sent = self
            .store()
            .write(move |tx| {
                let conversation = conversations::get(tx, id)?;
                let order = conversation.order.ok_or_else(|| refused("CONVERSATION-NO-ORDER"))?;
                let version = about(tx, &conversation)?.ok_or_else(|| refused("CONVERSATION-NO-ORDER"))?;
                let address = match app.settings().trusted.read(&conversation.peer) {
                    Ok(address) => address,
                    Err(AddressRefusal::OutsideMssante) => return Err(refused("CONVERSATION-ADDRESS")),
                    Err(refusal @ AddressRefusal::NotListed) => return Err(refused(refusal.code())),
                };
                let channel = app.channel_of(tx, version, &address)?.ok_or_else(|| refused("CONVERSATION-ADDRESS"))?;
                let planned = routing::plan_answer(channel, address, conversation.name.clone(), &mut ids);
                deliveries::insert_plan(tx, version, std::slice::from_ref(&planned), now)?;
                let sent_from = app.box_of_persons(tx, id)?;
                let sent_from = sent_from.as_ref().map(MssanteAddress::as_str);
                let answer = conversations::NewAnswer { delivery: planned.id, text: &text, by: &by, sent_from };
                conversations::answer(tx, &mut ids, id, &answer, now)?;
                let patient = orders::get(tx, order)?.0.patient;
                audit(tx, &by, "conversation.answer", &id.to_string(), Some(patient), now)?;
                Ok::<_, AppError>(planned.id)
            })
            .await?;
        self.inner.delivery_bell.notify_one();
        Ok(sent)
    }

    /// The box of persons that a conversation was last written to, when it is open now.
    fn box_of_persons(&self, tx: &mut Tx<'_>, id: ConversationId) -> Result<Option<MssanteAddress>, AppError> {
        let Some(last) = conversations::letters(tx, id)?.into_iter().rev().find_map(|it| it.message) else {
            return Ok(None);
        };
        let mailbox = messages::get(tx, last)?.line.peer;
        Ok(MssanteAddress::parse(&mailbox).filter(|address| self.has_token(address)))
    }

    /// Which channel a box is of, for the patient of a version; `None` for the box of another patient.
    fn channel_of(
        &self,
        tx: &mut Tx<'_>,
        version: VersionId,
        address: &MssanteAddress,
    ) -> Result<Option<Channel>, AppError> {
        let settings = &self.settings().mail;
        let is_patients = [settings.patient_domain.as_str(), ins::PATIENT_DOMAIN].contains(&address.domain());
        if !is_patients {
            return Ok(Some(Channel::MssantePro));
        }
        let report = versions::model(tx, version)?;
        let own =
            ins::patient_mailbox(&report.patient, settings.source.documents.environment, &settings.patient_domain);
        Ok((own.as_ref() == Some(address)).then_some(Channel::MssantePatient))
    }
}

/// The version a conversation is about: the one of the sending, else the latest of the dossier.
fn about(tx: &mut Tx<'_>, conversation: &conversations::Conversation) -> Result<Option<VersionId>, AppError> {
    if let Some(delivery) = conversation.delivery {
        return Ok(Some(deliveries::get(tx, delivery)?.version));
    }
    let Some(order) = conversation.order else { return Ok(None) };
    Ok(versions::of_order(tx, order)?.first().map(|version| version.id))
}

fn carer(actor: &Account) -> Result<String, AppError> {
    if CARERS.contains(&actor.role) { Ok(actor.login.clone()) } else { Err(AppError::NotAllowed) }
}
