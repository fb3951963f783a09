//! What opens a mailbox: an address and a password, or an address and the token of a person who is signed in.
//!
//! A token lives in memory alone, and no longer than it was granted for; what was opened with it is closed when it ends.
//!
//! Source: MSSanté référentiel #2, ECO.1.3.1 (applicative boxes), CONF.07 to CONF.11 and CONF.28 (personal and
//! organizational boxes).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// Longest access token, in bytes.
pub const MAX_TOKEN_BYTES: usize = 8 * 1024;

/// What opens a mailbox. `Debug` prints a placeholder.
#[derive(Clone)]
pub enum Credentials {
    /// SASL PLAIN (RFC 4616).
    Password {
        /// The mailbox address, for an MSSanté applicative box.
        login: String,
        /// May be empty where the client certificate is what counts.
        password: String,
    },
    /// SASL XOAUTH2.
    Token {
        /// The mailbox address.
        mailbox: String,
        /// Where the token is, as long as there is one.
        token: Token,
    },
}

/// The place of an access token, shared by everything that opens the same box. Empty at first. `Debug` prints no token.
#[derive(Clone)]
pub struct Token {
    granted: Arc<watch::Sender<Option<Granted>>>,
}

#[derive(Clone)]
struct Granted {
    text: String,
    until: Instant,
}

/// The text is not an access token: empty, too long, or with a character that none has (RFC 6750 §2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an access token")]
pub struct NotAToken;

impl Default for Token {
    fn default() -> Self {
        Self { granted: Arc::new(watch::Sender::new(None)) }
    }
}

impl Token {
    /// Puts a token there for some time, instead of the one before.
    ///
    /// Errors: [`NotAToken`]; the one before stays.
    pub fn grant(&self, text: &str, lasts: Duration) -> Result<(), NotAToken> {
        let is_token = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
        if text.is_empty() || text.len() > MAX_TOKEN_BYTES || !text.bytes().all(is_token) {
            return Err(NotAToken);
        }
        let until = Instant::now() + lasts;
        self.granted.send_replace(Some(Granted { text: text.to_owned(), until }));
        Ok(())
    }

    /// Takes the token away: the person signed out.
    pub fn withdraw(&self) {
        self.granted.send_replace(None);
    }

    /// For how long the token is still good; `None` when there is none.
    pub fn lasts(&self) -> Option<Duration> {
        let granted = self.granted.borrow();
        let left = granted.as_ref()?.until.saturating_duration_since(Instant::now());
        (!left.is_zero()).then_some(left)
    }

    /// Waits until there is a token.
    pub async fn granted(&self) {
        let mut watched = self.granted.subscribe();
        while self.lasts().is_none() {
            // The sender is `self`: it cannot be gone.
            let _ = watched.changed().await;
        }
    }

    /// Waits until there is none.
    pub async fn ended(&self) {
        let mut watched = self.granted.subscribe();
        while let Some(left) = self.lasts() {
            let _ = tokio::time::timeout(left, watched.changed()).await;
        }
    }

    fn text(&self) -> Option<String> {
        self.lasts()?;
        self.granted.borrow().as_ref().map(|it| it.text.clone())
    }
}

impl Credentials {
    /// Whether what they open may be open now.
    pub(crate) fn are_valid(&self) -> bool {
        match self {
            Self::Password { .. } => true,
            Self::Token { token, .. } => token.lasts().is_some(),
        }
    }

    /// The mechanism, and what is said first, before it is put in base64; `None` when there is no token now.
    pub(crate) fn initial_response(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Password { login, password } => Some(("PLAIN", format!("\0{login}\0{password}"))),
            Self::Token { mailbox, token } => {
                Some(("XOAUTH2", format!("user={mailbox}\u{1}auth=Bearer {}\u{1}\u{1}", token.text()?)))
            }
        }
    }
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Credentials(…)")
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_ends_with_its_time_or_when_it_is_taken_away() {
        let token = Token::default();
        assert_eq!(token.lasts(), None);
        assert_eq!(token.grant("eyJhbGciOi.J9-_.x", Duration::from_secs(60)), Ok(()));
        token.granted().await;
        let before = Instant::now();
        token.ended().await;
        assert_eq!(before.elapsed().as_secs(), 60);
        let credentials = Credentials::Token { mailbox: "a@b.mssante.fr".into(), token: token.clone() };
        assert!(!credentials.are_valid() && credentials.initial_response().is_none());
        let waiting = tokio::spawn({
            let token = token.clone();
            async move { token.granted().await }
        });
        tokio::task::yield_now().await;
        assert_eq!(token.grant("later", Duration::from_secs(60)), Ok(()));
        assert!(waiting.await.is_ok());
        let said = credentials.initial_response().unwrap_or_default();
        assert_eq!(said, ("XOAUTH2", "user=a@b.mssante.fr\u{1}auth=Bearer later\u{1}\u{1}".to_owned()));
        token.withdraw();
        token.ended().await;
        assert_eq!(token.lasts(), None);
    }

    #[test]
    fn what_could_not_be_a_token_is_refused() {
        let token = Token::default();
        for text in ["", "a b", "a\u{1}b", "a\r\nb", "é", &"x".repeat(MAX_TOKEN_BYTES + 1)] {
            assert_eq!(token.grant(text, Duration::from_secs(1)), Err(NotAToken), "{text}");
        }
        assert!(!format!("{token:?}").contains("granted"));
    }
}
