//! Rendering of a signed report for people: its PDF/A bytes and the name its file carries.
//!
//! In: one [`lab::report::Report`]. Out: bytes or text, the same for the same report.
//! Does not know where they are stored or sent, and reads no clock.

pub mod file_name;
pub mod pdf;

pub use file_name::file_name;
pub use pdf::{Renderer, Style};
