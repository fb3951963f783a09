//! A running laboratory: pages, MLLP, workers, started and stopped together.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use app::App;
use axum::Router;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use transport::mllp;

/// What listens where.
pub struct Addresses {
    /// Pages.
    pub web: SocketAddr,
    /// MLLP.
    pub mllp: SocketAddr,
}

/// A running laboratory. Dropping it stops everything.
pub struct Running {
    /// Where it listens.
    pub addresses: Addresses,
    tasks: JoinSet<()>,
    stop: CancellationToken,
}

/// Starts everything; port 0 picks a free one.
pub async fn start(
    app: &App,
    router: Router,
    web: SocketAddr,
    mllp_at: SocketAddr,
    tls: Option<TlsAcceptor>,
) -> Result<Running> {
    let pages = TcpListener::bind(web).await.with_context(|| format!("l'adresse {web} n'est pas libre"))?;
    let messages = TcpListener::bind(mllp_at).await.with_context(|| format!("l'adresse {mllp_at} n'est pas libre"))?;
    let addresses = Addresses { web: pages.local_addr()?, mllp: messages.local_addr()? };
    let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
    let settings =
        mllp::ServerSettings { max_frame_bytes: app.settings().max_message_bytes, ..mllp::ServerSettings::default() };
    app.start_mllp(messages, settings, tls, stop.clone(), &mut tasks);
    app.start_workers(&mut tasks);
    let stopped = stop.clone();
    tasks.spawn(async move {
        let served = axum::serve(pages, router).with_graceful_shutdown(stopped.cancelled_owned()).await;
        if let Err(error) = served {
            tracing::error!(%error, "pages are no longer served");
        }
    });
    Ok(Running { addresses, tasks, stop })
}

impl Running {
    /// Adds a task that lives as long as the rest.
    pub fn spawn(&mut self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn(task);
    }

    /// Stops: messages being received are answered, workers are cut where they are.
    pub async fn stop(mut self) {
        self.stop.cancel();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
    }
}

/// Waits for Ctrl-C or a termination signal.
pub async fn asked_to_stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
