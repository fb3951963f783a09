//! One transaction closure over SQLite (default) or PostgreSQL (by URL): what `records` keeps its tables in.
//!
//! In: closures that read and write inside one transaction. Out: their result, once it is durable.
//! One SQL text serves both engines; what differs is in [`Backend`] and in the migration tokens.
//! It does not know the laboratory's rules, nor who calls.
//!
//! ```
//! use store::{params, Options, Store, StoreError, Tx};
//!
//! let store = Store::open("sqlite::memory:", &Options::default())?;
//! store.write_blocking(|tx: &mut Tx<'_>| {
//!     tx.execute("CREATE TABLE note (id TEXT PRIMARY KEY, body TEXT NOT NULL)", params![])?;
//!     tx.execute("INSERT INTO note (id, body) VALUES ($1, $2)", params!["n1", "bonjour"])
//! })?;
//! let body: String = store.read_blocking(|tx| {
//!     let row = tx.query_one("SELECT body FROM note WHERE id = $1", params!["n1"])?;
//!     row.string("body")
//! })?;
//! assert_eq!(body, "bonjour");
//! # Ok::<(), StoreError>(())
//! ```

mod engine;
mod error;
mod value;

pub use engine::{Backend, Migration, Options, Plaintext, Store, Tx};
pub use error::{ConstraintKind, StoreError};
pub use value::{Column, Row, Value};

#[cfg(feature = "testing")]
pub mod contract;
#[cfg(feature = "testing")]
pub mod testing;
