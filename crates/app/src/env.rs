//! Time and identifiers, so that tests own both.

use std::sync::Arc;

use jiff::Timestamp;
use lab::id::Ids;
use uuid::{NoContext, Uuid};

/// Clock and identifiers of the running process.
#[derive(Clone)]
pub struct Env {
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

impl Env {
    /// The machine's clock.
    pub fn system() -> Self {
        Self { clock: Arc::new(Timestamp::now) }
    }

    /// A clock of the caller's.
    pub fn with_clock(clock: impl Fn() -> Timestamp + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(clock) }
    }

    /// Now, to the microsecond: what the store keeps.
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
    }

    /// A source of identifiers ordered by creation.
    pub fn ids(&self) -> impl Ids + Send + use<> {
        let context = uuid::ContextV7::new();
        let clock = Arc::clone(&self.clock);
        move || {
            let now = clock();
            let seconds = u64::try_from(now.as_second()).unwrap_or(0);
            let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
            Uuid::new_v7(uuid::Timestamp::from_unix(&context, seconds, nanos))
        }
    }

    /// One identifier.
    pub fn uuid(&self) -> Uuid {
        let now = (self.clock)();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        Uuid::new_v7(uuid::Timestamp::from_unix(
            NoContext,
            seconds,
            u32::try_from(now.subsec_nanosecond()).unwrap_or(0),
        ))
    }
}
