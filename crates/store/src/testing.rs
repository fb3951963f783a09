//! A throw-away PostgreSQL for tests, the same for every crate of the workspace.
//!
//! In: `PAILLASSE_PG_URL` (a server where databases may be created), or the Debian binaries under
//! `/usr/lib/postgresql` (another folder: `PAILLASSE_PG_BIN`). Out: URLs of fresh databases.
//! The server it starts listens on a socket in its own temporary folder, fsyncs, and stops with its owner.
//! It does not know tables.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use ::postgres::{Client, NoTls};

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A PostgreSQL server that tests may fill.
pub struct Postgres {
    /// URL of the maintenance database, of which the others are siblings.
    url: String,
    databases: Vec<String>,
    keeper: Option<Keeper>,
}

/// Why there is no PostgreSQL to test on: shown after `skipped:`.
#[derive(Debug, thiserror::Error)]
pub enum Absent {
    /// Neither a URL nor the binaries.
    #[error("PostgreSQL not installed")]
    NotInstalled,
    /// The binaries are there and the server did not start.
    #[error("PostgreSQL does not start: {0}")]
    DoesNotStart(String),
}

impl Postgres {
    /// Finds or starts a server; when there is none, prints `skipped: …` and answers `None`.
    /// With `PAILLASSE_PG_REQUIRED` set (continuous integration), a missing server is an error of the test.
    pub fn start_or_skip() -> Option<Self> {
        match Self::start() {
            Ok(server) => Some(server),
            Err(absent) => {
                let required = std::env::var_os("PAILLASSE_PG_REQUIRED").is_some();
                assert!(!required, "PAILLASSE_PG_REQUIRED is set, but: {absent}");
                #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
                {
                    eprintln!("skipped: {absent}");
                }
                None
            }
        }
    }

    /// Finds the server of `PAILLASSE_PG_URL`, or starts one (about two seconds).
    pub fn start() -> Result<Self, Absent> {
        if let Ok(url) = std::env::var("PAILLASSE_PG_URL") {
            return Ok(Self { url, databases: Vec::new(), keeper: None });
        }
        let binaries = binaries().ok_or(Absent::NotInstalled)?;
        let failed = |error: io::Error| Absent::DoesNotStart(error.to_string());
        let (keeper, folder) = Keeper::start(&binaries).map_err(failed)?;
        let socket = folder.to_string_lossy().into_owned();
        let url = format!("postgresql:///postgres?user=postgres&host={socket}");
        let server = Self { url, databases: Vec::new(), keeper: Some(keeper) };
        server.wait_until_ready().map(|()| server)
    }

    /// Creates an empty database (UTF-8, collation `C`), dropped at the end, and answers its URL.
    pub fn fresh_database(&mut self) -> Result<String, ::postgres::Error> {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("paillasse_test_{}_{n}", std::process::id());
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C'");
        Client::connect(&self.url, NoTls)?.batch_execute(&create)?;
        let url = sibling(&self.url, &name);
        self.databases.push(name);
        Ok(url)
    }

    /// Ends every connection to the databases made here, as a restart of the server would.
    pub fn break_connections(&self) -> Result<(), ::postgres::Error> {
        let mut client = Client::connect(&self.url, NoTls)?;
        for name in &self.databases {
            client.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", &[name])?;
        }
        Ok(())
    }

    /// Kills a server of ours with SIGKILL, leaves it down for so long, and starts it again on what it left.
    /// A borrowed server is left alone: [`break_connections`](Self::break_connections) does what can be done to it.
    pub fn kill_and_start(&self, down: Duration) -> Result<(), Absent> {
        let Some(keeper) = &self.keeper else { return Ok(()) };
        keeper.kill_and_start(down).map_err(|error| Absent::DoesNotStart(error.to_string()))?;
        self.wait_until_ready()
    }

