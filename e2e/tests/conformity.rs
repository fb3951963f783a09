//! Reports against a pack of rules before they are signed: what blocks, what is kept, what is said, by hand and alone.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::time::Duration;

use anyhow::{Context, Result};
use app::{
    AppError,
    pack::{PackState, Problem},
    report::Partial,
    settings::{PackSettings, WithoutPack},
};
use e2e::{Laboratory, Line, Message, Pack};
use lab::{
    finding::{Finding, Severity},
    id::OrderId,
};
use records::{
    journal,
    orders::OrderStage,
    versions::{CheckedPack, CheckedRules, VersionLine},
    work_items,
};

const BROKEN: &str = r#"<assert test="cda:absent">L'élément « absent » est exigé, langue <value-of select="cda:languageCode/@code"/></assert>"#;
const ADVICE: &str = r#"<assert test="cda:absent" role="warning">L'élément « absent » est recommandé</assert>"#;
const NO_VALUE: &str = r#"<assert test="xs:integer(cda:languageCode/@code) = 1">Une langue chiffrée</assert>"#;
const REPORT: &str = r#"<report test="cda:title">Le titre est signalé</report>"#;

fn validated() -> Message {
    Message { sender: "SGL-C", validator: Some("01234567101"), ..Message::chemistry() }
}

