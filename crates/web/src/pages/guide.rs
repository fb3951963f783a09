//! The user guide.

use askama::Template;
use wording::Language;

use crate::{
    answer::{Answer, page},
    frame::Frame,
    visit::Visit,
};

#[derive(Template)]
#[template(path = "guide_fr.html")]
struct FrenchGuide {
    f: Frame,
}

#[derive(Template)]
#[template(path = "guide_en.html")]
struct EnglishGuide {
    f: Frame,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let f = visit.frame("nav.guide", "/guide");
    match visit.web.settings.language {
        Language::French => page(&FrenchGuide { f }),
        Language::English => page(&EnglishGuide { f }),
    }
}
