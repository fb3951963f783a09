//! Data Matrix symbols: a text in, modules out, drawn by `pdf` or given as SVG.
//!
//! Written for each page, hence here and not by a general encoder. Does not know what the text says.

mod correction;
mod encodation;
mod placement;
mod size;

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
    /// The smallest square symbol that holds an ASCII text in the ASCII and C40 encodations; `None` when none does or the
    /// text is not ASCII.
    ///
    /// Source: ISO/IEC 16022; the INS Datamatrix is square, ECC 200.
    pub fn encode(text: &str) -> Option<Self> {
        let (size, mut codewords) = encodation::encode(text.as_bytes())?;
        correction::append(&mut codewords, size);
        Some(Self { width: size.side, dark: placement::modules(&codewords, size) })
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
        let mut path = String::with_capacity(8 * 1024);
        for (row, columns) in self.stretches() {
            let (x, y, length) = (columns.start + QUIET_MODULES, row + QUIET_MODULES, columns.len());
            for (letters, number) in [("M", x), (" ", y), ("h", length), ("v1h-", length)] {
                path.push_str(letters);
                push_number(&mut path, number);
            }
            path.push('z');
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{size:.2}mm\" \
             height=\"{size:.2}mm\" shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"></path>\
             <path fill=\"#000\" d=\"{path}\"></path></svg>"
        )
    }
}

/// A number of modules, without the machinery of formatting: a symbol has a thousand of them, below a hundred but in sizes
/// that no identity needs.
fn push_number(out: &mut String, number: usize) {
    const FIGURES: &str = "0123456789";
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push_str(&FIGURES[number % 10..=number % 10]);
}

#[cfg(test)]
mod tests {
    use super::*;
    use datamatrix::{
        DataMatrix, DataMatrixBuilder, EncodationType, SymbolList, SymbolSize, errorcode, placement::MatrixMap,
    };
    use proptest::prelude::*;

    fn squares() -> SymbolList {
        SymbolList::default().enforce_square()
    }

    #[test]
    fn codewords_are_corrected_and_placed_as_another_encoder_does_in_every_size() {
        let others: Vec<SymbolSize> = squares().iter().collect();
        assert_eq!(others.len(), size::SIZES.len());
        for (size, other) in size::SIZES.into_iter().zip(others) {
            let data: Vec<u8> = (0..size.n_data).map(|at| (at * at * 7 + at * 31 + size.side) as u8).collect();
            let mut codewords = data.clone();
            correction::append(&mut codewords, size);
            assert_eq!(codewords[size.n_data..], errorcode::encode_error(&data, other), "{size:?}");
            let bitmap = MatrixMap::new_with_codewords(&codewords, other).bitmap();
            assert_eq!(bitmap.width(), size.side);
            assert!(placement::modules(&codewords, size) == bitmap.bits(), "{size:?}");
        }
    }

    /// The text that the datamatrix of an identity holds.
    const IDENTITY: &str = concat!(
        r"IS010{22}S1[12][0-9]{14}S21\.2\.250\.1\.213\.1\.4\.(8|9|10|11)\x1D",
        r"S3[A-Z]{2,9}([ '-][A-Z]{2,9}){0,5}\x1DS4[A-Z]{2,12}([ '-][A-Z]{2,9}){0,3}\x1D",
        r"S5[MF]S6[0-3][0-9]-[01][0-9]-(19|20)[0-9]{2}(S7([0-9]{5}|2[AB][0-9]{3}))?"
    );

    /// Whether a text comes back from its symbol, and the symbol is not larger than the one of another encoder.
    fn judge(text: &str, other: DataMatrixBuilder) -> Result<(), TestCaseError> {
        let symbol = Symbol::encode(text).expect("a symbol");
        let read = DataMatrix::decode(&symbol.dark, symbol.width).expect("a text");
        prop_assert_eq!(read, text.as_bytes());
        let other = other.with_symbol_list(squares()).with_macros(false).encode(text.as_bytes()).expect("a symbol");
        prop_assert!(symbol.width <= other.bitmap().width());
        Ok(())
    }

    proptest! {
        #[test]
        fn any_text_is_as_small_as_its_encodations_allow(text in r"([0-9]{1,9}|[A-Z ]{1,9}|[ -~\x1D]{1,4}){0,30}") {
            let encodations = EncodationType::Ascii | EncodationType::C40;
            judge(&text, DataMatrixBuilder::new().with_encodation_types(encodations))?;
        }

        #[test]
        fn an_identity_is_as_small_as_all_encodations_allow(text in IDENTITY) {
            judge(&text, DataMatrixBuilder::new())?;
        }
    }

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
