//! The real process, killed with SIGKILL again and again while it receives, signs and sends.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result};
use app::{App, Env, catalogue, start::open_store};
use e2e::{Message, Operator};
use records::lists;
use transport::mllp::{ClientSettings, MllpClient};

const N: usize = 30;
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";

struct Server {
    child: Child,
    mllp: SocketAddr,
}

impl Server {
    fn start(settings: &Path) -> Result<Self> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_paillasse"))
            .args(["serve", "--config"])
            .arg(settings)
            .env("PAILLASSE_LOG", "warn")
            .env("PAILLASSE_DMP__TIMEOUT_SECONDS", "10")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take().context("stdout")?;
        let line = BufReader::new(stdout).lines().next().context("the server did not start")??;
        let mllp = line.split("MLLP : ").nth(1).context("no address")?.trim_end_matches(')').parse()?;
        Ok(Self { child, mllp })
    }

    /// SIGKILL: nothing of the process runs any more.
    fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

fn message(n: usize) -> Vec<u8> {
    let message = Message {
        sender: "SGL-C",
        validator: Some("01234567101"),
        control_id: format!("K{n}"),
        number: format!("K{n}"),
        ..Message::chemistry()
    };
    message.encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_at_any_point_loses_no_acknowledged_message_and_deposits_each_report_once() -> Result<()> {
    let operator = Arc::new(Operator::start().await?);
    operator.dmp.open_dmp("279035121518989");
    let folder = std::env::temp_dir().join(format!("paillasse-kill-{}", uuid::Uuid::now_v7()));
    std::fs::create_dir_all(&folder)?;
    let url = format!("sqlite:{}", folder.join("paillasse.db").display());
    let env = Env::system();
    let observer = App::open(open_store(&url, &env).await?, env, operator.settings()?, catalogue::usual()).await?;
    e2e::prepare(&observer).await?;
    let settings = operator.settings_file(&folder, &url)?;

    let mut server = Server::start(&settings)?;
    let mut n_acknowledged = 0;
    while n_acknowledged < N {
        let sent = async {
            let mut client = MllpClient::connect(server.mllp, None, ClientSettings::default()).await?;
            // Six messages without waiting for what they set going.
            for _ in 0..6.min(N - n_acknowledged) {
                let answer = client.send(&message(n_acknowledged)).await?;
                anyhow::ensure!(answer.windows(6).any(|it| it == b"MSA|AA"), "{}", String::from_utf8_lossy(&answer));
                n_acknowledged += 1;
            }
            anyhow::Ok(())
        };
        sent.await?;
        // Moments from 0 to 400 ms after the last acknowledgment: processing, signing, sending, waiting.
        tokio::time::sleep(Duration::from_millis((n_acknowledged as u64 * 37) % 400)).await;
        server.kill()?;
        server = Server::start(&settings)?;
    }

    for _ in 0..1200 {
        let reports = observer.store().read(|tx| Ok::<_, app::AppError>(lists::reports(tx, 1000)?)).await?;
        let whole = reports.iter().filter(|it| it.n_pending == 0 && it.n_failed == 0 && it.n_received == 4).count();
        if whole == N {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    server.kill()?;
    let reports = observer.store().read(|tx| Ok::<_, app::AppError>(lists::reports(tx, 1000)?)).await?;
    let numbers: HashSet<&str> = reports.iter().map(|it| it.order_number.as_str()).collect();
    assert_eq!((reports.len(), numbers.len()), (N, N), "an acknowledged message was lost, or a report signed twice");
    assert!(reports.iter().all(|it| it.n_received == 4), "a delivery did not end");
    assert_eq!(operator.dmp.documents().len(), N, "the DMP holds each report once");
    let mails = operator.mss.messages(PRESCRIBER_BOX, 10_000);
    let distinct: HashSet<_> = mails.iter().map(|it| it.message_id.clone()).collect();
    assert_eq!(distinct.len(), N, "a mail was lost, or left under two identities");
    eprintln!("{} mails for {N} reports: {} sent twice after an unknown outcome", mails.len(), mails.len() - N);
    let broken = observer.store().read(|tx| Ok::<_, app::AppError>(records::journal::first_broken_link(tx)?)).await?;
    assert_eq!(broken, None, "the audit chain is broken");
    std::fs::remove_dir_all(folder)?;
    Ok(())
}
