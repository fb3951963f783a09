//! What a unit measures: in, a UCUM expression; out, its dimension, or nothing when it is not certain.
//!
//! Not the dimension of UCUM itself, in which the mole and the count are both pure numbers, so that `mmol/L` and
//! `10*9/L` would be the same. Here substance, activity, fields of a microscope, pressure and pH are bases of their own.
//! It converts nothing and does not know which units the national check accepts.
//!
//! Source: UCUM 2.1, grammar of §2, prefixes of table 1, atoms of a laboratory.

/// What a unit can be made of.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub(crate) enum Base {
    Mass,
    /// Moles, equivalents and osmoles: the three count particles, and laboratories take one for the other.
    Substance,
    /// Units of effect: international and arbitrary units, and those of enzymes, which laboratories also write `[IU]`.
    Activity,
    /// A liter is the cube of one.
    Length,
    Time,
    /// A field of a microscope.
    Field,
    Pressure,
    Temperature,
    Acidity,
}

const N_BASES: usize = 9;

/// The power of each base; none of them for a pure number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dimension {
    pub(crate) powers: [i8; N_BASES],
    /// One bit for each base that the unit names, also where it cancels out: `mg/g` is a pure number made of masses.
    named: u16,
}

impl Dimension {
    /// A pure number.
    pub(crate) const ONE: Self = Self { powers: [0; N_BASES], named: 0 };
    pub(crate) const MASS: Self = Self::of(Base::Mass, 1);
    pub(crate) const SUBSTANCE: Self = Self::of(Base::Substance, 1);
    pub(crate) const ACTIVITY: Self = Self::of(Base::Activity, 1);
    pub(crate) const LENGTH: Self = Self::of(Base::Length, 1);
    pub(crate) const AREA: Self = Self::of(Base::Length, 2);
    pub(crate) const VOLUME: Self = Self::of(Base::Length, 3);
    pub(crate) const TIME: Self = Self::of(Base::Time, 1);
    pub(crate) const FIELD: Self = Self::of(Base::Field, 1);
    pub(crate) const PRESSURE: Self = Self::of(Base::Pressure, 1);
    pub(crate) const TEMPERATURE: Self = Self::of(Base::Temperature, 1);
    pub(crate) const ACIDITY: Self = Self::of(Base::Acidity, 1);

    const fn of(base: Base, power: i8) -> Self {
        let mut it = Self::ONE;
        it.powers[base as usize] = power;
        it.named = 1 << base as usize;
        it
    }

    /// This divided by another. Powers of the tables here are far from the bounds.
    pub(crate) const fn per(mut self, other: Self) -> Self {
        let mut at = 0;
        while at < N_BASES {
            self.powers[at] -= other.powers[at];
            at += 1;
        }
        self.named |= other.named;
        self
    }

    /// Whether the unit names a base, be it above and under the line.
    pub(crate) fn names(self, base: Base) -> bool {
        self.named & (1 << base as usize) != 0
    }

    /// This times the power of another; `None` when a power leaves its bounds.
    fn times(mut self, other: Self, exponent: i8) -> Option<Self> {
        for (own, its) in self.powers.iter_mut().zip(other.powers) {
            *own = own.checked_add(its.checked_mul(exponent)?)?;
        }
        self.named |= other.named;
        Some(self)
    }
}

/// The dimension of a unit.
///
/// `None` for what is no UCUM, for units that laboratories do not measure with (`[gal_us]`, `Ohm`), for the parts per million
/// (of mass, of volume, of number: they do not say), and for an annotation in place of a unit (`g/{24h}`, `{index}`), unless it
/// counts something that is known (`{copies}/mL`). An annotation behind a unit is ignored, as in UCUM: `ug/L{FEU}`.
///
/// At most 64 bytes and 4 parentheses deep; longer is `None`. No allocation.
pub fn dimension(unit: &str) -> Option<Dimension> {
    if unit.is_empty() || unit.len() > 64 {
        return None;
    }
    let (found, rest) = term(unit.trim(), 0)?;
    rest.is_empty().then_some(found)
}

