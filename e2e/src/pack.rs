//! A tiny pack of rules, written by hand: laid out as the official one, with one rule of the test's choosing.

use std::path::{Path, PathBuf};

use anyhow::Result;
use app::settings::{PackSettings, WithoutPack};

/// Files of the schemas that every document is checked with, and of the volet of our reports.
const FILES: [&str; 6] = [
    "schematrons/profils/structurationMinimale/ASIP-STRUCT-MIN-StrucMin.sch",
    "schematrons/profils/IHE.sch",
    "schematrons/profils/CI-SIS_ModelesDeContenusCDA.sch",
    "schematrons/profils/CI-SIS_Modeles_ANS.sch",
    "schematrons/profils/terminologies/schematron/terminologie.sch",
    "schematrons/CI-SIS_BIO-CR-BIO_2024.01.sch",
];

/// A folder of rules, removed with its value.
pub struct Pack {
    folder: PathBuf,
}

impl Pack {
    /// A pack whose volet makes these checks on `ClinicalDocument`, beside one that every report passes.
    pub fn with(checks: &str) -> Result<Self> {
        let pack = Self { folder: std::env::temp_dir().join(format!("paillasse-pack-{}", uuid::Uuid::now_v7())) };
        pack.repair()?;
        pack.change(checks)?;
        Ok(pack)
    }

    /// All of its files are whole, with checks that every report passes.
    pub fn repair(&self) -> Result<()> {
        FILES.iter().try_for_each(|file| self.write(file, &schema("")))
    }

    /// Other checks in its volet.
    pub fn change(&self, checks: &str) -> Result<()> {
        self.write(FILES[5], &schema(checks))
    }

    /// All of its files are cut short.
    pub fn damage(&self) -> Result<()> {
        FILES.iter().try_for_each(|file| self.write(file, "<schema"))
    }

    fn write(&self, file: &str, text: &str) -> Result<()> {
        let path = self.folder.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        Ok(std::fs::write(path, text)?)
    }

    /// Settings that use it.
    pub fn settings(&self) -> PackSettings {
        PackSettings { folder: Some(self.folder.clone()), ..PackSettings::default() }
    }

    /// Settings of a laboratory that signs nothing without it.
    pub fn required(&self) -> PackSettings {
        PackSettings { without: WithoutPack::Refused, ..self.settings() }
    }
}

impl Drop for Pack {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn schema(checks: &str) -> String {
    format!(
        r#"<schema xmlns="http://purl.oclc.org/dsdl/schematron" queryBinding="xslt2">
<title>Règles d'essai</title>
<ns prefix="cda" uri="urn:hl7-org:v3"/><ns prefix="xs" uri="http://www.w3.org/2001/XMLSchema"/>
<pattern id="essai"><rule context="cda:ClinicalDocument"><assert test="cda:title">Un titre</assert>{checks}</rule></pattern>
</schema>
"#
    )
}
