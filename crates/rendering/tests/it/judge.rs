//! Programs that are not ours and read our files: poppler, PDFBox preflight, qpdf, the Data Matrix reader of libdmtx,
//! libxslt, Saxon, lxml and Chromium. A missing one is said, not hidden.

use serde_json::Value;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

static SKIPPED: AtomicUsize = AtomicUsize::new(0);

fn skip(tool: &str) {
    let n = SKIPPED.fetch_add(1, Ordering::Relaxed) + 1;
    // Straight to the terminal: the test harness hides what passing tests print.
    let line = format!("skipped: {tool} is not installed ({n} checks skipped so far)\n");
    std::io::stderr().write_all(line.as_bytes()).expect("a terminal");
}

fn write(name: &str, bytes: &[u8]) -> PathBuf {
    // Tests run at once: each writes under its thread's name.
    let thread = std::thread::current().name().unwrap_or("main").replace("::", "_");
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{thread}_{name}.pdf"));
    std::fs::write(&path, bytes).expect("a writable target folder");
    path
}

fn run(tool: &str, command: &mut Command) -> Option<String> {
    match command.output() {
        Ok(output) => {
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(errors.trim().is_empty(), "{tool} complains: {errors}");
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            skip(tool);
            None
        }
    }
}

/// Text in the order of the file, of one page or all.
pub fn text(name: &str, bytes: &[u8], page: Option<usize>) -> Option<String> {
    let mut command = Command::new("pdftotext");
    command.args(["-raw", "-enc", "UTF-8"]);
    if let Some(page) = page {
        command.args(["-f", &page.to_string(), "-l", &page.to_string()]);
    }
    run("pdftotext", command.arg(write(name, bytes)).arg("-"))
}

/// Number of pages.
pub fn n_pages(name: &str, bytes: &[u8]) -> Option<usize> {
    let facts = run("pdfinfo", Command::new("pdfinfo").arg(write(name, bytes)))?;
    facts.lines().find_map(|line| line.strip_prefix("Pages:")?.trim().parse().ok())
}

/// Where a word stands, in points from the top left of its page.
pub struct Word {
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
}

/// Every word of every page.
pub fn words(name: &str, bytes: &[u8]) -> Option<Vec<Vec<Word>>> {
    let text = run("pdftotext", Command::new("pdftotext").arg("-bbox").arg(write(name, bytes)).arg("-"))?;
    let number = |line: &str, key: &str| -> f32 {
        let from = line.find(key).expect("an edge") + key.len() + 2;
        line[from..].split('"').next().and_then(|number| number.parse().ok()).expect("a number")
    };
    let mut pages: Vec<Vec<Word>> = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.starts_with("<page") {
            pages.push(Vec::new());
        } else if line.starts_with("<word") {
            let edge = |key| number(line, key);
            let word = Word { left: edge("xMin"), top: edge("yMin"), right: edge("xMax"), bottom: edge("yMax") };
            pages.last_mut().expect("a page").push(word);
        }
    }
    assert!(pages.iter().all(|page| page.len() > 5));
    Some(pages)
}

/// The verdict of preflight, a line for each file and finding. Jars: `$PAILLASSE_PDFBOX`, else where Debian puts them.
pub fn preflight(files: &[(String, Vec<u8>)]) -> Option<String> {
    let jars = PathBuf::from(std::env::var_os("PAILLASSE_PDFBOX").unwrap_or_else(|| "/usr/share/java".into()));
    let names = ["pdfbox2", "fontbox2", "preflight", "xmpbox", "commons-logging", "jaxb-api", "javax.activation"];
    let jars: Vec<PathBuf> = names.iter().map(|name| jars.join(format!("{name}.jar"))).collect();
    if jars.iter().any(|jar| !jar.exists()) {
        skip("PDFBox preflight (libpdfbox2-java, libjaxb-api-java)");
        return None;
    }
    let source = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance/pdf/Preflight.java");
    let paths: Vec<PathBuf> = files.iter().map(|(name, bytes)| write(name, bytes)).collect();
    let class_path = std::env::join_paths(jars).expect("paths without separators");
    let output = Command::new("java")
        .arg("-Dorg.apache.commons.logging.Log=org.apache.commons.logging.impl.NoOpLog")
        .arg("-cp")
        .arg(class_path)
        .arg(source)
        .args(paths)
        .output();
    match output {
        Ok(output) => {
            let verdict = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(!verdict.is_empty(), "no verdict: {}", String::from_utf8_lossy(&output.stderr));
            Some(verdict)
        }
        Err(_) => {
            skip("java");
            None
        }
    }
}

