//! The other side: simulated French national services, for development, tests and demonstration.
//!
//! In: what a laboratory system sends (mail over SMTP, SOAP deposits). Out: the answers the norms
//! prescribe, pages for people that show what arrived, and misbehavior on request.
//! [`Sandbox::start`] runs all of it on loopback: the MSSanté operator on its own two ports, and
//! one HTTP server that carries the DMP services, the control API and the pages.
//!
//! It is written from the norms and shares no rule with the product under test; it deliberately
//! knows no laboratory, keeps everything in memory and never calls anyone.

pub mod dmp;
pub mod mss;
pub mod pages;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use dmp::Dmp;
use mss::{Mss, MssHandle};

/// What to simulate, and where.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The MSSanté operator.
    pub mss: mss::Settings,
    /// The DMP.
    pub dmp: dmp::Settings,
    /// Where HTTP listens: a loopback address; port 0 picks a free one. Not used by
    /// [`Sandbox::start_on`].
    pub http_bind: SocketAddr,
    /// 15-character matricules of the patients who have a DMP from the start.
    pub open_dmps: Vec<String>,
}

impl Default for Settings {
    /// Default operator and DMP, any free ports of this machine, no patient.
    fn default() -> Self {
        Self {
            mss: mss::Settings::default(),
            dmp: dmp::Settings::default(),
            http_bind: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            open_dmps: Vec::new(),
        }
    }
}

/// Where to call the services over HTTP. All absolute, in clear, on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// The pages, ending with `/`.
    pub pages: String,
    /// DMP repository: deposits (ITI-41).
    pub dmp_repository: String,
    /// DMP registry: queries (ITI-18) and status changes (ITI-57).
    pub dmp_registry: String,
    /// Control of the faults of the DMP: see [`dmp::FAULTS_PATH`].
    pub dmp_faults: String,
    /// The file that tells mail programs where the operator's servers are; `{domain}` stands for the domain of an address.
    pub mss_autoconfig: String,
    /// Control of the faults of the operator: see [`MssHandle::router`].
    pub mss_faults: String,
}

/// Why the sandbox did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// HTTP can't be listened to.
    #[error("listening to HTTP")]
    Listen(#[source] io::Error),
    /// HTTP was asked for beyond this machine: the pages know no user and hide nothing.
    #[error("the sandbox serves HTTP on a loopback address only")]
    NotLoopback,
    /// The MSSanté operator did not start.
    #[error("starting the MSSanté operator")]
    Mss(#[from] mss::StartError),
}

/// A running sandbox. Dropping it stops it; what it holds goes with it.
#[derive(Debug)]
pub struct Sandbox {
    /// The MSSanté operator: addresses, certificate authority, boxes, faults.
    pub mss: Arc<MssHandle>,
    /// The DMP: documents, faults.
    pub dmp: Arc<Dmp>,
    /// Where HTTP listens: DMP, control and pages.
    pub http_addr: SocketAddr,
    /// Where to call each service.
    pub urls: Urls,
    stop: watch::Sender<bool>,
}

impl Sandbox {
    /// Starts everything, with HTTP on `settings.http_bind`.
    ///
    /// Errors: [`StartError`]. Must be called within a tokio runtime.
    pub async fn start(settings: Settings) -> Result<Self, StartError> {
        let listener = TcpListener::bind(settings.http_bind).await.map_err(StartError::Listen)?;
        Self::start_on(listener, settings).await
    }

    /// Starts everything, with HTTP on a port that is already open.
    ///
    /// Errors: [`StartError`]; nothing then keeps running.
    pub async fn start_on(listener: TcpListener, settings: Settings) -> Result<Self, StartError> {
        let http_addr = listener.local_addr().map_err(StartError::Listen)?;
        if !http_addr.ip().is_loopback() {
            return Err(StartError::NotLoopback);
        }
        let mss = Arc::new(Mss::start(settings.mss).await?);
        let urls = Urls::at(http_addr, &settings.dmp);
        let paths = pages::DmpPaths::of(&settings.dmp);
        let dmp = Arc::new(Dmp::new(settings.dmp));
        for ins in &settings.open_dmps {
            dmp.open_dmp(ins);
        }
        let router = dmp.router().merge(mss.router()).merge(pages::router(mss.clone(), dmp.clone(), paths));
        let (stop, mut stopped) = watch::channel(false);
        tokio::spawn(async move {
            // A dropped sender means a dropped sandbox: the server stops as well.
            let stop = async move { drop(stopped.wait_for(|stop| *stop).await) };
            if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(stop).await {
                tracing::warn!(%error, "the HTTP server of the sandbox stopped");
            }
        });
        Ok(Self { mss, dmp, http_addr, urls, stop })
    }

    /// Stops listening. Mail connections close at once; HTTP answers under way are finished.
    pub fn shutdown(&self) {
        self.stop.send_replace(true);
        self.mss.shutdown();
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.shutdown();
    }
}

impl Urls {
    fn at(http: SocketAddr, dmp: &dmp::Settings) -> Self {
        let url = |path: &str| format!("http://{http}{path}");
        Self {
            pages: url("/"),
            dmp_repository: url(&dmp.repository_path),
            dmp_registry: url(&dmp.registry_path),
            dmp_faults: url(dmp::FAULTS_PATH),
            mss_autoconfig: url(mss::AUTOCONFIG_PATH),
            mss_faults: url("/sandbox/mss/faults"),
        }
    }
}
