//! What was understood, as lines of text to review. Absent things are not written.

use std::fmt::Write;

use hl7v2::Message;
use inbound_hl7v2::{
    Quirk,
    adt::{self, Announcement, IdentityMessage},
    identifier::LocalId,
    oru::{self, AnnouncedScreening, OrderResult, ResultMessage, SentObservation},
    patient::AnnouncedPatient,
    visit::Visit,
};
use lab::{
    finding::Finding,
    identity::AnnouncedIns,
    matching::{SentCode, SentValue},
    person::{Address, Professional},
    quantity::{Coded, ReferenceRange},
    report::screening::{HpvVaccination, ScreeningContext, VaccineDose},
};

/// Reads a message by its type and describes it.
pub fn message(message: &Message) -> String {
    let mut out = String::new();
    let outcome = match message.message_type().code.as_ref() {
        "ADT" => adt::read(message, &super::paris()).map(|read| identity(&mut out, &read)),
        _ => oru::read(message, &super::paris()).map(|read| results(&mut out, &read)),
    };
    if let Err(found) = outcome {
        out.push_str("refused\n");
        findings(&mut out, &found);
    }
    out
}

fn results(out: &mut String, read: &ResultMessage) {
    out.push_str("results\n");
    patient(out, &read.patient);
    read.visit.iter().for_each(|it| visit(out, it));
    read.orders.iter().for_each(|order| describe_order(out, order));
    for (key, organism) in read.organisms() {
        line(out, 0, "isolate", &format!("{key} = {}", coded(&organism)));
    }
    read.notes.iter().for_each(|note| line(out, 0, "note", &text(note)));
    read.screening.iter().for_each(|it| screening(out, it));
    ending(out, &read.findings, &read.quirks);
}

fn screening(out: &mut String, it: &AnnouncedScreening) {
    line(out, 0, "screening", it.context.map_or("-", ScreeningContext::code));
    it.invitation.iter().for_each(|number| line(out, 1, "invitation", number.as_str()));
    it.kit.iter().for_each(|kit| line(out, 1, "kit", &coded(kit)));
    it.medium.iter().for_each(|medium| line(out, 1, "medium", &coded(medium)));
    it.conclusion.iter().for_each(|conclusion| line(out, 1, "conclusion", conclusion.code()));
    match &it.vaccination {
        None => {}
        Some(HpvVaccination::Unknown) => line(out, 1, "vaccination", "unknown"),
        Some(HpvVaccination::NotDone) => line(out, 1, "vaccination", "not done"),
        Some(HpvVaccination::Done(doses)) => {
            let dose = |it: &VaccineDose| format!("{:?} on {:?}", it.rank, it.given_on);
            line(out, 1, "vaccination", &doses.iter().map(dose).collect::<Vec<_>>().join(", "));
        }
    }
}

fn identity(out: &mut String, read: &IdentityMessage) {
    match read {
        IdentityMessage::Announced(it) => announcement(out, "announced", it),
        IdentityMessage::Merged(it) => announcement(out, "merged", it),
        IdentityMessage::IdentifierChanged(it) => announcement(out, "identifier changed", it),
        IdentityMessage::Ignored { trigger } => line(out, 0, "ignored", trigger),
    }
}

fn announcement(out: &mut String, word: &str, it: &Announcement) {
    line(out, 0, word, &format!("{:?}{}", it.event, at(" at ", it.occurred_at)));
    patient(out, &it.patient);
    it.visit.iter().for_each(|it| visit(out, it));
    it.replaced_ids.iter().for_each(|id| line(out, 0, "replaced", &local_id(id)));
    if let Some(ins) = ins(&it.replaced_ins) {
        line(out, 0, "replaced ins", &ins);
    }
    if let Some(dmp) = &it.dmp {
        let feeding = format!("{:?}{}", dmp.feeding, at(" at ", dmp.feeding_at));
        let consultation = format!("{:?}{}", dmp.consultation, at(" at ", dmp.consultation_at));
        line(out, 0, "dmp", &format!("{:?}, feeding {feeding}, consultation {consultation}", dmp.status));
    }
    ending(out, &it.findings, &it.quirks);
}

