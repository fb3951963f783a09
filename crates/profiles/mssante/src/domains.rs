//! The white list of MSSanté domains: a file in, the domains that may be written to out.
//!
//! Reads the list that the ANS publishes, or a list of one's own, one domain a line.
//! It deliberately does not verify the signature of the published list: whoever installs the file answers for it.
//!
//! The published list has one `Domaine` for each domain, whose `Nom` is the domain, beside its operator's certificate
//! and contacts. No schema of it is at hand, so names are read with some latitude: see [`domains`].

use lab::person::{TrustedDomains, is_mssante_domain};
use xml::reader::{Event, Reader};

/// Largest file, in bytes. The list of 2026 has some 8 700 domains.
pub const MAX_LIST_BYTES: usize = 16 * 1024 * 1024;
/// Most domains.
pub const MAX_DOMAINS: usize = 100_000;
/// Most elements inside each other.
const MAX_DEPTH: usize = 64;

/// What a list holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DomainList {
    /// The domains.
    pub trusted: TrustedDomains,
    /// How many they are, each once.
    pub n_domains: usize,
    /// Names left out: no domain, or one that is not under `mssante.fr`.
    pub n_ignored: usize,
}

/// Why a file is not a list of domains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DomainListError {
    /// [`MAX_LIST_BYTES`] or [`MAX_DOMAINS`] was reached.
    #[error("larger than {MAX_LIST_BYTES} bytes or {MAX_DOMAINS} domains")]
    TooLarge,
    /// The bytes are not a text in a known encoding.
    #[error("not a text")]
    Encoding,
    /// The XML is not well-formed, or declares entities.
    #[error("not well-formed XML, at byte {at}")]
    Xml {
        /// Where, in the text.
        at: usize,
    },
    /// A line is not a domain under `mssante.fr`.
    #[error("line {line}: not a domain under mssante.fr")]
    Line {
        /// Its number, from 1.
        line: usize,
    },
    /// Not one domain: refused, because nobody could be written to.
    #[error("no domain")]
    Empty,
}

/// Reads a white list.
///
/// In plain text: one domain a line, empty lines and what follows `#` left out; anything else is an error.
/// In XML, a domain is the text of an element whose local name contains `domain` (`Domaine`, `domain`, `NomDomaine`…),
/// the text of a `Nom` or `Name` directly inside one, an attribute whose local name contains `domain`, or the attribute
/// `nom` or `name` of such an element; upper and lower case are the same. What is found there and is no domain under
/// `mssante.fr` is counted and left out, so that one odd entry does not stop a laboratory.
///
/// Errors: [`DomainListError`].
pub fn domains(bytes: &[u8]) -> Result<DomainList, DomainListError> {
    if bytes.len() > MAX_LIST_BYTES {
        return Err(DomainListError::TooLarge);
    }
    let text = xml::decode(bytes).map_err(|_| DomainListError::Encoding)?;
    let text = text.trim_start_matches('\u{feff}');
    let (mut found, n_ignored) = if text.trim_start().starts_with('<') { of_xml(text)? } else { (of_lines(text)?, 0) };
    found.sort_unstable();
    found.dedup();
    if found.is_empty() {
        return Err(DomainListError::Empty);
    }
    let trusted = TrustedDomains::listed(found.iter().map(String::as_str));
    Ok(DomainList { trusted, n_domains: found.len(), n_ignored })
}

fn of_lines(text: &str) -> Result<Vec<String>, DomainListError> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if line.is_empty() {
            continue;
        }
        if found.len() == MAX_DOMAINS {
            return Err(DomainListError::TooLarge);
        }
        found.push(domain(line).ok_or(DomainListError::Line { line: at + 1 })?);
    }
    Ok(found)
}

