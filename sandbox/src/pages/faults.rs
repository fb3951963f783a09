//! How to make the services misbehave, from a page: the plans in force in, changed plans out.
//! What each fault does is decided by the services.

use askama::Template;
use axum::extract::{Form, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::{Services, refuse, see_other};
use crate::dmp::{Fault, FaultRule};
use crate::mss::{BounceForm, FaultPlan, FullBox, FullBoxTold, Greylist, Refusal};

/// Error codes a DMP answers to a deposit, offered in the form.
const DMP_CODES: [&str; 7] = [
    "XDSRepositoryBusy",
    "XDSRegistryBusy",
    "XDSRepositoryError",
    "XDSRegistryError",
    "XDSRepositoryMetadataError",
    "XDSUnknownPatientId",
    "XDSDuplicateUniqueIdInRegistry",
];
/// Reply codes of SMTP offered in the form, with what they mean.
const SMTP_CODES: [(u16, &str); 5] = [
    (450, "boîte occupée, à réessayer"),
    (451, "erreur passagère, à réessayer"),
    (452, "boîte pleine, à réessayer"),
    (550, "boîte inconnue, définitif"),
    (554, "refus, définitif"),
];
/// Ways to tell that a box is full, with what they mean.
const FULL_FORMS: [(&str, &str); 5] = [
    ("rcpt-552", "552 à RCPT TO, définitif"),
    ("rcpt-452", "452 à RCPT TO, à réessayer"),
    ("message-552", "552 après le message, définitif"),
    ("message-452", "452 après le message, à réessayer"),
    ("renvoi", "accepté, puis renvoyé (5.2.2)"),
];
/// Longest wait taken, in seconds.
const MAX_WAIT_S: u64 = 600;

#[derive(Template)]
#[template(path = "faults.html")]
struct FaultsPage {
    here: &'static str,
    is_done: bool,
    mail: Vec<MailRow>,
    dmp: Vec<DmpRow>,
    dmp_in_force: Vec<String>,
    dmp_codes: [&'static str; 7],
    smtp_codes: [(u16, &'static str); 5],
    full_forms: [(&'static str, &'static str); 5],
}

/// A fault of the operator.
struct MailRow {
    name: &'static str,
    title: &'static str,
    effect: &'static str,
    is_counted: bool,
    /// What is left of it, when it is in force.
    state: Option<String>,
}

/// A fault of the DMP.
struct DmpRow {
    name: &'static str,
    title: &'static str,
    effect: &'static str,
}

/// What just happened.
#[derive(Deserialize)]
pub(super) struct Done {
    fait: Option<String>,
}

pub(super) async fn page(State(services): State<Services>, Query(done): Query<Done>) -> Response {
    super::page(&FaultsPage {
        here: "/pannes",
        is_done: done.fait.is_some(),
        mail: mail_rows(&services.mss.faults().get()),
        dmp: dmp_rows(),
        dmp_in_force: services.dmp.faults().active().iter().map(dmp_rule).collect(),
        dmp_codes: DMP_CODES,
        smtp_codes: SMTP_CODES,
        full_forms: FULL_FORMS,
    })
}

/// Every fault in force, in words.
pub(super) fn in_force(services: &Services) -> Vec<String> {
    let mail = mail_rows(&services.mss.faults().get()).into_iter().filter_map(|row| {
        let state = row.state?;
        Some(format!("Messagerie : {} ({state})", in_a_sentence(row.title)))
    });
    let rules = services.dmp.faults().active();
    let dmp = rules.iter().map(|rule| format!("DMP : {}", dmp_rule(rule)));
    mail.chain(dmp).collect()
}

/// A title within a sentence: without its capital, unless it starts with initials.
fn in_a_sentence(title: &str) -> String {
    let mut letters = title.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            first.to_lowercase().chain([second]).chain(letters).collect()
        }
        _ => title.to_owned(),
    }
}

/// A change to the plan of the operator. Empty fields are those of other faults.
#[derive(Deserialize)]
pub(super) struct MailChange {
    panne: String,
    /// `arreter` ends the fault.
    #[serde(default)]
    acte: String,
    /// Messages concerned; empty for all until stopped.
    #[serde(default)]
    prochains: String,
    #[serde(default)]
    ms: String,
    #[serde(default)]
    code: String,
    /// A wait, in seconds.
    #[serde(default)]
    delai: String,
    #[serde(default)]
    forme: String,
    /// The only mailbox concerned; empty for all.
    #[serde(default)]
    boite: String,
}

pub(super) async fn set_mail(State(services): State<Services>, Form(change): Form<MailChange>) -> Response {
    let faults = services.mss.faults();
    match change.apply(faults.get()) {
        Some(plan) => faults.set(plan),
        None => return unreadable(),
    }
    see_other("/pannes?fait=1")
}

impl MailChange {
    /// The plan once changed; `None` when the form does not make sense.
    fn apply(&self, mut plan: FaultPlan) -> Option<FaultPlan> {
        let is_on = self.acte != "arreter";
        let n = if is_on { next(&self.prochains)?.unwrap_or(u32::MAX) } else { 0 };
        match self.panne.as_str() {
            "arret" => plan.down = is_on,
            "lenteur" => plan.slow_ms = if is_on { self.ms.trim().parse().ok()? } else { 0 },
            "refus" if !is_on => plan.refuse = None,
            "refus" => {
                let code = self.code.parse().ok().filter(|code| (400..600).contains(code))?;
                plan.refuse = Some(Refusal { code, times: n, mailbox: self.mailbox()? });
            }
            "liste-grise" if !is_on => plan.greylist = None,
            "liste-grise" => {
                let code = self.code.parse().ok().filter(|code| matches!(code, 450 | 451))?;
                plan.greylist = Some(Greylist { delay_ms: self.wait_ms()?, code, mailbox: self.mailbox()? });
            }
            "boite-pleine" if !is_on => plan.full = None,
            "boite-pleine" => {
                let told = match self.forme.as_str() {
                    "rcpt-552" => FullBoxTold::Recipient { code: 552 },
                    "rcpt-452" => FullBoxTold::Recipient { code: 452 },
                    "message-552" => FullBoxTold::Content { code: 552 },
                    "message-452" => FullBoxTold::Content { code: 452 },
                    "renvoi" => FullBoxTold::Report { after_ms: self.wait_ms()? },
                    _ => return None,
                };
                plan.full = Some(FullBox { told, times: n, mailbox: self.mailbox()? });
            }
            "tls-lent" => plan.slow_tls_ms = if is_on { self.wait_ms().filter(|&ms| ms > 0)? } else { 0 },
            "tls-coupe" => plan.cut_tls = n,
            "tls-illisible" => plan.garble_tls = n,
            "reponse-perdue" => plan.lose_acknowledgments = n,
            "non-remis" => {
                plan.bounces = n;
                plan.bounce_form = match self.forme.as_str() {
                    "texte" => BounceForm::PlainText,
                    _ => BounceForm::Report,
                };
            }
            "rapport-perdu" => plan.lose_reports = n,
            "rapport-double" => plan.duplicate_reports = n,
            _ => return None,
        }
        Some(plan)
    }

    /// A wait in milliseconds; `None` when it is not a number of seconds within bounds.
    fn wait_ms(&self) -> Option<u64> {
        self.delai.trim().parse().ok().filter(|&s: &u64| s <= MAX_WAIT_S).map(|s| s * 1_000)
    }

    /// The mailbox concerned, nothing for all of them; `None` when it is not an address.
    fn mailbox(&self) -> Option<Option<String>> {
        match self.boite.trim() {
            "" => Some(None),
            text if text.len() <= 254 && text.contains('@') => Some(Some(text.to_ascii_lowercase())),
            _ => None,
        }
    }
}

/// A fault to add to the DMP.
#[derive(Deserialize)]
pub(super) struct DmpChange {
    panne: String,
    /// Requests concerned; empty for all until cleared.
    #[serde(default)]
    prochains: String,
    #[serde(default)]
    ms: String,
    #[serde(default)]
    code: String,
}

pub(super) async fn set_dmp(State(services): State<Services>, Form(change): Form<DmpChange>) -> Response {
    match change.fault().zip(next(&change.prochains)) {
        Some((fault, next)) => services.dmp.faults().set(fault, next),
        None => return unreadable(),
    }
    see_other("/pannes?fait=1")
}

impl DmpChange {
    fn fault(&self) -> Option<Fault> {
        Some(match self.panne.as_str() {
            "arret" => Fault::Down,
            "lenteur" => Fault::Slow { ms: self.ms.trim().parse().ok()? },
            "refus" => {
                let code = self.code.trim();
                let is_code = (1..=100).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
                Fault::Refuse { code: is_code.then(|| code.to_owned())? }
            }
            "doublon" => Fault::DuplicateAnswer,
            "reponse-perdue" => Fault::LostAcknowledgment,
            _ => return None,
        })
    }
}

/// What is to behave again.
#[derive(Deserialize)]
pub(super) struct Clearing {
    /// `messagerie`, `dmp` or `tout`.
    service: String,
}

pub(super) async fn clear(State(services): State<Services>, Form(clearing): Form<Clearing>) -> Response {
    if matches!(clearing.service.as_str(), "messagerie" | "tout") {
        services.mss.faults().clear();
    }
    if matches!(clearing.service.as_str(), "dmp" | "tout") {
        services.dmp.faults().clear();
    }
    see_other("/pannes?fait=1")
}

/// A count of requests: nothing for all of them; `None` when it is not a count.
fn next(text: &str) -> Option<Option<u32>> {
    match text.trim() {
        "" => Some(None),
        count => count.parse().ok().filter(|&n| n > 0).map(Some),
    }
}

fn unreadable() -> Response {
    refuse(StatusCode::BAD_REQUEST, "Ce formulaire n'a pas de sens : vérifiez les nombres.")
}

fn mail_rows(plan: &FaultPlan) -> Vec<MailRow> {
    let counted = |name, title, effect, n: u32| MailRow {
        name,
        title,
        effect,
        is_counted: true,
        state: (n > 0).then(|| left(Some(n))),
    };
    let always = |name, title, effect, state| MailRow { is_counted: false, name, title, effect, state };
    let mut refusal = counted("refus", "Refus du destinataire", "répond ce code à RCPT TO", 0);
    refusal.state = plan.refuse.as_ref().filter(|it| it.times > 0).map(|it| {
        let Refusal { code, times, mailbox } = it;
        format!("{code}, {}{}", left(Some(*times)), only(mailbox))
    });
    let greylist = plan.greylist.as_ref().map(|it| {
        let code = if it.code == 451 { 451 } else { 450 };
        format!("{code}, délai de {} s, {}{}", it.delay_ms.div_ceil(1_000), left(None), only(&it.mailbox))
    });
    let mut full =
        counted("boite-pleine", "Boîte pleine", "refuse ou renvoie le message faute de place (5.2.2 ou 4.2.2)", 0);
    full.state = plan.full.as_ref().filter(|it| it.times > 0).map(|it| {
        let how = match it.told {
            FullBoxTold::Recipient { code } => format!("{code} à RCPT TO"),
            FullBoxTold::Content { code } => format!("{code} après le message"),
            FullBoxTold::Report { after_ms: 0 } => "renvoi aussitôt".to_owned(),
            FullBoxTold::Report { after_ms } => format!("renvoi après {} s", after_ms.div_ceil(1_000)),
        };
        format!("{how}, {}{}", left(Some(it.times)), only(&it.mailbox))
    });
    vec![
        always("arret", "Arrêt", "ferme toute connexion SMTP et IMAP", plan.down.then(|| left(None))),
        always(
            "lenteur",
            "Lenteur",
            "attend avant de prendre un message en charge",
            (plan.slow_ms > 0).then(|| format!("{} ms, {}", plan.slow_ms, left(None))),
        ),
        refusal,
        always(
            "liste-grise",
            "Liste grise",
            "diffère le premier essai de chaque expéditeur vers chaque boîte, accepte après le délai",
            greylist,
        ),
        full,
        counted(
            "reponse-perdue",
            "Réponse perdue",
            "garde le message mais coupe avant de le dire",
            plan.lose_acknowledgments,
        ),
        counted("non-remis", "Message non distribué", "accepte le message puis le renvoie", plan.bounces),
        counted(
            "rapport-perdu",
            "Accusé perdu",
            "n'envoie ni rapport de remise ni accusé de lecture",
            plan.lose_reports,
        ),
        counted("rapport-double", "Accusé en double", "envoie deux fois le même accusé", plan.duplicate_reports),
        always(
            "tls-lent",
            "TLS lent",
            "attend avant la négociation TLS, en SMTP et en IMAP",
            (plan.slow_tls_ms > 0).then(|| format!("{} s, {}", plan.slow_tls_ms.div_ceil(1_000), left(None))),
        ),
        counted("tls-coupe", "TLS coupé", "coupe au milieu de la négociation TLS, en SMTP et en IMAP", plan.cut_tls),
        counted("tls-illisible", "TLS illisible", "répond autre chose que du TLS, en SMTP et en IMAP", plan.garble_tls),
    ]
}

fn dmp_rows() -> Vec<DmpRow> {
    [
        ("arret", "Arrêt", "répond 503 sans rien faire"),
        ("lenteur", "Lenteur", "attend avant de répondre"),
        ("refus", "Refus du dépôt", "répond ce code d'erreur"),
        ("doublon", "Réponse de doublon", "enregistre, puis répond que le document existait déjà"),
        ("reponse-perdue", "Réponse perdue", "enregistre, puis coupe sans répondre"),
    ]
    .map(|(name, title, effect)| DmpRow { name, title, effect })
    .into()
}

fn dmp_rule(rule: &FaultRule) -> String {
    let what = match &rule.fault {
        Fault::Down => "arrêt".to_owned(),
        Fault::Slow { ms } => format!("lenteur de {ms} ms"),
        Fault::Refuse { code } => format!("refus {code}"),
        Fault::DuplicateAnswer => "réponse de doublon".to_owned(),
        Fault::LostAcknowledgment => "réponse perdue".to_owned(),
    };
    format!("{what} ({})", left(rule.next))
}

/// How long a fault still lasts. The operator counts down from a number nobody reaches.
fn left(n: Option<u32>) -> String {
    match n {
        Some(1) => "encore 1 fois".to_owned(),
        Some(n) if n < u32::MAX / 2 => format!("encore {n} fois"),
        _ => "jusqu'à l'arrêt de la panne".to_owned(),
    }
}

/// Which mailbox a fault is limited to, after what the fault is.
fn only(mailbox: &Option<String>) -> String {
    mailbox.as_ref().map_or_else(String::new, |mailbox| format!(", pour {mailbox}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(panne: &str, prochains: &str, acte: &str) -> MailChange {
        let text = str::to_owned;
        MailChange {
            panne: text(panne),
            acte: text(acte),
            prochains: text(prochains),
            ms: text("250"),
            code: text("450"),
            delai: text("30"),
            forme: text(if panne == "boite-pleine" { "renvoi" } else { "texte" }),
            boite: text(" DR@chb.mssante.fr "),
        }
    }

    #[test]
    fn each_fault_of_the_operator_starts_and_stops_without_touching_the_others() {
        let names = mail_rows(&FaultPlan::default()).into_iter().map(|row| row.name);
        let mut all = FaultPlan::default();
        for name in names {
            let before = all.clone();
            all = change(name, "3", "").apply(before.clone()).expect("a known fault");
            assert_ne!(all, before, "{name}");
            let mut stopped = change(name, "", "arreter").apply(all.clone()).expect("a known fault");
            stopped.bounce_form = before.bounce_form;
            assert_eq!(stopped, before, "{name}");
        }
        assert!(mail_rows(&all).iter().all(|row| row.state.is_some()));
        let mailbox = Some("dr@chb.mssante.fr".to_owned());
        assert_eq!(all.refuse, Some(Refusal { code: 450, times: 3, mailbox: mailbox.clone() }));
        assert_eq!(all.greylist, Some(Greylist { delay_ms: 30_000, code: 450, mailbox: mailbox.clone() }));
        assert_eq!(all.full, Some(FullBox { told: FullBoxTold::Report { after_ms: 30_000 }, times: 3, mailbox }));
        assert_eq!((all.slow_tls_ms, all.cut_tls, all.garble_tls), (30_000, 3, 3));
        assert_eq!(change("refus", "", "").apply(all).and_then(|p| p.refuse).map(|r| r.times), Some(u32::MAX));
    }

    #[test]
    fn a_form_without_sense_changes_nothing() {
        assert!(change("inconnue", "1", "").apply(FaultPlan::default()).is_none());
        for count in ["0", "-1", "x", "99999999999"] {
            assert!(change("non-remis", count, "").apply(FaultPlan::default()).is_none(), "{count}");
        }
        let wrong = [
            MailChange { boite: "docteur".to_owned(), ..change("liste-grise", "", "") },
            MailChange { delai: "601".to_owned(), ..change("liste-grise", "", "") },
            MailChange { code: "550".to_owned(), ..change("liste-grise", "", "") },
            MailChange { forme: "texte".to_owned(), ..change("boite-pleine", "", "") },
            MailChange { delai: "0".to_owned(), ..change("tls-lent", "", "") },
        ];
        for change in wrong {
            assert!(change.apply(FaultPlan::default()).is_none(), "{}", change.panne);
        }
        let refusal = |code: &str| DmpChange {
            panne: "refus".to_owned(),
            prochains: String::new(),
            ms: String::new(),
            code: code.to_owned(),
        };
        assert!(refusal("<b>").fault().is_none());
        assert!(refusal("XDSRegistryBusy").fault().is_some());
    }
}
