//! The logical structure of our files, read by poppler.

use crate::{judge, logo_png, render, samples, squeezed};
use lab::report::ReportedResult;
use rendering::{Logo, Renderer, Style};

#[test]
fn every_result_is_a_row_whose_cells_hold_its_value_and_its_range() {
    // Poppler takes a minute over forty pages.
    for (name, report) in samples::all().into_iter().filter(|(name, _)| *name != "forty_pages") {
        let Some(tree) = judge::structure_text(name, &render(&report)) else { return };
        let tree = squeezed(&tree);
        let mut from = 0;
        for result in report.results() {
            let mut wanted = Vec::new();
            for line in result.lines() {
                wanted.push(format!("TRTD\"{}", squeezed(&result.label)));
                wanted.extend(line.value.map(|value| squeezed(&value.printed())));
                wanted.extend(line.range.map(|range| format!("TD\"{}", squeezed(&range.printed()))));
            }
            for wanted in wanted {
                let at = tree[from..].find(&wanted).unwrap_or_else(|| panic!("{name}: {wanted} is not in a cell"));
                from += at + wanted.len();
            }
        }
    }
}

#[test]
fn what_is_drawn_has_words_and_what_is_repeated_is_read_once() {
    let report = samples::long_report();
    let style = Style { logo: Logo::decode(&logo_png()).ok(), ..Style::default() };
    let bytes = Renderer::new(style).render(&report, samples::symbol(&report).as_ref());
    let Some(tree) = judge::structure_text("figures", &bytes) else { return };
    for wanted in ["Document", "H1", "H2", "H3", "Table", "TH", "TD"] {
        assert!(tree.lines().any(|line| line.trim_start().starts_with(wanted)), "{wanted}");
    }
    assert_eq!(tree.matches("Compte rendu d'examens biologiques").count(), 1);
    // Words of two lines or two fields are apart.
    assert!(tree.contains("Nom de naissance PAT-TROIS") && tree.contains("des Deux Rives"), "{tree}");
    assert!(!tree.contains("(suite)") && !tree.contains("Page 2/"), "what is repeated is no text");
    let two = samples::two_chapters();
    let trees = judge::structure_text("curves", &render(&two)).expect("poppler is there");
    let n_curves =
        two.results().flat_map(ReportedResult::lines).filter(|line| rendering::Trend::of(line).is_some()).count();
    assert_eq!(trees.matches("Figure").count(), n_curves + 1, "curves and the symbol");
    let facts = judge::structure("tagged", &render(&two));
    assert!(facts.is_none_or(|found| found.is_empty()));
}
