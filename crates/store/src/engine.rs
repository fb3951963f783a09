//! The engine: one synchronous transaction closure, run on embedded SQLite or on PostgreSQL.
//!
//! In: a URL, then closures over [`Tx`]. Out: their result, only once their commit is durable.
//! SQLite has one writer thread, which commits waiting closures together (one fsync for the group),
//! and a few reader threads; PostgreSQL has worker threads, each with its connection.
//! It does not know any table except `schema_migration`.

mod job;
mod migrate;
mod postgres;
mod sqlite;
mod tx;

use std::cell::Cell;
use std::fmt;
use std::path::Path;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use crate::error::StoreError;
use job::{Job, Order, Task};
pub use migrate::Migration;
pub use tx::Tx;

/// Which engine runs under the store, and the few words of SQL that differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// Embedded, one file, one writer.
    Sqlite,
    /// A server; several nodes may write.
    Postgres,
}

impl Backend {
    /// Ends a `SELECT` whose rows are about to be changed in the same transaction.
    /// Empty on SQLite, where write transactions never overlap.
    pub fn for_update(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE",
        }
    }

    /// Ends a `SELECT` that claims work: rows another worker is claiming are passed over.
    pub fn for_update_skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
        }
    }
}

/// Which PostgreSQL servers may be reached. There is no TLS to the database yet: traffic is in clear.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plaintext {
    /// Unix sockets and loopback addresses; anything else is refused when opening.
    LoopbackOnly,
    /// Any host: the operator vouches for the network (a private link, a TLS tunnel).
    AnyHost,
}

/// How to open a store. The default suits one laboratory on two cores.
#[derive(Debug, Clone)]
pub struct Options {
    /// Closures that may wait, for writes and for reads; beyond, callers wait to enter. Default 1024.
    pub queue: usize,
    /// SQLite reader threads. Default 2.
    pub readers: usize,
    /// PostgreSQL connections, for reads and writes together. Default 8.
    pub connections: usize,
    /// Most closures in one SQLite commit. Default 256.
    pub group_size: usize,
    /// A SQLite commit group takes no further closure after this long. Default 20 ms.
    pub group_time: Duration,
    /// How long to wait for a lock held by another process or transaction. Default 5 s.
    pub lock_timeout: Duration,
    /// Longest time for one statement. Default 30 s.
    pub statement_timeout: Duration,
    /// SQLite page size in bytes for a new file, a power of two from 512 to 65536. Default 8192.
    pub page_size_bytes: u32,
    /// SQLite page cache of the writer in KiB; each reader has a quarter. Default 32 MiB.
    pub cache_kib: u32,
    /// SQLite: the write-ahead log is copied into the file once it has this many pages.
    /// Done by the writer after it answered its callers. Default 4000 (32 MB).
    pub checkpoint_pages: u32,
    /// SQLite: the file may not grow beyond; then writes answer [`StoreError::DiskFull`]. Default none.
    pub max_size_bytes: Option<u64>,
    /// Which PostgreSQL hosts may be spoken to in clear. Default loopback only.
    pub plaintext: Plaintext,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue: 1024,
            readers: 2,
            connections: 8,
            group_size: 256,
            group_time: Duration::from_millis(20),
            lock_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(30),
            page_size_bytes: 8192,
            cache_kib: 32 * 1024,
            checkpoint_pages: 4000,
            max_size_bytes: None,
            plaintext: Plaintext::LoopbackOnly,
        }
    }
}

/// An open database. Cheap to clone; closed (and its threads joined) when the last clone goes.
///
/// Guarantees, the same on both engines:
///
/// - A `write` answers `Ok` only after its commit is durable (`synchronous=FULL`, `synchronous_commit=on`).
/// - A closure that answers `Err`, panics, or ignored a failed statement leaves no trace.
/// - Dropping the returned future does not undo a closure that already started or waits in the queue.
/// - Closures run on the engine's threads: they must not wait for the network, for the user, or for the
///   store itself (answered with [`StoreError::Statement`] rather than a deadlock).
///
/// Isolation: SQLite writes never overlap. PostgreSQL writes are `READ COMMITTED`: read rows to be changed
/// with [`Tx::for_update`], or hold [`Tx::lock_named`]. Reads see one snapshot.
#[derive(Clone)]
pub struct Store {
    shared: Arc<Shared>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("backend", &self.shared.backend).finish_non_exhaustive()
    }
}

/// What the clones share: the ways in, and what must be joined and removed at the end, in field order.
struct Shared {
    backend: Backend,
    writes: Option<mpsc::Sender<Order>>,
    reads: Option<mpsc::Sender<Order>>,
    threads: Vec<JoinHandle<()>>,
    file: Option<sqlite::File>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.writes = None;
        self.reads = None;
        // The last clone may have lived in a closure: a thread does not wait for itself.
        let here = thread::current().id();
        for handle in self.threads.drain(..).filter(|handle| handle.thread().id() != here) {
            if handle.join().is_err() {
                tracing::error!("a store thread ended by a panic");
            }
        }
    }
}

