//! Holders: who may hold a version of a report, whatever the dossier says now; they are told of what becomes of it.
//!
//! Source: Ségur SGL.MSS.24/.25 (MSS/va1.35, MSS/va1.37); architecture invariant 3.

use super::{Act, Channel, Destination, PlannedDelivery, WithheldReason, planned};
use crate::{
    delivery::DeliveryState,
    id::{Ids, VersionId},
    patient::Oppositions,
    person::MssanteAddress,
    redact_debug,
};

/// What became of one sending of one version.
#[derive(Clone, PartialEq, Eq)]
pub struct Sending {
    /// The version.
    pub version: VersionId,
    /// Its number in the report, 1 to n.
    pub number: u32,
    /// Channel.
    pub channel: Channel,
    /// The mailbox, for a mail.
    pub address: Option<MssanteAddress>,
    /// Name of the recipient, as printed.
    pub name: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// Whether an attempt has ended without an answer, or has not ended.
    pub is_uncertain: bool,
}
redact_debug!(Sending);

impl Sending {
    /// Whether the recipient may hold the version: it was handed over, or nobody knows that it was not.
    pub fn may_be_held(&self) -> bool {
        use DeliveryState::{Accepted, Failed, Planned, Read, Received, Retrying, Sent, Superseded, Withheld};
        match self.state {
            Sent | Accepted | Received | Read => true,
            Planned | Retrying | Failed | Superseded | Withheld => self.is_uncertain,
        }
    }
}

/// Those who may hold a version, each once with the latest that they may hold, in the order of the sendings.
pub fn holders(sendings: Vec<Sending>) -> Vec<Sending> {
    let mut held: Vec<Sending> = Vec::new();
    for sending in sendings.into_iter().filter(Sending::may_be_held) {
        let same = |it: &&mut Sending| it.channel == sending.channel && it.address == sending.address;
        match held.iter_mut().find(same) {
            Some(known) if known.number >= sending.number => {}
            Some(known) => *known = sending,
            None => held.push(sending),
        }
    }
    held
}

/// Plans the mails that tell of a withdrawal: to every mailbox that may hold a version, of the version it holds.
///
/// An opposition recorded meanwhile is obeyed, as a record that says so: a person tells them by other means.
pub fn plan_withdrawal(
    holders: &[Sending],
    oppositions: Oppositions,
    ids: &mut dyn Ids,
) -> Vec<(VersionId, PlannedDelivery)> {
    let mails = holders.iter().filter(|it| it.channel != Channel::Dmp);
    mails
        .filter_map(|holder| {
            let destination = Destination::Mailbox { address: holder.address.clone()?, name: holder.name.clone() };
            let is_opposed = match holder.channel {
                Channel::MssantePro => oppositions.mssante_pro,
                Channel::MssantePatient => oppositions.mssante_patient,
                Channel::Dmp => oppositions.dmp,
            };
            let withheld = is_opposed.then_some(WithheldReason::PatientOpposed);
            let plan = PlannedDelivery { act: Act::Withdraw, ..planned(holder.channel, destination, withheld, ids) };
            Some((holder.version, plan))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Accepted, Failed, Planned, Read, Received, Retrying, Sent, Superseded, Withheld};
    use uuid::Uuid;

    fn sending(number: u32, name: &str, state: DeliveryState, is_uncertain: bool) -> Sending {
        Sending {
            version: VersionId(Uuid::from_u128(number.into())),
            number,
            channel: Channel::MssantePro,
            address: MssanteAddress::parse(&format!("{name}@medecin.mssante.fr")),
            name: name.into(),
            state,
            is_uncertain,
        }
    }

    #[test]
    fn what_was_handed_over_or_may_have_been_is_held() {
        let table = [
            (Sent, false, true),
            (Accepted, false, true),
            (Received, false, true),
            (Read, false, true),
            (Planned, false, false),
            (Retrying, false, false),
            (Retrying, true, true),
            (Failed, false, false),
            (Failed, true, true),
            (Superseded, false, false),
            (Superseded, true, true),
            (Withheld, false, false),
        ];
        for (state, is_uncertain, held) in table {
            assert_eq!(sending(1, "a", state, is_uncertain).may_be_held(), held, "{state:?} {is_uncertain}");
        }
    }

    #[test]
    fn each_holder_is_told_once_of_the_latest_version_that_they_may_hold() {
        let sendings = vec![
            sending(1, "had-both", Received, false),
            sending(1, "had-the-first", Read, false),
            sending(1, "had-none", Failed, false),
            sending(2, "had-both", Sent, false),
            sending(2, "had-the-first", Failed, false),
        ];
        let held: Vec<_> = holders(sendings).into_iter().map(|it| (it.name, it.number)).collect();
        assert_eq!(held, [("had-both".to_owned(), 2), ("had-the-first".to_owned(), 1)]);
    }

    #[test]
    fn a_withdrawal_is_told_by_mail_and_an_opposition_is_a_record() {
        let dmp = Sending { channel: Channel::Dmp, address: None, ..sending(1, "DMP", Received, false) };
        let patient = Sending { channel: Channel::MssantePatient, ..sending(1, "patient", Received, false) };
        let held = [sending(1, "a", Received, false), patient, dmp];
        let opposed = Oppositions { mssante_patient: true, ..Oppositions::default() };
        let mut next = 0_u128;
        let mut ids = move || {
            next += 1;
            Uuid::from_u128(next)
        };
        let plan = plan_withdrawal(&held, opposed, &mut ids);
        let said: Vec<_> = plan.iter().map(|(_, it)| (it.channel, it.act, it.withheld)).collect();
        let expected = [
            (Channel::MssantePro, Act::Withdraw, None),
            (Channel::MssantePatient, Act::Withdraw, Some(WithheldReason::PatientOpposed)),
        ];
        assert_eq!(said, expected);
    }
}
