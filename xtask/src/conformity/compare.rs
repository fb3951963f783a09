//! Two verdicts on the same bytes in, what they do not agree on out, grouped so that a person can work on it.

use super::verdict::{Finding, Opinion, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The sum of many comparisons.
#[derive(Default)]
pub struct Comparison {
    n_files: usize,
    n_unreadable: usize,
    n_equal: usize,
    n_different: usize,
    n_incomplete: usize,
    n_not_evaluable: usize,
    n_more_evaluable: usize,
    n_other_messages: usize,
    n_findings: usize,
    message: Option<String>,
    unusable: BTreeMap<String, String>,
    groups: BTreeMap<(String, String, String), Group>,
}

/// The same difference, met several times.
struct Group {
    n: usize,
    example: PathBuf,
    location: String,
}

/// How one opinion stands to the other.
struct Differences {
    /// What is different, the rule and test it is about, and where.
    found: Vec<(String, String, String)>,
    n_not_evaluable: usize,
    n_more_evaluable: usize,
}

impl Comparison {
    /// Adds a document judged twice.
    pub fn add(&mut self, file: &Path, theirs: &Verdict, ours: &Verdict) {
        self.n_files += 1;
        match (theirs, ours) {
            (Verdict::Unreadable(_), Verdict::Unreadable(_)) => self.n_unreadable += 1,
            (Verdict::Judged(theirs), Verdict::Judged(ours)) => {
                let names: BTreeSet<&String> = theirs.keys().chain(ours.keys()).collect();
                for name in names {
                    match (theirs.get(name), ours.get(name)) {
                        (Some(theirs), Some(ours)) => self.add_opinions(file, name, theirs, ours),
                        (theirs, _) => {
                            let who = if theirs.is_some() { "run by Saxon only" } else { "run by us only" };
                            self.n_different += 1;
                            self.note(file, name, (who.to_owned(), String::new(), String::new()));
                        }
                    }
                }
            }
            (theirs, _) => {
                let who = if matches!(theirs, Verdict::Unreadable(_)) { "Saxon" } else { "our engine" };
                self.n_different += 1;
                self.note(file, "", (format!("unreadable for {who} only"), String::new(), String::new()));
            }
        }
    }

    fn add_opinions(&mut self, file: &Path, name: &str, theirs: &Opinion, ours: &Opinion) {
        if let Some(why) = &theirs.unusable {
            self.unusable.insert(name.to_owned(), why.clone());
            return;
        }
        if ours.stopped && !theirs.not_evaluable.is_empty() {
            self.n_incomplete += 1;
            return;
        }
        let differences = differences(theirs, ours);
        self.n_findings += theirs.failed.len() + theirs.reports.len();
        self.n_not_evaluable += differences.n_not_evaluable;
        self.n_more_evaluable += differences.n_more_evaluable;
        self.n_incomplete += usize::from(!theirs.not_evaluable.is_empty());
        if differences.found.is_empty() {
            self.n_equal += 1;
            self.add_messages(file, name, theirs, ours);
        } else {
            self.n_different += 1;
        }
        for difference in differences.found {
            self.note(file, name, difference);
        }
    }

    /// Messages are told, and no difference: publishers' tools word some of them in their own way.
    fn add_messages(&mut self, file: &Path, name: &str, theirs: &Opinion, ours: &Opinion) {
        let pairs = theirs.failed.iter().zip(&ours.failed).chain(theirs.reports.iter().zip(&ours.reports));
        for ((finding, theirs), (_, ours)) in pairs.filter(|((_, theirs), (_, ours))| theirs != ours) {
            self.n_other_messages += 1;
            let place = format!("{name} in {}, {}", file.display(), finding.location);
            self.message.get_or_insert_with(|| format!("{place}\n    Saxon: {theirs}\n    ours:  {ours}"));
        }
    }

    fn note(&mut self, file: &Path, name: &str, (what, about, location): (String, String, String)) {
        let group = self.groups.entry((name.to_owned(), what, about)).or_insert_with(|| Group {
            n: 0,
            example: file.to_owned(),
            location,
        });
        group.n += 1;
    }

    /// Whether nothing differs.
    pub fn is_clean(&self) -> bool {
        self.n_different == 0
    }

    /// One file for each group of differences.
    pub fn examples(&self) -> BTreeSet<&Path> {
        self.groups.values().map(|it| it.example.as_path()).collect()
    }

    /// What a person reads: the differences by schematron, rule and test, then the counts.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for ((name, what, about), group) in &self.groups {
            lines.push(format!("{name}: {what} ×{}", group.n));
            if !about.is_empty() {
                lines.push(format!("    {about}"));
            }
            if !group.location.is_empty() {
                lines.push(format!("    at {}", group.location));
            }
            lines.push(format!("    in {}", group.example.display()));
        }
        for (name, why) in &self.unusable {
            lines.push(format!("{name}: not compared, Saxon cannot compile it: {why}"));
        }
        if let Some(example) = &self.message {
            lines.push(format!("{} messages are worded otherwise, for example by {example}", self.n_other_messages));
        }
        lines.push(format!(
            "{} documents ({} unreadable for both); pairs of document and schematron: {} equal, {} different",
            self.n_files, self.n_unreadable, self.n_equal, self.n_different
        ));
        lines.push(format!(
            "{} findings; {} pairs where Saxon stopped: {} assertions not evaluable for both, {} for Saxon only",
            self.n_findings, self.n_incomplete, self.n_not_evaluable, self.n_more_evaluable
        ));
        lines
    }
}

