//! What this process holds: deliveries that it claimed and has not given back, and the lease that says so to others.
//!
//! The lease is short, so that what a dead process held is soon found, and renewed as long as the process lives, so that
//! nobody takes a delivery whose exchange is long.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use lab::id::DeliveryId;
use records::deliveries::{self, Delivery};

use crate::{App, AppError};

/// How long a claimed delivery is ours without a renewal.
pub(super) const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often leases are renewed.
const RENEWAL: Duration = Duration::from_secs(15);

/// The deliveries in the hands of this process.
#[derive(Default)]
pub(super) struct Held(Mutex<HashSet<DeliveryId>>);

impl Held {
    fn all(&self) -> MutexGuard<'_, HashSet<DeliveryId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn take(&self, claimed: &[Delivery]) {
        self.all().extend(claimed.iter().map(|it| it.id));
    }

    pub(super) fn release(&self, id: DeliveryId) {
        self.all().remove(&id);
    }

    pub(super) fn has(&self, id: DeliveryId) -> bool {
        self.all().contains(&id)
    }
}

impl App {
    /// Renews the leases of what this process holds, until it ends.
    pub(super) async fn run_renewals(self, exchanges: std::sync::Arc<super::Exchanges>) {
        loop {
            tokio::time::sleep(RENEWAL).await;
            let held: Vec<DeliveryId> = exchanges.held.all().iter().copied().collect();
            if held.is_empty() {
                continue;
            }
            let until = self.env().now() + LEASE;
            let renewed = self
                .store()
                .write(move |tx| {
                    held.iter().try_for_each(|id| Ok::<_, AppError>(deliveries::renew_lease(tx, *id, until)?))
                })
                .await;
            if let Err(error) = renewed {
                tracing::warn!(%error, "leases of deliveries under way could not be renewed");
            }
        }
    }
}