async fn signed(laboratory: &Laboratory) -> Result<VersionLine> {
    let version = laboratory.receive_and_sign(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    laboratory.versions(order).await?.into_iter().find(|it| it.id == version).context("the version")
}

/// What stands in the way of a signature.
async fn obstacles(laboratory: &Laboratory) -> Result<Vec<Finding>> {
    laboratory.receive(&Message::chemistry()).await?;
    let order = laboratory.dossier().await?.id;
    laboratory.app.validate_technically(order, &laboratory.account("technician").await?).await?;
    sign_again(laboratory, order).await
}

async fn sign_again(laboratory: &Laboratory, order: OrderId) -> Result<Vec<Finding>> {
    match laboratory.app.sign(order, &laboratory.account("biologist").await?, Partial::Refused).await {
        Err(AppError::Obstacles(findings)) => Ok(findings),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(Vec::new()),
    }
}

async fn nothing_left(laboratory: &Laboratory) -> Result<()> {
    let order = laboratory.dossier().await?.id;
    assert!(laboratory.versions(order).await?.is_empty());
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(laboratory.operator.mss.mailboxes().iter().all(|mailbox| mailbox.n_messages == 0));
    assert!(laboratory.operator.dmp.documents().is_empty());
    Ok(())
}

async fn alerts(laboratory: &Laboratory) -> Result<Vec<(String, String)>> {
    laboratory.app.watch_once().await?;
    let open = laboratory.app.store().read(|tx| Ok::<_, AppError>(journal::open_alerts(tx)?)).await?;
    Ok(open.into_iter().map(|it| (it.kind, it.subject)).filter(|(kind, _)| kind == "pack_unusable").collect())
}

fn codes(version: &VersionLine) -> Vec<(&str, &str)> {
    version.conformity.iter().map(|it| (it.code.as_str(), it.severity.as_str())).collect()
}

fn pack_of(version: &VersionLine) -> Result<&CheckedPack> {
    match &version.checked.as_ref().context("what it was checked with")?.rules {
        CheckedRules::Pack(pack) => Ok(pack),
        other => anyhow::bail!("{other:?}"),
    }
}

fn rules_of(version: &VersionLine) -> Option<&CheckedRules> {
    version.checked.as_ref().map(|it| &it.rules)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_breaks_a_rule_is_not_signed_and_the_rule_says_why() -> Result<()> {
    let pack = Pack::with(BROKEN)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let findings = obstacles(&laboratory).await?;
    let first = findings.first().context("a finding")?;
    assert_eq!((first.code, first.severity), ("CONFORMITY-RULE", Severity::Error));
    assert_eq!(first.place, "ClinicalDocument");
    assert_eq!(first.detail, "L'élément « absent » est exigé, langue fr-FR");
    nothing_left(&laboratory).await?;
    assert_eq!(laboratory.app.pack().await?.n_blocked, 1);
    // The rules change, and the pack is read again: the same dossier is signed.
    pack.change("")?;
    let order = laboratory.dossier().await?.id;
    assert_eq!(
        sign_again(&laboratory, order).await?.len(),
        findings.len(),
        "rules change only when they are read again"
    );
    laboratory.app.read_pack_again(&laboratory.account("administrator").await?).await?;
    assert!(sign_again(&laboratory, order).await?.is_empty());
    assert_eq!(laboratory.versions(order).await?.len(), 1);
    let view = laboratory.app.pack().await?;
    assert_eq!((view.n_blocked, view.n_passed), (0, 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn results_that_come_validated_and_break_a_rule_wait_for_a_person_who_is_told_why() -> Result<()> {
    let pack = Pack::with(BROKEN)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    laboratory.receive(&validated()).await?;
    let order = laboratory.dossier().await?.id;
    for _ in 0..200 {
        if !laboratory.doubts().await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let items =
        laboratory.app.store().read(move |tx| Ok::<_, AppError>(work_items::open_items(tx, Some(order))?)).await?;
    assert_eq!(items.len(), 1);
    assert_eq!((items[0].station.as_str(), items[0].code.as_str()), ("report", "CONFORMITY-RULE"));
    assert!(items[0].place.contains("L'élément « absent » est exigé"), "{}", items[0].place);
    nothing_left(&laboratory).await?;
    assert_eq!(laboratory.dossier().await?.stage, OrderStage::Ready);
    // Nothing is lost: once the rules allow it, it leaves by itself.
    pack.change("")?;
    laboratory.app.read_pack_again(&laboratory.account("administrator").await?).await?;
    for _ in 0..500 {
        if let Some(version) = laboratory.versions(order).await?.first() {
            assert_eq!(version.signed_by, "SGL-C");
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the dossier was not signed after the pack changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn dossiers_that_break_a_rule_never_hold_up_the_ones_behind_them() -> Result<()> {
    // More than are read at once.
    const N: usize = 70;
    let pack = Pack::with(r#"<assert test="not(.//cda:value/@value = '4.2')">Un potassium interdit</assert>"#)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let numbered = |n: usize| Message { number: format!("N{n}"), control_id: format!("M{n}"), ..validated() };
    for n in 0..N {
        laboratory.receive(&numbered(n)).await?;
    }
    let lines = vec![Line::number("NA", "140", "mmol/L"), Line::number("K", "4.3", "mmol/L")];
    laboratory.receive(&Message { lines, ..numbered(N) }).await?;
    let stages = || async {
        let lines = laboratory
            .app
            .store()
            .read(|tx| Ok::<_, AppError>(records::lists::bench(tx, &[OrderStage::Ready, OrderStage::Signed], 1000)?));
        Ok::<_, AppError>(lines.await?.into_iter().map(|it| (it.number, it.stage)).collect::<Vec<_>>())
    };
    for _ in 0..500 {
        if stages().await?.contains(&(format!("N{N}"), OrderStage::Signed)) && laboratory.doubts().await?.len() == N {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let signed: Vec<String> = stages()
        .await?
        .into_iter()
        .filter(|(_, stage)| *stage == OrderStage::Signed)
        .map(|(number, _)| number)
        .collect();
    assert_eq!(signed, [format!("N{N}")]);
    assert_eq!(laboratory.doubts().await?.len(), N);
    // A person who closes the doubt has it tried again: the rule still stands, and says so again.
    let doubt = laboratory.app.store().read(|tx| Ok::<_, AppError>(work_items::open_items(tx, None)?)).await?;
    let id = doubt.first().context("a doubt")?.id.clone();
    laboratory.app.close_work_item(&id, "Revu", &laboratory.account("biologist").await?).await?;
    for _ in 0..500 {
        if laboratory.doubts().await?.len() == N {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(laboratory.doubts().await?.len(), N);
    // The rules change: all leave, and no doubt is left to close by hand.
    pack.change("")?;
    laboratory.app.read_pack_again(&laboratory.account("administrator").await?).await?;
    for _ in 0..1000 {
        if laboratory.doubts().await?.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(laboratory.doubts().await?.is_empty());
    assert!(stages().await?.iter().all(|(_, stage)| *stage == OrderStage::Signed));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_element_without_role_blocks_too() -> Result<()> {
    let pack = Pack::with(REPORT)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let findings = obstacles(&laboratory).await?;
    assert_eq!(findings.first().map(|it| it.detail.as_str()), Some("Le titre est signalé"));
    nothing_left(&laboratory).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_does_not_block_and_is_kept_with_the_version() -> Result<()> {
    let pack = Pack::with(ADVICE)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let version = signed(&laboratory).await?;
    assert_eq!(codes(&version).first(), Some(&("CONFORMITY-RULE", "warning")));
    assert_eq!(version.conformity[0].detail, "L'élément « absent » est recommandé");
    let checked = pack_of(&version)?;
    assert!(checked.date.is_some() && checked.commit.is_none());
    assert_eq!(checked.schemas.len(), 6);
    assert!(checked.schemas.iter().all(|it| it.is_whole && it.n_fired == 1 && it.n_errors == 0));
    assert_eq!(checked.schemas.iter().map(|it| it.n_warnings).sum::<usize>(), 1);
    assert_eq!(laboratory.app.pack().await?.n_with_findings, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_without_value_is_a_warning_and_never_a_pass() -> Result<()> {
    let pack = Pack::with(NO_VALUE)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let version = signed(&laboratory).await?;
    assert_eq!(codes(&version).first(), Some(&("CONFORMITY-NOT-EVALUABLE", "warning")));
    assert_eq!(pack_of(&version)?.schemas.iter().map(|it| it.n_not_evaluable).sum::<usize>(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schema_that_is_not_read_in_full_is_a_warning_on_each_report_and_a_finding_of_the_pack() -> Result<()> {
    let pack = Pack::with(r#"<assert test="inconnue(.)">Une fonction que personne n'a</assert>"#)?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let version = signed(&laboratory).await?;
    assert!(codes(&version).contains(&("CONFORMITY-NOT-WHOLE", "warning")), "{:?}", version.conformity);
    let volet = pack_of(&version)?.schemas.iter().find(|it| it.file.contains("BIO-CR-BIO")).context("the volet")?;
    assert!(!volet.is_whole);
    let PackState::InUse { status, .. } = laboratory.app.pack().await?.state else { panic!("in use") };
    assert_eq!(status.findings.len(), 1);
    assert_eq!(status.findings[0].line, 4);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_pack_our_own_rules_stand_alone_and_the_version_says_so() -> Result<()> {
    let laboratory = Laboratory::start().await?;
    let version = signed(&laboratory).await?;
    assert_eq!(rules_of(&version), Some(&CheckedRules::Own));
    assert!(alerts(&laboratory).await?.is_empty());
    assert!(matches!(laboratory.app.pack().await?.state, PackState::NotInstalled));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pack_that_cannot_be_read_raises_an_alert_and_signing_goes_on_with_our_own_rules() -> Result<()> {
    let missing = PackSettings { folder: Some("/nowhere/at/all".into()), ..PackSettings::default() };
    let laboratory = Laboratory::start_with(missing).await?;
    let version = signed(&laboratory).await?;
    assert_eq!(rules_of(&version), Some(&CheckedRules::OwnPackUnusable));
    assert_eq!(alerts(&laboratory).await?, [("pack_unusable".to_owned(), Problem::NoFolder.code().to_owned())]);

    let pack = Pack::with("")?;
    pack.damage()?;
    let laboratory = Laboratory::start_with(pack.settings()).await?;
    let version = signed(&laboratory).await?;
    assert_eq!(rules_of(&version), Some(&CheckedRules::OwnPackUnusable));
    assert_eq!(alerts(&laboratory).await?, [("pack_unusable".to_owned(), Problem::Unreadable.code().to_owned())]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_laboratory_that_requires_the_pack_signs_nothing_without_it() -> Result<()> {
    let pack = Pack::with("")?;
    pack.damage()?;
    let laboratory = Laboratory::start_with(pack.required()).await?;
    let findings = obstacles(&laboratory).await?;
    assert_eq!(findings.first().map(|it| it.code), Some("CONFORMITY-NO-PACK"));
    nothing_left(&laboratory).await?;
    // No pack named at all is no excuse.
    let none = PackSettings { without: WithoutPack::Refused, ..PackSettings::default() };
    let laboratory = Laboratory::start_with(none).await?;
    assert_eq!(obstacles(&laboratory).await?.first().map(|it| it.code), Some("CONFORMITY-NO-PACK"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn only_an_administrator_has_the_pack_read_again_and_the_alert_goes_when_it_is_repaired() -> Result<()> {
    let pack = Pack::with("")?;
    pack.damage()?;
    let laboratory = Laboratory::start_with(pack.required()).await?;
    assert!(!obstacles(&laboratory).await?.is_empty());
    assert_eq!(alerts(&laboratory).await?.len(), 1);
    for login in ["technician", "biologist", "secretary"] {
        let refused = laboratory.app.read_pack_again(&laboratory.account(login).await?).await;
        assert!(matches!(refused, Err(AppError::NotAllowed)), "{login}");
    }
    pack.repair()?;
    laboratory.app.read_pack_again(&laboratory.account("administrator").await?).await?;
    assert!(alerts(&laboratory).await?.is_empty());
    let order = laboratory.dossier().await?.id;
    assert!(sign_again(&laboratory, order).await?.is_empty());
    Ok(())
}