fn patient(out: &mut String, it: &AnnouncedPatient) {
    let traits = &it.identity.traits;
    let ids: Vec<String> = it.local_ids.iter().map(local_id).collect();
    line(out, 0, "patient", &ids.join(", "));
    line(out, 1, "birth name", &text(&traits.birth_name));
    line(out, 1, "given", &format!("{} / {}", text(&traits.first_given), text(&traits.given_names)));
    if traits.used_name.is_some() || traits.used_given.is_some() {
        let used = |part: &Option<String>| text(part.as_deref().unwrap_or("-"));
        line(out, 1, "used", &format!("{} {}", used(&traits.used_name), used(&traits.used_given)));
    }
    let birth_date = traits.birth_date.map_or("-".to_owned(), |date| date.to_string());
    let birth_place = traits.birth_place.as_deref().unwrap_or("-");
    line(out, 1, "born", &format!("{birth_date} in {birth_place}, {:?}", traits.sex));
    if let Some(ins) = ins(&it.identity.ins) {
        line(out, 1, "ins", &ins);
    }
    let stated = (it.identity.stated_valid, it.identity.stated_doubtful);
    line(out, 1, "stated", &format!("valid {}, doubtful {} {:?}", stated.0, stated.1, it.reliability));
    it.account.iter().for_each(|id| line(out, 1, "account", &local_id(id)));
    it.address.iter().for_each(|it| line(out, 1, "address", &address(it)));
    it.phone.iter().for_each(|phone| line(out, 1, "phone", phone));
    for (kinship, who) in &it.relatives {
        let phone = who.phone.as_deref().unwrap_or("-");
        line(out, 1, "relative", &format!("{kinship:?} {} {phone}", text(&who.printed())));
    }
    it.treating_physician.iter().for_each(|it| line(out, 1, "treating physician", &professional(it)));
}

fn visit(out: &mut String, it: &Visit) {
    let number = it.number.as_ref().map_or(String::new(), local_id);
    line(out, 0, "visit", &format!("{:?} {} {number}", it.setting, it.ward));
}

fn describe_order(out: &mut String, it: &OrderResult) {
    line(out, 0, "order", &format!("{} {} {:?}", it.place, code(&it.service), it.priority));
    let numbers = [("placer", &it.placer_number), ("filler", &it.filler_number), ("group", &it.group_number)];
    let numbers: Vec<String> =
        numbers.iter().filter_map(|(word, number)| number.as_ref().map(|number| format!("{word} {number}"))).collect();
    line(out, 1, "numbers", &numbers.join(", "));
    let times = [
        at("prescribed ", it.prescribed_at),
        at("collected ", it.collected_at),
        at("received ", it.received_at),
        at("reported ", it.reported_at),
    ];
    line(out, 1, "times", &times.iter().filter(|time| !time.is_empty()).cloned().collect::<Vec<_>>().join(", "));
    for specimen in &it.specimens {
        let (kind, label) = &specimen.kind;
        let rejected = if specimen.rejected { " rejected" } else { "" };
        line(out, 1, "specimen", &format!("{} {kind} {label}{rejected}", specimen.number));
        specimen.act.iter().for_each(|act| line(out, 2, "act", &coded(act)));
        specimen.site.iter().for_each(|site| line(out, 2, "site", &coded(site)));
    }
    it.collector.iter().for_each(|who| line(out, 1, "collector", &professional(who)));
    it.status.iter().for_each(|status| line(out, 1, "status", &format!("{status:?}")));
    it.prescriber.iter().for_each(|who| line(out, 1, "prescriber", &professional(who)));
    it.copies.iter().for_each(|who| line(out, 1, "copy", &professional(who)));
    if let Some((who, when)) = &it.interpreter {
        line(out, 1, "interpreter", &format!("{}{}", professional(who), at(" at ", *when)));
    }
    if let Some(parent) = &it.parent {
        let numbers = format!("{} {}", parent.placer_number, parent.filler_number);
        line(out, 1, "parent", &format!("{} [{}] {} of {numbers}", code(&parent.code), parent.sub_id, parent.label));
    }
    it.notes.iter().for_each(|note| line(out, 1, "note", &text(note)));
    it.observations.iter().for_each(|observation| describe_observation(out, observation));
}

