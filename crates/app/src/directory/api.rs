//! The FHIR API of the Annuaire Santé: resources asked for page by page; pages read, or why one could not be, out.
//!
//! At most so many requests a second, a few more tries when the server is busy or fails, and no page from another place
//! than the one in the settings. The key is read from its file at each load and stands in no log and in no report.

use std::{
    path::PathBuf,
    sync::mpsc::SyncSender,
    time::{Duration, Instant},
};

use annuaire::{
    Problem,
    fhir::{self, Entry, PageError, Resource},
};
use jiff::Timestamp;
use transport::http::{Client, HttpError, same_origin};

/// Requests a second that an application may make. Source: Annuaire Santé, conditions of the API.
pub const MOST_PER_SECOND: u32 = 17;
/// How long an answer may take. Source: the same.
const TIMEOUT: Duration = Duration::from_secs(30);
/// Tries of one page.
const TRIES: u32 = 5;
/// The longest wait between two tries, whatever the server asks for.
const LONGEST_WAIT: Duration = Duration::from_secs(120);
/// Most pages of one resource: far beyond the directory, but an end.
const MAX_PAGES: u64 = 1_000_000;
/// Longest key, in bytes.
const MAX_KEY_BYTES: usize = 4096;

/// Where the API is and how it is asked.
#[derive(Clone, Debug)]
pub struct ApiSettings {
    /// Base address, such as `https://…/fhir/v2`, without a slash at its end.
    pub url: String,
    /// File of the key that the header `ESANTE-API-KEY` bears; `None`: no such header.
    pub key_file: Option<PathBuf>,
    /// Resources of a page, 1 to 1 000.
    pub count: u32,
    /// Requests a second, 1 to [`MOST_PER_SECOND`].
    pub per_second: u32,
    /// Wait before the second try; it doubles at each other one.
    pub first_wait: Duration,
    /// What the API is reached with.
    pub client: Client,
}

/// Why there is no page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ApiError {
    /// The key cannot be read, or is refused.
    Key,
    /// No answer, or none but failures, with the last status.
    Unreachable(Option<u16>),
    /// An answer that is no page, with its status.
    Answer(u16),
    /// The next page is said to be at another place.
    Origin,
}

impl ApiError {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::Key => "DIRECTORY-API-KEY",
            Self::Unreachable(_) => "DIRECTORY-API-UNREACHABLE",
            Self::Answer(_) => "DIRECTORY-API-ANSWER",
            Self::Origin => "DIRECTORY-API-ORIGIN",
        }
    }

    fn status(self) -> Option<u16> {
        match self {
            Self::Unreachable(status) => status,
            Self::Answer(status) => Some(status),
            Self::Key | Self::Origin => None,
        }
    }
}

/// What was fetched.
pub(super) enum Fetched {
    Page { resource: Resource, entries: Vec<Result<Entry, Problem>> },
    Failed { error: ApiError, place: String },
}

/// Fetches every page of every resource, in the order that references need; ends at the first failure, or when nobody
/// listens any more. `since`: only what changed since then.
pub(super) async fn fetch(api: &ApiSettings, since: Option<Timestamp>, sender: &SyncSender<Fetched>) {
    let key = match &api.key_file {
        None => None,
        Some(file) => match read_key(file) {
            Some(key) => Some(key),
            None => {
                let _ = sender.send(Fetched::Failed { error: ApiError::Key, place: String::new() });
                return;
            }
        },
    };
    let mut asker = Asker { api, key, next_at: tokio::time::Instant::now() };
    for resource in Resource::ALL {
        let since = since.map(|at| format!("&_lastUpdated=ge{at:.0}")).unwrap_or_default();
        let mut url = format!("{}/{}?_count={}{since}", api.url, resource.name(), api.count);
        let mut n_pages = 0;
        loop {
            n_pages += 1;
            let next = match asker.page(&url, resource).await {
                Ok(page) => {
                    if sender.send(Fetched::Page { resource, entries: page.entries }).is_err() {
                        return;
                    }
                    match page.next {
                        None => break,
                        Some(next) if !same_origin(&api.url, &next) => Err(ApiError::Origin),
                        Some(next) if next == url || n_pages == MAX_PAGES => Err(ApiError::Answer(200)),
                        Some(next) => Ok(next),
                    }
                }
                Err(error) => Err(error),
            };
            match next {
                Ok(next) => url = next,
                Err(error) => {
                    let status = error.status().map(|it| format!(" : HTTP {it}")).unwrap_or_default();
                    let place = format!("{}, page {n_pages}{status}", resource.name());
                    let _ = sender.send(Fetched::Failed { error, place });
                    return;
                }
            }
        }
    }
}

/// The first line of the file, when it can be a header.
fn read_key(file: &std::path::Path) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let key = text.lines().next().unwrap_or_default().trim();
    let plain = key.bytes().all(|it| it.is_ascii_graphic());
    (!key.is_empty() && key.len() <= MAX_KEY_BYTES && plain).then(|| key.to_owned())
}

struct Asker<'a> {
    api: &'a ApiSettings,
    key: Option<String>,
    /// Before then no request leaves.
    next_at: tokio::time::Instant,
}

impl Asker<'_> {
    async fn page(&mut self, url: &str, resource: Resource) -> Result<fhir::Page, ApiError> {
        let mut wait = self.api.first_wait;
        let mut status = None;
        for n_try in 1..=TRIES {
            tokio::time::sleep_until(self.next_at).await;
            self.next_at = tokio::time::Instant::now() + Duration::from_secs(1) / self.api.per_second.max(1);
            let started = Instant::now();
            let mut headers = vec![("accept", "application/fhir+json")];
            headers.extend(self.key.as_deref().map(|key| ("esante-api-key", key)));
            let asked = match self.api.client.get(url, &headers, TIMEOUT).await {
                Ok(answer) if answer.status == 200 => {
                    tracing::debug!(resource = resource.name(), took = ?started.elapsed(), "a page of the directory");
                    return fhir::page(&answer.body, resource).map_err(|error: PageError| {
                        tracing::warn!(%error, resource = resource.name(), "an answer of the directory is no page");
                        ApiError::Answer(200)
                    });
                }
                Ok(answer) if matches!(answer.status, 401 | 403) => return Err(ApiError::Key),
                Ok(answer) if answer.status == 429 || answer.status >= 500 => {
                    status = Some(answer.status);
                    answer.header("retry-after").and_then(|it| it.trim().parse().ok()).map(Duration::from_secs)
                }
                Ok(answer) => return Err(ApiError::Answer(answer.status)),
                Err(HttpError::ResponseTooLarge { status, .. }) => return Err(ApiError::Answer(status)),
                Err(HttpError::Misused { .. } | HttpError::Insecure) => return Err(ApiError::Unreachable(None)),
                Err(_) => {
                    status = None;
                    None
                }
            };
            if n_try < TRIES {
                tokio::time::sleep(asked.unwrap_or(wait).min(LONGEST_WAIT)).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
        Err(ApiError::Unreachable(status))
    }
}
