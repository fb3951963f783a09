//! Deliverability: how mail arrives, by operator and by recipient; what fails and why, what was not sent. No patient.

use std::collections::BTreeMap;

use app::AppError;
use askama::Template;
use jiff::SignedDuration;
use lab::routing::Channel;
use records::deliverability::{self, BoxFigures, Figures};

use crate::{
    answer::{Answer, Failure, Opening, file, page},
    frame::Frame,
    visit::Visit,
};

/// The periods, in days, with the ends of their keys; the first is shown when none is asked for.
const PERIODS: [(i64, &str); 4] = [(7, "week"), (1, "day"), (30, "month"), (365, "year")];
/// Recipients of the page; the export has them all.
const SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "deliverability.html")]
struct DeliverabilityPage {
    f: Frame,
    /// Days, words, whether it is shown.
    periods: Vec<(i64, &'static str, bool)>,
    days: i64,
    /// By operator, then by recipient.
    tables: Vec<(&'static str, Vec<Line>)>,
    is_cut: bool,
    /// Why mails were not sent, and how many.
    withheld: Vec<(&'static str, i64)>,
}

/// An operator or a recipient.
struct Line {
    name: String,
    address: String,
    figures: Figures,
    received: String,
    mean: String,
    longest: String,
}

impl Line {
    fn new(name: String, address: String, figures: Figures) -> Self {
        let is_known = figures.n_received > 0;
        Self {
            name,
            address,
            figures,
            received: percent(figures.n_received, figures.n),
            mean: figures.mean_delay_ms().map(delay).unwrap_or_default(),
            longest: if is_known { delay(figures.longest_delay_ms) } else { String::new() },
        }
    }
}

/// `98,5 %`, as French readers write it; empty for none.
fn percent(part: i64, whole: i64) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = (part * 1000 + whole / 2) / whole;
    if tenths == 1000 { "100 %".to_owned() } else { format!("{},{} %", tenths / 10, tenths % 10) }
}

/// A delay in its largest useful unit: `0,4 s`, `12 s`, `3 min`, `2 h 05`.
fn delay(ms: i64) -> String {
    match ms {
        0..10_000 => format!("{},{} s", ms / 1000, ms % 1000 / 100),
        10_000..120_000 => format!("{} s", ms / 1000),
        120_000..7_200_000 => format!("{} min", ms / 60_000),
        _ => format!("{} h {:02}", ms / 3_600_000, ms / 60_000 % 60),
    }
}

async fn read(visit: &Visit) -> Result<(i64, Vec<BoxFigures>, Vec<(String, i64)>), Failure> {
    let asked = visit.query.one("jours").parse().ok();
    let days = asked.filter(|asked| PERIODS.iter().any(|(days, _)| days == asked)).unwrap_or(PERIODS[0].0);
    let since = visit.now() - SignedDuration::from_hours(24 * days);
    let (boxes, withheld) = visit
        .read(move |tx| Ok::<_, AppError>((deliverability::boxes(tx, since)?, deliverability::withheld(tx, since)?)))
        .await?;
    Ok((days, boxes, withheld))
}

/// The domain of a box: what its operator serves.
fn operator(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, domain)| domain)
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let (days, boxes, withheld) = read(&visit).await?;
    let f = visit.frame("deliverability.title", "/veille");
    let recipients = recipients(&f, &boxes);
    page(&DeliverabilityPage {
        periods: PERIODS.into_iter().map(|(it, code)| (it, f.of("period", code), it == days)).collect(),
        days,
        is_cut: recipients.len() > SHOWN,
        tables: vec![
            (f.t("deliverability.operators"), operators(&boxes)),
            (f.t("deliverability.recipients"), recipients.into_iter().take(SHOWN).collect()),
        ],
        withheld: withheld.iter().map(|(code, n)| (f.of("withheld", code), *n)).collect(),
        f,
    })
}

fn operators(boxes: &[BoxFigures]) -> Vec<Line> {
    let mut by_domain: BTreeMap<&str, Figures> = BTreeMap::new();
    for it in boxes {
        let known = by_domain.entry(operator(&it.address)).or_default();
        *known = known.with(it.figures);
    }
    let mut lines: Vec<Line> =
        by_domain.into_iter().map(|(domain, figures)| Line::new(domain.to_owned(), String::new(), figures)).collect();
    lines.sort_by_key(|line| (-line.figures.n_failed, -line.figures.n));
    lines
}

/// Each professional or structure; patients together, their boxes are their matricules.
fn recipients(f: &Frame, boxes: &[BoxFigures]) -> Vec<Line> {
    let patients = boxes.iter().filter(|it| it.channel == Channel::MssantePatient).map(|it| it.figures);
    let patients = patients.fold(Figures::default(), Figures::with);
    let mut lines: Vec<Line> = boxes
        .iter()
        .filter(|it| it.channel != Channel::MssantePatient)
        .map(|it| Line::new(it.name.clone(), it.address.clone(), it.figures))
        .collect();
    if patients.n > 0 {
        lines.push(Line::new(f.t("deliverability.patients").to_owned(), String::new(), patients));
    }
    lines.sort_by_key(|line| (-line.figures.n_failed, -line.figures.n));
    lines
}

/// The recipients as a table that spreadsheets open: UTF-8 with its mark, semicolons, delays in milliseconds.
pub(crate) async fn export(visit: Visit) -> Answer {
    let (days, boxes, _) = read(&visit).await?;
    let f = visit.frame("deliverability.title", "/veille");
    let mut text = String::from(
        "\u{feff}destinataire;adresse;operateur;prevus;recus;lus;echecs;en_cours;delai_moyen_ms;delai_maximal_ms\r\n",
    );
    for line in recipients(&f, &boxes) {
        let it = line.figures;
        let mean = it.mean_delay_ms().map(|ms| ms.to_string()).unwrap_or_default();
        text.push_str(&format!(
            "{};{};{};{};{};{};{};{};{mean};{}\r\n",
            cell(&line.name),
            cell(&line.address),
            cell(operator(&line.address)),
            it.n,
            it.n_received,
            it.n_read,
            it.n_failed,
            it.n_pending,
            it.longest_delay_ms,
        ));
    }
    file(text.into_bytes(), "text/csv; charset=utf-8", &format!("acheminement-{days}-jours.csv"), Opening::Attachment)
}

/// A text as a cell: quoted, and never a formula. Source: RFC 4180 §2.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\"").replace(['\r', '\n'], " "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_written_as_french_readers_do() {
        for (part, whole, said) in
            [(0, 0, ""), (0, 3, "0,0 %"), (2, 3, "66,7 %"), (3, 3, "100 %"), (999, 1000, "99,9 %")]
        {
            assert_eq!(percent(part, whole), said);
        }
        for (ms, said) in [(420, "0,4 s"), (12_900, "12 s"), (180_000, "3 min"), (7_500_000, "2 h 05")] {
            assert_eq!(delay(ms), said);
        }
    }

    #[test]
    fn a_name_in_a_table_is_never_a_formula() {
        assert_eq!(cell("=1+1\";\r\nx"), "\"'=1+1\"\";  x\"");
        assert_eq!(cell("Dr BLEU"), "\"Dr BLEU\"");
    }
}
