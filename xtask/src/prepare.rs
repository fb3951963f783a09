//! Installs the tools that judge our files, when they are missing and the machine lets us.
//!
//! Out: what is still absent. Absent tools never fail here: the tests that need one say what they skipped.

use crate::{shell, workspace::Workspace};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How one sees that a Debian package is there.
enum Sign {
    Program(&'static str),
    File(&'static str),
    /// A file under each version folder of a folder.
    Versioned(&'static str, &'static str),
}

/// What tests and judges use, with its Debian package.
const DEBIAN: &[(&str, Sign)] = &[
    ("postgresql", Sign::Versioned("/usr/lib/postgresql", "bin/initdb")),
    ("postfix", Sign::File("/usr/sbin/postfix")),
    ("dovecot-imapd", Sign::File("/usr/sbin/dovecot")),
    ("dnsmasq-base", Sign::File("/usr/sbin/dnsmasq")),
    ("poppler-utils", Sign::Program("pdftotext")),
    ("qpdf", Sign::Program("qpdf")),
    ("dmtx-utils", Sign::Program("dmtxread")),
    ("default-jdk-headless", Sign::Program("javac")),
    ("libpdfbox2-java", Sign::File("/usr/share/java/preflight.jar")),
    ("libjaxb-api-java", Sign::File("/usr/share/java/jaxb-api.jar")),
    ("libsaxonhe-java", Sign::File("/usr/share/java/Saxon-HE.jar")),
    ("libxml2-utils", Sign::Program("xmllint")),
    ("xmlsec1", Sign::Program("xmlsec1")),
    ("chromium", Sign::Program("chromium")),
    ("python3-venv", Sign::Versioned("/usr/lib", "ensurepip/__init__.py")),
];

/// Python modules: the name to install and the name to import.
const PYTHON: &[(&str, &str)] = &[
    ("saxonche", "saxonche"),
    ("lxml", "lxml"),
    ("hl7", "hl7"),
    ("fhir.resources", "fhir.resources"),
    ("signxml", "signxml"),
];

/// Oracles that a person puts into the cache, because they are not ours to give.
const ORACLES: &[(&str, &str)] = &[
    ("ans", "the official schematrons (a checkout of ansforge/TestContenuCDA-3-0)"),
    ("ebrs", "the ebRS 3.0 schemas"),
    ("schxslt", "the Schematron compiler SchXslt (a checkout of schxslt/schxslt)"),
];

/// Installs what is missing; answers what is still absent, in words.
pub fn run(workspace: &Workspace) -> Vec<String> {
    let mut absent = Vec::new();
    if missing().next().is_some()
        && let Err(error) = install(&missing().collect::<Vec<_>>())
    {
        println!("could not install Debian packages: {error:#}");
    }
    absent.extend(missing().map(|package| format!("Debian package {package}")));
    match python() {
        Ok(venv) => absent.extend(
            PYTHON.iter().filter(|(_, module)| !imports(&venv, module)).map(|(it, _)| format!("Python package {it}")),
        ),
        Err(error) => absent.push(format!("Python environment ({error:#})")),
    }
    absent.extend(ORACLES.iter().filter(|(folder, _)| !has_oracle(folder)).map(|(_, what)| format!("oracle: {what}")));
    if !workspace.root.ancestors().any(|folder| folder.join("shared/data/ans").is_dir()) {
        absent.push("the published examples (shared/data beside the repository)".into());
    }
    absent
}

/// The interpreter of our environment, made when missing, with every module that could be installed.
pub fn python() -> Result<PathBuf> {
    let folder = shell::cache()?.join("venv");
    let interpreter = folder.join("bin/python");
    if !interpreter.is_file() {
        let system = if Path::new("/usr/bin/python3").is_file() { "/usr/bin/python3" } else { "python3" };
        let made = Command::new(system).args(["-m", "venv"]).arg(&folder).stdout(Stdio::null()).status()?;
        ensure!(made.success() && interpreter.is_file(), "python3 -m venv failed");
    }
    for (package, module) in PYTHON {
        if !imports(&interpreter, module) {
            println!("installing the Python package {package}");
            let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", package];
            // A failure shows as an absent module.
            let _ = Command::new(&interpreter).args(pip).status();
        }
    }
    Ok(interpreter)
}

fn imports(interpreter: &Path, module: &str) -> bool {
    let mut command = Command::new(interpreter);
    command.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn missing() -> impl Iterator<Item = &'static str> {
    DEBIAN.iter().filter(|(_, sign)| !sign.is_seen()).map(|(package, _)| *package)
}

impl Sign {
    fn is_seen(&self) -> bool {
        match self {
            Self::Program(program) => shell::has(program),
            Self::File(file) => Path::new(file).is_file(),
            Self::Versioned(folder, file) => std::fs::read_dir(folder)
                .is_ok_and(|versions| versions.flatten().any(|version| version.path().join(file).is_file())),
        }
    }
}

fn install(packages: &[&str]) -> Result<()> {
    ensure!(shell::has("apt-get"), "this is not a Debian machine; missing: {}", packages.join(", "));
    println!("installing {}", packages.join(", "));
    apt_get(&["update", "-qq"])?;
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(packages);
    apt_get(&arguments)
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let is_root = shell::output(Command::new("id").arg("-u"))?.trim() == "0";
    let mut command = if is_root { Command::new("apt-get") } else { Command::new("sudo") };
    if !is_root {
        command.args(["--non-interactive", "apt-get"]);
    }
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdin(Stdio::null()).stdout(Stdio::null());
    ensure!(command.status()?.success(), "apt-get {} failed", arguments[0]);
    Ok(())
}

fn has_oracle(folder: &str) -> bool {
    let root = match std::env::var_os("PAILLASSE_ORACLES") {
        Some(root) => PathBuf::from(root),
        None => match shell::cache() {
            Ok(cache) => cache.join("oracles"),
            Err(_) => return false,
        },
    };
    root.join(folder).is_dir()
}
