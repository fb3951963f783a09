//! The directory on both engines: loads by set difference, refusals, cuts, addresses, correspondents.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use annuaire::{Rank, synthetic::Invented};
use app::{
    AppError, Env,
    directory::{self, LoadReport, Search, Shrink, load_files},
};
use jiff::Timestamp;
use lab::{
    id::AccountId,
    person::{MssanteAddress, Professional, Rpps},
    validation::Role,
};
use records::{
    MIGRATIONS,
    accounts::{self, Account},
    directory::{MailboxState, ManualMailbox, correspondents, load},
    professionals, work_items,
};
use store::{Options, Store, testing::Postgres};

const PRACTICES: &str = "Identification nationale PP|Code civilité d'exercice|Nom d'exercice|Prénom d'exercice|\
    Code profession|Libellé profession|Code savoir-faire|Libellé savoir-faire|Numéro FINESS site|\
    Numéro FINESS établissement juridique|Numéro SIRET site|Identifiant technique de la structure|\
    Raison sociale site|Code postal (coord. structure)|Libellé commune (coord. structure)|\
    Téléphone (coord. structure)|";
const MAILBOXES: &str = "Type de BAL|Adresse BAL|Identification nationale PP|Identification Structure|\
    Service de rattachement|Dématérialisation|Raison Sociale structure BAL";

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A store, and a folder for extractions.
struct World {
    store: Store,
    env: Env,
    folder: PathBuf,
    _server: Option<Postgres>,
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl World {
    fn over(url: &str, server: Option<Postgres>) -> Self {
        let n = NEXT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("paillasse-directory-{}-{n}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let store = Store::open(url, &Options::default()).unwrap();
        store.migrate_blocking(MIGRATIONS, "2026-01-01T00:00:00Z").unwrap();
        Self { store, env: Env::system(), folder, _server: server }
    }

    fn sqlite() -> Self {
        Self::over("sqlite::memory:", None)
    }

    /// On each engine that there is.
    fn each(story: impl Fn(&Self)) {
        story(&Self::sqlite());
        if let Some(mut server) = Postgres::start_or_skip() {
            let url = server.fresh_database().unwrap();
            story(&Self::over(&url, Some(server)));
        }
    }

    fn file(&self, name: &str, header: &str, lines: &[String]) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, format!("{header}\n{}\n", lines.join("\n"))).unwrap();
        path
    }

    fn practices(&self, lines: &[String]) -> PathBuf {
        self.file("PS_LibreAcces_Personne_activite_202608260000.txt", PRACTICES, lines)
    }

    fn mailboxes(&self, lines: &[String]) -> PathBuf {
        self.file("Extraction_Correspondance_MSSante_202608261013.txt", MAILBOXES, lines)
    }

    fn load(&self, files: &[PathBuf]) -> LoadReport {
        load_files(&self.store, &self.env, files, Shrink::default(), "test", |_| {}).unwrap()
    }

    fn write<T: Send + 'static>(
        &self,
        f: impl FnOnce(&mut store::Tx<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.store.write_blocking(f).unwrap()
    }

    /// Family names and addresses, best first, of those who are found.
    fn search(&self, text: &str, place: &str) -> Vec<(String, Vec<(Rank, String)>)> {
        let search = Search { text: text.into(), place: place.into(), limit: 20 };
        let found = self.write(move |tx| directory::find(tx, &search));
        let boxes =
            |it: &directory::Match| it.boxes.iter().map(|(rank, it)| (*rank, it.address.as_str().to_owned())).collect();
        found.matches.iter().map(|it| (it.practitioner.family.clone(), boxes(it))).collect()
    }
}

fn rpps(n: u32) -> String {
    format!("00000000{n:03}")
}

fn practice(n: u32, family: &str, finess: &str) -> String {
    let number = rpps(n);
    format!(
        "8{number}|DR|{family}|Camille|10|Médecin|SM26|Médecine générale|{finess}|900000001||F{finess}|CABINET {finess}|\
         12000|VILLE-AUX-CHARMES|0100000000|"
    )
}