impl Store {
    /// Opens a database and checks that it answers.
    ///
    /// `sqlite:/path/file.db` (created if absent, readable by its owner only), `sqlite::memory:` (a file in a
    /// temporary folder, removed at the end), `postgres://user@host/database` or `postgresql://…`.
    /// Blocks while it opens; may be called from anywhere.
    pub fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let shared = if let Some(path) = url.strip_prefix("sqlite:") {
            let file = sqlite::File::locate(path)?;
            let started = sqlite::start(&file, options)?;
            Shared {
                backend: Backend::Sqlite,
                writes: Some(started.writes),
                reads: Some(started.reads),
                threads: started.threads,
                file: Some(file),
            }
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let (orders, threads) = postgres::start(url, options)?;
            Shared {
                backend: Backend::Postgres,
                writes: Some(orders.clone()),
                reads: Some(orders),
                threads,
                file: None,
            }
        } else {
            return Err(StoreError::Url { expected: "sqlite:<path>, sqlite::memory: or postgres://…" });
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Which engine runs below.
    pub fn backend(&self) -> Backend {
        self.shared.backend
    }

    /// Runs `f` in a write transaction and answers once its commit is durable.
    ///
    /// Waits while the queue is full. Errors of the store come through `E: From<StoreError>`.
    pub async fn write<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit(self.shared.writes.as_ref(), Order::Write, f).await
    }

    /// Runs `f` on one consistent snapshot that holds every write already answered. Writing is refused.
    pub async fn read<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        self.submit(self.shared.reads.as_ref(), Order::Read, f).await
    }

    /// As [`Store::write`], blocking the calling thread: for start-up, commands and tests.
    pub fn write_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        block_on(self.write(f))
    }

    /// As [`Store::read`], blocking the calling thread: for start-up, commands and tests.
    pub fn read_blocking<T, E, F>(&self, f: F) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        block_on(self.read(f))
    }

    /// Brings the schema up to date: applies the migrations not applied yet, in order, one transaction each.
    ///
    /// `applied_at` is written beside them (RFC 3339). Answers how many were applied now. Refuses to start when
    /// an applied migration's text changed, is missing from the list or out of order. Nodes starting at the same
    /// moment wait for each other. See [`Migration`] for what the SQL may contain.
    pub async fn migrate(&self, migrations: &'static [Migration], applied_at: &str) -> Result<usize, StoreError> {
        migrate::run(self, migrations, applied_at).await
    }

    /// As [`Store::migrate`], blocking the calling thread.
    pub fn migrate_blocking(&self, migrations: &'static [Migration], applied_at: &str) -> Result<usize, StoreError> {
        block_on(self.migrate(migrations, applied_at))
    }

    /// SQLite: writes a consistent, complete copy of the database to a new file while the store keeps working.
    ///
    /// The copy is durable under its final name or absent. Refuses to replace a file. PostgreSQL has its own
    /// tools (`pg_basebackup`, `pg_dump`): [`StoreError::Unsupported`].
    pub async fn backup(&self, to: impl AsRef<Path>) -> Result<(), StoreError> {
        let Some(file) = &self.shared.file else {
            return Err(StoreError::Unsupported { feature: "backup of PostgreSQL by the store" });
        };
        let (from, to) = (file.path().to_owned(), to.as_ref().to_owned());
        let (reply, answer) = oneshot::channel();
        thread::Builder::new()
            .name("store-backup".into())
            .spawn(move || drop(reply.send(sqlite::backup(&from, &to))))?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// SQLite: copies the whole write-ahead log into the file and empties it, for instance before the file is
    /// moved. [`StoreError::Busy`] when readers hold it. PostgreSQL: [`StoreError::Unsupported`].
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        if self.backend() == Backend::Postgres {
            return Err(StoreError::Unsupported { feature: "checkpoint of PostgreSQL by the store" });
        }
        let (reply, answer) = oneshot::channel();
        send(self.shared.writes.as_ref(), Order::Checkpoint(reply)).await?;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    async fn submit<T, E, F>(
        &self,
        queue: Option<&mpsc::Sender<Order>>,
        order: fn(Box<dyn Job>) -> Order,
        f: F,
    ) -> Result<T, E>
    where
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        if ON_STORE_THREAD.get() {
            let reason = "the store was called from inside one of its own closures";
            return Err(StoreError::statement(reason).into());
        }
        let (task, answer) = Task::new(f);
        send(queue, order(Box::new(task))).await?;
        answer.await.unwrap_or_else(|_| Err(StoreError::Closed.into()))
    }
}

async fn send(queue: Option<&mpsc::Sender<Order>>, order: Order) -> Result<(), StoreError> {
    let queue = queue.ok_or(StoreError::Closed)?;
    queue.send(order).await.map_err(|_| StoreError::Closed)
}

thread_local! {
    static ON_STORE_THREAD: Cell<bool> = const { Cell::new(false) };
}

/// Starts one of the engine's threads.
fn spawn(name: String, body: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, StoreError> {
    let marked = move || {
        ON_STORE_THREAD.set(true);
        body();
    };
    Ok(thread::Builder::new().name(name).spawn(marked)?)
}

/// Waits for a future of ours on the current thread, inside or outside a runtime:
/// it only waits for the engine's own threads, so parking is enough.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    // Without this, tokio's fairness budget of the surrounding task would never be refilled here.
    let mut future = pin!(tokio::task::unconstrained(future));
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}
