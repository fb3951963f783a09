//! Accounts and sessions: who signs in, how a password is checked, how long a session lasts.
//!
//! In: logins, passwords, session tokens. Out: accounts, and audit events of every sign-in, sign-out and failure.
//! Passwords are kept as Argon2id hashes, session tokens as SHA-256. It knows no cookie and no page.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    time::Duration,
};

use argon2::{
    Argon2, PasswordHasher, PasswordVerifier,
    password_hash::{phc::PasswordHash, try_generate_salt},
};
use jiff::{SignedDuration, Timestamp};
use lab::{
    finding::Finding,
    id::{AccountId, PatientId},
    person::Professional,
    validation::Role,
};
use records::accounts::{self, Account};
use tokio::sync::Semaphore;

use crate::{App, AppError, report::sha256_hex, validation::audit};

/// Shortest password. Source: CNIL, recommandation mots de passe (2022): 12 characters with throttling.
pub const MIN_PASSWORD_CHARS: usize = 12;
/// Longest password and login: what is hashed is bounded.
const MAX_FIELD_BYTES: usize = 256;
/// Verifications at a time: each takes 19 MiB and about 20 ms of one core.
const MAX_VERIFICATIONS: usize = 2;
/// How long a sign-in waits for its turn.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Failures of one login that cost nothing.
const FREE_FAILURES: u32 = 5;
/// First wait after them; doubles each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(30);
/// Longest wait.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(15);
/// Logins whose failures are remembered.
const MAX_REMEMBERED: usize = 10_000;
/// A session in use is noted at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// How long sessions last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionPolicy {
    /// Longest time without a request. Default 8 hours.
    pub idle: SignedDuration,
    /// Longest time in all. Default 24 hours.
    pub absolute: SignedDuration,
}

impl Default for SessionPolicy {
    fn default() -> Self {
        Self { idle: SignedDuration::from_hours(8), absolute: SignedDuration::from_hours(24) }
    }
}

/// A session just opened.
pub struct Opened {
    /// 256 random bits, hexadecimal: given to the browser, never stored.
    pub token: String,
    /// Whose.
    pub account: Account,
}

/// A session in use.
pub struct Session {
    /// Whose.
    pub account: Account,
    /// What every form of the session must bring back.
    pub csrf: String,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown login, wrong password or inactive account: which one is not told.
    #[error("login and password do not fit")]
    Refused,
    /// Too many failures of this login.
    #[error("too many failures, wait {0}")]
    Throttled(SignedDuration),
    /// Too many sign-ins at a time.
    #[error("too many sign-ins at a time")]
    Busy,
    /// The program failed.
    #[error(transparent)]
    App(#[from] AppError),
}

/// Who acts on accounts.
#[derive(Clone, Copy)]
pub enum AccountActor<'a> {
    /// An administrator.
    Account(&'a Account),
    /// A person at the command line of the server.
    Operator,
}

/// An account to create, or to change: same login.
pub struct NewAccount {
    /// Login; kept in lower case.
    pub login: String,
    /// Name as shown.
    pub name: String,
    /// Role.
    pub role: Role,
    /// First password.
    pub password: String,
    /// Who they are on a report; compulsory for a biologist.
    pub professional: Option<Professional>,
}

/// Where people sign in: what it remembers of failures lives and dies with the process.
pub struct Desk {
    policy: SessionPolicy,
    slots: Arc<Semaphore>,
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Clone, Copy)]
struct Failures {
    n: u32,
    until: Timestamp,
}

impl Desk {
    /// A desk that remembers no failure.
    pub fn new(policy: SessionPolicy) -> Self {
        Self { policy, slots: Arc::new(Semaphore::new(MAX_VERIFICATIONS)), failures: Mutex::default() }
    }

    /// How long sessions last here.
    pub fn policy(&self) -> SessionPolicy {
        self.policy
    }

    /// Signs a person in. The time taken does not tell whether the login exists.
    pub async fn sign_in(&self, app: &App, login: &str, password: &str) -> Result<Opened, SignInError> {
        let login = normal_login(login);
        let now = app.env().now();
        if let Some(wait) = self.wait(&login, now) {
            return Err(SignInError::Throttled(wait));
        }
        let key = login.clone();
        let known = app.store().read(move |tx| Ok::<_, AppError>(accounts::by_login(tx, &key)?)).await?;
        let (account, hash) = known.unzip();
        let fits = self.verify(password, hash).await?;
        match account {
            Some(account) if fits && account.active => {
                self.lock().remove(&login);
                Ok(open(app, account, "session.open").await?)
            }
            account => {
                self.note_failure(&login, now);
                // An unknown login is not written down: it may be a password typed in the wrong field.
                let subject = account.map_or_else(|| "unknown".to_owned(), |account| account.login);
                app.store().write(move |tx| audit(tx, "session", "session.refuse", &subject, None, now)).await?;
                Err(SignInError::Refused)
            }
        }
    }