fn mailbox(kind: &str, local: &str, n: Option<u32>, structure: &str, service: &str) -> String {
    let holder = n.map(|n| format!("8{}", rpps(n))).unwrap_or_default();
    format!("{kind}|{local}@test.mssante.fr|{holder}|{structure}|{service}|O|")
}

fn address(local: &str) -> MssanteAddress {
    MssanteAddress::parse(&format!("{local}@test.mssante.fr")).unwrap()
}

/// Ten people at two places, a box each.
fn ten() -> (Vec<String>, Vec<String>) {
    let names = ["ARNAUD", "BRUN", "COSTE", "DURAND", "ESTEVE", "FABRE", "GARCIA", "HENRY", "IMBERT", "JOLY"];
    let people =
        (1..).zip(names).map(|(n, name)| practice(n, name, if n % 2 == 0 { "990000002" } else { "990000001" }));
    let boxes = (1..).zip(names).map(|(n, name)| mailbox("PER", &name.to_lowercase(), Some(n), "", ""));
    (people.collect(), boxes.collect())
}

fn found(report: &LoadReport) -> Vec<&str> {
    report.findings.iter().map(|it| it.code.as_str()).collect()
}

#[test]
fn a_load_is_the_difference_with_the_one_before() {
    World::each(|world| {
        let (mut people, mut boxes) = ten();
        let files = [world.practices(&people), world.mailboxes(&boxes)];
        let first = world.load(&files);
        assert!(first.in_force, "{:?}", first.findings);
        assert_eq!((first.files[0].created, first.files[1].created), (10, 10));
        assert_eq!(first.counts, [10, 10, 2, 10]);
        assert_eq!(
            world.search("durand", ""),
            [("DURAND".into(), vec![(Rank::Person, "durand@test.mssante.fr".into())])]
        );
        assert_eq!(world.search("camille durand", "").len(), 1, "given name first");
        assert_eq!(world.search(&rpps(4), "").len(), 1);
        assert_eq!(world.search("DURAND@test.mssante.fr", "")[0].0, "DURAND");
        assert_eq!((world.search("du", "120").len(), world.search("du", "ville aux").len()), (1, 1));
        assert_eq!(
            (world.search("du", "13").len(), world.search("du", "Lyon").len(), world.search("d", "").len()),
            (0, 0, 0)
        );

        let again = world.load(&files);
        let changes: Vec<_> = again.files.iter().map(|it| (it.created, it.changed, it.closed, it.lines)).collect();
        assert_eq!(changes, [(0, 0, 0, 10), (0, 0, 0, 10)]);

        people[3] = practice(4, "DURAND-NOEL", "990000001");
        people.push(practice(11, "KLEIN", "990000003"));
        boxes.remove(0);
        let third = world.load(&[world.practices(&people), world.mailboxes(&boxes)]);
        let changes: Vec<_> = third.files.iter().map(|it| (it.created, it.changed, it.closed)).collect();
        assert_eq!(changes, [(1, 1, 0), (0, 0, 1)]);
        assert_eq!(third.counts, [11, 11, 3, 9]);
        assert_eq!(world.search("durand", "")[0].0, "DURAND-NOEL");
        let known = world.write(|tx| Ok(records::directory::known_mailbox(tx, &address("arnaud"))?)).unwrap();
        assert!(matches!(known.state, MailboxState::Closed(_)), "{:?}", known.state);
        assert!(world.search("arnaud", "")[0].1.is_empty(), "a closed box is not proposed");

        // It opens again: it was first seen at the first load.
        boxes.push(mailbox("PER", "arnaud", Some(1), "", ""));
        assert!(world.load(&[world.mailboxes(&boxes)]).in_force);
        let again = world.write(|tx| Ok(records::directory::known_mailbox(tx, &address("arnaud"))?)).unwrap();
        assert_eq!((again.state, again.first_seen), (MailboxState::Open, known.first_seen));
    });
}

