//! Connections to peers: settings and bytes in, answers and exactly what is known out.
//!
//! Each module speaks one protocol. It deliberately knows no laboratory and stores nothing.

pub mod credentials;
pub mod discovery;
pub mod http;
pub mod imap;
pub mod mllp;
pub mod smtp;
pub mod tls;
