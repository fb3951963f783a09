//! Text to data codewords: the shortest mix of the ASCII and C40 encodations.
//!
//! In: an ASCII text. Out: the smallest square that holds it, its data codewords with their padding. The other encodations
//! of the norm do not shrink an INS text, which holds capitals and figures; looking for them costs more than all the rest.
//!
//! Source: ISO/IEC 16022, §5.2 (encodation), §5.2.3 (padding).

use super::size::{SIZES, Size};

const PADDING: u8 = 129;
const LATCH_C40: u8 = 230;
const UNLATCH: u8 = 254;
/// The longest text of the largest symbol: two figures in each codeword.
const LONGEST: usize = 2 * 1558;

/// Where the writer stands: in ASCII, or in C40 with so many values of a triple.
const ASCII: usize = 0;
const C40: usize = 1;
const C40_WITH_TWO: usize = 3;
const N_STATES: usize = 4;

/// The cheapest way to one place of the text in one state.
#[derive(Clone, Copy)]
struct Way {
    n_codewords: u16,
    /// Characters of the last step; none when it only changed the encodation.
    n_characters: u8,
    /// The state before it.
    from: u8,
}

const NO_WAY: Way = Way { n_codewords: u16::MAX, n_characters: 0, from: 0 };

/// How the text ends in its symbol.
#[derive(Clone, Copy)]
enum End {
    /// In a state, at the end of the text.
    Regular(usize),
    /// Two values of a triple, which a shift without effect fills.
    Shifted,
    /// So many last characters in the only codeword left, which is read as ASCII without a word to say so.
    Ascii(usize),
}

/// The smallest square that holds a text, and its data codewords; `None` when none does or the text is not ASCII.
pub(super) fn encode(text: &[u8]) -> Option<(Size, Vec<u8>)> {
    if !text.is_ascii() || text.len() > LONGEST {
        return None;
    }
    let ways = ways(text);
    let (size, end) = SIZES.iter().find_map(|size| Some((*size, end(text, &ways, size.n_data)?)))?;
    let mut codewords = Vec::with_capacity(size.n_data + size.n_correction * size.n_blocks);
    write(text, &ways, end, &mut codewords);
    pad(&mut codewords, size.n_data, matches!(end, End::Regular(C40)));
    Some((size, codewords))
}

/// The cheapest ways to every place of the text, in each state.
fn ways(text: &[u8]) -> Vec<[Way; N_STATES]> {
    let mut ways = vec![[NO_WAY; N_STATES]; text.len() + 1];
    ways[0][ASCII].n_codewords = 0;
    for at in 0..=text.len() {
        switch(&mut ways[at]);
        let Some(byte) = text.get(at) else { break };
        let here = ways[at].map(|way| way.n_codewords);
        step(&mut ways[at + 1][ASCII], here[ASCII] + 1, 1, ASCII);
        if is_pair(&text[at..]) {
            step(&mut ways[at + 2][ASCII], here[ASCII] + 1, 2, ASCII);
        }
        let n_values = values(*byte).1;
        for (state, n_codewords) in here.into_iter().enumerate().skip(C40) {
            if n_codewords < u16::MAX {
                let n = state - C40 + n_values;
                step(&mut ways[at + 1][C40 + n % 3], n_codewords + 2 * (n / 3) as u16, 1, state);
            }
        }
    }
    ways
}

/// A change of encodation costs one codeword, and no triple is left open.
fn switch(here: &mut [Way; N_STATES]) {
    let [ascii, c40, ..] = here.map(|way| way.n_codewords);
    step(&mut here[C40], ascii.saturating_add(1), 0, ASCII);
    step(&mut here[ASCII], c40.saturating_add(1), 0, C40);
}

fn step(to: &mut Way, n_codewords: u16, n_characters: u8, from: usize) {
    if n_codewords < to.n_codewords {
        *to = Way { n_codewords, n_characters, from: from as u8 };
    }
}

