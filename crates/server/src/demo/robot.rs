//! The scripted biologist: validates what there is to validate, as people do on the pages, then waits for the answers.

use std::time::{Duration, Instant};

use anyhow::Result;
use app::{AppError, report::Partial};
use lab::{delivery::DeliveryState, routing::Channel};
use records::{accounts::Account, deliveries, lists, orders::OrderStage};

use super::{World, scenario::Story};

/// Who validates.
pub struct Robot<'a> {
    world: &'a World,
    technician: Account,
    biologist: Account,
}

/// Counts of the end.
#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub struct Totals {
    /// Signed versions.
    pub reports: i64,
    /// Planned deliveries that are made, by channel.
    pub mssante_pro: i64,
    /// To patients.
    pub mssante_patient: i64,
    /// To the DMP.
    pub dmp: i64,
    /// Deliveries not made for a recorded reason.
    pub withheld: i64,
    /// Received or read.
    pub received: i64,
    /// Everything else that was planned.
    pub failed: i64,
    /// Not ended.
    pub pending: i64,
}

impl<'a> Robot<'a> {
    /// The personas of the demonstration.
    pub async fn new(world: &'a World) -> Result<Self> {
        Ok(Self {
            world,
            technician: world.account("technicien").await?,
            biologist: world.account("biologiste").await?,
        })
    }

    /// Validates everything, then what follows.
    pub async fn work(&self, stories: &[Story]) -> Result<()> {
        self.validate_all().await?;
        self.world.follow_up(stories.iter().flat_map(|story| &story.then)).await?;
        self.validate_all().await
    }

    async fn bench(&self, stage: OrderStage) -> Result<Vec<lists::OrderLine>> {
        Ok(self.world.app.store().read(move |tx| Ok::<_, AppError>(lists::bench(tx, &[stage], 200)?)).await?)
    }

    /// Leaves the bench as a biologist finds it in the morning: a few dossiers still wait for the technician.
    pub async fn prepare_morning(&self) -> Result<()> {
        const LEFT: usize = 3;
        let received = self.bench(OrderStage::Received).await?;
        for line in received.iter().rev().skip(LEFT) {
            self.world.app.validate_technically(line.id, &self.technician).await?;
        }
        Ok(())
    }

    /// Validates technically what was received; answers how many dossiers that was, at most 200.
    pub async fn validate_technically(&self) -> Result<usize> {
        let received = self.bench(OrderStage::Received).await?;
        for line in &received {
            self.world.app.validate_technically(line.id, &self.technician).await?;
        }
        Ok(received.len())
    }

    /// Validates technically, then signs, until nothing is left to do.
    pub async fn validate_all(&self) -> Result<()> {
        let app = &self.world.app;
        loop {
            let n_received = self.validate_technically().await?;
            let technical = self.bench(OrderStage::Technical).await?;
            for line in &technical {
                match app.sign(line.id, &self.biologist, Partial::Refused).await {
                    Ok(_) => {}
                    Err(AppError::Obstacles(findings)) if findings.iter().all(|it| it.code == "REPORT-NOT-WHOLE") => {
                        app.sign(line.id, &self.biologist, Partial::Accepted).await?;
                    }
                    Err(AppError::Obstacles(findings)) => {
                        anyhow::bail!(
                            "dossier {} : {:?}",
                            line.number,
                            findings.iter().map(|it| it.code).collect::<Vec<_>>()
                        )
                    }
                    Err(error) => return Err(error.into()),
                }
            }
            let ready = self.bench(OrderStage::Ready).await?;
            if n_received == 0 && technical.is_empty() && ready.is_empty() {
                return Ok(());
            }
            if n_received == 0 && technical.is_empty() {
                // The validated ones are being signed by themselves.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// Waits until every delivery has ended, at most so long.
    pub async fn wait(&self, patience: Duration) -> Result<Totals> {
        let until = Instant::now() + patience;
        loop {
            let totals = self.totals().await?;
            if totals.pending == 0 || Instant::now() > until {
                return Ok(totals);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// The counts now.
    pub async fn totals(&self) -> Result<Totals> {
        let (counts, reports) = self
            .world
            .app
            .store()
            .read(|tx| Ok::<_, AppError>((deliveries::counts(tx)?, lists::count_reports(tx)?)))
            .await?;
        let mut totals = Totals { reports, ..Totals::default() };
        for (channel, state, n) in counts {
            if state == DeliveryState::Withheld {
                totals.withheld += n;
                continue;
            }
            match channel {
                Channel::MssantePro => totals.mssante_pro += n,
                Channel::MssantePatient => totals.mssante_patient += n,
                Channel::Dmp => totals.dmp += n,
            }
            match state {
                DeliveryState::Received | DeliveryState::Read => totals.received += n,
                _ => totals.failed += n,
            }
            if !state.has_ended() {
                totals.pending += n;
            }
        }
        Ok(totals)
    }
}

impl Totals {
    /// Whether every planned delivery was received and every report signed.
    pub fn is_whole(&self, n_reports: usize) -> bool {
        self.failed == 0 && self.received > 0 && usize::try_from(self.reports) == Ok(n_reports)
    }

    /// The one line that scripts read.
    pub fn json(&self, elapsed: Duration) -> serde_json::Value {
        serde_json::json!({
            "reports": self.reports,
            "deliveries": {
                "mssante_pro": self.mssante_pro,
                "mssante_patient": self.mssante_patient,
                "dmp": self.dmp,
                "withheld": self.withheld,
            },
            "received": self.received,
            "failed": self.failed,
            "seconds": (elapsed.as_secs_f64() * 1000.0).round() / 1000.0,
        })
    }
}