#[test]
fn a_file_that_lost_too_many_lines_is_refused_unless_a_person_says_so() {
    World::each(|world| {
        let (people, boxes) = ten();
        assert!(world.load(&[world.practices(&people), world.mailboxes(&boxes)]).in_force);
        let refused = world.load(&[world.practices(&people[..8])]);
        assert_eq!((refused.in_force, found(&refused)), (false, vec!["DIRECTORY-SHRUNK"]));
        assert_eq!(refused.counts, [10, 10, 2, 10], "nothing of it is left");
        assert_eq!(world.search("joly", "").len(), 1);
        assert!(world.load(&[world.practices(&people[..9])]).in_force, "ten percent is accepted");
        let short = [world.practices(&people[..8])];
        let forced = load_files(&world.store, &world.env, &short, Shrink::Accepted, "test", |_| {}).unwrap();
        assert_eq!((forced.in_force, forced.files[0].closed), (true, 1));
        let empty = load_files(&world.store, &world.env, &[world.practices(&[])], Shrink::Accepted, "test", |_| {});
        assert_eq!(found(&empty.unwrap()), ["DIRECTORY-EMPTY"]);
        let loads = world.write(|tx| Ok(load::latest(tx, 10)?));
        assert_eq!(loads.iter().filter(|it| it.number > 0).count(), 3);
        assert_eq!(loads.len(), 5, "refusals are kept too");
    });
}

#[test]
fn what_is_no_extraction_or_lacks_a_column_is_said() {
    let world = World::sqlite();
    let (people, boxes) = ten();
    let lacking = world.file("a.txt", &PRACTICES.replace("Code profession|", "Profession|"), &people);
    let report = world.load(&[lacking]);
    assert_eq!(found(&report), ["DIRECTORY-FILE-UNKNOWN"]);
    let lacking = world.file("b.txt", &MAILBOXES.replace("Service de rattachement", "Service"), &boxes);
    let report = world.load(&[lacking]);
    assert_eq!(found(&report), ["DIRECTORY-COLUMN-MISSING"]);
    assert_eq!(report.findings[0].place, "b.txt : Service de rattachement");
    let report = world.load(&[world.folder.join("absent.txt")]);
    assert_eq!(found(&report), ["DIRECTORY-FILE-UNREADABLE"]);
    let twice = [world.practices(&people), world.file("c.txt", PRACTICES, &people)];
    assert_eq!(found(&world.load(&twice)), ["DIRECTORY-KIND-TWICE"]);
    let mut damaged = people.clone();
    damaged.insert(2, "8|broken".into());
    damaged.insert(4, practice(5, "", "990000001"));
    let report = world.load(&[world.practices(&damaged)]);
    assert!(report.in_force);
    let refused: Vec<_> = report.files[0].refused.iter().map(|it| (it.code.as_str(), it.n, it.lines.clone())).collect();
    assert_eq!(refused, [("DIRECTORY-LINE-SHORT", 1, vec![4]), ("DIRECTORY-LINE-NAME", 1, vec![6])]);
}

#[test]
fn a_load_that_was_cut_leaves_the_former_directory_in_force_and_the_next_one_undoes_it() {
    World::each(|world| {
        let (mut people, boxes) = ten();
        let files = [world.practices(&people), world.mailboxes(&boxes)];
        assert!(world.load(&files).in_force);

        // Cut after its rows were written and others ended, before the switch: as a killed process leaves it.
        let long_ago = world.env.now() - jiff::SignedDuration::from_mins(5);
        world.write(move |tx| {
            load::begin(tx, "dead", long_ago, long_ago)?;
            let mut known = Vec::new();
            load::known(tx, load::Table::Practitioners, None, |_, id| known.push(id))?;
            load::end_rows(tx, load::Table::Practitioners, &known, 2)?;
            let batch = load::Batch {
                practitioners: vec![load::NewPractitioner {
                    hash: 1,
                    rpps: 99,
                    name_key: annuaire::name_key(&["ZOLA"]),
                    title: String::new(),
                    family: "ZOLA".into(),
                    given: String::new(),
                    profession: "10".into(),
                    skill: String::new(),
                    label: String::new(),
                    origin: None,
                }],
                ..load::Batch::default()
            };
            Ok(load::insert(tx, &batch, 2, long_ago)?)
        });
        assert_eq!(world.search("durand", "").len(), 1, "the former directory is in force");
        assert!(world.search("zola", "").is_empty());

        people.push(practice(11, "KLEIN", "990000003"));
        let next = world.load(&[world.practices(&people)]);
        assert!(next.in_force);
        assert_eq!((next.files[0].created, next.files[0].changed, next.files[0].closed), (1, 0, 0));
        assert_eq!(next.counts, [11, 11, 3, 10]);
        assert!(world.search("zola", "").is_empty() && world.search("durand", "").len() == 1);
    });
}

