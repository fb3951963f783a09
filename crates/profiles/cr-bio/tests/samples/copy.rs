//! A PDF that prints the results of a report, made without the product's own renderer.

use lab::report::Report;
use std::fmt::Write;

/// A page for each fifty lines, in one font whose codes mean nothing but by their map.
pub fn copy_of(report: &Report) -> Vec<u8> {
    let values = report.results().flat_map(|it| it.lines()).filter_map(|it| Some(it.value?.printed()));
    printing(&values.collect::<Vec<_>>())
}

/// A PDF that prints some lines.
pub fn printing(lines: &[String]) -> Vec<u8> {
    let mut characters: Vec<char> = lines.iter().flat_map(|it| it.chars()).collect();
    characters.sort_unstable();
    characters.dedup();
    let mut objects = vec![
        "<</Type/Catalog/Pages 2 0 R>>".to_owned(),
        String::new(),
        "<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/Identity-H/ToUnicode 4 0 R>>".to_owned(),
    ];
    let mut map = String::from("1 begincodespacerange<0000><FFFF>endcodespacerange 1 beginbfchar\n");
    for (code, character) in characters.iter().enumerate() {
        let _ = write!(map, "<{code:04X}><");
        character.encode_utf16(&mut [0; 2]).iter().for_each(|it| _ = write!(map, "{it:04X}"));
        map.push_str(">\n");
    }
    objects.push(stream(&(map + "endbfchar")));
    let mut kids = String::new();
    for page in lines.chunks(50) {
        let mut drawn = String::from("BT /F 9 Tf\n");
        for line in page {
            drawn.push_str("0 -12 Td <");
            for character in line.chars() {
                let code = characters.binary_search(&character).unwrap();
                let _ = write!(drawn, "{code:04X}");
            }
            drawn.push_str("> Tj\n");
        }
        let number = objects.len() + 1;
        let _ = write!(kids, "{number} 0 R ");
        objects.push(format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R/Resources<</Font<</F 3 0 R>>>>>>", number + 1));
        objects.push(stream(&(drawn + "ET")));
    }
    objects[1] = format!("<</Type/Pages/Kids[{kids}]>>");
    let mut file = String::from("%PDF-1.4\n% <pdfaid:part>1</pdfaid:part>\n");
    for (at, object) in objects.iter().enumerate() {
        let _ = writeln!(file, "{} 0 obj\n{object}\nendobj", at + 1);
    }
    file.push_str("trailer<</Root 1 0 R>>\n%%EOF\n");
    file.into_bytes()
}

fn stream(text: &str) -> String {
    format!("<</Length {}>>stream\n{text}\nendstream", text.len())
}
