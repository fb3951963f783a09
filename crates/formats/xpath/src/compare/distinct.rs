//! Sameness of atomic values, and `fn:distinct-values` in linear time.

use super::{as_text, value, whole};
use crate::cast::double_of;
use crate::error::Res;
use crate::expr::Comparison;
use crate::value::Atomic;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher};

/// Whether two values are the same for `distinct-values` and `deep-equal`: as `eq`, but NaN is itself.
///
/// Values that cannot be compared are not the same. A float is compared with a decimal as doubles, as Saxon does here.
/// `index-of` wants `eq` itself, where NaN is not NaN: [`value`]. Source: F&O §15.1.6.
pub(crate) fn same(a: &Atomic<'_>, b: &Atomic<'_>) -> bool {
    if let (Some(a), Some(b)) = (as_text(a), as_text(b)) {
        return a == b;
    }
    if !a.is_numeric() || !b.is_numeric() {
        return value(Comparison::Eq, a, b).unwrap_or(false);
    }
    match (whole(a), whole(b), a, b) {
        (Some(a), Some(b), ..) => a == b,
        (_, _, Atomic::Decimal(a), Atomic::Decimal(b)) => a == b,
        _ => {
            let (a, b) = (double_of(a).unwrap_or(f64::NAN), double_of(b).unwrap_or(f64::NAN));
            a == b || a.is_nan() && b.is_nan()
        }
    }
}

/// Each value once, in the order of first appearance. Source: F&O §15.1.6.
///
/// `spend` is told how many values a value is compared with: large integers that are near have one hash.
pub(crate) fn distinct<'d>(
    values: impl IntoIterator<Item = Atomic<'d>>,
    spend: &dyn Fn(u64) -> Res<()>,
) -> Res<Vec<Atomic<'d>>> {
    let hasher = RandomState::default();
    let mut out: Vec<Atomic<'d>> = Vec::new();
    // By hash, the places in `out` of the values that have it: nearly always one.
    let mut places: HashMap<u64, Vec<usize>, RandomState> = HashMap::default();
    for value in values {
        let known = places.entry(hash(&hasher, &value)).or_default();
        spend(known.len() as u64)?;
        if !known.iter().any(|place| same(&out[*place], &value)) {
            known.push(out.len());
            out.push(value);
        }
    }
    Ok(out)
}

/// Equal for values that are the same.
fn hash(hasher: &RandomState, value: &Atomic<'_>) -> u64 {
    let mut state = hasher.build_hasher();
    if let Some(text) = as_text(value) {
        text.hash(&mut state);
        return state.finish();
    }
    match value {
        Atomic::Boolean(value) => value.hash(&mut state),
        Atomic::Moment(moment) => (moment.kind, moment.instant()).hash(&mut state),
        Atomic::Duration(duration) => (duration.months, duration.seconds.normalize()).hash(&mut state),
        Atomic::QName(name) => (&name.namespace, &name.local).hash(&mut state),
        Atomic::Binary(kind, bytes) => (kind, bytes).hash(&mut state),
        _ => {
            let number = double_of(value).unwrap_or(f64::NAN);
            // All NaN are one, and so are the two zeros.
            let number = if number.is_nan() { f64::NAN } else { number + 0.0 };
            number.to_bits().hash(&mut state);
        }
    }
    state.finish()
}
