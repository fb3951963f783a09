//! Nothing that carries results leaves for a box outside the MSSanté space of trust, whatever was written down before.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{path::PathBuf, sync::Arc, time::Duration};

use anyhow::Result;
use app::{AppError, Env};
use e2e::{Laboratory, Message, Operator, states};
use lab::{
    delivery::DeliveryState::{Failed, Received, Withheld},
    id::VersionId,
    person::TrustedDomains,
    routing::Channel,
};
use records::{deliveries, messages};
use sandbox::mss::FaultPlan;

const PATIENCE: Duration = Duration::from_secs(30);
const PRESCRIBER_BOX: &str = "claire.moreau@medecin.test.mssante.fr";
/// Every domain of a scenario but that of the prescriber.
const WITHOUT_PRESCRIBER: [&str; 4] =
    ["labo.mssante.fr", "accueil.mssante.fr", "patient.mssante.fr", "institutcancer.mssante.fr"];

/// A report whose mails are planned and have not left: the operator was down, then the laboratory stopped.
struct Planned {
    operator: Arc<Operator>,
    folder: PathBuf,
    version: VersionId,
}

impl Planned {
    async fn new() -> Result<Self> {
        let operator = Arc::new(Operator::start().await?);
        let folder = std::env::temp_dir().join(format!("paillasse-trust-{}", uuid::Uuid::now_v7()));
        std::fs::create_dir_all(&folder)?;
        let mut planned = Self { operator, folder, version: VersionId(uuid::Uuid::nil()) };
        planned.operator.mss.faults().set(FaultPlan { down: true, ..FaultPlan::default() });
        let laboratory = planned.laboratory(TrustedDomains::default()).await?;
        planned.version = laboratory.receive_and_sign(&Message::chemistry()).await?;
        let all = laboratory.deliveries(planned.version).await?;
        assert!(all.iter().any(|it| it.address.as_ref().is_some_and(|it| it.as_str() == PRESCRIBER_BOX)));
        laboratory.cut().await;
        planned.operator.mss.faults().clear();
        Ok(planned)
    }

    fn database(&self) -> PathBuf {
        self.folder.join("paillasse.db")
    }

    async fn laboratory(&self, trusted: TrustedDomains) -> Result<Laboratory> {
        let url = format!("sqlite:{}", self.database().display());
        let operator = Arc::clone(&self.operator);
        Laboratory::start_over_with(&url, operator, Env::system(), |settings| settings.trusted = trusted).await
    }

    /// The last answers of what failed; everything else arrived, and the operator heard nothing of what failed.
    async fn refusals(&self, laboratory: &Laboratory) -> Result<Vec<String>> {
        let ended = laboratory.ended(self.version, PATIENCE).await?;
        assert!(ended.iter().all(|it| matches!(it.state, Failed | Received)), "{:?}", states(&ended));
        assert!(ended.iter().any(|it| it.channel == Channel::Dmp && it.state == Received));
        assert_eq!(self.operator.mss.messages(PRESCRIBER_BOX, 10).len(), 0);
        assert_eq!(self.operator.mss.statistics().n_refused, 0, "nothing was even proposed");
        let failed: Vec<_> = ended.iter().filter(|it| it.state == Failed).map(|it| it.id).collect();
        let answers = laboratory.app.store().read(move |tx| {
            let mut answers = Vec::new();
            for id in failed {
                answers.extend(deliveries::attempts(tx, id)?.pop().map(|(.., answer)| answer));
            }
            Ok::<_, AppError>(answers)
        });
        Ok(answers.await?)
    }
}

impl Drop for Planned {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_planned_before_the_white_list_does_not_leave_for_a_domain_outside_it() -> Result<()> {
    let planned = Planned::new().await?;
    let laboratory = planned.laboratory(TrustedDomains::listed(WITHOUT_PRESCRIBER)).await?;
    let refusals = planned.refusals(&laboratory).await?;
    // The prescriber and the copy are of the same domain; the patient has theirs.
    let said = "Le domaine medecin.test.mssante.fr n'est pas dans la liste blanche MSSanté : rien n'a été transmis.";
    assert_eq!(refusals, [said, said]);
    assert_eq!(laboratory.doubts().await?, ["DELIVERY-FAILED", "DELIVERY-FAILED"]);
    laboratory.cut().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_another_space_forced_into_the_database_receives_nothing() -> Result<()> {
    for forced in
        ["claire.moreau@gmail.com", "claire.moreau@mssante.fr.example.com", "claire@medecin.mssante.fr>, <b@x.fr"]
    {
        let planned = Planned::new().await?;
        let database = rusqlite::Connection::open(planned.database())?;
        let sql = "UPDATE delivery SET address = ?1 WHERE address = ?2";
        assert_eq!(database.execute(sql, [forced, PRESCRIBER_BOX])?, 1);
        drop(database);
        let laboratory = planned.laboratory(TrustedDomains::default()).await?;
        let refusals = planned.refusals(&laboratory).await?;
        assert_eq!(refusals, ["L'adresse n'est pas celle d'une boîte MSSanté : rien n'a été transmis."], "{forced}");
        laboratory.cut().await;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_received_in_a_message_outside_the_white_list_is_told_and_not_kept() -> Result<()> {
    let listed = TrustedDomains::listed(WITHOUT_PRESCRIBER);
    let laboratory = Laboratory::start_changed(|settings| settings.trusted = listed).await?;
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    let professionals = ended.iter().filter(|it| it.channel == Channel::MssantePro);
    assert!(professionals.clone().count() >= 2);
    assert!(professionals.clone().all(|it| it.state == Withheld && it.address.is_none()), "{:?}", states(&ended));
    assert_eq!(laboratory.operator.mss.messages(PRESCRIBER_BOX, 10).len(), 0);
    let findings = laboratory.app.store().read(|tx| {
        let all = messages::latest(tx, 10)?;
        let mut codes = Vec::new();
        for line in all {
            codes.extend(messages::get(tx, line.id)?.findings.into_iter().map(|it| it.code));
        }
        Ok::<_, AppError>(codes)
    });
    let findings: Vec<String> = findings.await?;
    assert!(findings.iter().any(|code| code == "RECIPIENT-DOMAIN-NOT-LISTED"), "{findings:?}");
    Ok(())
}
