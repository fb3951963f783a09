//! Routing: recipients and channels of a signed version. Plan here, execute elsewhere.
//!
//! One planned delivery per recipient and channel, or one `Withheld` line that says why there is none.

mod holders;

pub use holders::{Sending, holders, plan_withdrawal};

use crate::{
    id::{DeliveryId, Ids, Oid},
    order::{CareSetting, Order, Visibility},
    patient::Patient,
    person::{MssanteAddress, Professional},
    redact_debug,
    report::{ReportStatus, screening::ScreeningCollector},
};

/// A way out of the laboratory.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Secure mail to a professional or a structure.
    MssantePro,
    /// Secure mail to the patient.
    MssantePatient,
    /// The shared record.
    Dmp,
}

impl Channel {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::MssantePro => "mssante_pro",
            Self::MssantePatient => "mssante_patient",
            Self::Dmp => "dmp",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::MssantePro, Self::MssantePatient, Self::Dmp].into_iter().find(|channel| channel.code() == code)
    }
}

/// What a delivery does with its version.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Act {
    /// Brings it.
    Send,
    /// Tells that it is withdrawn.
    Withdraw,
    /// Brings what a person of the laboratory answers about it.
    Answer,
}

impl Act {
    /// The stored code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Withdraw => "withdraw",
            Self::Answer => "answer",
        }
    }

    /// Reads [`code`](Self::code).
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Send, Self::Withdraw, Self::Answer].into_iter().find(|act| act.code() == code)
    }
}

/// Why a delivery that one would expect is not made. A record, not an absence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum WithheldReason {
    /// The identity is not qualified.
    IdentityNotQualified,
    /// The patient is opposed to this channel.
    PatientOpposed,
    /// Hidden until a physician has announced the result.
    HiddenFromPatient,
    /// A person blocked feeding the DMP for this dossier.
    DossierBlocked,
    /// No secure address is known.
    NoAddress,
    /// A partial report never goes to the patient.
    PartialReport,
    /// The report was withdrawn before it left.
    Withdrawn,
    /// The patient is hospitalized: a person chooses whom mail goes to.
    Hospitalized,
    /// The holder of the mailbox wants paper, the public directory says.
    PaperWanted,
    /// The dossier is for an expertise or an insurer: only who asked for it is written to.
    Expertise,
}

impl WithheldReason {
    /// The stored code, also the key of its French sentence.
    pub fn code(self) -> &'static str {
        match self {
            Self::IdentityNotQualified => "identity_not_qualified",
            Self::PatientOpposed => "patient_opposed",
            Self::HiddenFromPatient => "hidden_from_patient",
            Self::DossierBlocked => "dossier_blocked",
            Self::NoAddress => "no_address",
            Self::PartialReport => "partial_report",
            Self::Withdrawn => "withdrawn",
            Self::Hospitalized => "hospitalized",
            Self::PaperWanted => "paper_wanted",
            Self::Expertise => "expertise",
        }
    }
}

impl WithheldReason {
    /// Reads [`code`](Self::code), of a reason despite which a person may send: by choice in a hospital, once a physician
    /// has announced the result, when the recipient agrees, or to a professional that an expertise names.
    ///
    /// Source: Ségur SGL.MSS.18/.21 (MSS/va1.33, MSS/va1.34).
    pub fn awaiting(code: &str, channel: Channel) -> Option<Self> {
        let all = [Self::Hospitalized, Self::HiddenFromPatient, Self::PaperWanted, Self::Expertise];
        let reason = all.into_iter().find(|reason| reason.code() == code)?;
        (reason != Self::Expertise || channel == Channel::MssantePro).then_some(reason)
    }
}

/// Whom a delivery is for.
#[derive(Clone, PartialEq, Eq)]
pub enum Destination {
    /// A secure mailbox and the name printed on it.
    Mailbox {
        /// Address.
        address: MssanteAddress,
        /// Name of the person or structure.
        name: String,
    },
    /// The patient's DMP.
    Dmp,
    /// Nobody can be reached: the name of whom one wanted to reach.
    Unreachable(String),
}
redact_debug!(Destination);

/// A delivery decided when the version was signed: everything a retry repeats.
#[derive(Clone, PartialEq, Eq)]
pub struct PlannedDelivery {
    /// Our identifier.
    pub id: DeliveryId,
    /// What it does with its version.
    pub act: Act,
    /// Channel.
    pub channel: Channel,
    /// Whom for.
    pub destination: Destination,
    /// Identifier at the peer's that makes a second sending the same act: the submission set of a
    /// deposit, the left part of the Message-ID of a mail.
    pub exchange: Oid,
    /// Why it is not made; `None` when it is.
    pub withheld: Option<WithheldReason>,
}
redact_debug!(PlannedDelivery);

