//! What a load says of the laboratory's correspondents and users: names brought up to date, closed ones flagged.

use jiff::Timestamp;
use lab::{id::Ids, person::Professional};
use records::{
    accounts,
    directory::{
        self, KnownMailbox, MailboxState,
        correspondents::{self as states, Activity, Address, State},
        load,
    },
    professionals,
    work_items::{self, NewWorkItem},
};
use store::{Store, Tx};

use super::{LoadReport, updated};
use crate::{AppError, Env, validation::audit};

/// Correspondents looked at in one write.
const PART: u32 = 100;
/// Who acts.
const ACTOR: &str = "annuaire";

/// What is now known of a correspondent, and of which a person must be told.
///
/// One who never stood in the directory is not closed: extractions do not hold everybody.
/// Answers the state and the codes of the doubts to open: only what was not so before.
pub fn assess_state(
    before: Option<State>,
    listed: bool,
    has_address: bool,
    known: Option<&KnownMailbox>,
) -> (State, Vec<&'static str>) {
    let was = before.unwrap_or(State::UNKNOWN);
    let activity = match (listed, was.activity) {
        (true, _) => Activity::Open,
        (false, Activity::Open | Activity::Closed) => Activity::Closed,
        (false, Activity::Unlisted) => Activity::Unlisted,
    };
    let address = match known.map(|it| it.state) {
        _ if !has_address => Address::None,
        Some(MailboxState::Open) => Address::Open,
        Some(MailboxState::Closed(_)) => Address::Closed,
        None => Address::Unlisted,
    };
    let paperless = address != Address::Open || known.is_none_or(|it| it.paperless);
    let now = State { activity, address, paperless };
    let mut doubts = Vec::new();
    if now.activity == Activity::Closed && was.activity != Activity::Closed {
        doubts.push("CORRESPONDENT-ACTIVITY-CLOSED");
    }
    if now.address == Address::Closed && was.address != Address::Closed {
        doubts.push("CORRESPONDENT-MAILBOX-CLOSED");
    }
    if !now.paperless && was.paperless {
        doubts.push("CORRESPONDENT-PAPER-WANTED");
    }
    (now, doubts)
}

/// Notes what the directory knows of a correspondent now; answers the doubts that are new.
pub(super) fn refresh_state(
    tx: &mut Tx<'_>,
    professional: &Professional,
    now: Timestamp,
) -> Result<Vec<&'static str>, AppError> {
    let Some(rpps) = &professional.rpps else { return Ok(Vec::new()) };
    let known = match &professional.mailbox {
        Some(address) => directory::known_mailbox(tx, address)?,
        None => None,
    };
    let (before, listed) = (states::state(tx, rpps)?, directory::is_listed(tx, rpps)?);
    let (state, doubts) = assess_state(before, listed, professional.mailbox.is_some(), known.as_ref());
    if before != Some(state) {
        states::put_state(tx, rpps, state, now)?;
    }
    Ok(doubts)
}

/// Brings every correspondent and user up to date, a part at a time.
pub(super) fn update_all(store: &Store, env: &Env, loader: &str, report: &mut LoadReport) -> Result<(), AppError> {
    let mut last = String::new();
    loop {
        let (after, loader, now, mut ids) = (last.clone(), loader.to_owned(), env.now(), env.ids());
        let part = store.write_blocking(move |tx| {
            load::keep(tx, &loader, now)?;
            let part = states::after(tx, &after, PART)?;
            let (mut n_updated, mut n_flagged) = (0, 0);
            for professional in &part {
                let (updated, flagged) = update(tx, professional, &mut ids, now)?;
                n_updated += u64::from(updated);
                n_flagged += u64::from(flagged);
            }
            let last = part.last().and_then(|it| it.rpps.as_ref()).map(|it| it.as_str().to_owned());
            Ok::<_, AppError>(last.map(|last| (last, n_updated, n_flagged)))
        })?;
        let Some((next, n_updated, n_flagged)) = part else { break };
        report.correspondents_updated += n_updated;
        report.flagged += n_flagged;
        last = next;
    }
    let now = env.now();
    report.users_updated = store.write_blocking(move |tx| update_users(tx, now))?;
    Ok(())
}

/// One correspondent; whether they changed, and whether something is newly doubtful.
fn update(
    tx: &mut Tx<'_>,
    professional: &Professional,
    ids: &mut dyn Ids,
    now: Timestamp,
) -> Result<(bool, bool), AppError> {
    let Some(rpps) = &professional.rpps else { return Ok((false, false)) };
    let current = match directory::by_rpps(tx, rpps)? {
        Some(listed) => updated(professional, &listed),
        None => professional.clone(),
    };
    let changed = current != *professional;
    if changed {
        professionals::upsert(tx, &current)?;
        audit(tx, ACTOR, "professional.update", rpps.as_str(), None, now)?;
    }
    let doubts = refresh_state(tx, &current, now)?;
    for code in &doubts {
        let subject = format!("{} ({})", current.printed(), rpps.as_str());
        let item = NewWorkItem { station: "routing", code, subject: &subject, ..NewWorkItem::default() };
        work_items::open(tx, ids, &item, now)?;
    }
    Ok((changed, !doubts.is_empty()))
}

/// Users who have a national number; answers how many changed.
fn update_users(tx: &mut Tx<'_>, now: Timestamp) -> Result<u64, AppError> {
    let mut n_updated = 0;
    for account in accounts::all(tx)? {
        let Some(professional) = &account.professional else { continue };
        let Some(rpps) = &professional.rpps else { continue };
        let Some(listed) = directory::by_rpps(tx, rpps)? else { continue };
        let current = updated(professional, &listed);
        if current == *professional {
            continue;
        }
        // A name of the user's own choosing stays.
        let name = if account.name == professional.printed() { current.printed() } else { account.name.clone() };
        states::update_user(tx, &account.login, &name, &current)?;
        audit(tx, ACTOR, "account.update", &account.login, None, now)?;
        n_updated += 1;
    }
    Ok(n_updated)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn known(state: MailboxState, paperless: bool) -> KnownMailbox {
        KnownMailbox { state, first_seen: Timestamp::UNIX_EPOCH, paperless }
    }

    #[test]
    fn a_person_is_told_once_of_an_activity_or_a_mailbox_that_closes() {
        let open = known(MailboxState::Open, true);
        let (first, doubts) = assess_state(None, true, true, Some(&open));
        assert!(doubts.is_empty());
        let closed = known(MailboxState::Closed(None), true);
        let (second, doubts) = assess_state(Some(first), false, true, Some(&closed));
        assert_eq!(doubts, ["CORRESPONDENT-ACTIVITY-CLOSED", "CORRESPONDENT-MAILBOX-CLOSED"]);
        let (third, doubts) = assess_state(Some(second), false, true, Some(&closed));
        assert_eq!((third, doubts.len()), (second, 0), "and not again at the next load");
        let (_, doubts) = assess_state(Some(third), true, true, Some(&known(MailboxState::Open, false)));
        assert_eq!(doubts, ["CORRESPONDENT-PAPER-WANTED"]);
    }

    #[test]
    fn who_never_stood_in_the_directory_is_not_closed() {
        let (state, doubts) = assess_state(None, false, true, None);
        assert_eq!((state.activity, state.address, doubts.len()), (Activity::Unlisted, Address::Unlisted, 0));
        let (state, _) = assess_state(Some(state), false, false, None);
        assert_eq!(state.address, Address::None);
    }
}