fn describe_observation(out: &mut String, it: &SentObservation) {
    let mut words = format!("{} = {}", code(&it.code), value(&it.value));
    let mut add = |word: &str| {
        if !word.is_empty() {
            let _ = write!(words, " {word}");
        }
    };
    add(&text(&it.unit));
    add(&it.range.as_ref().map_or(String::new(), range));
    if !it.flags.is_empty() {
        add(&format!("{:?}->{:?}", it.flags, it.interpretation));
    }
    add(&format!("{:?}", it.status));
    if !it.sub_id.is_empty() {
        add(&format!("sub {}", it.sub_id));
    }
    add(&it.isolate.as_ref().map_or(String::new(), |key| format!("isolate {key}")));
    line(out, 1, &it.place, words.trim_end());
    let when = [at("observed ", it.observed_at), at("analyzed ", it.analyzed_at)];
    line(out, 2, "times", when.iter().filter(|time| !time.is_empty()).cloned().collect::<Vec<_>>().join(", ").as_str());
    it.method.iter().for_each(|method| line(out, 2, "method", &coded(method)));
    it.analyzer.iter().for_each(|analyzer| line(out, 2, "analyzer", analyzer));
    if let Some(performer) = &it.performer {
        let finess = performer.finess.as_ref().map_or("-", |finess| finess.as_str());
        line(out, 2, "performer", &format!("{} {} {finess}", text(&performer.name), text(&performer.contact)));
    }
    it.validator.iter().for_each(|who| line(out, 2, "validator", &professional(who)));
    it.comments.iter().for_each(|comment| line(out, 2, "comment", &text(comment)));
}

fn ending(out: &mut String, found: &[Finding], quirks: &[Quirk]) {
    findings(out, found);
    quirks.iter().for_each(|quirk| line(out, 0, "quirk", &format!("{quirk:?}")));
}

fn findings(out: &mut String, found: &[Finding]) {
    for it in found {
        line(out, 0, "finding", &format!("{:?} {} at {}", it.severity, it.code, it.place));
    }
}

fn ins(it: &AnnouncedIns) -> Option<String> {
    Some(match it {
        AnnouncedIns::Absent => return None,
        AnnouncedIns::Removed => "removed".to_owned(),
        AnnouncedIns::Present(ins) => format!("{} {:?}", ins.matricule.as_str(), ins.authority),
        AnnouncedIns::Refused { place, code } => format!("refused: {code} at {place}"),
    })
}

fn local_id(it: &LocalId) -> String {
    let authority = [&it.authority.name, &it.authority.universal_id, &it.authority.universal_kind];
    let authority: Vec<&str> = authority.iter().map(|part| part.as_str()).filter(|part| !part.is_empty()).collect();
    format!("{} ({} {})", text(&it.value), it.kind, authority.join("&"))
}

fn professional(it: &Professional) -> String {
    let number = it.rpps.as_ref().map_or("no number", |rpps| rpps.as_str());
    let mut words = format!("{number} {} {}", it.title, text(&it.printed()));
    if let Some(mailbox) = &it.mailbox {
        let _ = write!(words, " <{}>", mailbox.as_str());
    }
    if let Some(phone) = &it.phone {
        let _ = write!(words, " tel {phone}");
    }
    if let Some(at) = &it.address {
        let _ = write!(words, " at {}", address(at));
    }
    words
}

fn address(it: &Address) -> String {
    format!("{} | {} {}", it.lines.join(" | "), it.postal_code, it.city)
}

fn code(it: &SentCode) -> String {
    format!("[{}|{}|{}]", text(&it.local), it.loinc, text(&it.label))
}

fn coded(it: &Coded) -> String {
    format!("{:?}:{} {}", it.system, it.code, text(&it.label))
}

fn value(it: &SentValue) -> String {
    match it {
        SentValue::Absent => "absent".to_owned(),
        SentValue::Numeric(digits) => format!("numeric {}", text(digits)),
        SentValue::Structured { comparator, first, separator, second } => {
            format!("structured {comparator}|{first}|{separator}|{second}")
        }
        SentValue::Coded(it) => coded(it),
        SentValue::Text(words) => format!("text {}", text(words)),
        SentValue::Image(image) => format!("image {} of {} bytes", image.kind.media_type(), image.bytes.len()),
        SentValue::Curve(curve) => format!("curve {:?}", curve.levels()),
        SentValue::Pdf(bytes) => format!("PDF of {} bytes", bytes.len()),
    }
}

fn range(it: &ReferenceRange) -> String {
    format!("({})", text(&it.printed()))
}

/// A text on one line: characters that do not show are written as escapes.
fn text(it: &str) -> String {
    let escaped = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    it.chars().map(escaped).collect()
}

fn at(word: &str, time: Option<jiff::Timestamp>) -> String {
    time.map_or(String::new(), |time| format!("{word}{time}"))
}

fn line(out: &mut String, depth: usize, word: &str, rest: &str) {
    let indent = "  ".repeat(depth);
    out.push_str(format!("{indent}{word}: {rest}").trim_end_matches([' ', ':']));
    out.push('\n');
}