/// Components joined by points and slashes, from the left; what follows the last one is the rest.
fn term(text: &str, depth: u8) -> Option<(Dimension, &str)> {
    let mut found = Dimension::ONE;
    let (mut rest, mut exponent) = text.strip_prefix('/').map_or((text, 1), |rest| (rest, -1));
    loop {
        let (one, after) = component(rest, depth)?;
        found = found.times(one, exponent)?;
        (rest, exponent) = match after.as_bytes().first() {
            Some(b'.') => (&after[1..], 1),
            Some(b'/') => (&after[1..], -1),
            _ => return Some((found, after)),
        };
    }
}

fn component(text: &str, depth: u8) -> Option<(Dimension, &str)> {
    if let Some(inner) = text.strip_prefix('(') {
        let (found, rest) = if depth < 4 { term(inner, depth + 1)? } else { return None };
        let rest = rest.strip_prefix(')')?;
        return Some((found, annotation(rest).map_or(rest, |(_, rest)| rest)));
    }
    if let Some((said, rest)) = annotation(text) {
        return counts(said).then_some((Dimension::ONE, rest));
    }
    let (symbol, rest) = text.split_at(symbol_len(text));
    let (exponent, rest) = exponent(rest)?;
    let found = if symbol.is_empty() { None } else { Some(atom(symbol)?) };
    // Without a symbol, the digits are a factor and not an exponent.
    let (found, exponent) = match (found, exponent) {
        (Some(found), exponent) => (found, exponent.unwrap_or(1)),
        (None, Some(_)) => (Dimension::ONE, 1),
        (None, None) => return None,
    };
    let rest = annotation(rest).map_or(rest, |(_, rest)| rest);
    Some((Dimension::ONE.times(found, exponent)?, rest))
}

/// Bytes of the symbol that a text starts with: letters, marks, and what square brackets hold.
fn symbol_len(text: &str) -> usize {
    let mut is_inside = false;
    // The star and the hat end the symbol of the powers of ten.
    if text.starts_with("10*") || text.starts_with("10^") {
        return 3;
    }
    text.bytes()
        .position(|it| {
            match it {
                b'[' => is_inside = true,
                b']' => is_inside = false,
                _ => {}
            }
            !is_inside && matches!(it, b'0'..=b'9' | b'+' | b'-' | b'.' | b'/' | b'(' | b')' | b'{' | b'}' | b' ')
        })
        .unwrap_or(text.len())
}

/// Digits with or without a sign; `None` outside when a sign stands without digits.
fn exponent(text: &str) -> Option<(Option<i8>, &str)> {
    let signed = text.strip_prefix(['+', '-']);
    let digits = signed.unwrap_or(text);
    let len = digits.bytes().take_while(u8::is_ascii_digit).count();
    if len == 0 {
        return signed.is_none().then_some((None, text));
    }
    // Factors such as 100 have no dimension, so that their size is nothing: what is too large an exponent is one of them.
    let number: i8 = digits[..len].parse().unwrap_or(i8::MAX);
    Some((Some(if text.starts_with('-') { -number } else { number }), &digits[len..]))
}

/// What braces at the start of a text hold, and what follows them.
fn annotation(text: &str) -> Option<(&str, &str)> {
    text.strip_prefix('{')?.split_once('}')
}

/// Whether an annotation that stands for a unit names things that are counted, or says that there is no unit.
fn counts(said: &str) -> bool {
    const COUNTED: [&str; 16] = [
        "#",
        "cell",
        "cells",
        "copies",
        "copy",
        "leukocytes",
        "platelets",
        "ratio",
        "rbc",
        "rbcs",
        "spermatozoa",
        "titer",
        "wbc",
        "wbcs",
        "inr",
        "ufc",
    ];
    COUNTED.iter().any(|it| said.eq_ignore_ascii_case(it))
}

