//! Documents checked against a pack: how many a second on one core, and how the cost grows with their size.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use app::{
    Env,
    conformity::{Conformity, Folder, Options, Shared, Validation, Verdict},
};
use cda_pack::Repaired;
use schematron::{CheckOptions, Document, Library, Limits, Ruleset};

use super::{BenchArgs, resident_kib};

/// Sizes of the grown documents, in bytes.
const SIZES: [usize; 5] = [10_000, 100_000, 1_000_000, 10_000_000, 30_000_000];

/// Measures with the documents and the pack named on the command line.
pub fn run(args: &BenchArgs) -> Result<serde_json::Value> {
    let pack = args.pack.as_deref().context("--pack")?;
    ensure!(!args.files.is_empty(), "aucun document");
    let documents = args.files.iter().map(std::fs::read).collect::<Result<Vec<_>, _>>()?;
    let time = Duration::from_secs(args.seconds.unwrap_or(10));
    let open = |lint| Conformity::open(pack, None, Env::system(), Options { lint, ..Options::default() });
    let (whole, without_lint) = (open(Validation::Done)?, open(Validation::LeftOut)?);
    let schemas = whole.schemas_for(documents.first().context("document")?);
    let started = Instant::now();
    let (ruleset, library) = compile(pack, &schemas)?;
    let compile_ms = started.elapsed().as_secs_f64() * 1000.0;
    let stored = ruleset.to_bytes().map_err(anyhow::Error::msg)?;
    let started = Instant::now();
    let ruleset = Ruleset::from_bytes(&stored).map_err(anyhow::Error::msg)?;
    let load_ms = started.elapsed().as_secs_f64() * 1000.0;
    let options = CheckOptions { now: Some("2026-01-15T08:00:00+01:00".into()), ..CheckOptions::default() };
    let check = |document: &[u8]| -> Result<bool> {
        let document = Document::parse(document, ruleset.names(), &Limits::default())?;
        Ok(ruleset.check(&document, &library, &options).is_clean())
    };
    let parse = |document: &[u8]| -> Result<bool> {
        Ok(Document::parse(document, ruleset.names(), &Limits::default())?.n_nodes() > 0)
    };
    let with_xsd = |document: &[u8]| -> Result<bool> { Ok(without_lint.check(document).verdict() == Verdict::Clean) };
    let all = |document: &[u8]| -> Result<bool> { Ok(whole.check(document).verdict() == Verdict::Clean) };
    for document in &documents {
        ensure!(check(document)? && all(document)?, "un document de la mesure n'est pas conforme");
    }
    let rate_parse = rate(&documents, time / 4, &parse)?;
    let rate_schematrons = rate(&documents, time, &check)?;
    let rate_with_xsd = rate(&documents, time, &with_xsd)?;
    let rate_all = rate(&documents, time / 2, &all)?;
    let memory_kib = resident_kib(std::process::id()).unwrap_or(0);
    let mut growth = Vec::new();
    for size in SIZES {
        let document = grown(documents.first().context("document")?, size)?;
        let mut best = f64::MAX;
        for _ in 0..3 {
            let started = Instant::now();
            check(&document)?;
            best = best.min(started.elapsed().as_secs_f64());
        }
        growth.push(serde_json::json!({
            "bytes": document.len(),
            "ms": best * 1000.0,
            "mb_per_s": document.len() as f64 / best / 1e6,
        }));
    }
    let mean = documents.iter().map(Vec::len).sum::<usize>() / documents.len();
    Ok(serde_json::json!({
        "documents": documents.len(),
        "mean_bytes": mean,
        "schemas": schemas.len(),
        "compile_ms": compile_ms,
        "stored_bytes": stored.len(),
        "load_ms": load_ms,
        "parse_per_s": rate_parse,
        "schematrons_per_s": rate_schematrons,
        "with_xsd_per_s": rate_with_xsd,
        "with_xsd_and_lint_per_s": rate_all,
        "resident_mb": memory_kib / 1024,
        "growth": growth,
    }))
}

