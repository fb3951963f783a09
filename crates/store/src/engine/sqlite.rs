//! Embedded SQLite: one writer thread that commits in groups, reader threads on snapshots.
//!
//! In: orders from the queues. Out: answers, after the shared commit.
//! Settings: WAL, `synchronous=FULL` (each commit is fsynced before anyone is answered), foreign keys on,
//! `LIKE` case-sensitive as on PostgreSQL, no memory map (a failing disk would kill the process instead of
//! failing a read).
//!
//! Large values (a PDF of 16 kB and more): SQLite keeps them in the row as a chain of overflow pages.
//! A page of 8 kB keeps that chain short without making small rows dear, and the chain is read only when the
//! column is; so put the bytes in the table's last column, or better in a table of their own. They are written
//! twice (log, then file), in the same fsync as their row: one commit covers document and state.

mod connection;
mod fault;
mod file;

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot};

use super::job::{Job, Order};
use super::tx::Tx;
use super::{Options, spawn};
use crate::error::StoreError;
pub(super) use connection::Handle;
pub(super) use file::{File, backup};

pub(super) struct Started {
    pub(super) writes: mpsc::Sender<Order>,
    pub(super) reads: mpsc::Sender<Order>,
    pub(super) threads: Vec<JoinHandle<()>>,
}

/// Opens every connection first, so that a wrong file fails here and not in the first request.
pub(super) fn start(file: &File, options: &Options) -> Result<Started, StoreError> {
    let writer = Handle::writer(file.path(), options)?;
    let readers =
        (0..options.readers.max(1)).map(|_| Handle::reader(file.path(), options)).collect::<Result<Vec<_>, _>>()?;
    let (writes, write_orders) = mpsc::channel(options.queue.max(1));
    let (reads, read_orders) = mpsc::channel(options.queue.max(1));
    let writer = Writer { handle: writer, orders: write_orders, options: options.clone() };
    let mut threads = vec![spawn("store-writer".into(), move || writer.run())?];
    let read_orders = Arc::new(Mutex::new(read_orders));
    for (n, handle) in readers.into_iter().enumerate() {
        let orders = Arc::clone(&read_orders);
        threads.push(spawn(format!("store-reader-{n}"), move || read(&handle, &orders))?);
    }
    Ok(Started { writes, reads, threads })
}

struct Writer {
    handle: Handle,
    orders: mpsc::Receiver<Order>,
    options: Options,
}

impl Writer {
    fn run(mut self) {
        let mut next = None;
        while let Some(order) = next.take().or_else(|| self.orders.blocking_recv()) {
            match order {
                Order::Write(job) => next = self.commit_group(job),
                Order::Checkpoint(reply) => checkpoint(&self.handle, reply),
                Order::Read(job) => job.answer(Err(StoreError::Closed)),
            }
        }
    }

    /// Runs `first` and whoever waits behind it in one transaction, then answers them all.
    /// Returns an order that could not join.
    fn commit_group(&mut self, first: Box<dyn Job>) -> Option<Order> {
        if let Err(error) = self.handle.control("BEGIN IMMEDIATE") {
            first.answer(Err(error));
            return None;
        }
        let started = Instant::now();
        let (mut ran, mut job, mut next) = (Vec::new(), first, None);
        let gathered = loop {
            let alive = self.run_alone(&mut *job);
            ran.push(job);
            if let Err(error) = alive {
                break Err(error);
            }
            if ran.len() >= self.options.group_size || started.elapsed() >= self.options.group_time {
                break Ok(());
            }
            match self.orders.try_recv() {
                Ok(Order::Write(waiting)) => job = waiting,
                Ok(other) => {
                    next = Some(other);
                    break Ok(());
                }
                Err(_) => break Ok(()),
            }
        };
        let outcome = gathered.and_then(|()| self.handle.commit());
        if let Err(error) = &outcome {
            tracing::error!(error = %error, n_writes = ran.len(), "a group of writes was not committed");
            self.handle.abandon();
        }
        // Refusals too wait for the commit: they may rest on a neighbor's row that would not be there.
        for job in ran {
            job.answer(outcome.clone());
        }
        if self.handle.wal_pages() >= self.options.checkpoint_pages {
            self.handle.checkpoint_passively();
        }
        next
    }

    /// Runs one closure in its own savepoint. `Err` when the whole transaction around it is gone
    /// (SQLite undoes everything when the disk is full, on an I/O error or an interruption).
    fn run_alone(&self, job: &mut dyn Job) -> Result<(), StoreError> {
        self.handle.control("SAVEPOINT closure")?;
        let mut tx = Tx::sqlite(&self.handle);
        let keep = job.run(&mut tx);
        if self.handle.lost_transaction() {
            let unknown = || StoreError::Io { reason: "the transaction was undone".into() };
            return Err(tx.failure().cloned().unwrap_or_else(unknown));
        }
        if !keep {
            self.handle.control("ROLLBACK TO closure")?;
        }
        self.handle.control("RELEASE closure")
    }
}

fn checkpoint(handle: &Handle, reply: oneshot::Sender<Result<(), StoreError>>) {
    // A caller that went away does not need the answer.
    drop(reply.send(handle.checkpoint_fully()));
}

fn read(handle: &Handle, orders: &Mutex<mpsc::Receiver<Order>>) {
    loop {
        let order = orders.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        match order {
            Some(Order::Read(mut job)) => {
                let begun = handle.control("BEGIN");
                if begun.is_ok() {
                    job.run(&mut Tx::sqlite(handle));
                    handle.abandon();
                }
                job.answer(begun);
            }
            Some(Order::Write(job)) => job.answer(Err(StoreError::ReadOnly)),
            Some(Order::Checkpoint(reply)) => drop(reply.send(Err(StoreError::ReadOnly))),
            None => return,
        }
    }
}
