//! A closure waiting for its transaction, whatever it returns.
//!
//! In: the caller's closure. Out: its result sent back, or the reason its transaction failed.
//! It does not know which engine runs it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tokio::sync::oneshot;

use super::tx::Tx;
use crate::error::StoreError;

/// What travels to an engine thread.
pub(super) enum Order {
    Write(Box<dyn Job>),
    Read(Box<dyn Job>),
    /// SQLite only, between two commit groups.
    Checkpoint(oneshot::Sender<Result<(), StoreError>>),
}

/// One closure: run once inside a transaction, answered once after the transaction ended.
pub(super) trait Job: Send {
    /// Runs the closure. True: keep its writes. False: undo them.
    fn run(&mut self, tx: &mut Tx<'_>) -> bool;
    /// Tells the caller: the closure's own result, unless the transaction around it failed.
    fn answer(self: Box<Self>, transaction: Result<(), StoreError>);
}

pub(super) struct Task<F, T, E> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<F, T, E> Task<F, T, E> {
    pub(super) fn new(work: F) -> (Self, oneshot::Receiver<Result<T, E>>) {
        let (reply, answer) = oneshot::channel();
        (Self { work: Some(work), result: None, reply }, answer)
    }
}

impl<F, T, E> Job for Task<F, T, E>
where
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
    T: Send,
    E: From<StoreError> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> bool {
        let Some(work) = self.work.take() else {
            return false;
        };
        // The transaction is undone after a panic, so nothing half-changed is seen again.
        let result = catch_unwind(AssertUnwindSafe(|| work(tx)));
        let result = match (result, tx.failure()) {
            (Err(_), _) => Err(StoreError::Panicked.into()),
            // The closure passed over a failed statement: PostgreSQL can't commit, so neither engine does.
            (Ok(Ok(_)), Some(failure)) => Err(failure.clone().into()),
            (Ok(result), _) => result,
        };
        let keep = result.is_ok();
        self.result = Some(result);
        keep
    }

    fn answer(self: Box<Self>, transaction: Result<(), StoreError>) {
        let Self { result, reply, .. } = *self;
        let result = match (transaction, result) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), Some(result)) => result,
            (Ok(()), None) => Err(StoreError::Closed.into()),
        };
        // A caller that went away is not told; a panic in its values' destructors stays here.
        drop(catch_unwind(AssertUnwindSafe(|| drop(reply.send(result)))));
    }
}