/// The schemas of a pack, its known defects repaired.
fn compile(pack: &Path, schemas: &[String]) -> Result<(Ruleset, Library)> {
    let folder = Folder::new(PathBuf::from(pack).canonicalize()?);
    let mut names = folder.names(cda_pack::VALUE_SETS).into_iter();
    let published = names.find(|it| cda_pack::is_value_set_of_types(it));
    let published = published.map(|it| format!("{}/{it}", cda_pack::VALUE_SETS));
    let files = Arc::new(Repaired::new(folder.clone(), published));
    let actual = |name: &str| cda_pack::actual_name(name, &|of| folder.names(of));
    let schemas: Vec<&str> = schemas.iter().map(String::as_str).collect();
    let ruleset = schematron::compile(&*files, &actual, &schemas, &schematron::Options::default())
        .map_err(|finding| anyhow::anyhow!("{finding:?}"))?;
    let library = ruleset.library(Box::new(Shared(files)));
    Ok((ruleset, library))
}

/// Documents a second of one core, on this thread, over whole rounds: what others take of the core is not counted, as
/// it is not for the peer.
fn rate(documents: &[Vec<u8>], time: Duration, check: &dyn Fn(&[u8]) -> Result<bool>) -> Result<f64> {
    let (started, spent_before) = (Instant::now(), spent());
    let mut n_checked = 0u32;
    while started.elapsed() < time {
        for document in documents {
            std::hint::black_box(check(document)?);
            n_checked += 1;
        }
    }
    let spent = spent().zip(spent_before).map(|(after, before)| after.saturating_sub(before));
    Ok(f64::from(n_checked) / spent.unwrap_or_else(|| started.elapsed()).as_secs_f64())
}

/// The time this thread has had a core; none where the system does not say.
fn spent() -> Option<Duration> {
    let said = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(said.split_whitespace().next()?.parse().ok()?))
}

/// The document without what says nothing of structure: its pictures and its copy as PDF, comments and indentation.
fn bare(document: &[u8]) -> Result<String> {
    let mut rest = std::str::from_utf8(document)?;
    let mut text = String::with_capacity(rest.len());
    while let Some((before, after)) = rest.split_once("<!--") {
        text.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    let mut bare = String::with_capacity(text.len());
    for (at, part) in text.split('<').enumerate() {
        let (tag, text) = part.rsplit_once('>').unwrap_or(("", part));
        if at > 0 {
            bare.push('<');
            bare.push_str(tag);
            bare.push('>');
        }
        let is_binary = tag.contains("representation=\"B64\"");
        if !is_binary && !text.trim().is_empty() {
            bare.push_str(text);
        }
    }
    Ok(bare)
}

/// The document with its first entry repeated until it has this size.
fn grown(document: &[u8], size: usize) -> Result<Vec<u8>> {
    let text = &bare(document)?;
    let start = text.find("<entry ").or_else(|| text.find("<entry>")).context("aucune entrée")?;
    let mut depth = 0;
    let mut end = start;
    loop {
        let rest = text.get(end..).context("entrée non fermée")?;
        let is_open = rest.starts_with("<entry ") || rest.starts_with("<entry>");
        let is_close = rest.starts_with("</entry>");
        depth += i32::from(is_open) - i32::from(is_close);
        if is_close && depth == 0 {
            end += "</entry>".len();
            break;
        }
        end += 1 + rest.get(1..).and_then(|it| it.find('<')).context("entrée non fermée")?;
    }
    let (head, entry, tail) = (&text[..start], &text[start..end], &text[end..]);
    let n_times = size.saturating_sub(head.len() + tail.len()) / entry.len() + 1;
    Ok(format!("{head}{}{tail}", entry.repeat(n_times)).into_bytes())
}
