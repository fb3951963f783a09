//! Identifiers of the laboratory's entities, and where new ones come from.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Source of fresh identifiers; an argument of every rule that mints one.
pub trait Ids {
    /// A fresh, never-seen-before identifier, ordered by creation (UUID version 7 in production).
    fn uuid(&mut self) -> Uuid;
}

impl<F: FnMut() -> Uuid> Ids for F {
    fn uuid(&mut self) -> Uuid {
        self()
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
        pub struct $name(pub Uuid);

        impl $name {
            /// Takes the next identifier of the source.
            pub fn fresh(ids: &mut dyn Ids) -> Self {
                Self(ids.uuid())
            }

            /// Reads the hyphenated text form; `None` when it is not a UUID.
            pub fn parse(text: &str) -> Option<Self> {
                Uuid::parse_str(text).ok().map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.hyphenated().fmt(f)
            }
        }
    )+};
}

ids! {
    /// A patient known to the laboratory.
    PatientId,
    /// A dossier: one request with its specimens and observations.
    OrderId,
    /// One observation of a dossier.
    ObservationId,
    /// One signed version of a report.
    VersionId,
    /// One act by which an issued report is withdrawn.
    WithdrawalId,
    /// One planned sending of one version to one recipient by one channel.
    DeliveryId,
    /// One message as received from a peer.
    MessageId,
    /// What one correspondent and the laboratory write about one dossier.
    ConversationId,
    /// A declared sender.
    ConnectionId,
    /// A doubt that a person must settle.
    WorkItemId,
    /// A person who signs in.
    AccountId,
}

/// An ISO object identifier in dotted form, at most 64 characters (bound of XDS `uniqueId`).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Oid(String);

impl Oid {
    /// Derives an identifier from a UUID under the arc `2.25`.
    ///
    /// Source: ITU-T X.667, clause 7 (UUID-based OIDs need no registration).
    pub fn from_uuid(uuid: Uuid) -> Self {
        Self(format!("2.25.{}", uuid.as_u128()))
    }

    /// Reads a dotted identifier: digits in arcs without leading zero, 3 to 64 characters.
    pub fn parse(text: &str) -> Option<Self> {
        let well_formed = (3..=64).contains(&text.len())
            && text.contains('.')
            && text.split('.').all(|arc| {
                !arc.is_empty()
                    && arc.bytes().all(|byte| byte.is_ascii_digit())
                    && (arc.len() == 1 || !arc.starts_with('0'))
            });
        well_formed.then(|| Self(text.to_owned()))
    }

    /// The dotted form.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Oid {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oid_from_a_uuid_fits_the_xds_bound() {
        let oid = Oid::from_uuid(Uuid::from_u128(u128::MAX));
        assert!(oid.as_str().len() <= 64);
        assert_eq!(Oid::parse(oid.as_str()), Some(oid));
    }

    #[test]
    fn malformed_oids_are_refused() {
        for text in ["", "1", "1..2", "1.02", "1.a", ".1", "1."] {
            assert_eq!(Oid::parse(text), None, "{text}");
        }
    }
}
