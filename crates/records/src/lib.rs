//! Tables and queries: one module per group of tables, rows to laboratory types and back.
//!
//! In: an open transaction of `store`. Out: laboratory types, durable once the transaction commits.
//! One SQL text serves SQLite and PostgreSQL. It decides nothing: rules are in `lab`, the flow in `app`.

pub mod accounts;
pub mod connections;
pub mod conversations;
pub mod deliverability;
pub mod deliveries;
pub mod directory;
pub mod journal;
pub mod lists;
pub mod mail_templates;
pub mod messages;
pub mod observations;
pub mod orders;
pub mod patients;
pub mod professionals;
pub mod report_page;
pub mod revocation;
pub mod versions;
pub mod withdrawals;
pub mod work_items;

mod row;

use store::{Migration, StoreError};

/// The schema, in order. A released migration is never edited.
pub const MIGRATIONS: &[Migration] = &[
    ("0001_foundations", include_str!("../../../migrations/0001_foundations.sql")),
    ("0002_conformity", include_str!("../../../migrations/0002_conformity.sql")),
    ("0003_signing", include_str!("../../../migrations/0003_signing.sql")),
    ("0004_report_page", include_str!("../../../migrations/0004_report_page.sql")),
    ("0005_report_content", include_str!("../../../migrations/0005_report_content.sql")),
    ("0006_sent_form", include_str!("../../../migrations/0006_sent_form.sql")),
    ("0007_purpose", include_str!("../../../migrations/0007_purpose.sql")),
    ("0008_withdrawal", include_str!("../../../migrations/0008_withdrawal.sql")),
    ("0009_conversation", include_str!("../../../migrations/0009_conversation.sql")),
    ("0010_directory", include_str!("../../../migrations/0010_directory.sql")),
    ("0011_mail_templates", include_str!("../../../migrations/0011_mail_templates.sql")),
    ("0012_revocation", include_str!("../../../migrations/0012_revocation.sql")),
    ("0013_directory_origin", include_str!("../../../migrations/0013_directory_origin.sql")),
    ("0014_answers_of_persons", include_str!("../../../migrations/0014_answers_of_persons.sql")),
];

/// Why a record could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The database refused or failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A stored value is not one that this version writes.
    #[error("column {column} of {table} holds an unexpected value")]
    Unexpected {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
    },
    /// No such record.
    #[error("no such {0}")]
    Missing(&'static str),
}

/// Result of a query.
pub type Result<T> = std::result::Result<T, RecordError>;