    /// Whether a password is that of a login, without signing in; failures count as those of signing in.
    pub async fn confirm(&self, app: &App, login: &str, password: &str) -> Result<bool, SignInError> {
        let (login, now) = (normal_login(login), app.env().now());
        if let Some(wait) = self.wait(&login, now) {
            return Err(SignInError::Throttled(wait));
        }
        let key = login.clone();
        let known = app.store().read(move |tx| Ok::<_, AppError>(accounts::by_login(tx, &key)?)).await?;
        let fits = self.verify(password, known.map(|(_, hash)| hash)).await?;
        if !fits {
            self.note_failure(&login, now);
        }
        Ok(fits)
    }

    /// The session of a token; `None` when there is none or it has run out.
    pub async fn session(&self, app: &App, token: &str) -> Result<Option<Session>, AppError> {
        if token.len() != 64 {
            return Ok(None);
        }
        let (now, hash) = (app.env().now(), sha256_hex(token.as_bytes()));
        let (seen_after, opened_after) = (now - self.policy.idle, now - self.policy.absolute);
        let key = hash.clone();
        let found = app
            .store()
            .read(move |tx| Ok::<_, AppError>(accounts::session(tx, &key, seen_after, opened_after)?))
            .await?;
        let Some((account, csrf, seen_at)) = found else { return Ok(None) };
        if now.duration_since(seen_at) >= TOUCH_EVERY {
            app.store().write(move |tx| Ok::<_, AppError>(accounts::touch_session(tx, &hash, now)?)).await?;
        }
        Ok(Some(Session { account, csrf }))
    }

    async fn verify(&self, password: &str, hash: Option<String>) -> Result<bool, SignInError> {
        let waited = tokio::time::timeout(MAX_WAIT, Arc::clone(&self.slots).acquire_owned()).await;
        let Ok(Ok(slot)) = waited else { return Err(SignInError::Busy) };
        let password = password.to_owned();
        let verified = tokio::task::spawn_blocking(move || {
            let _slot = slot;
            let exists = hash.is_some();
            let hash = hash.unwrap_or_else(|| nobody().to_owned());
            let fits = password.len() <= MAX_FIELD_BYTES
                && PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok());
            exists && fits
        });
        verified.await.map_err(|_| AppError::Rendering("password check").into())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Failures>> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait(&self, login: &str, now: Timestamp) -> Option<SignedDuration> {
        let until = self.lock().get(login)?.until;
        (until > now).then(|| until.duration_since(now))
    }

    fn note_failure(&self, login: &str, now: Timestamp) {
        let mut failures = self.lock();
        if failures.len() >= MAX_REMEMBERED && !failures.contains_key(login) {
            failures.retain(|_, known| now.duration_since(known.until) < LONGEST_PAUSE);
            let oldest = failures.iter().min_by_key(|(_, known)| known.until).map(|(login, _)| login.clone());
            if let Some(oldest) = oldest.filter(|_| failures.len() >= MAX_REMEMBERED) {
                failures.remove(&oldest);
            }
        }
        let known = failures.entry(login.to_owned()).or_insert(Failures { n: 0, until: now });
        known.n = known.n.saturating_add(1);
        known.until = match known.n.checked_sub(FREE_FAILURES) {
            None => now,
            Some(beyond) => now + FIRST_PAUSE.saturating_mul(1 << beyond.min(10)).min(LONGEST_PAUSE),
        };
    }
}

impl App {
    /// Signs in without a password, for a demonstration; the caller checks that personas are enabled.
    ///
    /// `None` when no active account has that login.
    pub async fn sign_in_as_persona(&self, login: &str) -> Result<Option<Opened>, AppError> {
        let login = normal_login(login);
        let known = self.store().read(move |tx| Ok::<_, AppError>(accounts::by_login(tx, &login)?)).await?;
        match known {
            Some((account, _)) if account.active => Ok(Some(open(self, account, "session.open_persona").await?)),
            _ => Ok(None),
        }
    }

