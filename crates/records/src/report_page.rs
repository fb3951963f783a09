//! What the laboratory decided about the page of its reports, each decision kept.

use crate::{RecordError, Result, row};
use jiff::Timestamp;
use lab::report::MentionTexts;
use store::{Tx, params};

/// Everything a laboratory decides about the page of its reports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReportPage {
    /// Its texts.
    pub texts: MentionTexts,
    /// Color of titles: red, green, blue.
    pub accent: [u8; 3],
    /// Local codes of the analyses that its accreditation covers.
    pub accredited: Vec<String>,
    /// PNG or JPEG, as it was given.
    pub logo: Option<Vec<u8>>,
    /// Whether documents leave with the stylesheet that shows them.
    pub self_presentable: bool,
}

/// A decision with its author.
#[derive(Clone, Debug)]
pub struct Saved {
    /// 1, 2, 3…
    pub number: i64,
    /// What was decided.
    pub page: ReportPage,
    /// By which account.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

const TABLE: &str = "report_page";

/// The decision in force; `None` before the first one.
pub fn latest(tx: &mut Tx<'_>) -> Result<Option<Saved>> {
    let rows = tx.query("SELECT * FROM report_page ORDER BY number DESC LIMIT 1", params![])?;
    let Some(row) = rows.first() else { return Ok(None) };
    let accent =
        read_accent(&row.string("accent")?).ok_or(RecordError::Unexpected { table: TABLE, column: "accent" })?;
    Ok(Some(Saved {
        number: row.int("number")?,
        page: ReportPage {
            texts: MentionTexts {
                scope: row.string("scope")?,
                accreditation: row.string("accreditation")?,
                automatic_validation: row.string("automatic_validation")?,
                personal_data: row.string("personal_data")?,
            },
            accent,
            accredited: row::from_json(row, TABLE, "accredited")?,
            logo: row.opt_bytes("logo")?.map(<[u8]>::to_vec),
            self_presentable: row.int("self_presentable")? != 0,
        },
        by: row.string("saved_by")?,
        at: row::time(row, TABLE, "saved_at")?,
    }))
}

/// The number of the decision in force; 0 before the first one.
pub fn latest_number(tx: &mut Tx<'_>) -> Result<i64> {
    let rows = tx.query("SELECT COALESCE(MAX(number), 0) AS number FROM report_page", params![])?;
    Ok(rows.first().map(|row| row.int("number")).transpose()?.unwrap_or(0))
}

/// Adds a decision, which is then the one in force; its number.
pub fn insert(tx: &mut Tx<'_>, page: &ReportPage, by: &str, at: Timestamp) -> Result<i64> {
    let number = latest_number(tx)? + 1;
    tx.execute(
        "INSERT INTO report_page (number, accent, scope, accreditation, automatic_validation, personal_data, accredited, \
         logo, saved_by, saved_at, self_presentable) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        params![
            number,
            written_accent(page.accent),
            &page.texts.scope,
            &page.texts.accreditation,
            &page.texts.automatic_validation,
            &page.texts.personal_data,
            row::json(&page.accredited),
            page.logo.as_deref(),
            by,
            row::micros(at),
            i64::from(page.self_presentable),
        ],
    )?;
    Ok(number)
}

/// `RRGGBB`, with or without `#`.
pub fn read_accent(text: &str) -> Option<[u8; 3]> {
    let digits = text.trim().trim_start_matches('#');
    let number = u32::from_str_radix(digits, 16).ok().filter(|_| digits.len() == 6 && digits.is_ascii())?;
    let [_, red, green, blue] = number.to_be_bytes();
    Some([red, green, blue])
}

/// `RRGGBB`.
pub fn written_accent([red, green, blue]: [u8; 3]) -> String {
    format!("{red:02X}{green:02X}{blue:02X}")
}
