//! Who may do what: one table of actions and roles. A route names its action; a route without one does not compile.

use lab::validation::Role::{self, Administrator, Biologist, Secretary, Technician};

/// What a route lets a signed-in person do.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Rule {
    /// See one's own session: home, guide, sign out, own password.
    OwnSession,
    /// See the bench and dossiers with their results.
    ReadDossiers,
    /// Register a dossier.
    Register,
    /// Validate technically, abort a result, comment.
    ValidateTechnically,
    /// Validate and sign.
    Sign,
    /// Withdraw an issued report.
    Withdraw,
    /// Let leave what waits for a choice.
    Release,
    /// Hide a dossier from the patient or show it.
    HideFromPatient,
    /// Block feeding the DMP, record an opposition.
    DecideExceptions,
    /// See patients.
    ReadPatients,
    /// See signed reports, their documents and deliveries.
    ReadReports,
    /// See messages as received.
    ReadMessages,
    /// See what people write about reports.
    ReadMail,
    /// Take care of it: assign, answer, close.
    AnswerMail,
    /// See and close doubts.
    SettleDoubts,
    /// See correspondents.
    ReadCorrespondents,
    /// Search the public directory, see how it is loaded.
    ReadDirectory,
    /// Add or change a correspondent.
    EditCorrespondents,
    /// See what should have happened and did not; no result, no patient.
    Watch,
    /// Ask for a failed delivery to be tried again.
    Retry,
    /// See the audit trail; it names no patient.
    ReadJournal,
    /// See which official rules reports are checked against, and how that went; no result, no patient.
    ReadConformity,
    /// Read the official rules again.
    ReadPackAgain,
    /// Decide the page of reports: texts, look, accredited analyses.
    EditReportPage,
    /// See the laboratory's own mailboxes and how they are opened; no message.
    ReadMailboxes,
    /// Try a mailbox, give and take away the token that opens it.
    OpenMailboxes,
    /// Decide what mails say around their required parts.
    EditMailTemplates,
    /// Declare senders.
    DeclareConnections,
    /// Manage accounts.
    ManageAccounts,
}

/// Rights. An administrator sees no result and no patient.
///
/// Source: architecture §8 (rights = role × action; administrators see no results).
pub const RIGHTS: &[(Rule, &[Role])] = &[
    (Rule::OwnSession, &[Secretary, Technician, Biologist, Administrator]),
    (Rule::ReadDossiers, &[Secretary, Technician, Biologist]),
    (Rule::Register, &[Secretary, Technician, Biologist]),
    (Rule::ValidateTechnically, &[Technician, Biologist]),
    (Rule::Sign, &[Biologist]),
    (Rule::Withdraw, &[Biologist]),
    (Rule::Release, &[Secretary, Biologist]),
    (Rule::HideFromPatient, &[Biologist]),
    (Rule::DecideExceptions, &[Secretary, Biologist]),
    (Rule::ReadPatients, &[Secretary, Technician, Biologist]),
    (Rule::ReadReports, &[Secretary, Technician, Biologist]),
    (Rule::ReadMessages, &[Secretary, Technician, Biologist]),
    (Rule::ReadMail, &[Secretary, Technician, Biologist]),
    (Rule::AnswerMail, &[Secretary, Biologist]),
    (Rule::SettleDoubts, &[Secretary, Technician, Biologist]),
    (Rule::ReadCorrespondents, &[Secretary, Technician, Biologist]),
    (Rule::ReadDirectory, &[Secretary, Technician, Biologist, Administrator]),
    (Rule::EditCorrespondents, &[Secretary, Biologist]),
    (Rule::Watch, &[Secretary, Technician, Biologist, Administrator]),
    (Rule::Retry, &[Secretary, Biologist, Administrator]),
    (Rule::ReadJournal, &[Biologist, Administrator]),
    (Rule::ReadConformity, &[Biologist, Administrator]),
    (Rule::ReadPackAgain, &[Administrator]),
    (Rule::EditReportPage, &[Biologist, Administrator]),
    (Rule::ReadMailboxes, &[Secretary, Biologist, Administrator]),
    (Rule::OpenMailboxes, &[Secretary, Biologist, Administrator]),
    (Rule::EditMailTemplates, &[Biologist, Administrator]),
    (Rule::DeclareConnections, &[Administrator]),
    (Rule::ManageAccounts, &[Administrator]),
];

impl Rule {
    /// The roles that the rule lets through.
    pub fn roles(self) -> &'static [Role] {
        RIGHTS.iter().find(|(rule, _)| *rule == self).map_or(&[], |(_, roles)| roles)
    }

    /// Whether a role passes.
    pub fn allows(self, role: Role) -> bool {
        self.roles().contains(&role)
    }
}
