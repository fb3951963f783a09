//! The square sizes of ECC 200.

/// One square size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Size {
    /// Modules of a side, finder patterns included.
    pub side: usize,
    /// Data regions along a side, each in a frame of its own.
    pub n_regions: usize,
    /// Codewords that hold data and padding.
    pub n_data: usize,
    /// Codewords of error correction of one block.
    pub n_correction: usize,
    /// Blocks that are corrected apart; their codewords alternate.
    pub n_blocks: usize,
}

/// Smallest first.
///
/// Source: ISO/IEC 16022, table 7.
pub(super) const SIZES: [Size; 24] = [
    size(10, 1, 3, 5, 1),
    size(12, 1, 5, 7, 1),
    size(14, 1, 8, 10, 1),
    size(16, 1, 12, 12, 1),
    size(18, 1, 18, 14, 1),
    size(20, 1, 22, 18, 1),
    size(22, 1, 30, 20, 1),
    size(24, 1, 36, 24, 1),
    size(26, 1, 44, 28, 1),
    size(32, 2, 62, 36, 1),
    size(36, 2, 86, 42, 1),
    size(40, 2, 114, 48, 1),
    size(44, 2, 144, 56, 1),
    size(48, 2, 174, 68, 1),
    size(52, 2, 204, 42, 2),
    size(64, 4, 280, 56, 2),
    size(72, 4, 368, 36, 4),
    size(80, 4, 456, 48, 4),
    size(88, 4, 576, 56, 4),
    size(96, 4, 696, 68, 4),
    size(104, 4, 816, 56, 6),
    size(120, 6, 1050, 68, 6),
    size(132, 6, 1304, 62, 8),
    size(144, 6, 1558, 62, 10),
];

const fn size(side: usize, n_regions: usize, n_data: usize, n_correction: usize, n_blocks: usize) -> Size {
    Size { side, n_regions, n_data, n_correction, n_blocks }
}
