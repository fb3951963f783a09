//! Data Matrix symbols: a text in, modules out, drawn by `pdf` or given as SVG.
//!
//! Does not know what the text says.

use std::ops::Range;

/// White modules on every side. The norm of the symbol asks for one; readers and printers like two.
///
/// Source: ISO/IEC 16022, quiet zone; ANS, « INS — Format datamatrix », v2.2 (at least one module).
pub(crate) const QUIET_MODULES: usize = 2;

/// A square Data Matrix (ECC 200).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Symbol {
    width: usize,
    dark: Vec<bool>,
}

impl Symbol {
    /// The smallest square symbol that holds an ASCII text; `None` when none does or the text is not ASCII.
    ///
    /// Source: ISO/IEC 16022; the INS Datamatrix is square, ECC 200.
    pub fn encode(text: &str) -> Option<Self> {
        if !text.is_ascii() {
            return None;
        }
        let squares = datamatrix::SymbolList::default().enforce_square();
        let bitmap = datamatrix::DataMatrix::encode(text.as_bytes(), squares).ok()?.bitmap();
        Some(Self { width: bitmap.width(), dark: bitmap.bits().to_vec() })
    }

    /// Modules of a side, quiet zone included.
    pub(crate) fn side(&self) -> usize {
        self.width + 2 * QUIET_MODULES
    }

    /// Rows from the top, each as stretches of dark modules, counted inside the quiet zone.
    pub(crate) fn stretches(&self) -> impl Iterator<Item = (usize, Range<usize>)> + '_ {
        self.dark.chunks(self.width).enumerate().flat_map(|(row, modules)| {
            let mut from = 0;
            std::iter::from_fn(move || {
                let start = from + modules[from..].iter().position(|dark| *dark)?;
                let length = modules[start..].iter().take_while(|dark| **dark).count();
                from = start + length;
                Some((row, start..from))
            })
        })
    }

    /// The symbol with its quiet zone as an SVG element whose modules measure `module_mm` millimetres.
    ///
    /// It needs no style and no script: black on white. Give it its name where it is shown (`aria-label`).
    pub fn svg(&self, module_mm: f32) -> String {
        let side = self.side();
        let size = side as f32 * module_mm;
        let mut path = String::new();
        for (row, columns) in self.stretches() {
            let (x, y, length) = (columns.start + QUIET_MODULES, row + QUIET_MODULES, columns.len());
            path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{size:.2}mm\" \
             height=\"{size:.2}mm\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"></path>\
             <path fill=\"#000\" d=\"{path}\"></path></svg>"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_dark_module_is_in_one_stretch() {
        let symbol = Symbol::encode("IS010000000000000000000000S1279035121518989").expect("a symbol");
        let mut drawn = vec![false; symbol.dark.len()];
        for (row, columns) in symbol.stretches() {
            for column in columns {
                assert!(!std::mem::replace(&mut drawn[row * symbol.width + column], true));
            }
        }
        assert_eq!(drawn, symbol.dark);
    }

    #[test]
    fn the_svg_draws_the_same_modules_inside_a_white_margin() {
        let symbol = Symbol::encode("IS010000000000000000000000").expect("a symbol");
        let svg = symbol.svg(0.42);
        let mut drawn = vec![false; symbol.dark.len()];
        // After the ground, whose own path is the first to move.
        for stretch in svg.split('M').skip(2) {
            let numbers: Vec<usize> =
                stretch.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
            let (x, y, length) = (numbers[0] - QUIET_MODULES, numbers[1] - QUIET_MODULES, numbers[2]);
            drawn[y * symbol.width + x..][..length].fill(true);
        }
        assert_eq!(drawn, symbol.dark);
        assert!(svg.contains(&format!("viewBox=\"0 0 {0} {0}\"", symbol.width + 4)));
    }

    #[test]
    fn a_text_that_no_symbol_holds_has_none() {
        assert_eq!(Symbol::encode("é"), None);
        assert_eq!(Symbol::encode(&"é".repeat(10)), None);
        assert_eq!(Symbol::encode(&"Zz~".repeat(2000)), None);
    }
}