    fn wait_until_ready(&self) -> Result<(), Absent> {
        let until = Instant::now() + Duration::from_secs(30);
        loop {
            match Client::connect(&self.url, NoTls) {
                Ok(_) => return Ok(()),
                Err(error) if Instant::now() > until => {
                    return Err(Absent::DoesNotStart(error.to_string()));
                }
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server of our own goes as a whole; a borrowed one gets its databases removed.
        if self.keeper.is_none()
            && let Ok(mut client) = Client::connect(&self.url, NoTls)
        {
            for name in &self.databases {
                drop(client.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
            }
        }
    }
}

/// The same URL with another database name.
fn sibling(url: &str, name: &str) -> String {
    let (base, query) = match url.split_once('?') {
        Some((base, query)) => (base, format!("?{query}")),
        None => (url, String::new()),
    };
    let authority = base.find("://").map_or(0, |at| at + 3);
    let end = base[authority..].find('/').map_or(base.len(), |at| authority + at);
    format!("{}/{name}{query}", &base[..end])
}

/// A thread that owns the server process: the system stops the server if that thread, or the whole test
/// process, dies without stopping it first.
struct Keeper {
    orders: Option<mpsc::Sender<Order>>,
    thread: Option<JoinHandle<()>>,
}

/// What the owner asks of the thread; it stops the server when nobody can ask any more.
struct Order {
    down: Duration,
    done: mpsc::Sender<io::Result<()>>,
}

impl Keeper {
    fn kill_and_start(&self, down: Duration) -> io::Result<()> {
        let (done, answer) = mpsc::channel();
        let orders = self.orders.as_ref().ok_or_else(|| io::Error::other("the server is stopped"))?;
        orders.send(Order { down, done }).map_err(io::Error::other)?;
        answer.recv().map_err(io::Error::other)?
    }

    fn start(binaries: &Path) -> io::Result<(Self, PathBuf)> {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("paillasse-pg-{}-{n}", std::process::id()));
        initialize(binaries, &folder)?;
        let (orders, ordered) = mpsc::channel::<Order>();
        let (started, server) = mpsc::channel();
        let (binaries, owned) = (binaries.to_owned(), folder.clone());
        let thread = thread::Builder::new().name("postgres-keeper".into()).spawn(move || {
            match serve(&binaries, &owned) {
                Err(error) => drop(started.send(Err(error))),
                Ok(mut child) => {
                    drop(started.send(Ok(())));
                    // Ends when the owner is dropped.
                    while let Ok(order) = ordered.recv() {
                        let again = killed(&binaries, &owned, &mut child, order.down);
                        drop(order.done.send(again));
                    }
                    shut_down(&binaries, &owned, &mut child);
                }
            }
            drop(fs::remove_dir_all(&owned));
        })?;
        let keeper = Self { orders: Some(orders), thread: Some(thread) };
        server.recv().map_err(io::Error::other)??;
        Ok((keeper, folder))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.orders = None;
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

fn initialize(binaries: &Path, folder: &Path) -> io::Result<()> {
    let done = unprivileged(&binaries.join("initdb"), &[])
        .arg("--pgdata")
        .arg(folder)
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .output()?;
    if done.status.success() {
        return Ok(());
    }
    Err(io::Error::other(String::from_utf8_lossy(&done.stderr).into_owned()))
}

fn serve(binaries: &Path, folder: &Path) -> io::Result<Child> {
    unprivileged(&binaries.join("postgres"), &["--pdeathsig", "QUIT"])
        .arg("-D")
        .arg(folder)
        .arg("-k")
        .arg(folder)
        .args(["-c", "listen_addresses=", "-c", "fsync=on", "-c", "max_connections=100"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
}

/// SIGKILL to the server, then another one on the same folder once its last process has let go of it.
fn killed(binaries: &Path, folder: &Path, child: &mut Child, down: Duration) -> io::Result<()> {
    child.kill()?;
    child.wait()?;
    thread::sleep(down);
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        *child = serve(binaries, folder)?;
        thread::sleep(Duration::from_millis(700));
        match child.try_wait()? {
            None => return Ok(()),
            Some(status) if Instant::now() > until => return Err(io::Error::other(status.to_string())),
            Some(_) => {}
        }
    }
}

fn shut_down(binaries: &Path, folder: &Path, child: &mut Child) {
    let asked = unprivileged(&binaries.join("pg_ctl"), &[])
        .args(["stop", "--mode=immediate", "--no-wait", "-D"])
        .arg(folder)
        .output();
    if !asked.is_ok_and(|done| done.status.success()) {
        drop(child.kill());
    }
    drop(child.wait());
}

/// PostgreSQL refuses to run as root: then it runs as the user its package created.
fn unprivileged(program: &Path, options: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    if is_root() {
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]);
    }
    command.args(options).arg("--").arg(program).current_dir(std::env::temp_dir());
    command
}

fn is_root() -> bool {
    #[cfg(target_os = "linux")]
    {
        use std::os::linux::fs::MetadataExt;
        fs::metadata("/proc/self").is_ok_and(|own| own.st_uid() == 0)
    }
    #[cfg(not(target_os = "linux"))]
    {
        false
    }
}

/// The newest version installed.
fn binaries() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("PAILLASSE_PG_BIN") {
        return Some(folder.into());
    }
    fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").exists().then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

#[cfg(test)]
mod tests {
    use super::sibling;

    #[test]
    fn a_sibling_keeps_everything_but_the_name() {
        assert_eq!(sibling("postgres://a@h:1/x?user=u", "y"), "postgres://a@h:1/y?user=u");
        assert_eq!(sibling("postgres://a@h", "y"), "postgres://a@h/y");
        assert_eq!(sibling("postgresql:///postgres?host=/tmp/x", "y"), "postgresql:///y?host=/tmp/x");
    }
}