#[test]
fn one_load_at_a_time() {
    let world = World::sqlite();
    let now = world.env.now();
    world.write(move |tx| Ok(load::begin(tx, "other", now, now)?));
    let (people, _) = ten();
    let busy = load_files(&world.store, &world.env, &[world.practices(&people)], Shrink::default(), "test", |_| {});
    assert!(matches!(busy, Err(AppError::Obstacles(findings)) if findings[0].code == "DIRECTORY-BUSY"));
}

#[test]
fn addresses_come_in_the_order_of_the_person_their_practice_their_structure_and_by_hand() {
    World::each(|world| {
        let people = vec![practice(1, "ARNAUD", "990000001"), practice(2, "BRUN", "990000002")];
        let boxes = vec![
            mailbox("PER", "arnaud.ailleurs", Some(1), "", ""),
            mailbox("PER", "arnaud", Some(1), "990000009", ""),
            mailbox("PER", "arnaud", Some(1), "1990000001", ""),
            mailbox("CAB", "cabinet", Some(1), "", ""),
            mailbox("ORG", "secretariat", None, "990000001", "Secrétariat"),
            mailbox("ORG", "siege", None, "900000001", ""),
            mailbox("APP", "logiciel", None, "990000001", ""),
        ];
        assert!(world.load(&[world.practices(&people), world.mailboxes(&boxes)]).in_force);
        let number = Rpps::parse(&rpps(1)).unwrap();
        let typed = ManualMailbox {
            address: address("liste.rouge"),
            note: "au téléphone".into(),
            entered_by: "secretaire".into(),
            entered_at: world.env.now(),
        };
        let (key, manual) = (number.clone(), typed.clone());
        world.write(move |tx| Ok(records::directory::enter_mailbox(tx, &key, &manual)?));
        let expected = [
            (Rank::PersonHere, "arnaud"),
            (Rank::Person, "arnaud.ailleurs"),
            (Rank::Practice, "cabinet"),
            (Rank::Structure, "secretariat"),
            (Rank::Structure, "siege"),
            (Rank::Manual, "liste.rouge"),
        ];
        let expected: Vec<_> =
            expected.iter().map(|(rank, local)| (*rank, format!("{local}@test.mssante.fr"))).collect();
        assert_eq!(world.search("arnaud", "")[0].1, expected);

        // No load touches what a person typed.
        assert!(world.load(&[world.mailboxes(&boxes[..7])]).in_force);
        let kept = world.write(move |tx| Ok(records::directory::manual_mailboxes(tx, &number)?));
        assert_eq!(kept, [typed]);
    });
}

fn correspondent(n: u32, family: &str, local: &str) -> Professional {
    Professional {
        rpps: Rpps::parse(&rpps(n)),
        family: family.into(),
        given: "Camille".into(),
        title: String::new(),
        specialty: None,
        mailbox: Some(address(local)),
        phone: Some("01".into()),
        address: None,
    }
}

