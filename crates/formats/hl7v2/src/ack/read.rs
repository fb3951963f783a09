//! Reading a peer's answer, permissively: stray spaces, ERR-1 of versions before 2.5, missing severities.

use super::{AckCode, ErrorCondition, ErrorDetail, Severity};
use crate::{
    element::{Repetition, Segment},
    message::Message,
    path::{FieldPath, SegmentName},
};

/// What a peer answered.
#[derive(Clone, PartialEq, Eq)]
pub struct Acknowledgment {
    /// MSA-1.
    pub code: AckCode,
    /// MSA-2: the control id of the message it answers; empty when the peer could not read it.
    pub control_id: String,
    /// MSA-3, empty when absent.
    pub text: String,
    /// ERR segments in order.
    pub errors: Vec<ErrorDetail>,
}

impl std::fmt::Debug for Acknowledgment {
    /// Without the texts: a peer may have quoted a patient in them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Acknowledgment({}, {:?})", self.code.code(), self.errors)
    }
}

/// Why a message is not an acknowledgment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AckError {
    /// No MSA segment: the peer answered with something else.
    #[error("no MSA segment")]
    NoMsa,
    /// MSA-1 is not of table 0008.
    #[error("MSA-1 is not an acknowledgment code")]
    UnknownCode,
}

/// Reads any message with an MSA as an answer.
///
/// # Errors
/// [`AckError`] when there is no MSA or its code is unknown: the answer then proves nothing.
pub fn read(message: &Message) -> Result<Acknowledgment, AckError> {
    let msa = message.segment("MSA").ok_or(AckError::NoMsa)?;
    let code = AckCode::from_code(msa.field(1).text().trim()).ok_or(AckError::UnknownCode)?;
    Ok(Acknowledgment {
        code,
        control_id: msa.field(2).text().trim().to_owned(),
        text: msa.field(3).text().trim().to_owned(),
        errors: message.segments_named("ERR").map(|err| read_error(&err)).collect(),
    })
}

fn read_error(err: &Segment<'_>) -> ErrorDetail {
    let text = |n: usize| err.field(n).text().trim().to_owned();
    let condition_code = err.field(3).component(1);
    let mut detail = ErrorDetail::new(ErrorCondition::ApplicationError);
    detail.diagnostic = text(7);
    detail.user_message = text(8);
    if condition_code.is_absent() && !err.field(1).is_absent() {
        read_old_error(&err.field(1).repetition(1), &mut detail);
    } else {
        detail.location = location(&err.field(2).repetition(1));
        if let Some(condition) = ErrorCondition::from_code(condition_code.text().trim()) {
            detail.condition = condition;
        }
    }
    detail.severity = Severity::from_code(err.field(4).text().trim()).unwrap_or(Severity::Error);
    if !err.field(5).is_absent() {
        let part = |n: usize| err.field(5).component(n).text().trim().to_owned();
        detail.application = Some((part(1), part(2), part(3)));
    }
    detail
}

/// ERR-1 (type ELD) of versions before 2.5: segment, occurrence, field, code as subcomponents.
fn read_old_error(eld: &Repetition<'_>, detail: &mut ErrorDetail) {
    detail.location = location(eld).map(|path| FieldPath { repetition: 0, component: 0, subcomponent: 0, ..path });
    let code = eld.component(4).subcomponent(1);
    if let Some(condition) = ErrorCondition::from_code(code.text().trim()) {
        detail.condition = condition;
    }
    detail.user_message = eld.component(4).subcomponent(2).text().trim().to_owned();
}

fn location(erl: &Repetition<'_>) -> Option<FieldPath> {
    let segment = SegmentName::new(erl.component(1).text().trim())?;
    let number = |n: usize| erl.component(n).text().trim().parse().unwrap_or(0);
    Some(FieldPath {
        segment,
        occurrence: number(2),
        field: number(3),
        repetition: number(4),
        component: number(5),
        subcomponent: number(6),
    })
}
