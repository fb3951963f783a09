//! Laboratory rules: pure decisions, one module per station of the flow.
//!
//! In: values already decoded. Out: values, findings, plans.
//! Knows that a DMP or a secure mail exists, not how either speaks: no segment, tag or OID here.
//! No I/O, no clock, no chance: time and identifiers are arguments.

// Shared by every station.
pub mod finding;
pub mod id;
pub mod redact;
// What the laboratory handles.
pub mod catalogue;
pub mod order;
pub mod patient;
pub mod person;
pub mod quantity;
// The stations, in flow order.
pub mod acknowledgment;
pub mod delivery;
pub mod identity;
pub mod inbound;
pub mod matching;
pub mod report;
pub mod routing;
pub mod validation;
