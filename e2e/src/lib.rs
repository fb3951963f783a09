//! A laboratory and the other side in one process, for scenarios that cross every station.
//!
//! In: messages, acts, faults. Out: what the store, the mailboxes and the DMP hold in the end.
//! It uses the application as the server does, and the sandbox as the national services; nothing is replaced.

pub mod debian;
mod message;
mod operator;
mod pack;
pub mod soak;

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use anyhow::{Context, Result, ensure};
use app::{App, AppError, Env, Settings, catalogue, report::Partial, settings::PackSettings, start::open_store};
use jiff::{SignedDuration, Timestamp};
use lab::{
    delivery::{DeliveryState, RetryPolicy},
    id::{AccountId, ConnectionId, Ids as _, OrderId, VersionId},
    inbound::ConnectionKind,
    person::{Professional, Rpps, Specialty},
    validation::Role,
};
use records::{
    accounts::{self, Account},
    connections::{self, Connection, TrustContract},
    deliveries::{self, Delivery},
    lists::{self, OrderLine},
    messages,
    orders::OrderStage,
    versions::{self, VersionLine},
    work_items,
};
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;
use transport::mllp::{ClientSettings, MllpClient, ServerSettings};

use debian::{Debian, Door, Who};
pub use message::{Line, Message, Patient};
pub use operator::{COLLECTOR_BOX, LABORATORY_BOX, Operator, RETURN_BOXES};
pub use pack::Pack;

/// A running laboratory over its own database.
pub struct Laboratory {
    /// The application.
    pub app: App,
    /// The national services.
    pub operator: Arc<Operator>,
    /// Where MLLP is served.
    pub mllp: SocketAddr,
    tasks: JoinSet<()>,
    stop: CancellationToken,
    folder: Option<PathBuf>,
}

/// Delays short enough for a test, long enough to be told apart.
fn impatient() -> RetryPolicy {
    RetryPolicy {
        first_delay: SignedDuration::from_millis(200),
        longest_delay: SignedDuration::from_secs(1),
        give_up_after: SignedDuration::from_secs(60),
        unknown_grace: SignedDuration::from_secs(3),
        ..RetryPolicy::default()
    }
}

impl Laboratory {
    /// Starts over a fresh SQLite file.
    pub async fn start() -> Result<Self> {
        Self::start_with(PackSettings::default()).await
    }

    /// Starts over a fresh SQLite file, with official rules.
    pub async fn start_with(pack: PackSettings) -> Result<Self> {
        Self::start_changed(|settings| settings.pack = pack).await
    }

    /// Starts over a fresh SQLite file, whose mail goes through Postfix and comes back from Dovecot.
    pub async fn start_at(debian: &Debian) -> Result<Self> {
        let (smtp, imap) = (debian.smtp_settings(Door::Right, Some(Who::Laboratory))?, debian.imap_settings()?);
        Self::start_changed(|settings| {
            settings.smtp = smtp;
            settings.return_boxes.truncate(1);
            settings.return_boxes[0].imap = imap;
        })
        .await
    }

    /// Starts over a fresh SQLite file, with a clock and delays of the caller's.
    pub async fn start_at_time(env: Env, retry: RetryPolicy) -> Result<Self> {
        Self::start_in(env, |settings| settings.retry = retry).await
    }

    /// Starts over a fresh SQLite file, with settings changed.
    pub async fn start_changed(change: impl FnOnce(&mut Settings)) -> Result<Self> {
        Self::start_in(Env::system(), change).await
    }

