//! Error correction: data codewords in, Reed-Solomon codewords behind them out.
//!
//! Source: ISO/IEC 16022, annex E: GF(256) by x⁸ + x⁵ + x³ + x² + 1, generator with roots 2¹ to 2ⁿ.

use super::size::Size;

const POLYNOMIAL: u16 = 0x12D;

/// Powers of two, twice over, so that a sum of two logarithms needs no remainder.
static POWERS: [u8; 510] = powers();
/// Logarithms; that of zero does not exist.
static LOGARITHMS: [u8; 256] = logarithms();

const fn powers() -> [u8; 510] {
    let mut powers = [0; 510];
    let (mut at, mut power) = (0, 1u16);
    while at < 510 {
        powers[at] = power as u8;
        power <<= 1;
        if power > 255 {
            power ^= POLYNOMIAL;
        }
        at += 1;
    }
    powers
}

const fn logarithms() -> [u8; 256] {
    let mut logarithms = [0; 256];
    let powers = powers();
    let mut at = 0;
    while at < 255 {
        logarithms[powers[at] as usize] = at as u8;
        at += 1;
    }
    logarithms
}

/// The product of a number that is not zero, by its logarithm, and any other.
fn product(logarithm: u8, other: u8) -> u8 {
    match other {
        0 => 0,
        _ => POWERS[usize::from(logarithm) + usize::from(LOGARITHMS[usize::from(other)])],
    }
}

/// Adds the codewords of error correction, those of the blocks in turn.
pub(super) fn append(codewords: &mut Vec<u8>, size: Size) {
    let generator = generator(size.n_correction);
    codewords.resize(size.n_data + size.n_correction * size.n_blocks, 0);
    let (data, correction) = codewords.split_at_mut(size.n_data);
    let mut rest = vec![0; size.n_correction];
    for block in 0..size.n_blocks {
        rest.fill(0);
        data.iter().skip(block).step_by(size.n_blocks).for_each(|it| divide(&mut rest, *it, &generator));
        correction.iter_mut().skip(block).step_by(size.n_blocks).zip(&rest).for_each(|(to, from)| *to = *from);
    }
}

/// Coefficients of the generator, highest first, without the leading one; as logarithms, for none is zero.
fn generator(n: usize) -> Vec<u8> {
    // Lowest first while it grows.
    let mut product_of_roots = vec![1u8];
    for root in 1..=n {
        product_of_roots.push(0);
        for at in (0..product_of_roots.len()).rev() {
            let below = if at > 0 { product_of_roots[at - 1] } else { 0 };
            product_of_roots[at] = below ^ product(root as u8, product_of_roots[at]);
        }
    }
    product_of_roots.iter().rev().skip(1).map(|it| LOGARITHMS[usize::from(*it)]).collect()
}

/// One step of the division of the data by the generator.
fn divide(rest: &mut [u8], codeword: u8, generator: &[u8]) {
    let factor = rest[0] ^ codeword;
    rest.rotate_left(1);
    rest[generator.len() - 1] = 0;
    if factor != 0 {
        let logarithm = usize::from(LOGARITHMS[usize::from(factor)]);
        for (to, coefficient) in rest.iter_mut().zip(generator) {
            *to ^= POWERS[logarithm + usize::from(*coefficient)];
        }
    }
}
