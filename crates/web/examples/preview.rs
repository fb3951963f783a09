//! Serves the pages over a laboratory with invented patients, to look at them: `cargo run -p web --example preview`.
//!
//! The first argument is the port (8099), the second the number of dossiers (400). Any login, in one click.
//! `PAILLASSE_PACK` names the folder of official rules, if any.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "../tests/support/mod.rs"]
mod support;

use web::WebSettings;

#[tokio::main]
async fn main() {
    let mut args = std::env::args().skip(1);
    let port: u16 = args.next().and_then(|port| port.parse().ok()).unwrap_or(8099);
    let n: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(400);
    let pack = app::settings::PackSettings {
        folder: std::env::var_os("PAILLASSE_PACK").map(Into::into),
        ..app::settings::PackSettings::default()
    };
    let world = support::world_with(app::Env::system(), n, pack).await;
    let settings = WebSettings { personas: true, ..WebSettings::default() };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    println!("http://{}/", listener.local_addr().unwrap());
    println!("dossier {}", world.ready_for_biologist);
    println!("incomplete {}", world.incomplete);
    println!("technicien {}", world.ready_for_technician);
    println!("version {}", world.first_version);
    println!("patient {}", world.qualified_patient);
    println!("message {}", world.message);
    axum::serve(listener, web::router(world.app, settings)).await.unwrap();
}
