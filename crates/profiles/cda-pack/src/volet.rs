//! Which volet a document is checked with: its header in, one root schema of the pack out, or why there is none.
//!
//! A volet is the schema of one model of document in one version, `schematrons/CI-SIS_BIO-CR-BIO_2024.01.sch`.

use crate::header::Header;
use schematron::Files;
use std::io::Read;

/// Arc of the templates of document models.
const MODELS: &str = "1.2.250.1.213.1.1.1.";
/// The template of documents without structured body, which says nothing of the model.
const UNSTRUCTURED: &str = "1.3.6.1.4.1.19376.1.2.20";
/// Bytes read of one schema of a volet.
const SCHEMA_BYTES: u64 = 4 << 20;

/// What the names of the schemas of volets begin with.
const PREFIX: &str = "CI-SIS_";

/// A model of document: how the names of its schemas begin, its template, its type code where no other model has it.
struct Model {
    schema: &'static str,
    template: &'static str,
    code: &'static str,
}

impl Model {
    fn name(&self) -> &'static str {
        self.schema.trim_start_matches(PREFIX)
    }
}

const fn model(schema: &'static str, template: &'static str, code: &'static str) -> Model {
    Model { schema, template, code }
}

/// Models by the last arcs of their template.
///
/// Source: headers of the published examples, assertions on `templateId` and `code` in the schemas of the volets.
const KNOWN: &[Model] = &[
    model("CI-SIS_ANEST-CR-ANEST", "40", "77436-4"),
    model("CI-SIS_ANEST-CR-CPA", "41", "34749-2"),
    model("CI-SIS_AVC-AUNV", "15", ""),
    model("CI-SIS_AVC-EUNV", "16", ""),
    model("CI-SIS_AVC-SUNV", "17", ""),
    model("CI-SIS_AVC-PAVC", "25", "11488-4"),
    model("CI-SIS_BIO-CR-BIO", "55", "11502-2"),
    model("CI-SIS_BIO-TROD", "59", "96173-0"),
    model("CI-SIS_CANCER-CR-GM", "32", "51969-4"),
    model("CI-SIS_CANCER-D2LM-FIDD", "28", ""),
    model("CI-SIS_CANCER-D2LM-FIN", "27", ""),
    model("CI-SIS_CANCER-FRCP", "8", "34794-8"),
    model("CI-SIS_CANCER-PPS", "26", "18776-5"),
    model("CI-SIS_CARD-F-PRC-AVK", "2.1.1", ""),
    model("CI-SIS_CARD-F-PRC-TAP", "2.1.2", ""),
    model("CI-SIS_CARD-F-PRC-DCI", "2.1.3", ""),
    model("CI-SIS_CARD-F-PRC-PSC", "2.1.4", ""),
    model("CI-SIS_CARD-F-PRC-PPV", "2.1.5", ""),
    model("CI-SIS_CNAM-HR", "36", "REMB"),
    model("CI-SIS_CSE-CS8", "5.1", ""),
    model("CI-SIS_CSE-CS9", "5.2", ""),
    model("CI-SIS_CSE-CS24", "5.3", ""),
    model("CI-SIS_CSE-MDE", "5.4", "29274-8"),
    model("CI-SIS_DLU-EHPAD-DLU", "22", ""),
    model("CI-SIS_DLU-EHPAD-FLUDT", "23", ""),
    model("CI-SIS_DLU-EHPAD-FLUDR", "24", ""),
    model("CI-SIS_EP-MED-DM", "39", "57833-6"),
    model("CI-SIS_IMG-CR-IMG", "45", ""),
    model("CI-SIS_IMG-DA-IMG", "47", "55115-0"),
    model("CI-SIS_IPS-FR", "51", "60591-5"),
    model("CI-SIS_LDL-EES", "21", "18761-7"),
    model("CI-SIS_LDL-SES", "29", "11490-0"),
    model("CI-SIS_OBP-SAP", "12.1", "57055-6"),
    model("CI-SIS_OBP-SNM", "12.2", "57057-2"),
    model("CI-SIS_OBP-SNE", "12.3", "57075-4"),
    model("CI-SIS_OBP-SCM", "12.4", "89235-6"),
    model("CI-SIS_OBP-SEM", "12.5", "78489-2"),
    model("CI-SIS_OPH-BRE", "42", "78513-9"),
    model("CI-SIS_OPH-CR-RTN", "18", "75492-9"),
    model("CI-SIS_SDM-MR", "30", ""),
    model("CI-SIS_TLM-DA", "38", "75496-0"),
    model("CI-SIS_VAC", "37", "11369-6"),
    model("CI-SIS_VAC-NOTE", "46", "87273-9"),
    model("CI-SIS_VSM", "13", "SYNTH"),
    model("CI-SIS_eDISP-MED", "54", "60593-1"),
];

