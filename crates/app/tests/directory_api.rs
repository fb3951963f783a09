//! The directory loaded from the FHIR API, given by an independent server in Python on this machine, on both engines.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

use std::{
    collections::BTreeSet,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use annuaire::Rank;
use app::{
    AppError, Env,
    directory::{self, ApiSettings, LoadReport, Search, Shrink, load_api, load_files},
};
use lab::person::{MssanteAddress, Professional, Rpps};
use records::{
    MIGRATIONS,
    directory::{MailboxState, correspondents},
    professionals, work_items,
};
use serde_json::{Value, json};
use store::{Options, Store, testing::Postgres};
use tokio::runtime::Runtime;
use transport::{
    http::{Client, Limits},
    tls,
};

/// The server, and how its orders are given.
struct Peer {
    process: Child,
    port: u16,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Peer {
    fn start() -> Option<Self> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/annuaire_python/server.py");
        let started = Command::new("python3").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let Ok(mut process) = started else {
            println!("skipped: 1 (API of the directory: python3 is missing)");
            return None;
        };
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Some(Self { process, port: line.trim().parse().unwrap() })
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/fhir/v2", self.port)
    }

    fn ask(&self, method: &str, body: &str) -> Value {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let length = body.len();
        let head =
            format!("{method} /control HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    }

    fn order(&self, orders: &Value) {
        self.ask("POST", &orders.to_string());
    }

    fn put(&self, resources: &[Value]) {
        self.order(&json!({ "put": resources }));
    }

    /// What was asked since the last order, and when, in seconds.
    fn asked(&self) -> Vec<(String, f64)> {
        let asked = self.ask("GET", "")["asked"].clone();
        let one = |it: &Value| (it["target"].as_str().unwrap().to_owned(), it["at"].as_f64().unwrap());
        asked.as_array().unwrap().iter().map(one).collect()
    }
}

/// Family name, label, structures and addresses, best first.
type Seen = (String, String, Vec<String>, Vec<(Rank, String)>);

struct World {
    store: Store,
    env: Env,
    runtime: Runtime,
    peer: Peer,
    key_file: PathBuf,
    _server: Option<Postgres>,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.key_file);
    }
}

impl World {
    fn over(url: &str, server: Option<Postgres>, peer: Peer) -> Self {
        let store = Store::open(url, &Options::default()).unwrap();
        store.migrate_blocking(MIGRATIONS, "2026-01-01T00:00:00Z").unwrap();
        let key_file = std::env::temp_dir().join(format!("paillasse-api-key-{}", peer.port));
        std::fs::write(&key_file, "cle-de-test\n").unwrap();
        Self { store, env: Env::system(), runtime: Runtime::new().unwrap(), peer, key_file, _server: server }
    }

    fn sqlite(story: impl Fn(&Self)) {
        if let Some(peer) = Peer::start() {
            story(&Self::over("sqlite::memory:", None, peer));
        }
    }

    fn each(story: impl Fn(&Self)) {
        Self::sqlite(&story);
        if let (Some(mut server), Some(peer)) = (Postgres::start_or_skip(), Peer::start()) {
            let url = server.fresh_database().unwrap();
            story(&Self::over(&url, Some(server), peer));
        }
    }

    fn settings(&self) -> ApiSettings {
        let client = Client::new(tls::trusting_nobody().unwrap(), Limits::default());
        ApiSettings {
            url: self.peer.url(),
            key_file: Some(self.key_file.clone()),
            count: 4,
            per_second: 17,
            first_wait: Duration::from_millis(20),
            client,
        }
    }

    fn load_with(&self, settings: &ApiSettings, whole: bool, shrink: Shrink) -> LoadReport {
        load_api(&self.store, &self.env, self.runtime.handle(), settings, whole, shrink, "test", |_| {}).unwrap()
    }

    fn load(&self) -> LoadReport {
        self.load_with(&self.settings(), false, Shrink::default())
    }

    fn whole(&self) -> LoadReport {
        self.load_with(&self.settings(), true, Shrink::default())
    }

    fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut store::Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.store.write_blocking(f).unwrap()
    }

    /// Those who are found.
    fn search(&self, text: &str, place: &str) -> Vec<Seen> {
        let search = Search { text: text.into(), place: place.into(), limit: 20 };
        let found = self.write(move |tx| directory::find(tx, &search));
        let one = |it: &directory::Match| {
            let places = it.places.iter().map(|it| it.number.clone()).collect();
            let boxes = it.boxes.iter().map(|(rank, it)| (*rank, it.address.as_str().to_owned())).collect();
            (it.practitioner.family.clone(), it.practitioner.label.clone(), places, boxes)
        };
        found.matches.iter().map(one).collect()
    }

    /// Everything that a search of the whole directory answers.
    fn everything(&self) -> Vec<String> {
        let letters = ["A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "N"];
        let found = letters.iter().flat_map(|it| self.search(&format!("{it}NOM"), ""));
        found.map(|it| format!("{it:?}")).collect::<BTreeSet<_>>().into_iter().collect()
    }
}

fn rpps(n: u32) -> String {
    format!("00000000{n:03}")
}

fn mss(local: &str, kind: &str, digitization: bool) -> Value {
    let base = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition";
    json!({ "system": "email", "value": format!("{local}@test.mssante.fr"), "extension": [
        { "url": "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-contact-point-email-type",
          "valueCoding": { "code": "MSSANTE" } },
        { "url": format!("{base}/as-ext-mailbox-mss-metadata"), "extension": [
            { "url": "type", "valueCodeableConcept": { "coding": [{ "code": kind }] } },
            { "url": "digitization", "valueBoolean": digitization } ] } ] })
}

fn organization(n: u32, telecom: &[Value]) -> Value {
    let b = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203";
    json!({ "resourceType": "Organization", "id": format!("org-{n}"), "active": true, "name": format!("CABINET {n}"),
        "identifier": [{ "type": { "coding": [{ "system": b, "code": "FINEG" }] }, "value": format!("99000000{n}") }],
        "telecom": telecom,
        "address": [{ "line": ["1 RUE DES CHARMES"], "postalCode": format!("1{n}000"), "city": format!("VILLE {n}") }] })
}

fn practitioner(n: u32, family: &str, telecom: &[Value]) -> Value {
    let g15 = "https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante";
    json!({ "resourceType": "Practitioner", "id": format!("pra-{n}"), "active": true,
        "identifier": [{ "system": "https://rpps.esante.gouv.fr", "value": rpps(n) }],
        "name": [{ "family": family, "given": ["Camille"], "suffix": ["DR"] }], "telecom": telecom,
        "qualification": [{ "code": { "coding": [{ "system": g15, "code": "10" }] } }] })
}

fn role(n: u32, organization: u32, telecom: &[Value]) -> Value {
    let r38 = "https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale";
    json!({ "resourceType": "PractitionerRole", "id": format!("rol-{n}"), "active": true,
        "practitioner": { "reference": format!("Practitioner/pra-{n}") },
        "organization": { "reference": format!("Organization/org-{organization}") },
        "specialty": [{ "coding": [{ "system": r38, "code": "SM26" }] }], "telecom": telecom })
}

fn gone(kind: &str, id: &str) -> Value {
    json!({ "resourceType": kind, "id": id, "active": false })
}

fn long_ago(mut it: Value) -> Value {
    it["meta"] = json!({ "lastUpdated": "2026-01-01T00:00:00Z" });
    it
}

const NAMES: [&str; 10] = ["ANOM", "BNOM", "CNOM", "DNOM", "ENOM", "FNOM", "GNOM", "HNOM", "INOM", "JNOM"];

/// Ten people at two places, a box each: one in four theirs wherever they are.
fn ten() -> Vec<Value> {
    let mut all = vec![organization(1, &[mss("secretariat", "ORG", true)]), organization(2, &[])];
    for (n, name) in (1..).zip(NAMES) {
        let own = [mss(&name.to_lowercase(), "PER", true)];
        let (of_person, of_role) = if n % 4 == 0 { (&own[..], &[][..]) } else { (&[][..], &own[..]) };
        all.push(practitioner(n, name, of_person));
        all.push(role(n, 1 + n % 2, of_role));
    }
    all.into_iter().map(long_ago).collect()
}

#[test]
fn the_api_fills_the_directory_page_by_page_and_its_changes_follow() {
    World::each(|world| {
        world.peer.put(&ten());
        let first = world.load();
        assert!(first.in_force, "{first:?}");
        assert_eq!((first.source.as_str(), &first.since, first.counts), ("fhir", &None, [20, 10, 2, 11]));
        assert_eq!((first.files[0].lines, first.files[0].created, first.files[1].created), (22, 10, 11));
        let asked = world.peer.asked();
        assert_eq!(asked.len(), 1 + 3 + 3, "2 structures, 10 professionals and 10 roles, by 4: {asked:?}");
        assert!(asked[0].0.starts_with("/fhir/v2/Organization?_count=4"), "{asked:?}");
        assert_eq!(asked.iter().filter(|(it, _)| it.contains("_getpages=")).count(), 4);
        let generalist = "Médecin - Qualifié en Médecine Générale (SM)".to_owned();
        let here = [(Rank::PersonHere, "anom@test.mssante.fr".to_owned())];
        assert_eq!(
            world.search("anom", "12"),
            [("ANOM".into(), generalist.clone(), vec!["F990000002".to_owned()], here.to_vec())]
        );
        assert_eq!(world.search("anom", "11"), [], "not there");
        let at_one: Vec<String> = world.search("bnom", "VILLE 1")[0].3.iter().map(|(_, it)| it.clone()).collect();
        assert_eq!(at_one, ["bnom@test.mssante.fr", "secretariat@test.mssante.fr"]);

        // Nothing changed: everything again, then only what changed since.
        let again = world.whole();
        assert!(again.in_force && again.since.is_none());
        assert_eq!((again.files[0].created, again.files[0].changed, again.files[0].closed), (0, 0, 0));
        assert_eq!((again.counts, again.files[1].closed), (first.counts, 0));

        world.peer.put(&[
            gone("PractitionerRole", "rol-1"),
            practitioner(2, "NNOM", &[]),
            practitioner(11, "JNOM-PETIT", &[]),
            role(11, 2, &[mss("nouveau", "PER", false)]),
            organization(2, &[mss("accueil", "ORG", true)]),
        ]);
        let changes = world.load();
        assert!(changes.in_force, "{changes:?}");
        let asked = world.peer.asked();
        assert_eq!(asked.len(), 3, "{asked:?}");
        assert!(asked.iter().all(|(it, _)| it.contains("&_lastUpdated=ge20") && it.ends_with('Z')), "{asked:?}");
        let since = changes.since.clone().unwrap();
        assert!(asked[0].0.ends_with(&since), "{since}");
        assert_eq!((changes.files[0].lines, changes.counts), (5, [21, 10, 2, 12]));
        assert_eq!((changes.files[0].before, changes.files[0].after), (10, 10));
        let people = (changes.files[0].created, changes.files[0].changed, changes.files[0].closed);
        assert_eq!(people, (1, 2, 0), "one is new, one has another name, one is at no place any more");
        assert_eq!((changes.files[1].created, changes.files[1].closed), (2, 1));
        // Who lost their role stays, without place and without the box of it.
        assert_eq!(world.search("anom", ""), [("ANOM".into(), "Médecin".into(), vec![], vec![])]);
        let renamed = world.search("nnom", "");
        assert_eq!((renamed.len(), &renamed[0].1), (1, &generalist), "the know-how of the role has the name too");
        assert_eq!(world.search("bnom", ""), []);
        assert_eq!(world.search("jnom petit", "12")[0].3[0], (Rank::PersonHere, "nouveau@test.mssante.fr".into()));

        // Asked again, the same changes are none; and everything loaded again says the same.
        let same = world.load();
        assert_eq!((same.in_force, same.counts, same.files[0].changed), (true, changes.counts, 0));
        let before = world.everything();
        let all = world.whole();
        assert_eq!((all.in_force, all.counts, all.files[0].changed), (true, changes.counts, 0), "{all:?}");
        assert_eq!(world.everything(), before);
        assert_eq!(before.len(), 11);

        // A professional who is deleted goes with all that bore their name.
        world.peer.put(&[gone("Practitioner", "pra-3"), gone("PractitionerRole", "rol-3")]);
        let closed = world.load();
        assert_eq!((closed.in_force, closed.files[0].closed, closed.files[1].closed), (true, 1, 1), "{closed:?}");
        assert_eq!(world.search("cnom", ""), []);
    });
}

#[test]
fn what_fails_leaves_the_directory_as_it_was_and_what_passes_is_tried_again() {
    World::sqlite(|world| {
        world.peer.put(&ten());
        assert!(world.load().in_force);
        let before = world.everything();
        assert_eq!(before.len(), 10);
        let renamed = |(n, name): (u32, &&str)| {
            let own = [mss(&name.to_lowercase(), "PER", true)];
            practitioner(n, &format!("{name}-BIS"), if n.is_multiple_of(4) { &own } else { &[] })
        };
        let changed: Vec<Value> = (1..).zip(&NAMES).map(renamed).collect();
        world.peer.put(&changed);

        // A failure in the middle: what the pages before it said is undone.
        let refused = |orders: Value, code: &str, place: &str| {
            world.peer.order(&orders);
            for whole in [false, true] {
                let report = world.load_with(&world.settings(), whole, Shrink::default());
                let findings: Vec<_> = report.findings.iter().map(|it| (it.code.as_str(), it.place.as_str())).collect();
                assert_eq!((report.in_force, findings), (false, vec![(code, place)]));
                assert_eq!(world.everything(), before, "{code}");
            }
        };
        let fail = |resource: &str, page: u32, status: u16, times: i32| {
            json!({ "next_to": null,
                "fail": [{ "resource": resource, "page": page, "status": status, "times": times, "retry_after": "0" }] })
        };
        refused(fail("Practitioner", 2, 500, -1), "DIRECTORY-API-UNREACHABLE", "Practitioner, page 2 : HTTP 500");
        assert_eq!(world.peer.asked().len(), 2 * (2 + 5), "five tries of it each time");
        refused(fail("Practitioner", 3, 404, -1), "DIRECTORY-API-ANSWER", "Practitioner, page 3 : HTTP 404");
        let html = json!({ "fail": [{ "resource": "Practitioner", "page": 1, "status": 200, "times": -1, "body": "<html>" }] });
        refused(html, "DIRECTORY-API-ANSWER", "Practitioner, page 1 : HTTP 200");
        // Another host, another port of this one: nothing is asked there.
        for elsewhere in ["http://localhost.evil.test", "http://127.0.0.1:9"] {
            let orders = json!({ "fail": [], "next_to": elsewhere });
            refused(orders, "DIRECTORY-API-ORIGIN", "Practitioner, page 1");
        }

        // Busy for a moment is no failure.
        world.peer.order(&fail("Practitioner", 2, 429, 3));
        let report = world.load();
        assert!(report.in_force, "{report:?}");
        assert_eq!(world.peer.asked().len(), 1 + 3 + 3 + 1, "three tries more");
        assert_eq!(world.search("anom", "")[0].0, "ANOM-BIS");

        // The key: wrong, then not there. It is in no report.
        std::fs::write(&world.key_file, "une-autre-cle").unwrap();
        world.peer.order(&json!({ "fail": [] }));
        let report = world.load();
        assert_eq!((report.in_force, report.findings[0].code.as_str()), (false, "DIRECTORY-API-KEY"));
        assert!(!format!("{report:?}").contains("une-autre-cle"));
        std::fs::remove_file(&world.key_file).unwrap();
        world.peer.order(&json!({}));
        assert_eq!(world.load().findings[0].code, "DIRECTORY-API-KEY");
        assert_eq!(world.peer.asked(), [], "without its key nothing is asked");
        std::fs::write(&world.key_file, "cle-de-test").unwrap();

        // Nobody there.
        let nowhere = ApiSettings { url: "http://127.0.0.1:9/fhir/v2".into(), ..world.settings() };
        let report = world.load_with(&nowhere, false, Shrink::default());
        let finding = &report.findings[0];
        assert_eq!(
            (finding.code.as_str(), finding.place.as_str()),
            ("DIRECTORY-API-UNREACHABLE", "Organization, page 1")
        );
        let clear = ApiSettings { url: "http://192.0.2.1/fhir/v2".into(), ..world.settings() };
        let report = world.load_with(&clear, false, Shrink::default());
        assert_eq!(report.findings[0].code, "DIRECTORY-API-UNREACHABLE", "clear text to another machine never leaves");
    });
}

#[test]
fn requests_keep_the_pace_of_the_settings() {
    World::sqlite(|world| {
        world.peer.put(&ten());
        let slow = ApiSettings { per_second: 10, ..world.settings() };
        assert!(world.load_with(&slow, false, Shrink::default()).in_force);
        let times: Vec<f64> = world.peer.asked().iter().map(|(_, at)| *at).collect();
        assert_eq!(times.len(), 7);
        let spread = times[6] - times[0];
        assert!(spread > 0.55, "seven requests in {spread} s are more than ten a second");
    });
}

#[test]
fn half_a_directory_is_refused_from_the_api_too_and_its_boxes_flag_correspondents_when_they_close() {
    World::each(|world| {
        world.peer.put(&ten());
        assert!(world.load().in_force);
        let correspondent = Professional {
            rpps: Rpps::parse(&rpps(1)),
            family: "ANCIEN".into(),
            given: "Camille".into(),
            title: "DR".into(),
            specialty: None,
            mailbox: MssanteAddress::parse("anom@test.mssante.fr"),
            phone: None,
            address: None,
        };
        let kept = correspondent.clone();
        world.write(move |tx| Ok(professionals::upsert(tx, &kept)?));
        let known = world.whole();
        assert_eq!((known.correspondents_updated, known.flagged), (1, 0), "{known:?}");
        let who = Rpps::parse(&rpps(1)).unwrap();
        let name = world.write({
            let who = who.clone();
            move |tx| Ok(professionals::by_rpps(tx, &who)?.unwrap().family)
        });
        assert_eq!(name, "ANOM", "the name follows the directory");

        let five: Vec<Value> = (1..6).map(|n| gone("PractitionerRole", &format!("rol-{n}"))).collect();
        world.peer.put(&five);
        for whole in [false, true] {
            let refused = world.load_with(&world.settings(), whole, Shrink::default());
            assert_eq!((refused.in_force, refused.findings[0].code.as_str()), (false, "DIRECTORY-SHRUNK"));
            assert_eq!(world.search("anom", "")[0].3.len(), 1);
        }
        let forced = world.load_with(&world.settings(), false, Shrink::Accepted);
        assert_eq!((forced.in_force, forced.flagged), (true, 1), "{forced:?}");
        let (known, state, items) = world.write(move |tx| {
            let address = MssanteAddress::parse("anom@test.mssante.fr").unwrap();
            let state = correspondents::state(tx, &who)?.unwrap();
            Ok((records::directory::known_mailbox(tx, &address)?.unwrap(), state, work_items::open_items(tx, None)?))
        });
        assert!(matches!(known.state, MailboxState::Closed(Some(_))), "{known:?}");
        assert_eq!(state.address, correspondents::Address::Closed);
        assert_eq!(items.len(), 2, "the place and the box are closed");
    });
}

#[test]
fn the_extractions_and_the_api_replace_each_other() {
    World::each(|world| {
        world.peer.put(&ten());
        assert!(world.load().in_force);
        let folder = std::env::temp_dir().join(format!("paillasse-api-{}", world.peer.port));
        std::fs::create_dir_all(&folder).unwrap();
        let invented = annuaire::synthetic::Invented { seed: 3, practices: 50, mailboxes: 40, changed: 0 };
        let files = [
            folder.join("PS_LibreAcces_Personne_activite_1.txt"),
            folder.join("Extraction_Correspondance_MSSante_1.txt"),
        ];
        invented.write_practices(std::fs::File::create(&files[0]).unwrap()).unwrap();
        invented.write_mailboxes(std::fs::File::create(&files[1]).unwrap()).unwrap();
        let loaded = load_files(&world.store, &world.env, &files, Shrink::Accepted, "test", |_| {}).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!((loaded.in_force, loaded.source.as_str()), (true, "files"), "{loaded:?}");
        let of_files = loaded.counts;
        assert_eq!(world.everything(), Vec::<String>::new(), "nothing of the API is left");
        let origins = world.write(|tx| {
            let sql = "SELECT COUNT(*) AS n FROM directory_structure WHERE origin IS NOT NULL AND gone_load > 100000";
            Ok::<_, AppError>(tx.query_one(sql, &[])?.int("n")?)
        });
        assert_eq!(origins, 0, "nor its structures");

        // Changes are worth nothing beside extractions: everything is asked for.
        let back = world.load_with(&world.settings(), false, Shrink::Accepted);
        assert_eq!((back.in_force, &back.since, back.counts), (true, &None, [20, 10, 2, 11]), "{back:?}");
        assert_ne!(of_files, back.counts);
        assert_eq!(world.everything().len(), 10);
    });
}
