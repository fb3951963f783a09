//! What a laboratory sets once for all its mails.

use crate::Audience;
use dmp::metadata::Source;
use lab::person::MssanteAddress;

/// Settings of the mails of a laboratory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// The installation, as metadata says it.
    pub source: Source,
    /// The box mails leave from.
    pub sender: Sender,
    /// The boxes answers go to, read by people.
    pub reply_to: ReplyTo,
    /// Domain of patients' boxes: [`ins::PATIENT_DOMAIN`], or that of a test operator.
    pub patient_domain: String,
    /// Whether patients may answer.
    pub patient_answers: PatientAnswers,
    /// The software, named in the archive.
    pub product: Product,
    /// Reference of the product at the national platform (`X-MSS-NIL`), an opaque text, on every mail.
    pub nil: String,
}

/// The applicative box of the laboratory.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// Its address; also the one receipts are sent to.
    pub address: MssanteAddress,
    /// Name shown beside it: the functional entity, such as `Hôpital C – Biologie`.
    pub label: String,
}

/// Boxes that reach a human, one per audience; they may be the same.
///
/// Compulsory when sending from an applicative box. Source: Ségur MSS/va1.09 (ECO.2.2.5), MSS/va1.18.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplyTo {
    /// For professionals.
    pub professionals: MssanteAddress,
    /// For patients: it joins the contacts they may write to.
    pub patients: MssanteAddress,
    /// For large prescribers, each with what tells it: an address, or a domain and those under it. The first that fits.
    pub prescribers: Vec<(String, MssanteAddress)>,
}

impl ReplyTo {
    /// The box that a recipient answers to.
    pub fn of(&self, audience: Audience, recipient: &MssanteAddress) -> &MssanteAddress {
        match audience {
            Audience::Patient => &self.patients,
            Audience::Professional => {
                let own = self.prescribers.iter().find(|(told_by, _)| is_of(recipient.as_str(), told_by));
                own.map_or(&self.professionals, |(_, address)| address)
            }
        }
    }
}

/// Whether an address is this one, or of this domain or one under it.
fn is_of(address: &str, told_by: &str) -> bool {
    let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
    let under = domain.strip_suffix(told_by).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    address == told_by || (!told_by.is_empty() && under)
}

/// Whether a patient may answer the mail of a report.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatientAnswers {
    /// Yes, to the return box.
    Accepted,
    /// No: `X-MSS-MES: FIN`. Source: ECO.2.2.8.
    Refused,
}

/// The software.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Product {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// Who makes it.
    pub vendor: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_prescriber_answers_to_its_own_box() {
        let address = |text: &str| MssanteAddress::parse(text).expect("an address");
        let reply_to = ReplyTo {
            professionals: address("secretariat@labo.mssante.fr"),
            patients: address("patients@labo.mssante.fr"),
            prescribers: vec![
                ("dr.bleu@medecin.mssante.fr".into(), address("bleu@labo.mssante.fr")),
                ("chu.mssante.fr".into(), address("chu@labo.mssante.fr")),
            ],
        };
        let table = [
            ("dr.bleu@medecin.mssante.fr", "bleu@labo.mssante.fr"),
            ("dr.rouge@medecin.mssante.fr", "secretariat@labo.mssante.fr"),
            ("urgences@chu.mssante.fr", "chu@labo.mssante.fr"),
            ("urgences@nord.chu.mssante.fr", "chu@labo.mssante.fr"),
            ("urgences@autrechu.mssante.fr", "secretariat@labo.mssante.fr"),
        ];
        for (to, expected) in table {
            assert_eq!(reply_to.of(Audience::Professional, &address(to)).as_str(), expected, "{to}");
            assert_eq!(reply_to.of(Audience::Patient, &address(to)).as_str(), "patients@labo.mssante.fr");
        }
    }
}