/// Models of unstructured documents, which only their type code tells apart.
const KNOWN_UNSTRUCTURED: &[Model] = &[model("CI-SIS_TLM-CR", UNSTRUCTURED, "85208-7")];

/// Versions that documents spell otherwise than the names of schemas: model, extension, name of the schema.
///
/// Source: `VSM_1.4_2022.01.xml` among the published examples.
const SPELLED: &[(&str, &str, &str)] = &[("VSM", "201310", "VSM_1.4")];

/// A volet of the pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volet {
    /// The file of its root schema.
    pub file: String,
    /// The model, as in the name of the file.
    pub model: String,
    /// Its version, `2024.01`.
    pub version: String,
}

impl Volet {
    /// The volet of a file of [`crate::VOLETS`], by its name.
    fn of(file_name: &str) -> Option<Self> {
        let name = file_name.strip_prefix(PREFIX)?.strip_suffix(".sch")?;
        let (model, version) = name.rsplit_once('_')?;
        let file = format!("{}/{file_name}", crate::VOLETS);
        is_version(version).then(|| Self { file, model: model.to_owned(), version: version.to_owned() })
    }
}

/// `2024.01`
fn is_version(text: &str) -> bool {
    text.len() == 7
        && text.bytes().enumerate().all(|(at, byte)| if at == 4 { byte == b'.' } else { byte.is_ascii_digit() })
}

/// What the choice looks into.
pub struct Pack<'p> {
    /// Its files.
    pub files: &'p dyn Files,
    /// The names in the folder of the volets.
    pub volets: &'p [String],
    /// The actual name of a file, as repairs find it.
    pub actual_name: &'p dyn Fn(&str) -> Option<String>,
}

/// What was chosen, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// This volet: the document names its template and version.
    Volet(Volet),
    /// This volet, although the document does not name its version, or not its template.
    Likely(Volet),
    /// The document names this version of this model, and the pack has no schema for it.
    Absent {
        /// The model.
        model: String,
        /// The version, empty when the document names none.
        version: String,
    },
    /// The document is of no model that has a volet.
    None,
}

impl Chosen {
    /// The volet, when there is one.
    pub fn volet(&self) -> Option<&Volet> {
        match self {
            Self::Volet(volet) | Self::Likely(volet) => Some(volet),
            Self::Absent { .. } | Self::None => None,
        }
    }
}

/// Chooses the volet of a document.
///
/// The most precise template that is a model's decides, and its extension is the version.
/// Without version: the latest one whose files are all there and whose required sections the document has, else the
/// latest; none when the type code is that of another model. Without template: the model whose type code it is.
pub fn choose(header: &Header, document: &[u8], pack: &Pack<'_>) -> Chosen {
    let volets: Vec<Volet> = pack.volets.iter().filter_map(|it| Volet::of(it)).collect();
    let code = header.code.as_deref().unwrap_or_default();
    let by_code = |models: &'static [Model]| models.iter().find(|it| !it.code.is_empty() && it.code == code);
    if let Some((name, extension)) = by_template(header, &volets, pack) {
        let version = extension.as_deref().filter(|it| is_version(it) || spelled(&name, it).is_some());
        if let Some(version) = version {
            return exact(&name, version, &volets);
        }
        if by_code(KNOWN).is_some_and(|it| it.name() != name) {
            return Chosen::None;
        }
        return likely(&name, document, &volets, pack);
    }
    let models = if header.has(UNSTRUCTURED) { KNOWN_UNSTRUCTURED } else { KNOWN };
    match by_code(models) {
        Some(model) => likely(model.name(), document, &volets, pack),
        None => Chosen::None,
    }
}

/// The model that the most precise of the templates belongs to, and the extension of that template.
fn by_template(header: &Header, volets: &[Volet], pack: &Pack<'_>) -> Option<(String, Option<String>)> {
    let mut models: Vec<(&str, &Option<String>)> =
        header.templates.iter().filter_map(|(root, extension)| Some((root.strip_prefix(MODELS)?, extension))).collect();
    models.sort_by_key(|(arcs, _)| std::cmp::Reverse(arcs.split('.').count()));
    let known = models.iter().find_map(|(arcs, extension)| {
        let model = KNOWN.iter().find(|it| it.template == *arcs)?;
        Some((model.name().to_owned(), (*extension).clone()))
    });
    known.or_else(|| {
        // A model published after this table: the schemas that are not in it say which template they are for.
        let others = volets.iter().filter(|it| !is_known(&it.model));
        let others: Vec<(&Volet, String)> = others.map(|it| (it, all_text(&it.file, pack).0)).collect();
        models.iter().filter(|(arcs, _)| *arcs != "1").find_map(|(arcs, extension)| {
            let quoted = [format!("'{MODELS}{arcs}'"), format!("\"{MODELS}{arcs}\"")];
            let (volet, _) = others.iter().find(|(_, text)| quoted.iter().any(|it| text.contains(it)))?;
            Some((volet.model.clone(), (*extension).clone()))
        })
    })
}