/// The structure tree of a file with the words of each element.
pub fn structure_text(name: &str, bytes: &[u8]) -> Option<String> {
    let path = write(&format!("tree_{name}"), bytes);
    run("pdfinfo", Command::new("pdfinfo").arg("-struct-text").arg(path))
}

/// What qpdf finds wrong in the structure of a file: nothing, when it is whole.
pub fn structure(name: &str, bytes: &[u8]) -> Option<String> {
    match Command::new("qpdf").arg("--check").arg(write(&format!("qpdf_{name}"), bytes)).output() {
        Ok(output) if output.status.success() => Some(String::new()),
        Ok(output) => {
            let said = [output.stdout, output.stderr].concat();
            Some(format!("{name}: {}", String::from_utf8_lossy(&said)))
        }
        Err(_) => {
            skip("qpdf");
            None
        }
    }
}

/// The texts of the Data Matrix symbols of the first page, as a scanner at 300 dots per inch would see it.
pub fn symbols(name: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let path = write(name, bytes);
    let image = path.with_extension("");
    let mut command = Command::new("pdftoppm");
    command.args(["-r", "300", "-f", "1", "-l", "1", "-gray", "-singlefile", "-png"]).arg(path).arg(&image);
    run("pdftoppm", &mut command)?;
    symbols_of(&image.with_extension("png"))
}

/// As [`symbols`], of the upper third of the page at 200 dots per inch: what little there is to search is searched fast.
pub fn symbols_at_the_top(name: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let path = write(name, bytes);
    let image = path.with_extension("");
    let mut command = Command::new("pdftoppm");
    command.args(["-r", "200", "-f", "1", "-l", "1", "-x", "0", "-y", "0", "-W", "1654", "-H", "780"]);
    command.args(["-gray", "-singlefile", "-png"]).arg(path).arg(&image);
    run("pdftoppm", &mut command)?;
    symbols_of(&image.with_extension("png"))
}

/// The texts of the Data Matrix symbols of an image.
pub fn symbols_of(image: &Path) -> Option<Vec<String>> {
    match Command::new("dmtxread").args(["--newline", "--milliseconds=20000"]).arg(image).output() {
        // It fails where it finds nothing.
        Ok(output) => Some(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()),
        Err(_) => {
            skip("dmtxread (dmtx-utils)");
            None
        }
    }
}

/// Runs Chromium without a window; what it prints.
pub fn chromium(name: &str, arguments: &[&str]) -> Option<String> {
    let program = std::env::var_os("CHROMIUM").unwrap_or_else(|| "chromium".into());
    let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("chromium_{name}"));
    let mut command = Command::new(program);
    command.args([
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--hide-scrollbars",
    ]);
    command.args(["--disable-background-networking", "--disable-component-update", "--disable-sync"]);
    command.arg(format!("--user-data-dir={}", profile.display())).args(arguments);
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "chromium: {}", String::from_utf8_lossy(&output.stderr));
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Err(_) => {
            skip("chromium");
            None
        }
    }
}

/// What `conformance/self-presentable/judge.py` says of files, a value each.
pub fn shown(paths: &[PathBuf]) -> Option<Vec<Value>> {
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../conformance/self-presentable/judge.py");
    let Ok(output) = Command::new(python()).arg(script).args(paths).output() else {
        skip("python3");
        return None;
    };
    if output.status.code() == Some(3) {
        skip("a module of python3 (saxonche, lxml)");
        return None;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    Some(said.lines().map(|line| serde_json::from_str(line).expect("a JSON object")).collect())
}

fn python() -> PathBuf {
    if let Some(python) = std::env::var_os("PAILLASSE_PYTHON") {
        return python.into();
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.unwrap_or_else(|| PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache"));
    let venv = cache.join("paillasse/venv/bin/python");
    if venv.is_file() { venv } else { "python3".into() }
}

/// Images of a file, as `page type width height color`; a mask of transparency would be one more.
pub fn images(name: &str, bytes: &[u8]) -> Option<Vec<String>> {
    let list = run("pdfimages", Command::new("pdfimages").arg("-list").arg(write(name, bytes)))?;
    let line = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        [0, 2, 3, 4, 5].map(|at| fields.get(at).copied().unwrap_or_default()).join(" ")
    };
    Some(list.lines().skip(2).map(line).collect())
}

/// The first page as a JPEG photograph.
pub fn jpeg(name: &str, bytes: &[u8]) -> Option<Vec<u8>> {
    let path = write(name, bytes);
    let image = path.with_extension("");
    let mut command = Command::new("pdftoppm");
    command.args(["-r", "60", "-f", "1", "-l", "1", "-singlefile", "-jpeg"]).arg(path).arg(&image);
    run("pdftoppm", &mut command)?;
    Some(std::fs::read(image.with_extension("jpg")).expect("an image"))
}
