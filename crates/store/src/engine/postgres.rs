//! PostgreSQL: worker threads, each with its own connection, taking orders from one queue.
//!
//! In: orders. Out: answers, after `COMMIT` returned. Writes are `READ COMMITTED`, reads `REPEATABLE READ
//! READ ONLY`; `synchronous_commit` is on. A broken connection is replaced before the next closure runs.
//! There is no TLS yet: hosts beyond loopback need [`Plaintext::AnyHost`].
//! The database should be created with the `C` collation, so that `ORDER BY` sorts text as SQLite does.

mod fault;
mod session;
mod wire;

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use ::postgres::Config;
use ::postgres::config::Host;
use tokio::sync::mpsc;

use super::job::{Job, Order};
use super::tx::Tx;
use super::{Options, Plaintext, spawn};
use crate::error::StoreError;
pub(super) use session::Session;

const WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
const READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// Connects once before answering, so that a wrong URL fails here and not in the first request.
pub(super) fn start(url: &str, options: &Options) -> Result<(mpsc::Sender<Order>, Vec<JoinHandle<()>>), StoreError> {
    let mut config: Config =
        url.parse().map_err(|_| StoreError::Url { expected: "postgres://user@host:port/database" })?;
    if options.plaintext == Plaintext::LoopbackOnly && !stays_on_this_machine(&config) {
        return Err(StoreError::Unsupported { feature: "PostgreSQL on another machine without TLS" });
    }
    config.application_name("paillasse");
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(Duration::from_secs(5));
    }
    config.tcp_user_timeout(Duration::from_secs(30)).keepalives_idle(Duration::from_secs(30));

    let (sender, orders) = mpsc::channel(options.queue.max(1));
    let orders = Arc::new(Mutex::new(orders));
    let (ready, first_connection) = std::sync::mpsc::channel();
    let mut threads = Vec::new();
    for n in 0..options.connections.max(1) {
        let mut worker = Worker { config: config.clone(), options: options.clone(), session: None };
        let (orders, ready) = (Arc::clone(&orders), (n == 0).then(|| ready.clone()));
        threads.push(spawn(format!("store-postgres-{n}"), move || {
            if let Some(ready) = ready {
                // The opener waits for this, unless it gave up starting the other threads.
                drop(ready.send(worker.connect().map(drop)));
            }
            worker.run(&orders);
        })?);
    }
    first_connection.recv().unwrap_or(Err(StoreError::Closed))?;
    Ok((sender, threads))
}

fn stays_on_this_machine(config: &Config) -> bool {
    let loopback = |host: &Host| match host {
        Host::Tcp(name) => name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback()),
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(loopback) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

struct Worker {
    config: Config,
    options: Options,
    session: Option<Session>,
}

impl Worker {
    fn run(mut self, orders: &Mutex<mpsc::Receiver<Order>>) {
        loop {
            let order = orders.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
            match order {
                Some(Order::Write(job)) => self.serve(WRITE, job),
                Some(Order::Read(job)) => self.serve(READ, job),
                Some(Order::Checkpoint(reply)) => {
                    drop(reply.send(Err(StoreError::Unsupported { feature: "checkpoint" })));
                }
                None => return,
            }
        }
    }

    fn connect(&mut self) -> Result<&mut Session, StoreError> {
        self.session = None;
        let session = Session::connect(&self.config, &self.options)?;
        Ok(self.session.insert(session))
    }

    /// An open transaction. The server may have closed an idle connection: that is only seen here,
    /// before the closure runs, so a second try is harmless.
    fn begin(&mut self, how: &str) -> Result<&mut Session, StoreError> {
        if let Some(session) = &mut self.session
            && session.batch(how).is_ok()
        {
            // Asked again because the borrow above cannot leave the branch.
            return self.session.as_mut().ok_or(StoreError::Closed);
        }
        let session = self.connect()?;
        session.batch(how)?;
        Ok(session)
    }

    fn serve(&mut self, how: &str, mut job: Box<dyn Job>) {
        let session = match self.begin(how) {
            Ok(session) => session,
            Err(error) => {
                tracing::warn!(error = %error, "a database transaction could not start");
                return job.answer(Err(error));
            }
        };
        let keep = job.run(&mut Tx::postgres(session));
        let ended = if keep { session.commit() } else { session.rollback() };
        let broken = ended.is_err();
        // What was read stays true, and what was refused stays undone, when the connection breaks after.
        let outcome = if keep && how == WRITE { ended } else { Ok(()) };
        if broken {
            self.session = None;
        }
        job.answer(outcome);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn only_sockets_and_loopback_count_as_this_machine() {
        let stays = |url: &str| stays_on_this_machine(&url.parse().unwrap());
        assert!(stays("postgres://a@localhost/b"));
        assert!(stays("postgres://a@127.0.0.1:5433/b"));
        assert!(stays("postgres://a@%2Fvar%2Frun/b"));
        assert!(!stays("postgres://a@db.example/b"));
        assert!(!stays("postgres://a@10.0.0.2/b"));
        assert!(!stays("postgres://a@localhost,db.example/b"));
    }
}