fn is_known(model: &str) -> bool {
    let is_spelled = SPELLED.iter().any(|(.., name)| *name == model);
    is_spelled || KNOWN.iter().chain(KNOWN_UNSTRUCTURED).any(|it| it.name().eq_ignore_ascii_case(model))
}

fn spelled(model: &str, extension: &str) -> Option<&'static str> {
    let found = SPELLED.iter().find(|(of, as_, _)| *of == model && *as_ == extension)?;
    Some(found.2)
}

fn exact(model: &str, version: &str, volets: &[Volet]) -> Chosen {
    let found = match spelled(model, version) {
        Some(name) => volets.iter().find(|it| it.model == name),
        None => volets.iter().find(|it| it.model.eq_ignore_ascii_case(model) && it.version == version),
    };
    match found {
        Some(volet) => Chosen::Volet(volet.clone()),
        None => Chosen::Absent { model: model.to_owned(), version: version.to_owned() },
    }
}

fn likely(model: &str, document: &[u8], volets: &[Volet], pack: &Pack<'_>) -> Chosen {
    let mut candidates: Vec<&Volet> = volets.iter().filter(|it| it.model.eq_ignore_ascii_case(model)).collect();
    candidates.sort_by(|a, b| b.version.cmp(&a.version));
    let latest = match candidates.as_slice() {
        [] => return Chosen::Absent { model: model.to_owned(), version: String::new() },
        [only] => return Chosen::Likely((*only).clone()),
        [latest, ..] => *latest,
    };
    let present = Header::all_templates(document);
    let fits = candidates.iter().find(|it| {
        let (_, is_whole) = all_text(&it.file, pack);
        let required = required(&text(&it.file, pack).unwrap_or_default());
        is_whole && required.iter().all(|it| present.contains(it))
    });
    Chosen::Likely((*fits.unwrap_or(&latest)).clone())
}

/// The templates that assertions of a root schema ask for.
fn required(schema: &str) -> Vec<String> {
    let tests =
        schema.split("<assert").skip(1).filter_map(|it| it.split_once("test=")?.1.split_once('>').map(|(it, _)| it));
    let roots = tests.flat_map(|it| it.split("templateId").skip(1)).filter_map(|it| {
        let value = it.split_once("@root")?.1.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|it| matches!(it, '\'' | '"'))?;
        value[1..].split(quote).next().map(str::to_owned)
    });
    roots.collect()
}

/// The text of a schema and of what it includes directly, and whether all of that is there.
fn all_text(file: &str, pack: &Pack<'_>) -> (String, bool) {
    let Some(mut all) = text(file, pack) else { return (String::new(), false) };
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut is_whole = true;
    let includes: Vec<String> = without_comments(&all)
        .split("include ")
        .skip(1)
        .filter_map(|it| it.split_once("href=")?.1.get(1..)?.split(['"', '\'']).next().map(str::to_owned))
        .collect();
    for href in includes {
        let name = href.split('#').next().unwrap_or_default();
        let included = xpath::resolve(folder, name).and_then(|it| text(&it, pack));
        is_whole &= included.is_some();
        all.push_str(&included.unwrap_or_default());
    }
    (all, is_whole)
}

fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("<!--") {
        out.push_str(before);
        rest = after.split_once("-->").map_or("", |(_, after)| after);
    }
    out + rest
}

