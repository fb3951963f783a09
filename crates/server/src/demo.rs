//! `paillasse demo`: the whole laboratory and the other side, on one machine, with invented patients.

mod evidence;
mod messages;
mod pack;
mod people;
mod robot;
mod scenario;
mod world;

use std::{
    io::Write as _,
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Result;
use clap::Args;

pub use robot::Robot;
pub use scenario::{bench_dossier, bench_message};
use world::Past;
pub use world::World;

/// Options of the demonstration.
#[derive(Args, Clone)]
pub struct DemoArgs {
    /// Un biologiste automatique valide les dossiers, sans navigateur.
    #[arg(long)]
    pub auto: bool,
    /// S'arrête quand toutes les transmissions ont abouti.
    #[arg(long, requires = "auto")]
    pub exit: bool,
    /// Nombre de comptes rendus (versions) à produire.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub reports: u32,
    /// Dossier où déposer documents, courriels, archives XDM et enveloppes SOAP produits.
    #[arg(long, requires = "auto")]
    pub out: Option<PathBuf>,
    /// N'écrit sur la sortie standard qu'un objet JSON de bilan.
    #[arg(long)]
    pub json: bool,
    /// Repart de zéro : oublie les données de la démonstration précédente.
    #[arg(long)]
    pub fresh: bool,
    /// Dossier des données de la démonstration.
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// Adresse des pages (port 0 : un port libre).
    #[arg(long)]
    pub web: Option<SocketAddr>,
    /// Dossier des règles officielles (TestContenuCDA) ; sinon $PAILLASSE_PACK, ou celui des outils de test.
    #[arg(long)]
    pub pack: Option<PathBuf>,
    /// Sans règles officielles : les comptes rendus sont contrôlés par nos seules règles.
    #[arg(long, conflicts_with = "pack")]
    pub no_pack: bool,
    /// Base de données PostgreSQL à utiliser au lieu de SQLite (elle doit être vide ou venir d'une démonstration).
    #[arg(long)]
    pub database: Option<String>,
}

/// Longest wait for the deliveries of `--exit`, per report beyond a minute.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs the demonstration.
pub async fn run(args: DemoArgs) -> Result<ExitCode> {
    let started = Instant::now();
    let say = |text: &str| -> Result<()> {
        if !args.json {
            writeln!(std::io::stdout(), "{text}")?;
        }
        Ok(())
    };
    say("Paillasse, démonstration. Tout est inventé : patients, médecins, services nationaux simulés.")?;
    let world = World::start(&args).await?;
    say(&format!("Pages du laboratoire : http://{}", world.running.addresses.web))?;
    say(&format!("Bac à sable (boîtes MSSanté, DMP, pannes) : {}", world.sandbox_url()))?;
    say(&format!("Réception HL7 v2 (MLLP) : {}", world.running.addresses.mllp))?;
    say(&pack::said(&world.app))?;
    world.settle().await?;
    let n_reports = usize::try_from(args.reports)?;
    let stories = if world.has_data().await? {
        say("Les données de la démonstration précédente sont là (--fresh pour repartir de zéro).")?;
        Vec::new()
    } else {
        let past = if args.auto { Past::Untold } else { Past::Told };
        let stories = world.tell(n_reports, past).await?;
        say(&format!("{} dossiers reçus ou enregistrés.", stories.len()))?;
        stories
    };
    if args.auto {
        let robot = Robot::new(&world).await?;
        robot.work(&stories).await?;
        let patience = PATIENCE + Duration::from_millis(500 * u64::from(args.reports));
        let totals = robot.wait(patience).await?;
        if let Some(folder) = &args.out {
            evidence::write(&world, folder).await?;
        }
        let line = totals.json(started.elapsed());
        writeln!(std::io::stdout(), "{line}")?;
        if args.exit {
            let whole = totals.is_whole(n_reports);
            world.stop().await;
            return Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE });
        }
    } else {
        if !stories.is_empty() {
            Robot::new(&world).await?.prepare_morning().await?;
        }
        say("")?;
        say("À vous : ouvrez les pages, choisissez « Dr Hélène Moreau, biologiste », ouvrez le premier dossier,")?;
        say(
            "lisez-le, puis V (valider et signer). Le compte rendu part aussitôt : suivez-le sous « Comptes rendus »,",
        )?;
        say("puis dans le bac à sable, chez le prescripteur, chez le patient et au DMP. Ctrl-C arrête tout.")?;
    }
    running_until_asked(world).await;
    Ok(ExitCode::SUCCESS)
}

async fn running_until_asked(world: World) {
    crate::running::asked_to_stop().await;
    world.stop().await;
}
