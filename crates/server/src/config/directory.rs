//! Settings of the Annuaire Santé: a folder of extractions, or the FHIR API, and how often.

use std::{path::PathBuf, time::Duration};

use anyhow::{Context, Result, anyhow, bail};
use app::directory::{ApiSettings, DirectorySettings, DirectorySource, MOST_PER_SECOND, Shrink, parse_every};
use serde::Deserialize;
use transport::{
    http::{Client, Limits},
    tls,
};

/// Largest page that is read, in bytes.
const MAX_PAGE_BYTES: usize = 32 << 20;

/// Automatic loading of the Annuaire Santé.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DirectoryConfig {
    /// A folder of extractions, text or ZIP, that another program fetches.
    pub folder: Option<PathBuf>,
    /// The FHIR API, instead of the folder.
    pub fhir: Option<FhirConfig>,
    /// From one load to the next: a number and `m`, `h` or `d`.
    pub every: String,
    /// By how much the directory may shrink from one load to the next, in percent.
    pub shrink_percent: u64,
}

/// The FHIR API of the Annuaire Santé.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FhirConfig {
    /// Base address, such as `https://…/fhir/v2`.
    url: String,
    /// File whose first line is the key of the API.
    key_file: Option<PathBuf>,
    /// PEM file of the authorities of its certificate; needed unless the API is on this machine.
    roots: Option<PathBuf>,
    /// Resources of a page.
    #[serde(default = "page_size")]
    page_size: u32,
    /// Requests a second at most.
    #[serde(default = "per_second")]
    per_second: u32,
}

fn page_size() -> u32 {
    200
}

fn per_second() -> u32 {
    8
}

impl Default for DirectoryConfig {
    fn default() -> Self {
        Self { folder: None, fhir: None, every: "24h".to_owned(), shrink_percent: 10 }
    }
}

impl DirectoryConfig {
    /// Automatic loading, when a folder or the API is set.
    pub fn settings(&self) -> Result<Option<DirectorySettings>> {
        let source = match (&self.folder, self.api()?) {
            (None, None) => return Ok(None),
            (Some(folder), None) => DirectorySource::Folder(folder.clone()),
            (None, Some(api)) => DirectorySource::Api(Box::new(api)),
            (Some(_), Some(_)) => bail!("annuaire.folder et annuaire.fhir s'excluent : gardez l'un des deux"),
        };
        let every = parse_every(&self.every)
            .ok_or_else(|| anyhow!("annuaire.every n'est pas un délai d'une minute à 31 jours, comme « 24h »"))?;
        Ok(Some(DirectorySettings { source, every, shrink: self.shrink()? }))
    }

    /// What becomes of a load that is much shorter than the one before.
    pub fn shrink(&self) -> Result<Shrink> {
        if self.shrink_percent > 100 {
            bail!("annuaire.shrink_percent va de 0 à 100");
        }
        Ok(Shrink::RefusedBeyond(self.shrink_percent))
    }

    /// The API, when it is set.
    pub fn api(&self) -> Result<Option<ApiSettings>> {
        let Some(fhir) = &self.fhir else { return Ok(None) };
        let url = fhir.url.trim().trim_end_matches('/').to_owned();
        if url.contains(['?', '#', '@']) {
            bail!("annuaire.fhir.url est une adresse sans paramètre ni identifiant");
        }
        if !(1..=1000).contains(&fhir.page_size) {
            bail!("annuaire.fhir.page_size va de 1 à 1000");
        }
        if !(1..=MOST_PER_SECOND).contains(&fhir.per_second) {
            bail!("annuaire.fhir.per_second va de 1 à {MOST_PER_SECOND}, limite de l'API par application");
        }
        let tls = match &fhir.roots {
            Some(roots) => {
                let roots_pem = std::fs::read(roots).context("annuaire.fhir.roots")?;
                let client = tls::ClientTls { roots_pem: &roots_pem, ..tls::ClientTls::default() };
                (*tls::client_config(&client).context("annuaire.fhir.roots")?).clone()
            }
            None if url.starts_with("https:") => bail!("annuaire.fhir.roots est nécessaire"),
            None => tls::trusting_nobody()?,
        };
        let limits = Limits { response_bytes: MAX_PAGE_BYTES, ..Limits::default() };
        Ok(Some(ApiSettings {
            url,
            key_file: fhir.key_file.clone(),
            count: fhir.page_size,
            per_second: fhir.per_second,
            first_wait: Duration::from_secs(1),
            client: Client::new(tls, limits),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use figment::{
        Figment,
        providers::{Format as _, Toml},
    };

    fn read(text: &str) -> Result<Option<DirectorySettings>, String> {
        let config: DirectoryConfig =
            Figment::new().merge(Toml::string(text)).extract().map_err(|it| it.to_string())?;
        config.settings().map_err(|error| format!("{error:#}"))
    }

    #[test]
    fn the_directory_is_loaded_from_a_folder_or_from_the_api_within_its_limits() {
        assert!(read("").is_ok_and(|it| it.is_none()));
        assert!(matches!(read("folder = 'f'").map(|it| it.map(|it| it.source)), Ok(Some(DirectorySource::Folder(_)))));
        let url = "url = 'http://127.0.0.1:9/fhir/v2/'";
        let Ok(Some(DirectorySource::Api(api))) = read(&format!("[fhir]\n{url}")).map(|it| it.map(|it| it.source))
        else {
            unreachable!("the API is set")
        };
        assert_eq!((api.url.as_str(), api.count, api.per_second), ("http://127.0.0.1:9/fhir/v2", 200, 8));
        for (wrong, said) in [
            (format!("folder = 'f'\n[fhir]\n{url}"), "s'excluent"),
            (format!("[fhir]\n{url}\nper_second = 18"), "per_second"),
            (format!("[fhir]\n{url}\npage_size = 0"), "page_size"),
            (format!("[fhir]\n{url}\nkey = 'x'"), "key"),
            ("[fhir]\nurl = 'https://api.example.test/fhir/v2'".to_owned(), "annuaire.fhir.roots"),
            ("[fhir]\nurl = 'https://me@api.example.test/'".to_owned(), "annuaire.fhir.url"),
            (format!("every = '3'\n[fhir]\n{url}"), "annuaire.every"),
            (format!("shrink_percent = 101\n[fhir]\n{url}"), "shrink_percent"),
        ] {
            let error = read(&wrong).expect_err(&wrong);
            assert!(error.contains(said), "{error}");
        }
    }
}
