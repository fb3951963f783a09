//! Functions on points and lengths of time.

use super::super::{Context, Run};
use crate::error::{Error, Res, type_error};
use crate::expr::ExprId;
use crate::functions::Function;
use crate::time::{Component, Duration, IMPLICIT_OFFSET_MINUTES, Moment, combine};
use crate::types::AtomicType;
use crate::value::Atomic;

/// Which component a function asks of which type; `xs:duration` stands for its three kinds.
fn asked(function: Function) -> Option<(Component, AtomicType)> {
    use AtomicType::{Date, DateTime, Duration, Time};
    use Component::*;
    Some(match function {
        Function::YearsFromDuration => (Year, Duration),
        Function::MonthsFromDuration => (Month, Duration),
        Function::DaysFromDuration => (Day, Duration),
        Function::HoursFromDuration => (Hours, Duration),
        Function::MinutesFromDuration => (Minutes, Duration),
        Function::SecondsFromDuration => (Seconds, Duration),
        Function::YearFromDateTime => (Year, DateTime),
        Function::MonthFromDateTime => (Month, DateTime),
        Function::DayFromDateTime => (Day, DateTime),
        Function::HoursFromDateTime => (Hours, DateTime),
        Function::MinutesFromDateTime => (Minutes, DateTime),
        Function::SecondsFromDateTime => (Seconds, DateTime),
        Function::TimezoneFromDateTime => (Timezone, DateTime),
        Function::YearFromDate => (Year, Date),
        Function::MonthFromDate => (Month, Date),
        Function::DayFromDate => (Day, Date),
        Function::TimezoneFromDate => (Timezone, Date),
        Function::HoursFromTime => (Hours, Time),
        Function::MinutesFromTime => (Minutes, Time),
        Function::SecondsFromTime => (Seconds, Time),
        Function::TimezoneFromTime => (Timezone, Time),
        _ => return None,
    })
}

impl<'d> Run<'d> {
    pub(super) fn time_call(
        &self,
        function: Function,
        arguments: &[ExprId],
        cx: &Context<'_, 'd>,
    ) -> Res<Option<Atomic<'d>>> {
        use Function::*;
        if let Some((component, kind)) = asked(function) {
            return Ok(match self.typed(arguments[0], kind, cx)? {
                None => None,
                Some(Atomic::Moment(moment)) => moment.component(component),
                Some(Atomic::Duration(duration)) => duration.component(component),
                Some(_) => return type_error("a point or a length of time was expected"),
            });
        }
        match function {
            CurrentDateTime => self.now(AtomicType::DateTime),
            CurrentDate => self.now(AtomicType::Date),
            CurrentTime => self.now(AtomicType::Time),
            ImplicitTimezone => {
                let seconds = (i64::from(IMPLICIT_OFFSET_MINUTES) * 60).into();
                let offset = Duration { kind: AtomicType::DayTimeDuration, months: 0, seconds };
                Ok(Some(Atomic::Duration(Box::new(offset))))
            }
            DateTime => {
                let (Some(date), Some(time)) = (
                    self.moment(arguments[0], AtomicType::Date, cx)?,
                    self.moment(arguments[1], AtomicType::Time, cx)?,
                ) else {
                    return Ok(None);
                };
                combine(&date, &time).map(|it| Some(Atomic::Moment(Box::new(it))))
            }
            AdjustDateTimeToTimezone => self.adjusted(AtomicType::DateTime, arguments, cx),
            AdjustDateToTimezone => self.adjusted(AtomicType::Date, arguments, cx),
            AdjustTimeToTimezone => self.adjusted(AtomicType::Time, arguments, cx),
            // Every other function is answered before.
            other => Err(Error::new("XPST0017", format!("{}() is not supported", other.name()))),
        }
    }

    fn now(&self, kind: AtomicType) -> Res<Option<Atomic<'d>>> {
        let now = self.now.as_ref().and_then(|it| it.as_kind(kind));
        match now {
            Some(now) => Ok(Some(Atomic::Moment(Box::new(now)))),
            None => Err(Error::new("XPDY0002", "no clock was given to this evaluation")),
        }
    }

    /// At most one value of a type, untyped ones converted.
    fn typed(&self, id: ExprId, kind: AtomicType, cx: &Context<'_, 'd>) -> Res<Option<Atomic<'d>>> {
        let Some(atom) = self.atom(id, cx)? else { return Ok(None) };
        match &atom {
            Atomic::Untyped(_) => self.cast(&atom, kind, cx).map(Some),
            Atomic::Moment(moment) if moment.kind == kind => Ok(Some(atom)),
            Atomic::Duration(_) if kind == AtomicType::Duration => Ok(Some(atom)),
            Atomic::Duration(duration) if duration.kind == kind => Ok(Some(atom)),
            _ => type_error("a point or a length of time was expected"),
        }
    }

    fn moment(&self, id: ExprId, kind: AtomicType, cx: &Context<'_, 'd>) -> Res<Option<Moment>> {
        match self.typed(id, kind, cx)? {
            Some(Atomic::Moment(moment)) => Ok(Some(*moment)),
            _ => Ok(None),
        }
    }

    fn adjusted(&self, kind: AtomicType, arguments: &[ExprId], cx: &Context<'_, 'd>) -> Res<Option<Atomic<'d>>> {
        let Some(moment) = self.moment(arguments[0], kind, cx)? else { return Ok(None) };
        let offset = match arguments.get(1) {
            None => Some(IMPLICIT_OFFSET_MINUTES),
            Some(id) => match self.typed(*id, AtomicType::DayTimeDuration, cx)? {
                Some(Atomic::Duration(duration)) => Some(duration.as_offset()?),
                _ => None,
            },
        };
        moment.adjust(offset).map(|it| Some(Atomic::Moment(Box::new(it))))
    }
}
