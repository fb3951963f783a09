//! `paillasse serve`: the server of a laboratory, by its settings file.

use std::{io::Write as _, path::Path, process::ExitCode};

use anyhow::{Context, Result};
use app::{
    App, Env,
    accounts::{AccountActor, NewAccount, SessionPolicy},
    catalogue,
    start::open_store,
};
use lab::validation::Role;
use tokio_rustls::TlsAcceptor;
use transport::tls;
use web::WebSettings;

use crate::{
    config::{Config, DirectoryConfig, ServerTls},
    running,
};

/// Serves until told to stop.
pub async fn run(file: &Path) -> Result<ExitCode> {
    let config = Config::read(file)?;
    let app = open(&config).await?;
    let tls = config.mllp_tls.as_ref().map(acceptor).transpose()?;
    let web = WebSettings {
        personas: false,
        sandbox_links: None,
        language: wording::Language::French,
        secure_cookies: config.secure_cookies,
        sessions: SessionPolicy::default(),
    };
    let mut running = running::start(&app, web::router(app.clone(), web), config.web, config.mllp, tls).await?;
    if let Some(folder) = config.watched_folder.clone() {
        running.spawn(app.clone().run_folder(folder));
    }
    if let Some(directory) = config.annuaire.settings()? {
        running.spawn(app.clone().run_directory(directory));
    }
    let mut out = std::io::stdout();
    writeln!(out, "Paillasse est prêt : http://{} (MLLP : {})", running.addresses.web, running.addresses.mllp)?;
    running::asked_to_stop().await;
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// The laboratory of a settings file, without anything that works by itself.
pub async fn open_from(file: &Path) -> Result<App> {
    open(&Config::read(file)?).await
}

/// As [`open_from`], with the settings of the directory.
pub async fn open_with_directory(file: &Path) -> Result<(App, DirectoryConfig)> {
    let config = Config::read(file)?;
    let app = open(&config).await?;
    Ok((app, config.annuaire))
}

async fn open(config: &Config) -> Result<App> {
    let env = Env::system();
    let store = open_store(&config.database, &env).await.context("la base de données n'a pas pu être ouverte")?;
    Ok(App::open(store, env, config.settings()?, catalogue::usual()).await?)
}

fn acceptor(files: &ServerTls) -> Result<TlsAcceptor> {
    let identity = tls::Identity {
        certificate_chain_pem: std::fs::read(&files.certificate).context("mllp_tls.certificate")?,
        private_key_pem: std::fs::read(&files.key).context("mllp_tls.key")?,
    };
    let roots = files.client_roots.as_deref().map(std::fs::read).transpose().context("mllp_tls.client_roots")?;
    let config = tls::server_config(&identity, roots.as_deref(), tls::Versions::Tls12AndLater)?;
    Ok(TlsAcceptor::from(config))
}

/// Creates an administrator; the password is the first line of the standard input.
pub async fn create_administrator(file: &Path, login: String, name: String) -> Result<ExitCode> {
    let app = open(&Config::read(file)?).await?;
    let mut password = String::new();
    std::io::stdin().read_line(&mut password)?;
    let account = NewAccount {
        login,
        name,
        role: Role::Administrator,
        password: password.trim_end_matches(['\r', '\n']).to_owned(),
        professional: None,
    };
    app.create_account(account, AccountActor::Operator).await?;
    Ok(ExitCode::SUCCESS)
}
