//! What stands around every page: title, navigation by role, session, notice of the act just done.

use wording::Catalogue;

use crate::{SandboxLink, access::Rule, visit::Visit};

/// A link of the navigation.
pub(crate) struct NavLink {
    pub href: &'static str,
    pub label: &'static str,
    pub current: bool,
}

/// The frame of a page.
pub(crate) struct Frame {
    pub w: &'static Catalogue,
    pub lang: &'static str,
    pub title: String,
    pub name: String,
    pub role: &'static str,
    pub csrf: String,
    pub nav: Vec<NavLink>,
    pub notice: Option<&'static str>,
    pub sandbox: Vec<SandboxLink>,
    pub is_demonstration: bool,
}

/// Sections in the order of a day's work: key, path, rule.
const SECTIONS: &[(&str, &str, Rule)] = &[
    ("nav.bench", "/paillasse", Rule::ReadDossiers),
    ("nav.registration", "/enregistrement", Rule::Register),
    ("nav.patients", "/patients", Rule::ReadPatients),
    ("nav.reports", "/comptes-rendus", Rule::ReadReports),
    ("nav.doubts", "/doutes", Rule::SettleDoubts),
    ("nav.mail", "/courrier", Rule::ReadMail),
    ("nav.watch", "/veille", Rule::Watch),
    ("nav.receptions", "/receptions", Rule::ReadMessages),
    ("nav.correspondents", "/correspondants", Rule::ReadCorrespondents),
    ("nav.directory", "/annuaire", Rule::ReadDirectory),
    ("nav.page", "/page-compte-rendu", Rule::EditReportPage),
    ("nav.mailboxes", "/boites", Rule::ReadMailboxes),
    ("nav.templates", "/modeles-messages", Rule::EditMailTemplates),
    ("nav.connections", "/connexions-declarees", Rule::DeclareConnections),
    ("nav.accounts", "/comptes", Rule::ManageAccounts),
    ("nav.conformity", "/conformite", Rule::ReadConformity),
    ("nav.journal", "/journal", Rule::ReadJournal),
    ("nav.guide", "/guide", Rule::OwnSession),
];

/// Names of the notices that a redirection may ask for: nothing of the query is shown itself.
const NOTICES: &[(&str, &str)] = &[
    ("technique", "notice.technical"),
    ("signe", "notice.signed"),
    ("annule", "notice.withdrawn"),
    ("fin", "notice.no_more"),
    ("interrompu", "notice.aborted"),
    ("commente", "notice.commented"),
    ("masque", "notice.hidden"),
    ("confidentialite", "notice.confidentiality"),
    ("objet", "notice.purpose"),
    ("visible", "notice.shown"),
    ("bloque", "notice.blocked"),
    ("debloque", "notice.unblocked"),
    ("expertise", "notice.expertise"),
    ("soins", "notice.care"),
    ("opposition", "notice.opposition"),
    ("clos", "notice.closed"),
    ("relance", "notice.retried"),
    ("parti", "notice.released"),
    ("attribue", "notice.assigned"),
    ("repondu", "notice.answered"),
    ("traite", "notice.dealt_with"),
    ("rattache", "notice.tied"),
    ("declare", "notice.declared"),
    ("enregistre", "notice.registered"),
    ("correspondant", "notice.professional"),
    ("adresse", "notice.address"),
    ("ouverte", "notice.mailbox_opened"),
    ("fermee", "notice.mailbox_closed"),
    ("compte", "notice.account"),
    ("page", "notice.page"),
    ("modele", "notice.template"),
    ("pack-lu", "notice.pack_read"),
    ("mot-de-passe", "notice.password"),
];

impl Frame {
    pub fn new(visit: &Visit, title: String, section: &'static str) -> Self {
        let w = visit.web.words;
        let role = visit.account.role;
        let nav = SECTIONS
            .iter()
            .filter(|(.., rule)| rule.allows(role))
            .map(|(key, href, _)| NavLink { href, label: w.get(key), current: *href == section })
            .collect();
        let asked = visit.query.one("fait");
        let notice = NOTICES.iter().find(|(name, _)| *name == asked).map(|(_, key)| w.get(key));
        Self {
            w,
            lang: visit.web.settings.language.code(),
            title,
            name: visit.account.name.clone(),
            role: w.of("role", role.code()),
            csrf: visit.csrf.clone(),
            nav,
            notice,
            sandbox: visit.web.settings.sandbox_links.clone().unwrap_or_default(),
            is_demonstration: visit.web.settings.personas,
        }
    }

    /// The text of a key.
    pub fn t(&self, key: &str) -> &'static str {
        self.w.get(key)
    }

    /// The text of a code in a family.
    pub fn of(&self, family: &str, code: &str) -> &'static str {
        self.w.of(family, code)
    }
}
