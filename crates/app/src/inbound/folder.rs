//! A watched folder: each file is one message. Files are never changed nor deleted, only noted as read.

use std::{
    collections::HashMap,
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use records::messages;

use crate::{App, AppError, report::sha256_hex};

/// How long a file must have been left alone: its writer may still be at it.
const SETTLED: Duration = Duration::from_secs(1);
/// Files read in one round.
const MAX_FILES: usize = 1000;

impl App {
    /// Reads a folder every second, until the process ends.
    pub async fn run_folder(self, folder: PathBuf) {
        let mut seen = HashMap::new();
        loop {
            if let Err(error) = self.read_folder(&folder, &mut seen).await {
                tracing::error!(%error, "a watched folder could not be read");
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    /// Reads once what is new; `seen` spares reading again the files of earlier rounds. Answers how many were received.
    pub async fn read_folder(
        &self,
        folder: &Path,
        seen: &mut HashMap<PathBuf, (SystemTime, u64)>,
    ) -> Result<usize, AppError> {
        let limit = self.settings().max_message_bytes;
        let mut n_received = 0;
        for (path, stamp) in settled_files(folder, seen) {
            let Some(bytes) = read_bounded(&path, limit) else { continue };
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            let signature = format!("{}:{}", bytes.len(), sha256_hex(&bytes));
            let (key, print) = (name.clone(), signature.clone());
            let known =
                self.store().read(move |tx| Ok::<_, AppError>(messages::file_was_read(tx, &key, &print)?)).await?;
            if !known {
                let (_, id) = self.store_and_answer("folder", &name, bytes).await.map_err(|(error, _)| error)?;
                let now = self.env().now();
                self.store()
                    .write(move |tx| Ok::<_, AppError>(messages::note_file(tx, &name, &signature, id, now)?))
                    .await?;
                n_received += 1;
            }
            seen.insert(path, stamp);
        }
        Ok(n_received)
    }
}

/// Regular files with a message's extension, unchanged for a moment and not seen as they are, by name.
fn settled_files(folder: &Path, seen: &HashMap<PathBuf, (SystemTime, u64)>) -> Vec<(PathBuf, (SystemTime, u64))> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<_> = entries
        .flatten()
        .filter_map(|entry| {
            let path = entry.path();
            let extension = path.extension()?.to_str()?.to_ascii_lowercase();
            let metadata = entry.metadata().ok()?;
            let modified = metadata.modified().ok()?;
            let settled = modified.elapsed().is_ok_and(|age| age >= SETTLED);
            let stamp = (modified, metadata.len());
            let fresh = seen.get(&path) != Some(&stamp);
            (metadata.is_file()
                && settled
                && fresh
                && matches!(extension.as_str(), "hl7" | "er7" | "oru" | "oul" | "adt"))
            .then_some((path, stamp))
        })
        .collect();
    files.sort();
    files.truncate(MAX_FILES);
    files
}

/// At most one byte more than the limit: enough for the message to be refused as too large.
fn read_bounded(path: &Path, limit: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path).ok()?.take(bound).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
