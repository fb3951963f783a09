//! Why nothing was handed over, or nobody knows whether it was, said to people; kept with the attempt.
//!
//! In: the error of a connection. Out: a sentence in French without its full stop, nothing of what the peer said.

use std::io::ErrorKind;

use transport::{http::HttpError, smtp::SmtpError};

/// What failed with a mail server.
pub(super) fn of_smtp(error: &SmtpError) -> String {
    match error {
        SmtpError::Io { stage, kind } => format!("{} a échoué ({})", step(stage), network(*kind)),
        SmtpError::TimedOut { stage } => format!("{} n'a pas abouti dans le temps prévu", step(stage)),
        SmtpError::Closed { stage } => format!("le serveur a coupé la connexion ({})", step(stage)),
        SmtpError::Protocol { stage } => format!("la réponse du serveur n'a pas été comprise ({})", step(stage)),
        SmtpError::StartTlsMissing => "le serveur ne propose pas de connexion protégée (STARTTLS)".to_owned(),
        SmtpError::NotLoopback => "une connexion en clair n'est permise que vers cette machine".to_owned(),
        SmtpError::AuthenticationMissing => {
            "le serveur ne propose pas la façon de s'identifier qui est réglée".to_owned()
        }
        SmtpError::TokenMissing => "la boîte attend le jeton de sa personne".to_owned(),
        SmtpError::TooLarge { limit_bytes } => {
            format!("le message dépasse la taille que le serveur accepte ({limit_bytes} octets)")
        }
        SmtpError::Envelope => "l'adresse contient un caractère qui ne peut pas être transmis".to_owned(),
        SmtpError::BareLineEnd => "le message contient une fin de ligne incorrecte".to_owned(),
        SmtpError::ShutDown => "le programme s'arrêtait".to_owned(),
        _ => "la connexion a échoué".to_owned(),
    }
}

/// What failed with a web service.
pub(super) fn of_http(error: &HttpError) -> &'static str {
    match error {
        HttpError::Misused { .. } => "la demande n'a pas pu être écrite",
        HttpError::Insecure => "une connexion en clair n'est permise que vers cette machine",
        HttpError::NotConnected(_) => "le service ne répond pas",
        HttpError::TimedOut => "le service n'a pas répondu dans le temps prévu",
        HttpError::ConnectionLost(_) => "la connexion a été perdue",
        HttpError::ResponseTooLarge { .. } => "la réponse est trop grande",
        _ => "la connexion a échoué",
    }
}

/// The moment of an exchange, as the transport names it.
fn step(stage: &str) -> &'static str {
    match stage {
        "connection" => "la connexion",
        "greeting" | "EHLO" => "l'accueil du serveur",
        "STARTTLS" | "TLS handshake" => "la protection de la connexion (TLS)",
        "AUTH" => "l'identification",
        "MAIL" | "RCPT" | "RSET" | "DATA" => "l'annonce du message",
        "message" => "l'envoi du message",
        "end of message" => "la fin du message",
        _ => "l'échange",
    }
}

fn network(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::ConnectionRefused => "connexion refusée",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::BrokenPipe => "connexion coupée",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "réseau injoignable",
        ErrorKind::NotFound => "nom inconnu",
        ErrorKind::UnexpectedEof => "coupée en cours",
        ErrorKind::InvalidData | ErrorKind::InvalidInput => "certificat ou protocole refusé",
        _ => "réseau",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_is_said_in_french_and_says_when() {
        let refused = SmtpError::Io { stage: "connection", kind: ErrorKind::ConnectionRefused };
        assert_eq!(of_smtp(&refused), "la connexion a échoué (connexion refusée)");
        let cut = SmtpError::Closed { stage: "end of message" };
        assert_eq!(of_smtp(&cut), "le serveur a coupé la connexion (la fin du message)");
        for stage in ["connection", "greeting", "EHLO", "STARTTLS", "TLS handshake", "AUTH", "MAIL", "RCPT", "DATA"] {
            assert_ne!(step(stage), "l'échange", "{stage}");
        }
        assert_eq!(of_http(&HttpError::TimedOut), "le service n'a pas répondu dans le temps prévu");
    }
}