/// A unit symbol, with a prefix where it takes one.
fn atom(symbol: &str) -> Option<Dimension> {
    let find = |symbol: &str| ATOMS.iter().find(|(known, ..)| *known == symbol);
    if let Some((_, found, _)) = find(symbol) {
        return *found;
    }
    PREFIXES
        .iter()
        .filter_map(|prefix| find(symbol.strip_prefix(prefix)?))
        .find(|(.., takes_prefix)| *takes_prefix)
        .and_then(|(_, found, _)| *found)
}

const PREFIXES: [&str; 20] =
    ["da", "Y", "Z", "E", "P", "T", "G", "M", "k", "h", "d", "c", "m", "u", "n", "p", "f", "a", "z", "y"];

/// Symbol, dimension (none where the symbol does not say which), whether it takes a prefix.
#[rustfmt::skip]
const ATOMS: &[(&str, Option<Dimension>, bool)] = &[
    // Numbers.
    ("10*", Some(Dimension::ONE), false), ("10^", Some(Dimension::ONE), false), ("%", Some(Dimension::ONE), false),
    ("[ppth]", None, false), ("[ppm]", None, false), ("[ppb]", None, false), ("[pptr]", None, false),
    // Amounts.
    ("g", Some(Dimension::MASS), true), ("t", Some(Dimension::MASS), true),
    // The mass of an atom, and what many write for a unit of activity.
    ("u", None, true),
    ("mol", Some(Dimension::SUBSTANCE), true), ("eq", Some(Dimension::SUBSTANCE), true),
    ("osm", Some(Dimension::SUBSTANCE), true),
    // Grams in a deciliter.
    ("g%", Some(Dimension::MASS.per(Dimension::VOLUME)), true),
    ("L", Some(Dimension::VOLUME), true), ("l", Some(Dimension::VOLUME), true), ("m", Some(Dimension::LENGTH), true),
    ("Ao", Some(Dimension::LENGTH), false),
    ("s", Some(Dimension::TIME), true), ("min", Some(Dimension::TIME), false), ("h", Some(Dimension::TIME), false),
    ("d", Some(Dimension::TIME), false), ("wk", Some(Dimension::TIME), false), ("mo", Some(Dimension::TIME), false),
    ("a", Some(Dimension::TIME), false),
    // Effects.
    ("U", Some(Dimension::ACTIVITY), true), ("kat", Some(Dimension::ACTIVITY), true),
    ("[IU]", Some(Dimension::ACTIVITY), true), ("[iU]", Some(Dimension::ACTIVITY), true),
    ("[arb'U]", Some(Dimension::ACTIVITY), true), ("[USP'U]", Some(Dimension::ACTIVITY), true),
    ("[APL'U]", Some(Dimension::ACTIVITY), false), ("[GPL'U]", Some(Dimension::ACTIVITY), false),
    ("[MPL'U]", Some(Dimension::ACTIVITY), false), ("[AU]", Some(Dimension::ACTIVITY), false),
    ("[BAU]", Some(Dimension::ACTIVITY), false), ("[EU]", Some(Dimension::ACTIVITY), false),
    ("[ELU]", Some(Dimension::ACTIVITY), false), ("[PNU]", Some(Dimension::ACTIVITY), false),
    ("[anti'Xa'U]", Some(Dimension::ACTIVITY), false), ("[beth'U]", Some(Dimension::ACTIVITY), false),
    ("[todd'U]", Some(Dimension::ACTIVITY), false), ("[Amb'a'1'U]", Some(Dimension::ACTIVITY), false),
    // Things counted, one by one.
    ("[CFU]", Some(Dimension::ONE), true), ("[PFU]", Some(Dimension::ONE), true),
    ("[FFU]", Some(Dimension::ONE), false), ("[TCID_50]", Some(Dimension::ONE), false),
    ("[HPF]", Some(Dimension::FIELD), false), ("[LPF]", Some(Dimension::FIELD), false),
    // The rest of what a laboratory measures.
    ("Pa", Some(Dimension::PRESSURE), true), ("bar", Some(Dimension::PRESSURE), true),
    ("m[Hg]", Some(Dimension::PRESSURE), true), ("m[H2O]", Some(Dimension::PRESSURE), true),
    ("Torr", Some(Dimension::PRESSURE), false),
    ("K", Some(Dimension::TEMPERATURE), true), ("Cel", Some(Dimension::TEMPERATURE), true),
    ("[pH]", Some(Dimension::ACIDITY), false),
];