fn of_xml(text: &str) -> Result<(Vec<String>, usize), DomainListError> {
    let malformed = |refused: xml::reader::Refused| DomainListError::Xml { at: refused.at };
    let (mut found, mut n_ignored) = (Vec::new(), 0);
    let mut note = |text: &str| match domain(text) {
        _ if text.trim().is_empty() => Ok(()),
        Some(_) if found.len() == MAX_DOMAINS => Err(DomainListError::TooLarge),
        Some(domain) => {
            found.push(domain);
            Ok(())
        }
        None => {
            n_ignored += 1;
            Ok(())
        }
    };
    let mut reader = Reader::new(text, MAX_DEPTH).map_err(malformed)?;
    // What the text of each open element is: a domain, or the place of one.
    let mut open: Vec<Inside> = Vec::new();
    loop {
        match reader.event().map_err(malformed)? {
            Event::Start => {
                let name = reader.name().local;
                let inside = if names_a_domain(name) {
                    Inside::Domain
                } else if is_name(name) && open.last() == Some(&Inside::Domain) {
                    Inside::ItsName
                } else {
                    Inside::Other
                };
                for attribute in reader.attributes() {
                    let name = attribute.name.local;
                    if names_a_domain(name) || inside == Inside::Domain && is_name(name) {
                        note(&attribute.value)?;
                    }
                }
                open.push(inside);
            }
            Event::End => {
                open.pop();
            }
            Event::Text(text) if matches!(open.last(), Some(Inside::Domain | Inside::ItsName)) => note(&text)?,
            Event::Text(_) => {}
            Event::Done => return Ok((found, n_ignored)),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Domain,
    ItsName,
    Other,
}

fn names_a_domain(local: &str) -> bool {
    local.to_ascii_lowercase().contains("domain")
}

fn is_name(local: &str) -> bool {
    local.eq_ignore_ascii_case("nom") || local.eq_ignore_ascii_case("name")
}

/// A domain under `mssante.fr`, lower case.
fn domain(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    (text.len() <= 253 && is_mssante_domain(&text) && text.split('.').all(is_label)).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Laid out as the published list; invented names.
    const PUBLISHED: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListeBlanche xmlns=\"urn:x\">\
        <DateDeGeneration>2026-11-22T07:00:00</DateDeGeneration>\
        <Domaine><Nom>chb.mssante.fr</Nom><Description>autre.mssante.fr sert de secours</Description>\
        <DNCertificatOperateur>CN=op.mssante.fr,OU=1,O=Opérateur,ST=Paris (75),C=FR</DNCertificatOperateur>\
        <SupportContact>aide@op.mssante.fr</SupportContact><DateMAJ>2026-01-01</DateMAJ></Domaine>\
        <Domaine>\n  <Nom> Medecin.MSSANTE.fr </Nom>\n</Domaine><Domaine><Nom>chb.mssante.fr</Nom></Domaine>\
        <Domaine><Nom>ailleurs.example</Nom></Domaine><Operateur><Nom>nom.mssante.fr</Nom></Operateur>\
        <Signature><X509>AAAA</X509></Signature></ListeBlanche>";

    fn holds(list: &DomainList, domains: &[&str]) -> Vec<bool> {
        domains.iter().map(|domain| list.trusted.holds(domain)).collect()
    }

    #[test]
    fn the_published_list_gives_its_domains_and_nothing_that_stands_beside_them() {
        let list = domains(PUBLISHED.as_bytes()).expect("a list");
        assert_eq!((list.n_domains, list.n_ignored), (2, 1));
        let asked = ["chb.mssante.fr", "medecin.mssante.fr", "autre.mssante.fr", "op.mssante.fr", "nom.mssante.fr"];
        assert_eq!(holds(&list, &asked), [true, true, false, false, false]);
        assert!(!list.trusted.holds("ailleurs.example"));
    }

    #[test]
    fn domains_are_found_under_other_names_of_elements_and_attributes() {
        for text in [
            "<l><x:domain xmlns:x='u'>chb.mssante.fr</x:domain></l>",
            "<l><NomDomaine>chb.mssante.fr</NomDomaine></l>",
            "<l><entry domainName='chb.mssante.fr' mail='a@b'/></l>",
            "<domains><domain name='chb.mssante.fr'/></domains>",
            "# les nôtres\n\n  CHB.mssante.fr   # hôpital\r\nchb.mssante.fr\n",
        ] {
            let list = domains(text.as_bytes()).expect(text);
            assert_eq!((list.n_domains, holds(&list, &["chb.mssante.fr"])), (1, vec![true]), "{text}");
        }
    }

    #[test]
    fn a_file_that_is_not_a_list_is_refused() {
        let many: String = (0..=MAX_DOMAINS).map(|n| format!("d{n}.mssante.fr\n")).collect();
        for (text, expected) in [
            ("", DomainListError::Empty),
            ("# rien\n", DomainListError::Empty),
            ("<Domaines/>", DomainListError::Empty),
            ("<Domaine><Nom>ailleurs.example</Nom></Domaine>", DomainListError::Empty),
            ("chb.mssante.fr\ngmail.com\n", DomainListError::Line { line: 2 }),
            ("@chb.mssante.fr", DomainListError::Line { line: 1 }),
            ("*.mssante.fr", DomainListError::Line { line: 1 }),
            ("a..mssante.fr", DomainListError::Line { line: 1 }),
            (&many, DomainListError::TooLarge),
        ] {
            assert_eq!(domains(text.as_bytes()), Err(expected), "{}", text.get(..40).unwrap_or(text));
        }
        assert_eq!(domains(&vec![b' '; MAX_LIST_BYTES + 1]), Err(DomainListError::TooLarge));
        for text in
            ["<Domaine>chb.mssante.fr", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", &"<a>".repeat(MAX_DEPTH + 2)]
        {
            assert!(matches!(domains(text.as_bytes()), Err(DomainListError::Xml { .. })), "{text}");
        }
    }
}
