//! Integration failures told by the subject: decoded subject in, code out.
//!
//! `[KO Intégration système !][902] XDM/1.0/DDM+…`; one published example writes
//! `[Erreur d’intégration !][902] …`. It deliberately gives no meaning to the code.
//!
//! Source: CI-SIS Transmission au LPS d'un document CDA, 1.1.3.

/// The receiving system says it could not file the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegrationFailure {
    /// Three digits, 900 to 906 in the published table; not checked against it.
    pub code: u16,
}

/// Finds the two adjacent brackets anywhere in the subject (it may follow `Re:` or `TR:`).
pub(super) fn from_subject(subject: &str) -> Option<IntegrationFailure> {
    let mut rest = subject;
    while let Some((_, tail)) = rest.split_once('[') {
        let Some((label, after)) = tail.split_once(']') else {
            break;
        };
        if is_failure_label(label)
            && let Some(code) = bracketed_code(after.trim_start())
        {
            return Some(IntegrationFailure { code });
        }
        rest = tail;
    }
    None
}

fn is_failure_label(label: &str) -> bool {
    let folded: String = label
        .chars()
        .map(|c| match c {
            'é' | 'É' | 'è' | 'È' => 'e',
            '’' | '‘' => '\'',
            c => c.to_ascii_lowercase(),
        })
        .collect();
    folded.starts_with("ko integration syst") || folded.starts_with("erreur d'integration")
}

fn bracketed_code(text: &str) -> Option<u16> {
    let (digits, _) = text.strip_prefix('[')?.split_once(']')?;
    let is_code = digits.len() == 3 && digits.bytes().all(|b| b.is_ascii_digit());
    if is_code { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_published_labels_are_understood() {
        for (subject, code) in [
            ("[KO Intégration système !][902] XDM/1.0/DDM+CR", Some(902)),
            ("[KO Integration systeme !] [900] XDM/1.0/DDM+CR", Some(900)),
            ("[Erreur d’intégration !][902] XDM/1.0/DDM+CR", Some(902)),
            ("[Erreur d'intégration][906] x", Some(906)),
            ("TR: [EXT] [KO Intégration système !][905] x", Some(905)),
            ("[KO Intégration système !] XDM/1.0/DDM+CR", None),
            ("[KO Intégration système !][9021] x", None),
            ("[902] x", None),
            ("[KO Intégration système !", None),
            ("", None),
        ] {
            let expected = code.map(|code| IntegrationFailure { code });
            assert_eq!(from_subject(subject), expected, "{subject}");
        }
    }
}
