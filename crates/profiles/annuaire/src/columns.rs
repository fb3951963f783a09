//! Columns: a header in; where each column that we read stands, out.

use crate::{Columns, HeaderError, Kind, line::Fields};

/// Where the columns of `PS_LibreAcces_Personne_activite` stand.
pub(crate) struct PracticeColumns {
    pub national: usize,
    pub title: Option<usize>,
    pub family: usize,
    pub given: usize,
    pub profession: usize,
    pub profession_label: usize,
    pub skill: Option<usize>,
    pub skill_label: Option<usize>,
    pub siret: Option<usize>,
    pub finess: usize,
    pub finess_ej: Option<usize>,
    pub technical: usize,
    pub structure_name: usize,
    pub sign: Option<usize>,
    pub street: [Option<usize>; 4],
    pub town_line: Option<usize>,
    pub postal_code: Option<usize>,
    pub town: Option<usize>,
    pub phone: Option<usize>,
    /// Columns of the header.
    pub width: usize,
    /// Fields that a line must have at least.
    pub least: usize,
}

/// Where the columns of `Extraction_Correspondance_MSSante` stand.
pub(crate) struct MailboxColumns {
    pub kind: usize,
    pub address: usize,
    pub national: usize,
    pub structure: usize,
    pub service: usize,
    pub paperless: usize,
    pub structure_name: usize,
    pub sign: Option<usize>,
    pub street: [Option<usize>; 4],
    pub town_line: Option<usize>,
    pub postal_code: Option<usize>,
    pub width: usize,
    pub least: usize,
}

/// Names of columns as they are compared: letters and digits, lower case, without accents.
struct Header(Vec<String>);

impl Header {
    fn optional(&self, name: &str) -> Option<usize> {
        let name = plain(name);
        self.0.iter().position(|it| *it == name)
    }

    fn needed(&self, kind: Kind, name: &'static str, least: &mut usize) -> Result<usize, HeaderError> {
        let at = self.optional(name).ok_or(HeaderError::Missing { kind, column: name })?;
        *least = (*least).max(at + 1);
        Ok(at)
    }
}

/// The columns of one of the extractions.
pub(crate) fn find(fields: &Fields, text: &str) -> Result<Columns, HeaderError> {
    let header = Header((0..fields.len()).map(|at| plain(fields.get(text, at))).collect());
    let width = header.0.len() - usize::from(header.0.last().is_some_and(String::is_empty));
    if header.optional("Adresse BAL").is_some() {
        return mailboxes(&header, width).map(Columns::Mailboxes);
    }
    if header.optional("Identification nationale PP").is_some() && header.optional("Code profession").is_some() {
        // The extractions of diplomas and of know-how also have these two.
        let others = ["Code type diplôme obtenu", "Code diplôme obtenu", "Code type d'autorisation"];
        let is_other = others.iter().any(|name| header.optional(name).is_some());
        let is_know_how =
            header.optional("Code savoir-faire").is_some() && header.optional("Code mode exercice").is_none();
        if is_other || (is_know_how && header.optional("Raison sociale site").is_none()) {
            return Err(HeaderError::Unknown);
        }
        return practices(&header, width).map(Columns::Practices);
    }
    Err(HeaderError::Unknown)
}

fn practices(header: &Header, width: usize) -> Result<PracticeColumns, HeaderError> {
    let mut least = 0;
    let mut needed = |name| header.needed(Kind::Practices, name, &mut least);
    let it = PracticeColumns {
        national: needed("Identification nationale PP")?,
        family: needed("Nom d'exercice")?,
        given: needed("Prénom d'exercice")?,
        profession: needed("Code profession")?,
        profession_label: needed("Libellé profession")?,
        finess: needed("Numéro FINESS site")?,
        technical: needed("Identifiant technique de la structure")?,
        structure_name: needed("Raison sociale site")?,
        title: header.optional("Code civilité d'exercice"),
        // Since 2026 some extractions have know-how in a file of its own.
        skill: header.optional("Code savoir-faire"),
        skill_label: header.optional("Libellé savoir-faire"),
        siret: header.optional("Numéro SIRET site"),
        finess_ej: header.optional("Numéro FINESS établissement juridique"),
        sign: header.optional("Enseigne commerciale site"),
        street: [
            header.optional("Numéro Voie (coord. structure)"),
            header.optional("Indice répétition voie (coord. structure)"),
            header.optional("Libellé type de voie (coord. structure)"),
            header.optional("Libellé Voie (coord. structure)"),
        ],
        town_line: header.optional("Bureau cedex (coord. structure)"),
        postal_code: header.optional("Code postal (coord. structure)"),
        town: header.optional("Libellé commune (coord. structure)"),
        phone: header.optional("Téléphone (coord. structure)"),
        width,
        least: 0,
    };
    Ok(PracticeColumns { least, ..it })
}

fn mailboxes(header: &Header, width: usize) -> Result<MailboxColumns, HeaderError> {
    let mut least = 0;
    let mut needed = |name| header.needed(Kind::Mailboxes, name, &mut least);
    let it = MailboxColumns {
        kind: needed("Type de BAL")?,
        address: needed("Adresse BAL")?,
        national: needed("Identification nationale PP")?,
        structure: needed("Identification Structure")?,
        service: needed("Service de rattachement")?,
        paperless: needed("Dématérialisation")?,
        structure_name: needed("Raison sociale structure BAL")?,
        sign: header.optional("Enseigne commerciale structure BAL"),
        street: [
            header.optional("L4NUMEROVOIE structure BAL"),
            header.optional("L4COMPLEMENTNUMEROVOIE structure BAL"),
            header.optional("NL4TYPEVOIE structure BAL").or_else(|| header.optional("L4TYPEVOIE structure BAL")),
            header.optional("L4LIBELLEVOIE structure BAL"),
        ],
        town_line: header.optional("L6LIGNEACHEMINEMENT structure BAL"),
        postal_code: header.optional("Code postal structure BAL"),
        width,
        least: 0,
    };
    Ok(MailboxColumns { least, ..it })
}

fn plain(name: &str) -> String {
    name.chars().filter_map(crate::name::base).flat_map(char::to_lowercase).filter(|c| *c != ' ').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_compared_without_accents_case_spaces_or_apostrophes() {
        assert_eq!(plain("Libellé civilité d’exercice"), plain("LIBELLE CIVILITE D'EXERCICE"));
        assert_eq!(plain("Numéro Voie (coord. Structure)"), plain("Numéro voie (coord. structure)"));
        assert_ne!(plain("Code savoir-faire"), plain("Code type savoir-faire"));
    }
}