    /// Ends a session.
    pub async fn sign_out(&self, token: &str, actor: &Account) -> Result<(), AppError> {
        let (now, hash, login) = (self.env().now(), sha256_hex(token.as_bytes()), actor.login.clone());
        self.store()
            .write(move |tx| {
                accounts::close_session(tx, &hash)?;
                audit(tx, &login, "session.close", &login, None, now)
            })
            .await
    }

    /// Every account, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>, AppError> {
        self.store().read(|tx| Ok(accounts::all(tx)?)).await
    }

    /// Creates an account.
    ///
    /// Errors: [`AppError::NotAllowed`] for another role than administrator; findings `ACCOUNT-LOGIN` (1 to 64 of
    /// `a-z0-9._-`), `ACCOUNT-NAME`, `ACCOUNT-PASSWORD` (12 characters at least), `ACCOUNT-EXISTS`,
    /// `ACCOUNT-NO-RPPS` (a biologist without RPPS number can sign nothing).
    pub async fn create_account(&self, new: NewAccount, actor: AccountActor<'_>) -> Result<AccountId, AppError> {
        let by = allowed(actor)?;
        let login = normal_login(&new.login);
        let mut findings = assess(&new, &login);
        findings.extend(assess_password(&new.password));
        if !findings.is_empty() {
            return Err(AppError::Obstacles(findings));
        }
        let hash = hash(new.password).await?;
        let id = AccountId::fresh(&mut self.env().ids());
        let account = Account {
            id,
            login,
            name: new.name.trim().to_owned(),
            role: new.role,
            professional: new.professional,
            active: true,
        };
        let now = self.env().now();
        self.store()
            .write(move |tx| {
                if accounts::by_login(tx, &account.login)?.is_some() {
                    return Err(AppError::Obstacles(vec![Finding::error("ACCOUNT-EXISTS", "login")]));
                }
                accounts::put(tx, &account, &hash, now)?;
                audit(tx, &by, "account.create", &account.login, None, now)?;
                Ok(account.id)
            })
            .await
    }

    /// Gives an account a new password. People change their own; an administrator changes anyone's.
    pub async fn set_password(&self, login: &str, password: String, actor: AccountActor<'_>) -> Result<(), AppError> {
        let login = normal_login(login);
        let by = match actor {
            AccountActor::Account(account) if account.login == login => account.login.clone(),
            other => allowed(other)?,
        };
        let findings = assess_password(&password);
        if !findings.is_empty() {
            return Err(AppError::Obstacles(findings));
        }
        let (hash, now) = (hash(password).await?, self.env().now());
        self.store()
            .write(move |tx| {
                let (account, _) = accounts::by_login(tx, &login)?.ok_or(records::RecordError::Missing("account"))?;
                accounts::put(tx, &account, &hash, now)?;
                // Whoever knew the old password is signed out everywhere.
                accounts::close_sessions_of(tx, account.id)?;
                audit(tx, &by, "account.password", &login, None, now)
            })
            .await
    }

    /// Lets a person sign in, or not any more. Nobody locks themselves out.
    pub async fn set_account_active(&self, login: &str, active: bool, actor: AccountActor<'_>) -> Result<(), AppError> {
        let (by, login, now) = (allowed(actor)?, normal_login(login), self.env().now());
        if by == login {
            return Err(AppError::NotAllowed);
        }
        self.store()
            .write(move |tx| {
                let (mut account, hash) =
                    accounts::by_login(tx, &login)?.ok_or(records::RecordError::Missing("account"))?;
                account.active = active;
                accounts::put(tx, &account, &hash, now)?;
                if !active {
                    accounts::close_sessions_of(tx, account.id)?;
                }
                let action = if active { "account.activate" } else { "account.deactivate" };
                audit(tx, &by, action, &login, None, now)
            })
            .await
    }

    /// Notes that a person read something of a patient's file: `order.view`, `report.view`, `patient.view`,
    /// `document.view` or `message.view`.
    pub async fn note_access(
        &self,
        actor: &Account,
        action: &'static str,
        subject: &str,
        patient: Option<PatientId>,
    ) -> Result<(), AppError> {
        let (login, subject, now) = (actor.login.clone(), subject.to_owned(), self.env().now());
        self.store().write(move |tx| audit(tx, &login, action, &subject, patient, now)).await
    }
}

