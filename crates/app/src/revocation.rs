//! Revocation lists: fetched from their sources before they are over, the last good one kept.
//!
//! A source that fails, or gives what cannot be believed, changes nothing: the list that it gave before serves until it is
//! over, and a person is told while there is time. After that no server is spoken to, and what should leave waits.
//!
//! Source: MSSanté référentiel #2, ECO.1.1.6, ECO.1.1.7 (CONF.22).

use std::{
    path::Path,
    sync::{PoisonError, RwLock},
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use records::revocation::{self, Kept};
use store::Tx;
use transport::{
    http,
    tls::{self, ClientTls, ListError, MAX_LIST_BYTES, RevocationList},
};

use crate::{App, AppError, settings::RevocationSettings};

/// Longest wait for a source.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A source that failed is asked again after this, then twice as long, and so on up to the usual interval.
const ASKED_AGAIN_AFTER: Duration = Duration::from_secs(60);

/// A person is told when a list has less than this before it is over.
pub const TOLD_BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// What stands of one source, for pages and alerts.
#[derive(Clone)]
pub struct SourceState {
    /// File or address.
    pub source: String,
    /// When it was last asked; `None`: never yet.
    pub tried_at: Option<Timestamp>,
    /// Why that gave nothing, a code; empty: it gave a list.
    pub failure: String,
    /// The list in force: since when it is kept, when it is over, how many certificates are on it.
    pub list: Option<(Timestamp, Timestamp, usize)>,
}

/// What this process last saw of the sources.
#[derive(Default)]
pub(crate) struct Looked(RwLock<Vec<SourceState>>);

impl SourceState {
    /// Whether a person should act: no list, or one that will soon be over and could not be renewed.
    pub fn needs_a_person(&self, now: Timestamp) -> bool {
        match self.list {
            None => self.tried_at.is_some(),
            Some((_, over_at, _)) => !self.failure.is_empty() && over_at < now + TOLD_BEFORE,
        }
    }
}

impl App {
    /// Puts in force what was kept before this process began.
    pub(crate) async fn restore_revocation(&self) -> Result<(), AppError> {
        let Some(settings) = &self.settings().revocation else { return Ok(()) };
        let kept = self.kept().await?;
        self.put_in_force(settings, &kept);
        Ok(())
    }

    /// Renews the lists until the process ends.
    pub(crate) async fn run_revocation(self) {
        let Some(settings) = self.settings().revocation.clone() else { return };
        let http = match client(&settings) {
            Ok(http) => http,
            Err(error) => return tracing::error!(%error, "revocation lists cannot be fetched"),
        };
        let mut after_failure = ASKED_AGAIN_AFTER.min(settings.every);
        loop {
            let is_renewed = match self.renew(&settings, &http).await {
                Ok(is_renewed) => is_renewed,
                Err(error) => {
                    tracing::error!(%error, "revocation lists could not be renewed");
                    false
                }
            };
            let wait = if is_renewed { settings.every } else { after_failure };
            after_failure = if is_renewed { ASKED_AGAIN_AFTER } else { after_failure * 2 }.min(settings.every);
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks every source once; answers whether each gave a list.
    async fn renew(&self, settings: &RevocationSettings, http: &http::Client) -> Result<bool, AppError> {
        let before = self.kept().await?;
        let mut all_gave = true;
        for source in &settings.sources {
            let kept = before.iter().find(|it| it.source == *source).and_then(|it| it.content.as_ref());
            let fetched = fetch(source, http).await;
            let now = self.env().now();
            let checked = fetched.and_then(|bytes| {
                check(settings, &bytes, kept.map(|(content, _)| content.as_slice()), now)?;
                Ok(bytes)
            });
            let source = source.clone();
            match checked {
                Ok(bytes) => {
                    let keep = move |tx: &mut Tx<'_>| Ok::<_, AppError>(revocation::keep(tx, &source, &bytes, now)?);
                    self.store().write(keep).await?;
                }
                Err(failure) => {
                    all_gave = false;
                    tracing::warn!(failure, "a revocation list could not be renewed");
                    let failed =
                        move |tx: &mut Tx<'_>| Ok::<_, AppError>(revocation::failed(tx, &source, failure, now)?);
                    self.store().write(failed).await?;
                }
            }
        }
        let kept = self.kept().await?;
        self.put_in_force(settings, &kept);
        Ok(all_gave)
    }

    /// What stands of each source of the settings, in their order, as last looked at by this process; empty when revocation
    /// is not checked.
    pub fn revocation_states(&self) -> Vec<SourceState> {
        let now = self.env().now();
        let mut states = self.inner.revocation.0.read().unwrap_or_else(PoisonError::into_inner).clone();
        // A list proves nothing once it is over.
        states.iter_mut().for_each(|it| it.list = it.list.filter(|(_, over_at, _)| *over_at > now));
        states
    }

    /// Puts in force the lists that can still be believed, and remembers what stands of each source.
    fn put_in_force(&self, settings: &RevocationSettings, kept: &[Kept]) {
        let now = self.env().now().as_second();
        let mut in_force = Vec::new();
        let states = settings.sources.iter().map(|source| {
            let kept = kept.iter().find(|it| it.source == *source);
            let content = kept.and_then(|it| it.content.as_ref());
            let believed = content.and_then(|(bytes, at)| Some((settings.lists.decode(bytes, now).ok()?, *at)));
            let state = SourceState {
                source: source.clone(),
                tried_at: kept.map(|it| it.tried_at),
                failure: kept.map(|it| it.failure.clone()).unwrap_or_default(),
                list: believed.as_ref().and_then(|(lists, at)| summary(lists, *at)),
            };
            in_force.extend(believed.into_iter().flat_map(|(lists, _)| lists));
            state
        });
        *self.inner.revocation.0.write().unwrap_or_else(PoisonError::into_inner) = states.collect();
        if let Err(error) = settings.lists.replace(&in_force) {
            tracing::error!(%error, "revocation lists could not be put in force");
        }
    }

    async fn kept(&self) -> Result<Vec<Kept>, AppError> {
        self.store().read(|tx| Ok(revocation::all(tx)?)).await
    }
}

/// Since when lists are kept, when the first of them is over, and how many certificates are on them.
fn summary(lists: &[RevocationList], kept_at: Timestamp) -> Option<(Timestamp, Timestamp, usize)> {
    let over_at = lists.iter().map(|it| it.next_update).min()?;
    Some((kept_at, Timestamp::from_second(over_at).ok()?, lists.iter().map(|it| it.n_revoked).sum()))
}

/// Trusts the same authorities for an address in `https`; most lists are published in clear, and signed.
fn client(settings: &RevocationSettings) -> Result<http::Client, tls::TlsError> {
    let config = tls::client_config(&ClientTls { roots_pem: &settings.roots_pem, ..ClientTls::default() })?;
    let limits = http::Limits { response_bytes: MAX_LIST_BYTES, ..http::Limits::default() };
    Ok(http::Client::new((*config).clone(), limits))
}

/// The bytes of a source; the code of the failure otherwise.
async fn fetch(source: &str, http: &http::Client) -> Result<Vec<u8>, &'static str> {
    if source.starts_with("http://") || source.starts_with("https://") {
        let response = http.get_signed(source, TIMEOUT).await.map_err(|_| "unreachable")?;
        return if response.status == 200 { Ok(response.body.to_vec()) } else { Err("refused") };
    }
    let path = Path::new(source).to_owned();
    let size = tokio::fs::metadata(&path).await.map_err(|_| "unreadable")?.len();
    if size > MAX_LIST_BYTES as u64 {
        return Err("too_large");
    }
    tokio::fs::read(&path).await.map_err(|_| "unreadable")
}

/// Whether what a source gave can be believed, and is not older than what it gave before.
fn check(
    settings: &RevocationSettings,
    bytes: &[u8],
    before: Option<&[u8]>,
    now: Timestamp,
) -> Result<(), &'static str> {
    let now = now.as_second();
    let lists = settings.lists.decode(bytes, now).map_err(code)?;
    let before = before.and_then(|it| settings.lists.decode(it, now).ok()).unwrap_or_default();
    let went_back = before.iter().any(|old| lists.iter().any(|new| new.is_before(old)));
    if went_back { Err("older") } else { Ok(()) }
}

fn code(error: ListError) -> &'static str {
    match error {
        ListError::TooLarge => "too_large",
        ListError::WithoutEnd => "without_end",
        ListError::NotSigned => "not_signed",
        ListError::Over => "over",
        ListError::Future => "future",
        _ => "not_a_list",
    }
}
