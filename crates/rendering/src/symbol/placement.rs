//! Codewords to modules: the finder patterns, and every bit in its place between them.
//!
//! Source: ISO/IEC 16022, §5.8 and annex F (the same walk, over a square).

use super::size::Size;

/// Where the bits of a codeword stand around its last one, highest first.
const UTAH: [(isize, isize); 8] = [(-2, -2), (-2, -1), (-1, -2), (-1, -1), (-1, 0), (0, -2), (0, -1), (0, 0)];
/// The four codewords that corners cut: rows and columns, from the far side where negative.
const CORNERS: [[(isize, isize); 8]; 4] = [
    [(-1, 0), (-1, 1), (-1, 2), (0, -2), (0, -1), (1, -1), (2, -1), (3, -1)],
    [(-3, 0), (-2, 0), (-1, 0), (0, -4), (0, -3), (0, -2), (0, -1), (1, -1)],
    [(-3, 0), (-2, 0), (-1, 0), (0, -2), (0, -1), (1, -1), (2, -1), (3, -1)],
    [(-1, 0), (-1, -1), (0, -3), (0, -2), (0, -1), (1, -3), (1, -2), (1, -1)],
];

/// The modules of a symbol, row by row from the top: which are dark.
pub(super) fn modules(codewords: &[u8], size: Size) -> Vec<bool> {
    let mut mapping = Mapping::new(size);
    mapping.frame();
    mapping.place(codewords);
    mapping.dark
}

/// The square of all data regions put together, drawn into the symbol with its frames.
struct Mapping {
    side: isize,
    /// Modules of a side of the symbol.
    symbol_side: usize,
    /// Modules of a side of a region with its frame.
    region: usize,
    /// Where the rows of the square stand in the symbol; columns stand alike.
    lines: Vec<usize>,
    is_set: Vec<bool>,
    dark: Vec<bool>,
}

impl Mapping {
    fn new(size: Size) -> Self {
        let region = size.side / size.n_regions;
        let lines: Vec<usize> =
            (0..size.side).filter(|line| !matches!(line % region, at if at == 0 || at == region - 1)).collect();
        let n = size.side * size.side;
        let side = lines.len() as isize;
        Self { side, symbol_side: size.side, region, lines, is_set: vec![false; n], dark: vec![false; n] }
    }

    /// Around each region: dark to the left and below, alternating above and to the right.
    fn frame(&mut self) {
        let n = self.symbol_side;
        for line in (0..n).step_by(self.region) {
            let far = line + self.region - 1;
            for at in 0..n {
                let is_even = at % 2 == 0;
                self.dark[line * n + at] |= is_even;
                self.dark[at * n + far] |= !is_even;
            }
            for at in 0..n {
                self.dark[far * n + at] = true;
                self.dark[at * n + line] = true;
            }
        }
    }

    /// Walks up and down the diagonals.
    fn place(&mut self, codewords: &[u8]) {
        let side = self.side;
        let mut codewords = codewords.iter().copied();
        let mut next = || codewords.next().unwrap_or_default();
        let (mut row, mut column) = (4, 0);
        while row < side || column < side {
            let corner = match (row - side, column) {
                (0, 0) => Some(0),
                (-2, 0) if side % 4 != 0 => Some(1),
                (-2, 0) if side % 8 == 4 => Some(2),
                (4, 2) if side % 8 == 0 => Some(3),
                _ => None,
            };
            if let Some(corner) = corner {
                self.set(next(), CORNERS[corner].map(|(row, column)| (self.wrapped(row), self.wrapped(column))));
            }
            while row >= 0 && column < side {
                if row < side && column >= 0 && self.is_free(row, column) {
                    self.set(next(), self.utah(row, column));
                }
                (row, column) = (row - 2, column + 2);
            }
            (row, column) = (row + 1, column + 3);
            while row < side && column >= 0 {
                if row >= 0 && column < side && self.is_free(row, column) {
                    self.set(next(), self.utah(row, column));
                }
                (row, column) = (row + 2, column - 2);
            }
            (row, column) = (row + 3, column + 1);
        }
        if side % 4 == 2 {
            // Four modules are left over.
            for at in [side - 2, side - 1] {
                let at = self.at(at, at);
                self.dark[at] = true;
            }
        }
    }

    fn set(&mut self, codeword: u8, places: [(isize, isize); 8]) {
        for (bit, (row, column)) in places.into_iter().enumerate() {
            let at = self.at(row, column);
            self.is_set[at] = true;
            self.dark[at] = codeword >> (7 - bit) & 1 == 1;
        }
    }

    /// The places of a codeword; what leaves the square at the top or left comes back at the other side, shifted.
    fn utah(&self, row: isize, column: isize) -> [(isize, isize); 8] {
        let shift = 4 - (self.side + 4) % 8;
        UTAH.map(|(down, right)| {
            let (mut row, mut column) = (row + down, column + right);
            if row < 0 {
                (row, column) = (row + self.side, column + shift);
            }
            if column < 0 {
                (row, column) = (row + shift, column + self.side);
            }
            (row, column)
        })
    }

    /// Counted from the far side where negative.
    fn wrapped(&self, at: isize) -> isize {
        if at < 0 { at + self.side } else { at }
    }

    fn is_free(&self, row: isize, column: isize) -> bool {
        !self.is_set[self.at(row, column)]
    }

    fn at(&self, row: isize, column: isize) -> usize {
        self.lines[row as usize] * self.symbol_side + self.lines[column as usize]
    }
}
