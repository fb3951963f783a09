//! What a dossier is for, from its message or its page to the services: screenings and rapid tests.
#![allow(missing_docs, clippy::unwrap_used)]

use std::time::Duration;

use anyhow::Result;
use app::{purpose::Answered, report::Partial};
use e2e::{COLLECTOR_BOX, Laboratory, Line, Message, states};
use lab::{
    delivery::DeliveryState::Received,
    order::Purpose,
    quantity::Coded,
    report::rapid_test::{RapidTest, TestDevice},
};
use terminology::{jdv, usual::RAPID_TESTS};

const PATIENCE: Duration = Duration::from_secs(20);

fn coded(code: &str, answer: &str) -> Line {
    Line { code: code.into(), kind: "CE", value: answer.into(), unit: String::new(), status: 'F' }
}

fn screening() -> Message {
    let lines = vec![
        coded("CTX", "MED-1210^Contexte^TA_ASIP"),
        coded("HPV_HR", "77851000146104^HPV-HR non détecté^SCT"),
        coded("CONCL", "MED-1189^Conclusion^TA_ASIP"),
    ];
    Message { lines, ..Message::chemistry() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screening_reaches_the_national_collector_too() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = laboratory.receive_and_sign(&screening()).await?;
    assert!(laboratory.doubts().await?.is_empty(), "{:?}", laboratory.doubts().await?);
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert_eq!(states(&ended).iter().filter(|it| **it == ("mssante_pro", Received)).count(), 3);
    let mails = laboratory.operator.mss.messages(COLLECTOR_BOX, 10);
    assert_eq!(mails.len(), 1);
    let documents = laboratory.operator.dmp.documents();
    let document = laboratory.operator.dmp.document(&documents[0].unique_id).unwrap();
    let document = String::from_utf8(document.to_vec())?;
    for said in ["MED-1210", "77851000146104", "Celui-ci n’a pas révélé d’anomalie", COLLECTOR_BOX] {
        assert!(document.contains(said), "{said}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screening_without_context_is_a_doubt_and_its_result_is_kept() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let mut message = screening();
    message.lines.remove(0);
    laboratory.receive(&message).await?;
    assert_eq!(laboratory.doubts().await?, ["SCREENING-CONTEXT-MISSING"]);
    let order = laboratory.dossier().await?.id;
    let purpose =
        laboratory.app.store().read(move |tx| Ok::<_, app::AppError>(records::orders::get(tx, order)?.0.purpose));
    assert!(purpose.await?.is_none());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rapid_test_is_filed_as_one_in_the_dmp_and_in_mails() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    laboratory
        .receive(&Message { lines: vec![coded("COV2_AG", "260385009^négatif^SCT")], ..Message::chemistry() })
        .await?;
    let order = laboratory.dossier().await?.id;
    let test = RAPID_TESTS.iter().find(|it| it.code == "covid").unwrap();
    let device = TestDevice {
        udi: None,
        maker: "Fabricant d'essai".into(),
        reference: "R1".into(),
        lot: "L1".into(),
        expires_on: None,
    };
    let answer = jdv::RAPID_TEST_RESULT.find("10828004").map(Coded::concept);
    let answers = vec![Answered { analysis: "COV2_AG".into(), answer }];
    let purpose = Purpose::RapidTest(RapidTest::usual(test, device));
    let technician = laboratory.account("technician").await?;
    laboratory.app.set_purpose(order, Some(purpose), answers, &technician).await?;
    let version = laboratory.sign(order, Partial::Refused).await?;
    let ended = laboratory.ended(version, PATIENCE).await?;
    assert!(states(&ended).iter().all(|(_, state)| *state == Received), "{:?}", states(&ended));
    let deposited = laboratory.operator.dmp.documents();
    assert_eq!(deposited.len(), 1);
    assert_eq!(deposited[0].title, "Test rapide d'orientation diagnostique : TROD Covid-19");
    let id = laboratory.operator.mss.messages("claire.moreau@medecin.test.mssante.fr", 10)[0].id;
    let mail = String::from_utf8_lossy(&laboratory.operator.mss.message(id).unwrap()).into_owned();
    assert!(mail.contains("X-MSS-CODECDA: 96173-0"), "{mail}");
    assert!(mail.contains("Subject: XDM/1.0/DDM+Test rapide d'orientation diagnostique PAT-TROIS"));
    Ok(())
}
