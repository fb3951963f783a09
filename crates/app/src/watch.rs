//! Watch: looks for what should have happened and did not, and tells a person.

use std::time::Duration;

use jiff::SignedDuration;
use records::{accounts, deliveries, journal};

use crate::{App, AppError, pack::Problem};

/// No session lasts longer than a day; what is older is only in the way.
const SESSIONS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl App {
    /// Looks every 15 seconds, until the process ends.
    pub async fn run_watch(self) {
        loop {
            if let Err(error) = self.watch_once().await {
                tracing::error!(%error, "the watch could not look");
            }
            tokio::time::sleep(Duration::from_secs(15)).await;
        }
    }

    /// Raises an alert for each delivery that is overdue or failed, for a pack that cannot be used, and for a revocation
    /// list that is missing or will soon be over; answers how many are new.
    pub async fn watch_once(&self) -> Result<usize, AppError> {
        let now = self.env().now();
        let planned_before = now - self.settings().overdue_after;
        let mut ids = self.env().ids();
        let problem = self.inner.pack.problem().map(Problem::code);
        let lists = self.revocation_states();
        self.store()
            .write(move |tx| {
                accounts::purge_sessions(tx, now - SESSIONS_KEPT)?;
                let mut n_new = 0;
                journal::clear_others(tx, "pack_unusable", problem, now)?;
                if let Some(problem) = problem
                    && journal::raise(tx, &mut ids, "pack_unusable", problem, None, now)?
                {
                    n_new += 1;
                }
                for list in &lists {
                    if !list.needs_a_person(now) {
                        journal::clear_about(tx, "revocation_list", &list.source, now)?;
                    } else if journal::raise(tx, &mut ids, "revocation_list", &list.source, None, now)? {
                        n_new += 1;
                    }
                }
                let overdue = deliveries::overdue(tx, planned_before)?;
                let failed = deliveries::failed(tx)?;
                let all = overdue
                    .iter()
                    .map(|it| ("delivery_overdue", it))
                    .chain(failed.iter().map(|it| ("delivery_failed", it)));
                for (kind, delivery) in all {
                    if journal::raise(tx, &mut ids, kind, &delivery.id.to_string(), Some(delivery.id), now)? {
                        n_new += 1;
                    }
                }
                Ok(n_new)
            })
            .await
    }
}