/// What routing looks at, beside the dossier and the patient.
pub struct Routed<'a> {
    /// Partial or final.
    pub status: ReportStatus,
    /// Whether a result is hidden until announced.
    pub visibility: Visibility,
    /// Mailboxes that received the version this one replaces: they receive this one whatever the dossier says now.
    pub previous_mailboxes: &'a [(MssanteAddress, String)],
    /// Mailboxes whose holders want paper (Annuaire Santé, « dématérialisation »).
    pub paper_wanted: &'a [MssanteAddress],
    /// Whether the patient may hold an earlier version: a correction then reaches them without a choice.
    pub patient_holds: bool,
    /// The national collector of screening data, of the report of a screening.
    pub collector: Option<&'a ScreeningCollector>,
    /// The patient's own mailbox, which exists only for a qualified INS.
    pub patient_mailbox: Option<MssanteAddress>,
    /// Whether the INS may leave: qualified, whole, of this environment.
    pub ins_is_sendable: bool,
}

/// Plans the deliveries of a version: prescriber, médecin traitant, copies, collector, patient, DMP, each address once.
///
/// Source: Ségur SGL.MSS.12/.15/.16/.17/.19/.20/.23, SGL.DMP.01/.02/.04; architecture invariant 5.
pub fn plan(order: &Order, patient: &Patient, routed: &Routed<'_>, ids: &mut dyn Ids) -> Vec<PlannedDelivery> {
    let mut deliveries = professionals(order, patient, routed, ids);
    deliveries.push(to_patient(order, patient, routed, ids));
    deliveries.push(to_dmp(order, patient, routed, ids));
    deliveries
}

/// Everyone the report is meant for, each once, in printing order: prescriber, médecin traitant, copies.
pub fn addressees(order: &Order) -> Vec<&Professional> {
    let mut all: Vec<&Professional> = Vec::new();
    for professional in order.prescriber.iter().chain(&order.treating_physician).chain(&order.copies) {
        let known = all.iter().any(|other| same_addressee(other, professional));
        if !known {
            all.push(professional);
        }
    }
    all
}

/// Those of [`addressees`] whom the report is for and who are printed on it: for an expertise, who asked for it alone.
pub fn readers(order: &Order) -> Vec<&Professional> {
    addressees(order).into_iter().filter(|professional| !is_kept_from(order, professional)).collect()
}

fn is_kept_from(order: &Order, professional: &Professional) -> bool {
    let asked = order.prescriber.as_ref().is_some_and(|it| same_addressee(it, professional));
    order.expertise.is_some() && !asked
}

