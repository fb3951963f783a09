//! `xs:hexBinary` and `xs:base64Binary` (XML Schema part 2 §3.2.15 and §3.2.16).

use super::lexical::is_space;
use crate::error::{Error, Res};
use std::rc::Rc;

const HEX: &[u8; 16] = b"0123456789ABCDEF";
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

pub(super) fn hex_text(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from(HEX[usize::from(nibble & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

pub(super) fn parse_hex(text: &str) -> Res<Rc<[u8]>> {
    let malformed = || Error::new("FORG0001", "the lexical form of xs:hexBinary");
    let digit = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [a, b] => Some(digit(*a)? << 4 | digit(*b)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect::<Option<_>>().ok_or_else(malformed)
}

pub(super) fn base64_text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain([&0, &0]).take(3).fold(0_u32, |group, byte| group << 8 | u32::from(*byte));
        for place in 0..4 {
            let sextet = (group >> (18 - 6 * place)) as usize & 63;
            out.push(if place <= chunk.len() { char::from(BASE64[sextet]) } else { '=' });
        }
    }
    out
}

/// White space may stand anywhere. The bits that the last character does not use must be zero, as Saxon wants it.
pub(super) fn parse_base64(text: &str) -> Res<Rc<[u8]>> {
    let malformed = || Error::new("FORG0001", "the lexical form of xs:base64Binary");
    let text: String = text.chars().filter(|c| !is_space(*c)).collect();
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(&text);
    if !text.len().is_multiple_of(4) {
        return Err(malformed());
    }
    let mut out = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    let (mut bits, mut n_bits) = (0_u32, 0);
    for byte in digits.bytes() {
        let sextet = sextet(byte).ok_or_else(malformed)?;
        bits = (bits << 6 | sextet) & 0xFFFF;
        n_bits += 6;
        if n_bits >= 8 {
            n_bits -= 8;
            out.push((bits >> n_bits) as u8);
        }
    }
    if bits & ((1 << n_bits) - 1) != 0 { Err(malformed()) } else { Ok(out.into()) }
}

fn sextet(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}
