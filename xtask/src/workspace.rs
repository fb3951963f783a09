//! The workspace as cargo and git see it: members, their dependencies, the files of the project.

use crate::shell;
use anyhow::{Context, Result};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What every chore starts from.
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// Where cargo builds.
    pub target: PathBuf,
    /// Members by name.
    pub members: BTreeMap<String, Member>,
    /// Every package from elsewhere.
    pub libraries: Vec<Library>,
}

/// A crate of the workspace.
pub struct Member {
    /// Its folder.
    pub folder: PathBuf,
    /// Other members it needs, outside tests.
    pub needs: Vec<String>,
    /// Other members its tests need.
    pub tests_need: Vec<String>,
}

/// A crate from elsewhere.
pub struct Library {
    /// Name.
    pub name: String,
    /// Version.
    pub version: String,
    /// SPDX expression, when it states one.
    pub license: Option<String>,
    /// Where it comes from.
    pub source: String,
}

impl Workspace {
    /// Asks `cargo metadata`. The lock file must be up to date.
    pub fn load() -> Result<Self> {
        let mut command = Command::new("cargo");
        command.args(["metadata", "--format-version", "1", "--locked"]);
        command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."));
        let metadata: Value = serde_json::from_str(&shell::output(&mut command)?)?;
        let path = |key: &str| metadata[key].as_str().map(PathBuf::from).with_context(|| format!("no {key}"));
        let packages = metadata["packages"].as_array().context("no packages")?;
        let (mut members, mut libraries) = (BTreeMap::new(), Vec::new());
        for package in packages {
            let text = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            match package["source"].as_str() {
                Some(source) => libraries.push(Library {
                    name: text("name"),
                    version: text("version"),
                    license: package["license"].as_str().map(str::to_owned),
                    source: source.to_owned(),
                }),
                None => {
                    let manifest = PathBuf::from(text("manifest_path"));
                    let folder = manifest.parent().context("a manifest lies in a folder")?.to_owned();
                    let needs = members_needed(package, |kind| kind != Some("dev"));
                    let tests_need = members_needed(package, |kind| kind == Some("dev"));
                    members.insert(text("name"), Member { folder, needs, tests_need });
                }
            }
        }
        Ok(Self { root: path("workspace_root")?, target: path("target_directory")?, members, libraries })
    }

    /// Files of the project, relative to its root: what git tracks or would track, sorted.
    pub fn files(&self) -> Result<Vec<PathBuf>> {
        let mut command = Command::new("git");
        command.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let listed = shell::output(command.current_dir(&self.root))?;
        let mut files: Vec<PathBuf> = listed.split_terminator('\0').map(PathBuf::from).collect();
        files.retain(|file| self.root.join(file).is_file());
        files.sort();
        files.dedup();
        Ok(files)
    }

    /// A path of a member, relative to the root, with `/`.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.root).unwrap_or(path).display().to_string()
    }

    /// Cargo in this workspace.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("cargo");
        command.args(arguments).current_dir(&self.root);
        command
    }

    /// A folder for what chores keep, made when missing.
    pub fn scratch(&self) -> Result<PathBuf> {
        let folder = self.target.join("xtask");
        std::fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
        Ok(folder)
    }
}

/// Dependencies by path: in this workspace they are the members.
fn members_needed(package: &Value, wanted: impl Fn(Option<&str>) -> bool) -> Vec<String> {
    let all = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    all.iter()
        .filter(|dependency| dependency["path"].is_string() && wanted(dependency["kind"].as_str()))
        .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
        .collect()
}