#[cfg(test)]
mod tests {
    use super::*;

    const PER_LITER: Dimension = Dimension::ONE.per(Dimension::VOLUME);

    fn powers(unit: &str) -> Option<[i8; N_BASES]> {
        dimension(unit).map(|it| it.powers)
    }

    #[test]
    fn units_of_one_dimension_are_told_from_those_of_another() {
        let one = Dimension::ONE;
        let (mass, substance, activity) = (Dimension::MASS, Dimension::SUBSTANCE, Dimension::ACTIVITY);
        let (volume, time, length) = (Dimension::VOLUME, Dimension::TIME, Dimension::LENGTH);
        let table: &[(&[&str], Dimension)] = &[
            (&["g/L", "mg/dL", "ng/mL", "ug/L{FEU}", "pg/ml", "kg/m3", "g%", "g/(100.mL)", "mg.L-1"], mass.per(volume)),
            (&["mmol/L", "nmol/mL", "meq/L", "mosm/L", "pmol/mL{rbc}"], substance.per(volume)),
            (&["10*9/L", "10^12/L", "/uL", "/mm3", "{copies}/mL", "[CFU]/mL", "10*6.[CFU]/L", "{#}/mL"], PER_LITER),
            (&["U/L", "m[IU]/mL", "ukat/L", "k[IU]/L", "[arb'U]/mL", "10*6.[IU]/L"], activity.per(volume)),
            (&["mg/(24.h)", "g/d", "ug/min"], mass.per(time)),
            (&["mL/min", "L/h", "mL/min/{ratio}", "mL/min{surface}", "mL/min/(173.10*-2)"], volume.per(time)),
            (&["mL/min/m2"], volume.per(time).per(Dimension::AREA)),
            (&["mg/mmol", "g/mol{creat}"], mass.per(substance)),
            (&["nmol/h/mg{protein}"], substance.per(time).per(mass)),
            (&["%", "1", "10*9", "mg/g", "mmol/mol", "L/L", "{titer}", "/100{WBC}", "{INR}"], one),
            (&["fL", "dL", "m3"], volume),
            (&["pg", "ug", "kg"], mass),
            (&["s", "min", "wk", "ms"], time),
            (&["mm/h"], length.per(time)),
            (&["/[HPF]", "{#}/[LPF]"], one.per(Dimension::FIELD)),
            (&["mm[Hg]", "kPa", "cm[H2O]", "mbar"], Dimension::PRESSURE),
            (&["Cel", "K"], Dimension::TEMPERATURE),
            (&["[pH]"], Dimension::ACIDITY),
        ];
        for (units, expected) in table {
            for unit in *units {
                assert_eq!(powers(unit), Some(expected.powers), "{unit}");
            }
        }
    }

    #[test]
    fn what_cancels_out_is_still_named() {
        let named = |unit| dimension(unit).map(|it| (it.names(Base::Mass), it.names(Base::Substance)));
        assert_eq!(named("mg/g"), Some((true, false)));
        assert_eq!(named("mmol/mol"), Some((false, true)));
        assert_eq!(named("%"), Some((false, false)));
    }

    #[test]
    fn what_is_not_certain_has_no_dimension() {
        for unit in [
            "",
            "G/L",
            "UI/L",
            "g/{24h}",
            "{index}",
            "u/L",
            "[ppm]",
            "[ppb]",
            "mL/min/1,73",
            "mL/min/1.73.",
            "g//L",
            "(g/L",
            "g/L)",
            "g L",
            "mg-",
            "{",
            "{abc",
            "g/",
            "/",
            "Ohm",
            "[gal_us]",
            "((((((g))))))",
            "é",
            "µg/L",
            "m999/m-999.m999",
            "dmin",
            "10*9/L et plus, à revoir avec le biologiste de garde ce jour même svp",
        ] {
            assert_eq!(dimension(unit), None, "{unit}");
        }
    }
}
