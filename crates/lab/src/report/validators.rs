//! Who validated the results of a section: at least one biologist, each once.

use super::Validator;
use crate::redact_debug;
use serde::{Deserialize, Serialize};

/// At least one validator; the first one stands for results that name none.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Vec<Validator>")]
pub struct Validators {
    first: Validator,
    others: Vec<Validator>,
}
redact_debug!(Validators);

/// Which validator of its section validated a result: a rank, 0 for the first.
pub type ValidatorRank = u16;

impl Validators {
    /// One validator.
    pub fn one(validator: Validator) -> Self {
        Self { first: validator, others: Vec::new() }
    }

    /// The validator of a rank; the first one when there is none of that rank.
    pub fn of(&self, rank: ValidatorRank) -> &Validator {
        match usize::from(rank) {
            0 => &self.first,
            rank => self.others.get(rank - 1).unwrap_or(&self.first),
        }
    }

    /// Adds a validation: a biologist who is known keeps their rank, and the later of both times.
    pub fn put(&mut self, validator: &Validator) -> ValidatorRank {
        let known = self.iter().position(|it| it.professional == validator.professional);
        let rank = match known {
            Some(rank) => rank,
            None if self.others.len() < usize::from(ValidatorRank::MAX) => {
                self.others.push(validator.clone());
                self.others.len()
            }
            None => 0,
        };
        let it = if rank == 0 { &mut self.first } else { &mut self.others[rank - 1] };
        it.at = it.at.max(validator.at);
        rank as ValidatorRank
    }

    /// All, by rank.
    pub fn iter(&self) -> impl Iterator<Item = &Validator> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The only one; `None` when there are several.
    pub fn only(&self) -> Option<&Validator> {
        self.others.is_empty().then_some(&self.first)
    }
}

/// As stored: a list, or one alone in versions signed before a section could have several.
#[derive(Deserialize)]
#[serde(untagged)]
enum Stored {
    Several(Vec<Validator>),
    One(Box<Validator>),
}

impl TryFrom<Stored> for Validators {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let mut all = match stored {
            Stored::Several(all) => all.into_iter(),
            Stored::One(only) => vec![*only].into_iter(),
        };
        let first = all.next().ok_or("a section was validated by someone")?;
        Ok(Self { first, others: all.collect() })
    }
}

impl From<Validators> for Vec<Validator> {
    fn from(validators: Validators) -> Self {
        std::iter::once(validators.first).chain(validators.others).collect()
    }
}