async fn open(app: &App, account: Account, action: &'static str) -> Result<Opened, AppError> {
    let (token, csrf) = (random_token()?, random_token()?);
    let (hash, now) = (sha256_hex(token.as_bytes()), app.env().now());
    let (id, login) = (account.id, account.login.clone());
    app.store()
        .write(move |tx| {
            accounts::open_session(tx, &hash, id, &csrf, now)?;
            audit(tx, &login, action, &login, None, now)
        })
        .await?;
    Ok(Opened { token, account })
}

fn allowed(actor: AccountActor<'_>) -> Result<String, AppError> {
    match actor {
        AccountActor::Operator => Ok("operator".to_owned()),
        AccountActor::Account(account) if account.role == Role::Administrator => Ok(account.login.clone()),
        AccountActor::Account(_) => Err(AppError::NotAllowed),
    }
}

fn assess(new: &NewAccount, login: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let plain = login.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"._-".contains(&byte));
    if !(1..=64).contains(&login.len()) || !plain {
        findings.push(Finding::error("ACCOUNT-LOGIN", "login"));
    }
    if new.name.trim().is_empty() || new.name.len() > MAX_FIELD_BYTES {
        findings.push(Finding::error("ACCOUNT-NAME", "name"));
    }
    let signs = new.professional.as_ref().is_some_and(|it| it.rpps.is_some());
    if new.role == Role::Biologist && !signs {
        findings.push(Finding::error("ACCOUNT-NO-RPPS", "rpps"));
    }
    findings
}

fn assess_password(password: &str) -> Vec<Finding> {
    let fits = password.chars().count() >= MIN_PASSWORD_CHARS && password.len() <= MAX_FIELD_BYTES;
    if fits { Vec::new() } else { vec![Finding::error("ACCOUNT-PASSWORD", "password")] }
}

fn normal_login(login: &str) -> String {
    login.trim().chars().take(MAX_FIELD_BYTES).collect::<String>().to_lowercase()
}

/// 256 bits of the system's secure source, hexadecimal: a token nobody guesses.
pub fn random_token() -> Result<String, AppError> {
    let failed = |_| AppError::Rendering("random token");
    let halves = [try_generate_salt().map_err(failed)?, try_generate_salt().map_err(failed)?];
    Ok(halves.iter().flatten().map(|byte| format!("{byte:02x}")).collect())
}

async fn hash(password: String) -> Result<String, AppError> {
    tokio::task::spawn_blocking(move || {
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string())
    })
    .await
    .ok()
    .and_then(Result::ok)
    .ok_or(AppError::Rendering("password hash"))
}

/// The hash of a password nobody has: an unknown login costs the same time as a known one.
fn nobody() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| {
        let password = random_token().unwrap_or_default();
        Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    #[test]
    fn failures_beyond_five_make_a_login_wait_and_the_wait_grows() {
        let desk = Desk::new(SessionPolicy::default());
        for _ in 0..4 {
            desk.note_failure("zoe", at(0));
        }
        assert_eq!(desk.wait("zoe", at(0)), None);
        desk.note_failure("zoe", at(0));
        assert_eq!(desk.wait("zoe", at(0)), Some(SignedDuration::from_secs(30)));
        assert_eq!(desk.wait("zoe", at(30)), None);
        for _ in 0..40 {
            desk.note_failure("zoe", at(30));
        }
        assert_eq!(desk.wait("zoe", at(30)), Some(LONGEST_PAUSE));
        assert_eq!(desk.wait("ana", at(30)), None);
    }

    #[test]
    fn the_memory_of_failures_is_bounded() {
        let desk = Desk::new(SessionPolicy::default());
        for n in 0..MAX_REMEMBERED + 50 {
            desk.note_failure(&format!("login{n}"), at(0));
        }
        assert!(desk.lock().len() <= MAX_REMEMBERED);
    }

    #[test]
    fn tokens_are_64_hexadecimal_digits_and_differ() {
        let (one, other) = (random_token().expect("random"), random_token().expect("random"));
        assert!(one.len() == 64 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, other);
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let desk = Desk::new(SessionPolicy::default());
        let hash = hash("correct horse battery".to_owned()).await.expect("hash");
        assert!(hash.starts_with("$argon2id$"));
        assert!(desk.verify("correct horse battery", Some(hash.clone())).await.expect("verified"));
        assert!(!desk.verify("correct horse batterx", Some(hash)).await.expect("verified"));
        assert!(!desk.verify("anything", None).await.expect("verified"));
    }
}