fn same_addressee(one: &Professional, other: &Professional) -> bool {
    match (&one.mailbox, &other.mailbox, &one.rpps, &other.rpps) {
        (Some(one), Some(other), ..) => one == other,
        (_, _, Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn professionals(order: &Order, patient: &Patient, routed: &Routed<'_>, ids: &mut dyn Ids) -> Vec<PlannedDelivery> {
    let mut destinations: Vec<(Destination, bool)> = addressees(order)
        .into_iter()
        .map(|professional| {
            let destination = match &professional.mailbox {
                Some(address) => Destination::Mailbox { address: address.clone(), name: professional.printed() },
                None => Destination::Unreachable(professional.printed()),
            };
            (destination, is_kept_from(order, professional))
        })
        .collect();
    let collector = routed.collector.map(|it| (it.mailbox.clone(), it.name.clone()));
    for (address, name) in collector.iter().chain(routed.previous_mailboxes) {
        let planned = destinations
            .iter()
            .any(|(known, _)| matches!(known, Destination::Mailbox { address: known, .. } if known == address));
        if !planned {
            let destination = Destination::Mailbox { address: address.clone(), name: name.clone() };
            destinations.push((destination, order.expertise.is_some()));
        }
    }
    destinations
        .into_iter()
        .map(|(destination, is_kept)| {
            let withheld = match &destination {
                _ if patient.oppositions.mssante_pro => Some(WithheldReason::PatientOpposed),
                Destination::Unreachable(_) if is_kept => Some(WithheldReason::Expertise),
                Destination::Unreachable(_) => Some(WithheldReason::NoAddress),
                Destination::Mailbox { address, .. } => {
                    let is_told_of_earlier = routed.previous_mailboxes.iter().any(|(known, _)| known == address);
                    if is_told_of_earlier {
                        None
                    } else if is_kept {
                        Some(WithheldReason::Expertise)
                    } else if routed.paper_wanted.contains(address) {
                        Some(WithheldReason::PaperWanted)
                    } else {
                        is_hospitalized(order).then_some(WithheldReason::Hospitalized)
                    }
                }
                Destination::Dmp => None,
            };
            planned(Channel::MssantePro, destination, withheld, ids)
        })
        .collect()
}

fn to_patient(order: &Order, patient: &Patient, routed: &Routed<'_>, ids: &mut dyn Ids) -> PlannedDelivery {
    let name = patient.traits.printed();
    let reachable = patient_box(patient, routed);
    let withheld = match &reachable {
        _ if order.expertise.is_some() && !routed.patient_holds => Some(WithheldReason::Expertise),
        Err(reason @ (WithheldReason::IdentityNotQualified | WithheldReason::PatientOpposed)) => Some(*reason),
        _ if routed.visibility == Visibility::HiddenFromPatient => Some(WithheldReason::HiddenFromPatient),
        Err(reason) => Some(*reason),
        Ok(_) if is_hospitalized(order) && !routed.patient_holds => Some(WithheldReason::Hospitalized),
        Ok(_) => None,
    };
    let destination = match (reachable, withheld) {
        (Ok(address), None) => Destination::Mailbox { address, name },
        _ => Destination::Unreachable(name),
    };
    planned(Channel::MssantePatient, destination, withheld, ids)
}

/// The patient's own box, when a report may go there at all; why not otherwise.
///
/// Neither the hospital nor what waits to be announced is looked at: a person decides of these.
pub fn patient_box(patient: &Patient, routed: &Routed<'_>) -> Result<MssanteAddress, WithheldReason> {
    if patient.ins_for_sending().is_none() || !routed.ins_is_sendable {
        Err(WithheldReason::IdentityNotQualified)
    } else if patient.oppositions.mssante_patient {
        Err(WithheldReason::PatientOpposed)
    } else if routed.status == ReportStatus::Partial {
        Err(WithheldReason::PartialReport)
    } else {
        routed.patient_mailbox.clone().ok_or(WithheldReason::NoAddress)
    }
}

/// In a stay, mail is sent by choice and by hand; the DMP is fed all the same.
///
/// Source: Ségur SGL.MSS.18/.21, SGL.DMP.01.
fn is_hospitalized(order: &Order) -> bool {
    order.setting == CareSetting::Inpatient
}

fn to_dmp(order: &Order, patient: &Patient, routed: &Routed<'_>, ids: &mut dyn Ids) -> PlannedDelivery {
    let withheld = if order.expertise.is_some() {
        Some(WithheldReason::Expertise)
    } else if patient.ins_for_sending().is_none() || !routed.ins_is_sendable {
        Some(WithheldReason::IdentityNotQualified)
    } else if patient.oppositions.dmp {
        Some(WithheldReason::PatientOpposed)
    } else if order.dmp_blocked {
        Some(WithheldReason::DossierBlocked)
    } else {
        None
    };
    planned(Channel::Dmp, Destination::Dmp, withheld, ids)
}

/// Plans an answer to a correspondent.
pub fn plan_answer(channel: Channel, address: MssanteAddress, name: String, ids: &mut dyn Ids) -> PlannedDelivery {
    PlannedDelivery { act: Act::Answer, ..planned(channel, Destination::Mailbox { address, name }, None, ids) }
}

fn planned(
    channel: Channel,
    destination: Destination,
    withheld: Option<WithheldReason>,
    ids: &mut dyn Ids,
) -> PlannedDelivery {
    let id = DeliveryId::fresh(ids);
    PlannedDelivery { id, act: Act::Send, channel, destination, exchange: Oid::from_uuid(ids.uuid()), withheld }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        id::{OrderId, PatientId},
        order::{Confidentiality, Expertise, Priority},
        patient::{IdentityStatus, Ins, InsAuthority, InsMatricule, Oppositions, Sex, Traits},
    };
    use uuid::Uuid;

    fn professional(family: &str, mailbox: Option<&str>) -> Professional {
        Professional {
            rpps: None,
            family: family.into(),
            given: "Eva".into(),
            title: "DR".into(),
            specialty: None,
            mailbox: mailbox.and_then(MssanteAddress::parse),
            phone: None,
            address: None,
        }
    }

    fn order() -> Order {
        Order {
            id: OrderId(Uuid::nil()),
            number: "1".into(),
            patient: PatientId(Uuid::nil()),
            placer_number: None,
            priority: Priority::Routine,
            setting: CareSetting::Ambulatory,
            prescribed_at: None,
            collected_at: None,
            received_at: jiff::Timestamp::UNIX_EPOCH,
            prescriber: Some(professional("BLUE", Some("eva.blue@medecin.mssante.fr"))),
            treating_physician: Some(professional("BLUE", Some("eva.blue@medecin.mssante.fr"))),
            copies: vec![professional("RED", None)],
            dmp_blocked: false,
            expertise: None,
            purpose: None,
            confidentiality: Confidentiality::Normal,
            visibility: Visibility::Visible,
        }
    }

    fn patient(status: IdentityStatus) -> Patient {
        let matricule = InsMatricule::parse("279035121518989").expect("a published test matricule");
        Patient {
            id: PatientId(Uuid::nil()),
            local_id: "1".into(),
            traits: Traits {
                birth_name: "PAT-TROIS".into(),
                first_given: "DOMINIQUE".into(),
                given_names: "DOMINIQUE".into(),
                birth_date: Some(jiff::civil::date(1979, 3, 28)),
                sex: Sex::Female,
                birth_place: Some("63220".into()),
                used_name: None,
                used_given: None,
            },
            status,
            ins: Some(Ins { matricule, authority: InsAuthority::NirTest }),
            oppositions: Oppositions::default(),
            guardian: None,
            address: None,
            phone: None,
        }
    }

    fn routed(status: ReportStatus, visibility: Visibility) -> Routed<'static> {
        Routed {
            status,
            visibility,
            previous_mailboxes: &[],
            patient_holds: false,
            paper_wanted: &[],
            collector: None,
            patient_mailbox: MssanteAddress::parse("279035121518989@patient.mssante.fr"),
            ins_is_sendable: true,
        }
    }

    fn plan_of(order: &Order, patient: &Patient, routed: &Routed<'_>) -> Vec<(Channel, Option<WithheldReason>)> {
        let mut next = 0_u128;
        let mut ids = move || {
            next += 1;
            Uuid::from_u128(next)
        };
        plan(order, patient, routed, &mut ids).into_iter().map(|it| (it.channel, it.withheld)).collect()
    }

    #[test]
    fn each_address_is_served_once_and_a_missing_address_is_a_record() {
        let plan =
            plan_of(&order(), &patient(IdentityStatus::Qualified), &routed(ReportStatus::Final, Visibility::Visible));
        let expected = [
            (Channel::MssantePro, None),
            (Channel::MssantePro, Some(WithheldReason::NoAddress)),
            (Channel::MssantePatient, None),
            (Channel::Dmp, None),
        ];
        assert_eq!(plan, expected);
    }

    #[test]
    fn an_ins_leaves_only_when_the_identity_is_qualified() {
        for status in [IdentityStatus::Provisional, IdentityStatus::Retrieved, IdentityStatus::Validated] {
            let plan = plan_of(&order(), &patient(status), &routed(ReportStatus::Final, Visibility::Visible));
            let reason = Some(WithheldReason::IdentityNotQualified);
            assert_eq!(plan[2..], [(Channel::MssantePatient, reason), (Channel::Dmp, reason)], "{status:?}");
        }
    }

    #[test]
    fn what_is_partial_or_hidden_never_goes_to_the_patient_but_reaches_the_others() {
        let table = [
            (ReportStatus::Partial, Visibility::Visible, WithheldReason::PartialReport),
            (ReportStatus::Final, Visibility::HiddenFromPatient, WithheldReason::HiddenFromPatient),
        ];
        for (status, visibility, reason) in table {
            let plan = plan_of(&order(), &patient(IdentityStatus::Qualified), &routed(status, visibility));
            assert_eq!(plan[0], (Channel::MssantePro, None));
            assert_eq!(plan[2..], [(Channel::MssantePatient, Some(reason)), (Channel::Dmp, None)]);
        }
    }

    #[test]
    fn each_opposition_blocks_its_own_channel_only() {
        let mut opposed = patient(IdentityStatus::Qualified);
        opposed.oppositions.mssante_patient = true;
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let plan = plan_of(&order(), &opposed, &visible);
        assert_eq!(plan[2..], [(Channel::MssantePatient, Some(WithheldReason::PatientOpposed)), (Channel::Dmp, None)]);

        opposed.oppositions = Oppositions { dmp: true, ..Oppositions::default() };
        let plan = plan_of(&order(), &opposed, &visible);
        assert_eq!(plan[2..], [(Channel::MssantePatient, None), (Channel::Dmp, Some(WithheldReason::PatientOpposed))]);
    }

    #[test]
    fn a_patient_opposed_to_secure_mail_to_professionals_is_written_about_to_nobody() {
        let mut opposed = patient(IdentityStatus::Qualified);
        opposed.oppositions.mssante_pro = true;
        let plan = plan_of(&order(), &opposed, &routed(ReportStatus::Final, Visibility::Visible));
        let to_professionals: Vec<_> = plan.iter().filter(|(channel, _)| *channel == Channel::MssantePro).collect();
        assert!(to_professionals.iter().all(|(_, withheld)| *withheld == Some(WithheldReason::PatientOpposed)));
        assert_eq!(plan[2..], [(Channel::MssantePatient, None), (Channel::Dmp, None)]);
    }

    #[test]
    fn a_dossier_that_a_person_blocked_is_not_fed_to_the_dmp_and_leaves_otherwise() {
        let blocked = Order { dmp_blocked: true, ..order() };
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let plan = plan_of(&blocked, &patient(IdentityStatus::Qualified), &visible);
        let expected = [(Channel::MssantePatient, None), (Channel::Dmp, Some(WithheldReason::DossierBlocked))];
        assert_eq!(plan[2..], expected);
    }

    fn for_expertise() -> Order {
        let expertise = Expertise { by: "secretaire".into(), at: jiff::Timestamp::UNIX_EPOCH };
        let other = professional("GREEN", Some("green@medecin.mssante.fr"));
        Order {
            expertise: Some(expertise),
            treating_physician: Some(other.clone()),
            copies: vec![professional("RED", None), other, professional("BLUE", Some("eva.blue@medecin.mssante.fr"))],
            ..order()
        }
    }

    #[test]
    fn a_dossier_for_an_expertise_reaches_who_asked_for_it_and_nobody_else() {
        let kept = Some(WithheldReason::Expertise);
        for (status, visibility) in [
            (ReportStatus::Final, Visibility::Visible),
            (ReportStatus::Final, Visibility::HiddenFromPatient),
            (ReportStatus::Partial, Visibility::Visible),
        ] {
            // Neither a hidden result nor an identity still to be qualified takes the place of the reason: what lifts
            // them lets nothing leave.
            for identity in [IdentityStatus::Qualified, IdentityStatus::Provisional] {
                let plan = plan_of(&for_expertise(), &patient(identity), &routed(status, visibility));
                let expected = [
                    (Channel::MssantePro, None),
                    (Channel::MssantePro, kept),
                    (Channel::MssantePro, kept),
                    (Channel::MssantePatient, kept),
                    (Channel::Dmp, kept),
                ];
                assert_eq!(plan, expected, "{status:?} {visibility:?} {identity:?}");
            }
        }
        let order = for_expertise();
        let read: Vec<_> = readers(&order).into_iter().map(|it| it.family.as_str()).collect();
        assert_eq!(read, ["BLUE"], "the report names those who read it");
        assert_eq!(readers(&Order { expertise: None, ..for_expertise() }).len(), 3);
    }

    #[test]
    fn an_expertise_that_nobody_asked_for_by_name_reaches_nobody() {
        let order = Order { prescriber: None, ..for_expertise() };
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let plan = plan_of(&order, &patient(IdentityStatus::Qualified), &visible);
        assert!(plan.iter().all(|(_, withheld)| *withheld == Some(WithheldReason::Expertise)), "{plan:?}");
    }

    #[test]
    fn whoever_holds_a_report_gets_its_correction_though_it_is_for_an_expertise_now() {
        let former = [(MssanteAddress::parse("green@medecin.mssante.fr").expect("an address"), "Dr GREEN".to_owned())];
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let routed = Routed { previous_mailboxes: &former, patient_holds: true, ..visible };
        let plan = plan_of(&for_expertise(), &patient(IdentityStatus::Qualified), &routed);
        let kept = Some(WithheldReason::Expertise);
        let expected = [
            (Channel::MssantePro, None),
            (Channel::MssantePro, None),
            (Channel::MssantePro, kept),
            (Channel::MssantePatient, None),
            (Channel::Dmp, kept),
        ];
        assert_eq!(plan, expected);
    }

    #[test]
    fn an_expertise_is_lifted_by_hand_for_a_professional_only() {
        let code = WithheldReason::Expertise.code();
        let awaiting = |channel| WithheldReason::awaiting(code, channel).is_some();
        assert!(awaiting(Channel::MssantePro) && !awaiting(Channel::MssantePatient) && !awaiting(Channel::Dmp));
    }

    #[test]
    fn twelve_correspondents_are_all_reached() {
        let copies: Vec<_> = (0..12)
            .map(|n| professional(&format!("COPIE{n}"), Some(&format!("copie{n}@medecin.mssante.fr"))))
            .collect();
        let order = Order { copies, ..order() };
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let plan = plan_of(&order, &patient(IdentityStatus::Qualified), &visible);
        assert_eq!(plan.iter().filter(|it| **it == (Channel::MssantePro, None)).count(), 13);
    }

    #[test]
    fn a_correction_reaches_those_who_had_the_old_version_whatever_the_dossier_says_now() {
        let former = [(MssanteAddress::parse("old@medecin.mssante.fr").expect("an address"), "Dr OLD".to_owned())];
        let routed = Routed { previous_mailboxes: &former, ..routed(ReportStatus::Final, Visibility::Visible) };
        let plan = plan_of(&order(), &patient(IdentityStatus::Qualified), &routed);
        assert_eq!(plan.iter().filter(|it| **it == (Channel::MssantePro, None)).count(), 2);
    }

    #[test]
    fn in_a_stay_mail_waits_for_a_choice_and_the_dmp_is_fed() {
        let order = Order { setting: CareSetting::Inpatient, ..order() };
        let qualified = patient(IdentityStatus::Qualified);
        let visible = routed(ReportStatus::Final, Visibility::Visible);
        let by_hand = Some(WithheldReason::Hospitalized);
        let plan = plan_of(&order, &qualified, &visible);
        assert_eq!(plan[0], (Channel::MssantePro, by_hand));
        assert_eq!(plan[2..], [(Channel::MssantePatient, by_hand), (Channel::Dmp, None)]);
        // Those who have an earlier version get its correction without a choice.
        let former =
            [(MssanteAddress::parse("eva.blue@medecin.mssante.fr").expect("an address"), "Dr BLUE".to_owned())];
        let corrected = Routed { previous_mailboxes: &former, patient_holds: true, ..visible };
        let plan = plan_of(&order, &qualified, &corrected);
        assert_eq!(plan[0], (Channel::MssantePro, None));
        assert_eq!(plan[2..], [(Channel::MssantePatient, None), (Channel::Dmp, None)]);
    }

    #[test]
    fn who_wants_paper_is_not_written_to_but_for_the_correction_of_what_they_have() {
        let wanted = [MssanteAddress::parse("eva.blue@medecin.mssante.fr").expect("an address")];
        let visible = Routed { paper_wanted: &wanted, ..routed(ReportStatus::Final, Visibility::Visible) };
        let qualified = patient(IdentityStatus::Qualified);
        let plan = plan_of(&order(), &qualified, &visible);
        assert_eq!(plan[0], (Channel::MssantePro, Some(WithheldReason::PaperWanted)));
        let former = [(wanted[0].clone(), "Dr BLUE".to_owned())];
        let plan = plan_of(&order(), &qualified, &Routed { previous_mailboxes: &former, ..visible });
        assert_eq!(plan[0], (Channel::MssantePro, None));
    }

    #[test]
    fn a_screening_goes_to_the_national_collector_once() {
        let mailbox = MssanteAddress::parse("collecteur@institutcancer.mssante.fr").expect("an address");
        let former = [(mailbox.clone(), "Collecteur".to_owned())];
        let collector = ScreeningCollector { name: "Collecteur".into(), mailbox };
        for previous_mailboxes in [&former[..0], &former] {
            let visible = routed(ReportStatus::Final, Visibility::Visible);
            let routed = Routed { collector: Some(&collector), previous_mailboxes, ..visible };
            let plan = plan_of(&order(), &patient(IdentityStatus::Qualified), &routed);
            assert_eq!(plan.iter().filter(|it| **it == (Channel::MssantePro, None)).count(), 2);
        }
    }
}