    async fn start_in(env: Env, change: impl FnOnce(&mut Settings)) -> Result<Self> {
        let folder = std::env::temp_dir().join(format!("paillasse-e2e-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder)?;
        let url = format!("sqlite:{}", folder.join("paillasse.db").display());
        let mut laboratory = Self::start_over_with(&url, Arc::new(Operator::start().await?), env, change).await?;
        laboratory.folder = Some(folder);
        Ok(laboratory)
    }

    /// Starts over a database, with national services that may outlive it.
    pub async fn start_over(url: &str, operator: Arc<Operator>) -> Result<Self> {
        Self::start_over_with(url, operator, Env::system(), |_| ()).await
    }

    /// The same, with a clock of the caller's and settings changed.
    pub async fn start_over_with(
        url: &str,
        operator: Arc<Operator>,
        env: Env,
        change: impl FnOnce(&mut Settings),
    ) -> Result<Self> {
        let mut settings = Settings { retry: impatient(), ..operator.settings()? };
        change(&mut settings);
        let store = open_store(url, &env).await?;
        let app = App::open(store, env, settings, catalogue::usual()).await?;
        prepare(&app).await?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let mllp = listener.local_addr()?;
        let (mut tasks, stop) = (JoinSet::new(), CancellationToken::new());
        app.start_mllp(listener, ServerSettings::default(), None, stop.clone(), &mut tasks);
        app.start_workers(&mut tasks);
        Ok(Self { app, operator, mllp, tasks, stop, folder: None })
    }

    /// Sends a message over MLLP; answers what came back, as text.
    pub async fn send(&self, message: &[u8]) -> Result<String> {
        let mut client = MllpClient::connect(self.mllp, None, ClientSettings::default()).await?;
        Ok(String::from_utf8_lossy(&client.send(message).await?).into_owned())
    }

    /// Sends a message that must be accepted, and waits until it is processed.
    pub async fn receive(&self, message: &Message) -> Result<()> {
        if let Some(matricule) = message.matricule() {
            self.operator.dmp.open_dmp(matricule);
        }
        let answer = self.send(&message.encode()).await?;
        ensure!(answer.contains("MSA|AA"), "refused: {answer}");
        self.processed().await
    }

    /// Waits until nothing waits to be processed.
    pub async fn processed(&self) -> Result<()> {
        for _ in 0..1000 {
            let waiting = self.app.store().read(|tx| Ok::<_, AppError>(messages::n_waiting(tx, 1)?)).await?;
            if waiting == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        anyhow::bail!("messages are not processed")
    }

    /// Every dossier.
    pub async fn dossiers(&self) -> Result<Vec<OrderLine>> {
        let stages = [
            OrderStage::Awaited,
            OrderStage::Received,
            OrderStage::Technical,
            OrderStage::Ready,
            OrderStage::Partial,
            OrderStage::Signed,
            OrderStage::Withdrawn,
        ];
        Ok(self.app.store().read(move |tx| Ok::<_, AppError>(lists::bench(tx, &stages, 1000)?)).await?)
    }

    /// The only dossier.
    pub async fn dossier(&self) -> Result<OrderLine> {
        let mut all = self.dossiers().await?;
        ensure!(all.len() == 1, "{} dossiers instead of one", all.len());
        all.pop().context("a dossier")
    }

    /// The account with that login.
    pub async fn account(&self, login: &'static str) -> Result<Account> {
        let known = self.app.store().read(move |tx| Ok::<_, AppError>(accounts::by_login(tx, login)?)).await?;
        Ok(known.context("the account")?.0)
    }

    /// The technician validates, the biologist signs.
    pub async fn sign(&self, order: OrderId, partial: Partial) -> Result<VersionId> {
        self.app.validate_technically(order, &self.account("technician").await?).await?;
        Ok(self.app.sign(order, &self.account("biologist").await?, partial).await?)
    }

    /// Receives a message and signs the whole dossier it opens.
    pub async fn receive_and_sign(&self, message: &Message) -> Result<VersionId> {
        self.receive(message).await?;
        let order = self.dossier().await?.id;
        self.sign(order, Partial::Refused).await
    }

    /// The versions of a dossier, latest first.
    pub async fn versions(&self, order: OrderId) -> Result<Vec<VersionLine>> {
        Ok(self.app.store().read(move |tx| Ok::<_, AppError>(versions::of_order(tx, order)?)).await?)
    }

    /// The deliveries of a version.
    pub async fn deliveries(&self, version: VersionId) -> Result<Vec<Delivery>> {
        Ok(self.app.store().read(move |tx| Ok::<_, AppError>(deliveries::of_version(tx, version)?)).await?)
    }

    /// Waits until every delivery of a version has ended; at most so long.
    pub async fn ended(&self, version: VersionId, patience: Duration) -> Result<Vec<Delivery>> {
        let until = Timestamp::now() + SignedDuration::try_from(patience)?;
        loop {
            let all = self.deliveries(version).await?;
            if all.iter().all(|it| it.state.has_ended()) {
                return Ok(all);
            }
            let states: Vec<&str> = all.iter().map(|it| it.state.code()).collect();
            ensure!(Timestamp::now() < until, "deliveries have not ended: {states:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Codes of the open doubts, sorted.
    pub async fn doubts(&self) -> Result<Vec<String>> {
        let items = self.app.store().read(|tx| Ok::<_, AppError>(work_items::open_items(tx, None)?)).await?;
        let mut codes: Vec<String> = items.into_iter().map(|item| item.code).collect();
        codes.sort();
        Ok(codes)
    }

    /// Stops the laboratory as a power cut would; the national services go on.
    pub async fn cut(mut self) -> Option<PathBuf> {
        self.stop.cancel();
        self.tasks.abort_all();
        while self.tasks.join_next().await.is_some() {}
        self.folder.take()
    }
}

impl Drop for Laboratory {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// States of deliveries, sorted, for comparison.
pub fn states(deliveries: &[Delivery]) -> Vec<(&'static str, DeliveryState)> {
    let mut states: Vec<_> = deliveries.iter().map(|it| (it.channel.code(), it.state)).collect();
    states.sort_by_key(|(channel, state)| (*channel, state.code()));
    states
}

/// Accounts and declared senders, once.
pub async fn prepare(app: &App) -> Result<()> {
    let now = app.env().now();
    let mut ids = app.env().ids();
    app.store()
        .write(move |tx| {
            let known = accounts::all(tx)?;
            if !known.is_empty() {
                return Ok(());
            }
            for (login, role, rpps) in [
                ("technician", Role::Technician, None),
                ("biologist", Role::Biologist, Some("01234567201")),
                ("administrator", Role::Administrator, None),
                ("secretary", Role::Secretary, None),
                ("biologist-c", Role::Biologist, Some("01234567101")),
            ] {
                let account = Account {
                    id: AccountId::fresh(&mut ids),
                    login: login.to_owned(),
                    name: login.to_owned(),
                    role,
                    professional: rpps.map(biologist),
                    active: true,
                };
                accounts::put(tx, &account, "", now)?;
            }
            for (application, kind, own_domain, trusted) in [
                ("GAM", ConnectionKind::Analyzer, true, false),
                ("SGL-B", ConnectionKind::Sgl, false, true),
                ("SGL-C", ConnectionKind::SglValidated, false, true),
                ("SGL-D", ConnectionKind::SglAutomatic, false, true),
                ("STRANGER", ConnectionKind::Sgl, false, false),
                ("ANALYZER", ConnectionKind::Analyzer, false, false),
            ] {
                let trust =
                    trusted.then(|| TrustContract { text: "contrat".into(), by: "administrator".into(), at: now });
                let connection = Connection {
                    id: ConnectionId(ids.uuid()),
                    label: application.to_owned(),
                    kind,
                    application: application.to_owned(),
                    facility: String::new(),
                    own_domain,
                    trust,
                    active: true,
                };
                connections::declare(tx, &connection, "administrator", now)?;
            }
            Ok::<_, AppError>(())
        })
        .await?;
    Ok(app.reload_connections().await?)
}

fn biologist(rpps: &str) -> Professional {
    Professional {
        rpps: Rpps::parse(rpps),
        family: "MOREAU".into(),
        given: "Hélène".into(),
        title: "DR".into(),
        specialty: Some(Specialty { code: "G15_10/SM03".into(), label: "Médecin - Biologie médicale (SM)".into() }),
        mailbox: None,
        phone: None,
        address: None,
    }
}
