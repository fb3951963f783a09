//! Which mailbox to write to: the boxes known of a professional and of their structures in; addresses, best first, out.

use lab::person::MssanteAddress;

/// Whose a box is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Holder {
    /// The professional's own.
    Person,
    /// That of their practice (CAB).
    Practice,
    /// That of a structure where they practice (ORG).
    Structure,
    /// Typed by a person.
    Manual,
}

/// A box that one could write to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// Address.
    pub address: MssanteAddress,
    /// Whose it is.
    pub holder: Holder,
    /// Key of the structure it is tied to; may be empty.
    pub structure: String,
    /// Service; may be empty.
    pub service: String,
    /// `false` when its holder asked not to be written to instead of paper.
    pub paperless: bool,
}

/// How well a box fits, best first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub enum Rank {
    /// Of the person at the structure asked for.
    PersonHere,
    /// Of the person.
    Person,
    /// Of their practice.
    Practice,
    /// Of the service asked for, at the structure asked for.
    Service,
    /// Of a structure where they practice.
    Structure,
    /// Typed by a person.
    Manual,
}

impl Rank {
    /// The key of its French name.
    pub fn code(self) -> &'static str {
        match self {
            Self::PersonHere => "person_here",
            Self::Person => "person",
            Self::Practice => "practice",
            Self::Service => "service",
            Self::Structure => "structure",
            Self::Manual => "manual",
        }
    }
}

/// Orders boxes for a professional asked for at a structure (any of its keys; none: wherever they are) and a service.
///
/// Each address once, at its best rank; among equals, by address. Several of the best rank are a choice for people.
/// Source: the order PER of (RPPS, structure), PER, CAB, ORG of structure and service, typed by hand.
pub fn choose(candidates: &[Candidate], structures: &[String], service: &str) -> Vec<(Rank, Candidate)> {
    let same_service = |it: &str| !service.is_empty() && crate::plain_name(&[it]) == crate::plain_name(&[service]);
    let here = |it: &Candidate| !it.structure.is_empty() && structures.contains(&it.structure);
    let mut ranked: Vec<(Rank, Candidate)> = candidates
        .iter()
        .map(|it| {
            let rank = match it.holder {
                Holder::Person if here(it) => Rank::PersonHere,
                Holder::Person => Rank::Person,
                Holder::Practice => Rank::Practice,
                Holder::Structure if here(it) && same_service(&it.service) => Rank::Service,
                Holder::Structure => Rank::Structure,
                Holder::Manual => Rank::Manual,
            };
            (rank, it.clone())
        })
        .collect();
    ranked.sort_by(|(rank, it), (other_rank, other)| (rank, &it.address).cmp(&(other_rank, &other.address)));
    let mut chosen: Vec<(Rank, Candidate)> = Vec::new();
    for (rank, it) in ranked {
        match chosen.iter_mut().find(|(_, known)| known.address == it.address) {
            // One refusal among the situations of an address counts for the address.
            Some((_, known)) => known.paperless &= it.paperless,
            None => chosen.push((rank, it)),
        }
    }
    chosen
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn candidate(address: &str, holder: Holder, structure: &str, service: &str) -> Candidate {
        let address = MssanteAddress::parse(&format!("{address}@test.mssante.fr")).unwrap();
        Candidate { address, holder, structure: structure.into(), service: service.into(), paperless: true }
    }

    fn order(candidates: &[Candidate], structures: &[&str], service: &str) -> Vec<(Rank, String)> {
        let structures: Vec<String> = structures.iter().map(|it| (*it).to_owned()).collect();
        let local = |it: &Candidate| it.address.as_str().split('@').next().unwrap().to_owned();
        choose(candidates, &structures, service).iter().map(|(rank, it)| (*rank, local(it))).collect()
    }

    #[test]
    fn the_box_of_the_person_at_the_place_comes_before_their_others_and_those_of_structures() {
        let all = [
            candidate("typed", Holder::Manual, "", ""),
            candidate("lab", Holder::Structure, "F1", "Biochimie"),
            candidate("desk", Holder::Structure, "F1", ""),
            candidate("cabinet", Holder::Practice, "", ""),
            candidate("other", Holder::Person, "F2", ""),
            candidate("here", Holder::Person, "F1", ""),
        ];
        let expected = [
            (Rank::PersonHere, "here"),
            (Rank::Person, "other"),
            (Rank::Practice, "cabinet"),
            (Rank::Service, "lab"),
            (Rank::Structure, "desk"),
            (Rank::Manual, "typed"),
        ];
        assert_eq!(order(&all, &["F1"], "BIOCHIMIE"), expected.map(|(rank, it)| (rank, it.to_owned())));
        assert_eq!(order(&all, &[], "")[0].0, Rank::Person, "wherever they are, two boxes are a choice");
        assert_eq!(order(&[], &["F1"], ""), []);
    }

    #[test]
    fn an_address_on_several_lines_is_one_choice_and_one_refusal_counts() {
        let mut refused = candidate("same", Holder::Person, "F2", "");
        refused.paperless = false;
        let chosen = choose(&[candidate("same", Holder::Person, "F1", ""), refused], &["F2".to_owned()], "");
        assert_eq!(chosen.len(), 1);
        assert_eq!((chosen[0].0, chosen[0].1.paperless), (Rank::PersonHere, false));
    }
}
