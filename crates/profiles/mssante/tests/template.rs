//! Letters with a laboratory's own template: what is required is there whatever the laboratory writes.

#![allow(clippy::print_stdout)]

mod support;

use lab::{
    id::WithdrawalId,
    report::{Report, ReportStatus, Withdrawal, WithdrawalReason},
};
use mail::Received;
use mssante::{Audience, Documents, Event, OCCASIONS, Occasion, Template, letter, texts};
use support::{
    PDF, address,
    fixture::{at, next, report},
    message_id, settings,
};
use uuid::Uuid;

fn withdrawal() -> Withdrawal {
    let (id, reason) = (WithdrawalId(Uuid::from_u128(77)), WithdrawalReason::WrongPatient);
    Withdrawal { id, at: at("2024-07-02T08:00:00Z"), by: "biologiste".into(), reason }
}

/// A report that makes a mail of this occasion.
fn told(event: Event) -> Report {
    let mut partial = report();
    partial.status = ReportStatus::Partial;
    match event {
        Event::New | Event::Withdrawal => report(),
        Event::Partial => partial,
        Event::Completion => next(&report(), ReportStatus::Partial),
        Event::Correction => next(&report(), ReportStatus::Final),
    }
}

fn written(occasion: Occasion, template: &Template) -> String {
    let withdrawal = withdrawal();
    let withdrawal = (occasion.event == Event::Withdrawal).then_some(&withdrawal);
    letter(&told(occasion.event), occasion.audience, withdrawal, template, &settings()).text
}

fn own(occasion: Occasion, opening: &str, closing: &str) -> Template {
    Template::parse(occasion, opening, closing).expect("a template")
}

#[test]
fn the_original_text_of_a_correction_is_this_one() {
    let occasion = Occasion { audience: Audience::Patient, event: Event::Correction };
    let text = written(occasion, &Template::original(occasion, &texts::fr::TEXTS));
    let expected = "Bonjour,\n\n\
        Vous trouverez ci-joint le compte rendu d'examens biologiques de PAT-TROIS DOMINIQUE.\n\
        Dossier n° 202411111123, validé le 04/01/2024 par Dr Marcel CAMPARINI.\n\n\
        Ce compte rendu annule et remplace la version 1 qui vous a été transmise, qui ne doit plus être utilisée.\n\n\
        Pour toute question sur vos résultats, adressez-vous à votre médecin ou à votre laboratoire.\n\n\
        Le fichier PDF est la version à lire. \
        Le fichier IHE_XDM.zip est destiné aux logiciels de santé : vous n'avez pas besoin de l'ouvrir.\n\n";
    assert!(text.starts_with(expected), "{text}");
    let end = "Ce message a été envoyé automatiquement et n'attend pas de réponse. Le laboratoire peut être joint par \
        téléphone, ou par messagerie sécurisée à l'adresse patients@labo-charmes.mssante.fr.\n";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn what_is_required_is_there_whatever_the_laboratory_writes() {
    for (occasion, code) in OCCASIONS {
        let text = written(occasion, &own(occasion, "Avant.", "Après."));
        let (before, after) = (text.find("Avant.").expect("opening"), text.find("Après.").expect("closing"));
        let mention = match occasion.event {
            Event::New => "",
            // The patient never had the partial one.
            Event::Completion if occasion.audience == Audience::Patient => "",
            Event::Partial => "Ce compte rendu est partiel",
            Event::Completion => "complète et remplace le compte rendu partiel",
            Event::Correction => "annule et remplace la version 1 ",
            Event::Withdrawal => "Motif : erreur sur l'identité du patient.",
        };
        let at = text.find(mention).expect(code);
        assert!(mention.is_empty() || (before < at && at < after), "{code}: the mention stands between\n{text}");
        if occasion.event == Event::Withdrawal {
            let advice = text.find("upprimez-le").or(text.find("supprimez le message")).expect("what to do");
            assert!(text.contains("est annulé par le laboratoire") && at < advice && advice < after, "{code}");
        }
        let reply_to = match occasion.audience {
            Audience::Professional => "secretariat@labo-charmes.mssante.fr",
            Audience::Patient => "patients@labo-charmes.mssante.fr",
        };
        let last = text.trim_end().lines().last().expect("a last line");
        assert!(
            last.starts_with("Ce message a été envoyé automatiquement") && last.contains(reply_to),
            "{code}: {last}"
        );
        assert!(text.find("Téléphone : ").is_some_and(|at| at > after), "{code}");
        // An empty closing leaves no hole.
        let short = written(occasion, &own(occasion, "Avant.", ""));
        assert!(!short.contains("\n\n\n") && !short.contains("Après."), "{code}: {short}");
    }
}

#[test]
fn every_mark_is_filled_and_none_brings_a_result() {
    for (occasion, code) in OCCASIONS {
        let marks: Vec<String> = occasion.marks().iter().map(|mark| format!("{mark}=[{{{mark}}}]")).collect();
        let text = written(occasion, &own(occasion, &marks.join("\n"), ""));
        assert!(!text.contains(['{', '}']), "{code}: {text}");
        for fact in ["patient=[PAT-TROIS DOMINIQUE]", "birth=[, née le 28/03/1979]", "number=[202411111123]"] {
            assert!(text.contains(fact), "{code}: {fact}");
        }
        for secret in ["Glucose", "5,10", "5.10", support::fixture::MATRICULE] {
            assert!(!text.contains(secret), "{code}: {secret}");
        }
    }
}

#[test]
fn a_mail_bears_the_template_it_is_given_and_the_subject_of_the_norm() {
    let (to, id, report) = (address("eva.bleu@medecin.mssante.fr"), message_id(1), report());
    let mail = |template: Option<&Template>| {
        let delivery = mssante::Delivery {
            address: &to,
            name: "",
            audience: Audience::Professional,
            message_id: &id,
            about: None,
            withdrawal: None,
            template,
            sent_at: at("2024-07-01T12:00:00Z"),
        };
        mssante::mail(&report, &delivery, &Documents { archive: b"x", pdf: PDF }, &settings()).expect("a mail")
    };
    let occasion = Occasion::of(&report, Audience::Professional, false);
    let template = own(occasion, "Cher confrère,\n.\n\nDossier {number}.", "");
    let (ours, original) = (Received::decode(&mail(Some(&template))), Received::decode(&mail(None)));
    assert!(ours.text.starts_with("Cher confrère,"), "{}", ours.text);
    assert!(ours.text.contains("Dossier 202411111123.") && !ours.text.contains("ci-joint"));
    assert!(original.text.contains("ci-joint"));
    assert_eq!(ours.subject, original.subject);
    assert!(mail(None) == mail(Some(&Template::original(occasion, &texts::fr::TEXTS))));
}