fn text(file: &str, pack: &Pack<'_>) -> Option<String> {
    let read = |name: &str| {
        let mut bytes = Vec::new();
        pack.files.open(name).ok()??.take(SCHEMA_BYTES).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    };
    read(file).or_else(|| read(&(pack.actual_name)(file)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use std::io::{BufRead, Cursor, Result};

    struct Texts(HashMap<String, String>);

    impl Files for Texts {
        fn open(&self, name: &str) -> Result<Option<Box<dyn BufRead + '_>>> {
            Ok(self.0.get(name).map(|it| Box::new(Cursor::new(it.clone())) as Box<dyn BufRead>))
        }

        fn size_bytes(&self, name: &str) -> Option<u64> {
            self.0.get(name).map(|it| it.len() as u64)
        }
    }

    fn chosen(templates: &[(&str, &str)], code: &str, sections: &[&str]) -> String {
        let pdf = r#"<assert test="count(cda:section[cda:templateId/@root='1.2.3'])&gt; 0"/>"#;
        let texts: HashMap<String, String> = [
            ("CI-SIS_BIO-CR-BIO_2021.01.sch", ""),
            ("CI-SIS_BIO-CR-BIO_2023.01.sch", r#"<include href="absent.sch"/>"#),
            ("CI-SIS_BIO-CR-BIO_2024.01.sch", pdf),
            ("CI-SIS_VSM_1.4_2022.01.sch", ""),
            ("CI-SIS_VSM_2023.01.sch", ""),
            ("CI-SIS_EP-MED-DM_2024.01.sch", ""),
            ("CI-SIS_IPS-FR_2024.01.sch", ""),
            ("CI-SIS_TLM-CR_2022.01.sch", ""),
            ("CI-SIS_NEW-MODEL_2026.01.sch", r#"<!-- <include href="no.sch"/> --><include href="New/header.sch"/>"#),
            ("new/Header.sch", r#"<assert test="cda:templateId[@root='1.2.250.1.213.1.1.1.99']"/>"#),
            ("notes.txt", ""),
        ]
        .map(|(name, text)| (format!("schematrons/{name}"), text.to_owned()))
        .into();
        let names: Vec<String> =
            texts.keys().filter_map(|it| it.strip_prefix("schematrons/")).map(str::to_owned).collect();
        let actual =
            |name: &str| (name == "schematrons/New/header.sch").then(|| "schematrons/new/Header.sch".to_owned());
        let pack = Pack { files: &Texts(texts.clone()), volets: &names, actual_name: &actual };
        let header = Header {
            templates: templates
                .iter()
                .map(|(root, extension)| {
                    (root.replace('~', MODELS), Some((*extension).to_owned()).filter(|it| !it.is_empty()))
                })
                .collect(),
            code: Some(code.to_owned()),
            is_embedded: false,
        };
        let document: String = sections.iter().map(|it| format!("<templateId root='{it}'/>")).collect();
        match choose(&header, format!("<d>{document}</d>").as_bytes(), &pack) {
            Chosen::Volet(volet) => format!("{}_{}", volet.model, volet.version),
            Chosen::Likely(volet) => format!("~{}_{}", volet.model, volet.version),
            Chosen::Absent { model, version } => format!("!{model}_{version}"),
            Chosen::None => "none".to_owned(),
        }
    }

    #[test]
    fn the_template_of_the_model_chooses_and_its_extension_is_the_version() {
        let common = [("2.16.840.1.113883.2.8.2.1", ""), ("~1", "")];
        let with = |more: &[(&'static str, &'static str)]| [&common[..], more].concat();
        assert_eq!(chosen(&with(&[("~55", "2024.01")]), "11502-2", &[]), "BIO-CR-BIO_2024.01");
        assert_eq!(chosen(&with(&[("~55", "2021.01")]), "11502-2", &[]), "BIO-CR-BIO_2021.01");
        assert_eq!(chosen(&with(&[("~39", "2024.01")]), "x", &[]), "EP-MED-DM_2024.01");
        assert_eq!(chosen(&with(&[("~13", "201310")]), "SYNTH", &[]), "VSM_1.4_2022.01");
        assert_eq!(chosen(&with(&[("~13", "2023.01")]), "SYNTH", &[]), "VSM_2023.01");
        assert_eq!(chosen(&with(&[("~99", "2026.01")]), "x", &[]), "NEW-MODEL_2026.01");
    }

    #[test]
    fn a_version_that_the_pack_lacks_is_never_replaced_by_another() {
        assert_eq!(chosen(&[("~55", "2030.01")], "11502-2", &[]), "!BIO-CR-BIO_2030.01");
        assert_eq!(chosen(&[("~40", "")], "77436-4", &[]), "!ANEST-CR-ANEST_");
    }

    #[test]
    fn without_version_the_sections_tell_and_without_template_the_type() {
        assert_eq!(chosen(&[("~55", "")], "11502-2", &["1.2.3"]), "~BIO-CR-BIO_2024.01");
        assert_eq!(chosen(&[("~55", "")], "11502-2", &[]), "~BIO-CR-BIO_2021.01");
        assert_eq!(chosen(&[("~55", "2024-01")], "11502-2", &["1.2.3"]), "~BIO-CR-BIO_2024.01");
        assert_eq!(chosen(&[("~1", "")], "11502-2", &["1.2.3"]), "~BIO-CR-BIO_2024.01");
        assert_eq!(chosen(&[(UNSTRUCTURED, "")], "85208-7", &[]), "~TLM-CR_2022.01");
    }

    #[test]
    fn contradictions_and_unstructured_documents_choose_nothing() {
        assert_eq!(chosen(&[("~13", "")], "60591-5", &[]), "none");
        assert_eq!(chosen(&[(UNSTRUCTURED, "")], "11502-2", &[]), "none");
        assert_eq!(chosen(&[("~1", "")], "34133-9", &[]), "none");
        assert_eq!(chosen(&[], "", &[]), "none");
    }
}
