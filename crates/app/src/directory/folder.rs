//! Loading by itself, as often as the settings say: a folder where another program puts the extractions, or the FHIR API.
//!
//! Files are read and never changed nor deleted; what fetches them is the operator's.

use std::{
    path::{Path, PathBuf},
    sync::{
        OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use records::directory::load;

use super::{ApiSettings, LoadReport, Shrink};
use crate::{App, AppError};

/// How long a file must have been left alone: its writer may still be at it.
const SETTLED: Duration = Duration::from_secs(10);
/// The shortest and the longest interval between two loads.
const SHORTEST: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(31 * 24 * 3600);

/// What the directory is loaded from.
#[derive(Clone, Debug)]
pub enum DirectorySource {
    /// A folder of `.txt` and `.zip` files.
    Folder(PathBuf),
    /// The FHIR API.
    Api(Box<ApiSettings>),
}

/// What the directory is loaded from, and how often.
#[derive(Clone, Debug)]
pub struct DirectorySettings {
    /// From what.
    pub source: DirectorySource,
    /// From one load to the next.
    pub every: Duration,
    /// What becomes of a file that is much shorter than the one before.
    pub shrink: Shrink,
}

/// What the process knows of automatic loads.
#[derive(Default)]
pub(crate) struct Automatic {
    pub(super) settings: OnceLock<DirectorySettings>,
    /// When the next load is due, in microseconds since 1970; 0: never.
    next: AtomicI64,
}

impl Automatic {
    pub(super) fn next(&self) -> Option<Timestamp> {
        let at = self.next.load(Ordering::Relaxed);
        (at > 0).then(|| Timestamp::from_microsecond(at).ok()).flatten()
    }
}

/// Reads how often: a number and `m`, `h` or `d` (`24h`), from one minute to 31 days.
pub fn parse_every(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = match text.chars().last()? {
        'm' => 60,
        'h' => 3600,
        'd' | 'j' => 24 * 3600,
        _ => return None,
    };
    let number: u64 = text.get(..text.len() - 1)?.trim().parse().ok()?;
    let every = Duration::from_secs(number.checked_mul(unit)?);
    (SHORTEST..=LONGEST).contains(&every).then_some(every)
}

impl App {
    /// Loads what a folder holds or the API answers, as often as told, until the process ends.
    ///
    /// The first load is due one interval after the last one that ended; at once when there was none.
    pub async fn run_directory(self, settings: DirectorySettings) {
        let _ = self.inner.directory.settings.set(settings.clone());
        loop {
            match self.directory_due(settings.every).await {
                Ok(due) => {
                    let now = self.env().now();
                    self.inner.directory.next.store(due.max(now).as_microsecond(), Ordering::Relaxed);
                    if due <= now {
                        self.load_source(&settings).await;
                    }
                }
                Err(error) => tracing::error!(%error, "when the directory was last loaded is not known"),
            }
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
    }

    /// When the next load is due.
    pub async fn directory_due(&self, every: Duration) -> Result<Timestamp, AppError> {
        let last = self.store().read(|tx| Ok::<_, AppError>(load::latest(tx, 1)?)).await?;
        Ok(last
            .first()
            .map_or(Timestamp::UNIX_EPOCH, |it| it.started_at.saturating_add(every).unwrap_or(Timestamp::MAX)))
    }

    async fn load_source(&self, settings: &DirectorySettings) {
        match self.load_directory_source(settings).await {
            Ok(None) => {}
            Ok(Some(report)) => tracing::info!(
                in_force = report.in_force,
                n_files = report.files.len(),
                n_findings = report.findings.len(),
                duration_ms = report.duration_ms,
                "the directory was loaded"
            ),
            Err(error) => tracing::error!(%error, "the directory could not be loaded"),
        }
    }

    /// Loads the newest file of each name that a folder holds, `None` when it holds none; or what the API answers.
    pub async fn load_directory_source(&self, settings: &DirectorySettings) -> Result<Option<LoadReport>, AppError> {
        let folder = match &settings.source {
            DirectorySource::Folder(folder) => folder,
            DirectorySource::Api(api) => {
                let loaded = self.load_directory_api((**api).clone(), false, settings.shrink, "annuaire", |_| {});
                return loaded.await.map(Some);
            }
        };
        let files = newest(folder);
        if files.is_empty() {
            return Ok(None);
        }
        self.load_directory(files, settings.shrink, "annuaire", |_| {}).await.map(Some)
    }
}

/// The newest file of each name without its date, among those left alone for a moment.
fn newest(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(String, String, SystemTime, PathBuf)> = entries
        .flatten()
        .take(1000)
        .filter_map(|entry| {
            let path = entry.path();
            let extension = path.extension()?.to_str()?.to_ascii_lowercase();
            let metadata = entry.metadata().ok()?;
            let modified = metadata.modified().ok()?;
            let settled = modified.elapsed().is_ok_and(|age| age >= SETTLED);
            let wanted = metadata.is_file() && settled && matches!(extension.as_str(), "txt" | "zip");
            let name = entry.file_name().to_string_lossy().into_owned();
            let published = annuaire::published(&name).unwrap_or_default();
            let stem = name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem);
            let stem = if published.is_empty() { stem } else { stem.rsplit_once('_').map_or(stem, |(stem, _)| stem) };
            wanted.then(|| (stem.to_ascii_lowercase(), published, modified, path))
        })
        .collect();
    files.sort();
    let mut newest: Vec<(String, PathBuf)> = Vec::new();
    for (stem, _, _, path) in files {
        match newest.last_mut() {
            Some((known, last)) if *known == stem => *last = path,
            _ => newest.push((stem, path)),
        }
    }
    newest.into_iter().map(|(_, path)| path).filter(|path| !is_other(path)).collect()
}

/// Whether a file is another extraction published beside ours.
fn is_other(path: &Path) -> bool {
    let name = path.file_name().map(|it| it.to_string_lossy().to_ascii_lowercase()).unwrap_or_default();
    ["dipl_autexerc", "savoirfaire", "porteurs_cps"].iter().any(|other| name.contains(other))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn an_interval_is_a_number_and_its_unit_within_bounds() {
        assert_eq!(parse_every("24h"), Some(Duration::from_secs(86_400)));
        assert_eq!(parse_every("7 j"), Some(Duration::from_secs(7 * 86_400)));
        assert_eq!(parse_every("90m"), Some(Duration::from_secs(5_400)));
        for wrong in ["", "h", "24", "0h", "-1h", "32d", "99999999999999999999d", "24 hé"] {
            assert_eq!(parse_every(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_newest_file_of_each_name_is_read_once_it_is_left_alone() {
        let folder = std::env::temp_dir().join(format!("paillasse-annuaire-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let long_ago = SystemTime::now() - Duration::from_secs(60);
        let names = [
            "Extraction_Correspondance_MSSante_202608251013.txt",
            "Extraction_Correspondance_MSSante_202608261013.txt",
            "PS_LibreAcces_Personne_activite_202608261013.zip",
            "PS_LibreAcces_SavoirFaire_202608261013.txt",
            "notes.pdf",
        ];
        for name in names {
            std::fs::File::create(folder.join(name)).unwrap().set_modified(long_ago).unwrap();
        }
        std::fs::write(folder.join("Extraction_Correspondance_MSSante_202608271013.txt"), "being written").unwrap();
        let found: Vec<String> =
            newest(&folder).iter().map(|it| it.file_name().unwrap().to_string_lossy().into_owned()).collect();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, [names[1], names[2]]);
    }
}
