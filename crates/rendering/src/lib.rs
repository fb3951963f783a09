//! Rendering for people: a signed report as PDF/A with the name its file carries and the symbol of its patient, any CDA
//! document as HTML and text.
//!
//! In: one [`lab::report::Report`], or one [`cda::ClinicalDocument`]. Out: bytes or text, the same for the same input.
//! Does not know where they are stored or sent, and reads no clock.

pub mod curve;
pub mod document;
pub mod file_name;
pub mod html;
pub mod logo;
pub mod pdf;
pub mod self_presentable;
pub mod symbol;
pub mod text;
mod trend;

pub use file_name::file_name;
pub use logo::{Logo, LogoError};
pub use pdf::{Renderer, Style};
pub use symbol::Symbol;
pub use trend::Trend;
