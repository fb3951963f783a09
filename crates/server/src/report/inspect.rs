//! `paillasse report inspect`: what a document says, as a table for people or as JSON for programs.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::Args;
use cr_bio::received::{self, ReceivedCode, ReceivedResult, ReceivedValue};
use rendering::document::Sheet;
use serde_json::{Value, json};

use super::source::{self, Source};

/// Options.
#[derive(Args)]
#[command(after_help = "Codes de sortie : 0 lu ; 2 le document n'a pas pu être lu.")]
pub struct InspectArgs {
    /// Document CDA ; « - » pour l'entrée standard.
    file: PathBuf,
    /// Un objet JSON au lieu d'un tableau.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &InspectArgs) -> ExitCode {
    source::run(&args.file, |source| {
        // A reader that stops reading, such as `head`, is no fault.
        _ = io::stdout().write_all(inspect(args, &source).as_bytes());
        Ok(ExitCode::SUCCESS)
    })
}

fn inspect(args: &InspectArgs, source: &Source<'_>) -> String {
    let (sheet, results) = (Sheet::new(source.document), received::results(source.document));
    let quirks = &source.quirks;
    if args.json {
        let header: Vec<Value> = sheet
            .groups
            .iter()
            .flat_map(|group| group.lines.iter().map(move |(label, value)| (group.title, label, value)))
            .map(|(group, label, value)| json!({ "group": group, "label": label, "value": value }))
            .collect();
        let results: Vec<Value> = results.iter().map(result_json).collect();
        let all = json!({ "title": sheet.title, "header": header, "results": results, "quirks": quirks });
        return format!("{all:#}\n");
    }
    let mut out = format!("{}\n", sheet.title);
    for (label, value) in sheet.groups.iter().flat_map(|group| &group.lines) {
        out.push_str(&format!("{label} : {value}\n"));
    }
    for quirk in quirks {
        out.push_str(&format!("! {quirk}\n"));
    }
    out.push_str(&table(&results));
    out
}

/// One line per result, columns as wide as what they hold; a title where the place changes.
fn table(results: &[ReceivedResult]) -> String {
    let mut out = String::new();
    let rows: Vec<[String; 6]> = results.iter().map(row).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0).min(48);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut place = String::new();
    for (result, row) in results.iter().zip(&rows) {
        let parts = result.sections.iter().chain(&result.groups).filter(|it| !it.is_empty());
        let here = parts.cloned().collect::<Vec<_>>().join(" › ");
        if here != place {
            out.push_str(&format!("\n{here}\n"));
            place = here;
        }
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        out.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
        for comment in &result.comments {
            out.push_str(&format!("      « {comment} »\n"));
        }
    }
    out
}

fn row(result: &ReceivedResult) -> [String; 6] {
    let code = match result.translations.first() {
        Some(translation) if result.code.code.is_empty() => translation.code.clone(),
        _ => result.code.code.clone(),
    };
    let previous =
        result.previous.iter().map(|(at, value)| format!("{} ({})", value.printed(), at.get(..8).unwrap_or(at)));
    let value = match (result.status.as_str(), result.values.as_slice()) {
        ("aborted", []) => "non réalisé".to_owned(),
        (_, values) => values.iter().map(ReceivedValue::printed).collect::<Vec<_>>().join(" ; "),
    };
    [
        code,
        if result.code.printed.is_empty() { result.code.label.clone() } else { result.code.printed.clone() },
        value,
        result.interpretations.join(" "),
        result.ranges.join(" ; "),
        previous.collect::<Vec<_>>().join(" ; "),
    ]
}

fn result_json(result: &ReceivedResult) -> Value {
    let previous: Vec<Value> =
        result.previous.iter().map(|(at, value)| json!({ "at": at, "value": value_json(value) })).collect();
    json!({
        "sections": result.sections,
        "groups": result.groups,
        "code": code_json(&result.code),
        "translations": result.translations.iter().map(code_json).collect::<Vec<_>>(),
        "status": result.status,
        "observed_at": result.observed_at,
        "values": result.values.iter().map(value_json).collect::<Vec<_>>(),
        "interpretations": result.interpretations,
        "ranges": result.ranges,
        "method": result.method.as_ref().map(code_json),
        "previous": previous,
        "performer": result.performer,
        "comments": result.comments,
    })
}

fn code_json(code: &ReceivedCode) -> Value {
    json!({ "code": code.code, "system": code.system, "label": code.label, "printed": code.printed })
}

fn value_json(value: &ReceivedValue) -> Value {
    let bound = |it: &Option<(String, bool)>| {
        it.as_ref().map(|(value, included)| json!({ "value": value, "included": included }))
    };
    match value {
        ReceivedValue::Number { number, unit } => json!({ "kind": "number", "value": number, "unit": unit }),
        ReceivedValue::Interval { low, high, unit } => {
            json!({ "kind": "interval", "low": bound(low), "high": bound(high), "unit": unit })
        }
        ReceivedValue::Ratio { numerator, denominator } => {
            json!({ "kind": "ratio", "numerator": numerator, "denominator": denominator })
        }
        ReceivedValue::Coded { code, system, label } => {
            json!({ "kind": "code", "code": code, "system": system, "label": label })
        }
        ReceivedValue::Text(text) => json!({ "kind": "text", "value": text }),
        ReceivedValue::Missing(reason) => json!({ "kind": "missing", "reason": reason }),
    }
}
