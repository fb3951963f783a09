//! `--out`: everything the demonstration produced, as files that other tools judge.
//!
//! `documents/` CDA and PDF of each version, `mails/` each mail as submitted and its XDM archive, `soap/` each exchange
//! with the DMP.

use std::path::Path;

use anyhow::{Context, Result};
use app::AppError;
use records::{
    lists,
    versions::{self, DocumentKind},
};

use super::World;

/// Writes the evidence.
pub async fn write(world: &World, folder: &Path) -> Result<()> {
    for name in ["documents", "mails", "soap"] {
        std::fs::create_dir_all(folder.join(name))
            .with_context(|| format!("{} n'a pas pu être créé", folder.display()))?;
    }
    documents(world, &folder.join("documents")).await?;
    mails(world, &folder.join("mails"))?;
    if let Some(soap) = &world.evidence {
        for entry in std::fs::read_dir(soap)?.flatten() {
            std::fs::copy(entry.path(), folder.join("soap").join(entry.file_name()))?;
        }
    }
    Ok(())
}

async fn documents(world: &World, folder: &Path) -> Result<()> {
    let reports = world.app.store().read(|tx| Ok::<_, AppError>(lists::reports(tx, 100_000)?)).await?;
    for report in reports {
        let id = report.id;
        let (cda, pdf) = world
            .app
            .store()
            .read(move |tx| {
                let cda = versions::document(tx, id, DocumentKind::Cda)?;
                Ok::<_, AppError>((cda, versions::document(tx, id, DocumentKind::Pdf)?))
            })
            .await?;
        let stem = format!("{}-v{}", report.order_number.replace('/', "-"), report.number);
        std::fs::write(folder.join(format!("{stem}.xml")), cda.1)?;
        std::fs::write(folder.join(format!("{stem}.pdf")), pdf.1)?;
    }
    Ok(())
}

fn mails(world: &World, folder: &Path) -> Result<()> {
    let operator = &world.sandbox.mss;
    for mailbox in operator.mailboxes() {
        for message in operator.messages(&mailbox.address, usize::MAX) {
            let Some(bytes) = operator.message(message.id) else { continue };
            let stem = format!("{:06}-{}", message.id, mailbox.address);
            std::fs::write(folder.join(format!("{stem}.eml")), &bytes)?;
            let received = mail::Received::decode(&bytes);
            let archive = received
                .attachments
                .iter()
                .find(|part| part.file_name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("IHE_XDM.zip")));
            if let Some(archive) = archive {
                std::fs::write(folder.join(format!("{stem}.zip")), &archive.content)?;
            }
        }
    }
    Ok(())
}