#[test]
fn correspondents_and_users_are_brought_up_to_date_and_closed_ones_are_told_once() {
    World::each(|world| {
        let known = [correspondent(1, "ARNAUD", "arnaud"), correspondent(4, "DUPOND", "durand")];
        let user = correspondent(2, "BRUNE", "brun");
        world.write(move |tx| {
            for it in &known {
                professionals::upsert(tx, it)?;
            }
            let account = Account {
                id: AccountId::fresh(&mut Env::system().ids()),
                login: "bio".into(),
                name: user.printed(),
                role: Role::Biologist,
                professional: Some(user),
                active: true,
            };
            Ok(accounts::put(tx, &account, "hash", Timestamp::UNIX_EPOCH)?)
        });
        let (people, boxes) = ten();
        let first = world.load(&[world.practices(&people), world.mailboxes(&boxes)]);
        assert_eq!((first.correspondents_updated, first.users_updated, first.flagged), (2, 1, 0));
        let number = |n| Rpps::parse(&rpps(n)).unwrap();
        let now = world.write(move |tx| Ok(professionals::by_rpps(tx, &number(4))?)).unwrap();
        assert_eq!((now.family.as_str(), now.title.as_str(), now.phone.as_deref()), ("DURAND", "DR", Some("01")));
        assert_eq!(now.specialty.unwrap().code, "G15_10/SM26");
        let (account, _) = world.write(|tx| Ok(accounts::by_login(tx, "bio")?)).unwrap();
        assert_eq!((account.name.as_str(), account.role), ("Dr Camille BRUN", Role::Biologist));

        let second = world.load(&[world.practices(&people[1..]), world.mailboxes(&boxes[1..])]);
        assert!(second.in_force, "{:?}", second.findings);
        assert_eq!((second.correspondents_updated, second.flagged), (0, 1));
        let items = world.write(|tx| Ok(work_items::open_items(tx, None)?));
        let codes: Vec<&str> = items.iter().map(|it| it.code.as_str()).collect();
        assert_eq!(codes, ["CORRESPONDENT-ACTIVITY-CLOSED", "CORRESPONDENT-MAILBOX-CLOSED"]);
        assert!(items.iter().all(|it| it.subject.contains("ARNAUD")));
        let state = world.write(move |tx| Ok(correspondents::state(tx, &number(1))?)).unwrap();
        assert_eq!(
            (state.activity, state.address),
            (correspondents::Activity::Closed, correspondents::Address::Closed)
        );
        let still = world.write(move |tx| Ok(professionals::by_rpps(tx, &number(1))?)).unwrap();
        assert_eq!(
            still.mailbox,
            Some(address("arnaud")),
            "who was planned keeps their address until a person decides"
        );

        let third = world.load(&[world.practices(&people[1..])]);
        assert_eq!(third.flagged, 0);
        assert_eq!(world.write(|tx| Ok(work_items::open_items(tx, None)?)).len(), 2);
        let broken = world.write(|tx| Ok(records::journal::first_broken_link(tx)?));
        assert_eq!(broken, None);
    });
}

fn invented(folder: &Path, invented: Invented) -> [PathBuf; 2] {
    let files =
        ["PS_LibreAcces_Personne_activite.txt", "Extraction_Correspondance_MSSante.txt"].map(|it| folder.join(it));
    invented.write_practices(fs::File::create(&files[0]).unwrap()).unwrap();
    invented.write_mailboxes(fs::File::create(&files[1]).unwrap()).unwrap();
    files
}

#[test]
fn loading_over_another_directory_gives_what_loading_alone_gives() {
    let base = Invented { seed: 7, practices: 3_000, mailboxes: 1_600, changed: 0 };
    let changed = Invented { changed: 1_000, ..base };
    let content = |world: &World| {
        world.write(|tx| {
            let mut hashes: Vec<Vec<i64>> = Vec::new();
            for table in load::Table::ALL {
                let mut of_table = Vec::new();
                for source in ["practices", "mailboxes"] {
                    load::known(tx, table, Some([source, source]), |hash, _| of_table.push(hash))?;
                }
                of_table.sort_unstable();
                of_table.dedup();
                hashes.push(of_table);
            }
            Ok(hashes)
        })
    };
    World::each(|over| {
        let first = over.load(&invented(&over.folder, base));
        assert!(first.in_force, "{:?}", first.findings);
        assert_eq!(first.files.iter().map(directory::FileReport::n_refused).sum::<u64>(), 0);
        let second = over.load(&invented(&over.folder, changed));
        assert!(second.in_force, "{:?}", second.findings);
        assert!(second.files.iter().all(|it| it.created > 0 && it.changed > 0 && it.closed > 0), "{:?}", second.files);
        let alone = World::sqlite();
        assert!(alone.load(&invented(&alone.folder, changed)).in_force);
        assert_eq!(content(over), content(&alone));
        // And back.
        assert!(over.load(&invented(&over.folder, base)).in_force);
        let alone = World::sqlite();
        assert!(alone.load(&invented(&alone.folder, base)).in_force);
        assert_eq!(content(over), content(&alone));
    });
}