/// How the text ends in a symbol of so many data codewords; `None` when it does not fit.
fn end(text: &[u8], ways: &[[Way; N_STATES]], n_data: usize) -> Option<End> {
    let n =
        |before: usize, state: usize| Some(usize::from(ways.get(text.len().checked_sub(before)?)?[state].n_codewords));
    let fits = |state: usize| n(0, state).is_some_and(|n| n <= n_data);
    let leaves = |left: usize, before: usize, state: usize| n(before, state).is_some_and(|n| n + left == n_data);
    let ends_in_pair = text.len() >= 2 && is_pair(&text[text.len() - 2..]);
    if fits(ASCII) {
        Some(End::Regular(ASCII))
    } else if fits(C40) {
        Some(End::Regular(C40))
    } else if leaves(2, 0, C40_WITH_TWO) {
        Some(End::Shifted)
    } else if leaves(1, 1, C40) {
        Some(End::Ascii(1))
    } else if ends_in_pair && leaves(1, 2, C40) {
        Some(End::Ascii(2))
    } else {
        None
    }
}

/// Writes the codewords of the way that ends so.
fn write(text: &[u8], ways: &[[Way; N_STATES]], end: End, codewords: &mut Vec<u8>) {
    let (mut at, mut state) = match end {
        End::Regular(state) => (text.len(), state),
        End::Shifted => (text.len(), C40_WITH_TWO),
        End::Ascii(n) => (text.len() - n, C40),
    };
    // Back from the end: what each step wrote, and in what state it left.
    let mut steps = Vec::with_capacity(text.len() + 8);
    while at > 0 || state != ASCII {
        let way = ways[at][state];
        let from = at - usize::from(way.n_characters);
        steps.push((from, at, state));
        (at, state) = (from, usize::from(way.from));
    }
    let mut triple = Triple::default();
    for (from, to, state) in steps.into_iter().rev() {
        match (&text[from..to], state) {
            ([], ASCII) => codewords.push(UNLATCH),
            ([], _) => codewords.push(LATCH_C40),
            (characters, ASCII) => codewords.push(ascii(characters)),
            (characters, _) => {
                let (values, n) = values(characters[0]);
                values[..n].iter().for_each(|value| triple.push(*value, codewords));
            }
        }
    }
    match end {
        End::Regular(_) => {}
        End::Shifted => triple.push(0, codewords),
        End::Ascii(n) => codewords.push(ascii(&text[text.len() - n..])),
    }
}

/// Values of C40 until there are three, which are two codewords.
#[derive(Default)]
struct Triple {
    n: usize,
    sum: u16,
}

impl Triple {
    fn push(&mut self, value: u8, codewords: &mut Vec<u8>) {
        self.sum = self.sum * 40 + u16::from(value);
        self.n += 1;
        if self.n == 3 {
            codewords.extend((self.sum + 1).to_be_bytes());
            *self = Self::default();
        }
    }
}

/// Fills the symbol; a text that ends in C40 says so first.
fn pad(codewords: &mut Vec<u8>, n_data: usize, is_c40: bool) {
    if is_c40 && codewords.len() < n_data {
        codewords.push(UNLATCH);
    }
    if codewords.len() < n_data {
        codewords.push(PADDING);
    }
    while codewords.len() < n_data {
        // The 253-state algorithm, so that padding draws no pattern.
        let sum = usize::from(PADDING) + (149 * (codewords.len() + 1)) % 253 + 1;
        codewords.push(if sum <= 254 { sum } else { sum - 254 } as u8);
    }
}

fn is_pair(rest: &[u8]) -> bool {
    matches!(rest, [first, second, ..] if first.is_ascii_digit() && second.is_ascii_digit())
}

/// One character, or two figures.
fn ascii(characters: &[u8]) -> u8 {
    match characters {
        [tens, units] => (tens - b'0') * 10 + (units - b'0') + 130,
        _ => characters[0] + 1,
    }
}

/// The values of a character in C40: one, or a shift and one.
fn values(byte: u8) -> ([u8; 2], usize) {
    match byte {
        b' ' => ([3, 0], 1),
        b'0'..=b'9' => ([byte - b'0' + 4, 0], 1),
        b'A'..=b'Z' => ([byte - b'A' + 14, 0], 1),
        0..=31 => ([0, byte], 2),
        33..=47 => ([1, byte - 33], 2),
        58..=64 => ([1, byte - 58 + 15], 2),
        91..=95 => ([1, byte - 91 + 22], 2),
        _ => ([2, byte - 96], 2),
    }
}