fn differences(theirs: &Opinion, ours: &Opinion) -> Differences {
    let mut found = Vec::new();
    let place = |it: &Finding| (it.context.clone(), it.test.clone(), it.location.clone());
    let open: BTreeSet<_> = theirs.not_evaluable.iter().map(place).collect();
    let given_up: BTreeSet<_> = ours.not_evaluable.iter().map(place).collect();
    if theirs.fired != ours.fired {
        let who = if theirs.fired > ours.fired { "fewer" } else { "more" };
        found.push((format!("{who} rules fire for us"), String::new(), format!("{} / {}", theirs.fired, ours.fired)));
    }
    for (word, theirs, ours) in [("failure", &theirs.failed, &ours.failed), ("report", &theirs.reports, &ours.reports)]
    {
        let (theirs, ours) = (counted(theirs), counted(ours));
        let all: BTreeSet<&Finding> = theirs.keys().chain(ours.keys()).copied().collect();
        for finding in all.into_iter().filter(|it| !open.contains(&place(it)) && !given_up.contains(&place(it))) {
            let (theirs, ours) = (theirs.get(finding).unwrap_or(&0), ours.get(finding).unwrap_or(&0));
            if theirs != ours {
                let who = if theirs > ours { "missed" } else { "invented" };
                let about = format!("{} [{}] {}", finding.context, finding.role, finding.test);
                found.push((format!("{word} {who}"), about, finding.location.clone()));
            }
        }
    }
    for (context, test, location) in given_up.difference(&open) {
        found.push(("not evaluable for us only".to_owned(), format!("{context} {test}"), location.clone()));
    }
    Differences {
        found,
        n_not_evaluable: open.intersection(&given_up).count(),
        n_more_evaluable: open.difference(&given_up).count(),
    }
}

fn counted(findings: &[(Finding, String)]) -> BTreeMap<&Finding, usize> {
    let mut counts = BTreeMap::new();
    for (finding, _) in findings {
        *counts.entry(finding).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(fired: u64, tests: &[&str], not_evaluable: &[&str]) -> Verdict {
        let finding = |test: &&str| json!({"rule": "p/a/b", "test": test, "location": "/Q{}a[1]", "message": "m"});
        let list = |tests: &[&str]| tests.iter().map(finding).collect::<Vec<_>>();
        let opinion = json!({"name": "s.sch", "fired": fired, "failed": list(tests), "reports": [],
            "not_evaluable": list(not_evaluable)});
        Verdict::read(&json!({"file": "x", "schematrons": [opinion]})).expect("a verdict")
    }

    fn compared(theirs: &Verdict, ours: &Verdict) -> Comparison {
        let mut comparison = Comparison::default();
        comparison.add(Path::new("x.xml"), theirs, ours);
        comparison
    }

    #[test]
    fn the_order_of_findings_is_no_difference_and_their_number_is_one() {
        assert!(compared(&verdict(2, &["t", "u"], &[]), &verdict(2, &["u", "t"], &[])).is_clean());
        assert!(!compared(&verdict(2, &["t", "t"], &[]), &verdict(2, &["t"], &[])).is_clean());
        assert!(!compared(&verdict(2, &["t"], &[]), &verdict(3, &["t"], &[])).is_clean());
    }

    #[test]
    fn what_stops_saxon_may_be_answered_by_us_and_not_the_other_way() {
        let answered = compared(&verdict(1, &[], &["t"]), &verdict(1, &["t"], &[]));
        assert!(answered.is_clean());
        assert_eq!(answered.n_more_evaluable, 1);
        assert!(compared(&verdict(1, &["u"], &["t"]), &verdict(1, &["u"], &["t"])).is_clean());
        assert!(!compared(&verdict(1, &[], &[]), &verdict(1, &[], &["t"])).is_clean());
    }

    #[test]
    fn a_document_only_one_can_read_is_a_difference() {
        let unreadable = Verdict::Unreadable("why".to_owned());
        assert!(compared(&unreadable, &unreadable).is_clean());
        assert!(!compared(&unreadable, &verdict(0, &[], &[])).is_clean());
    }
}
