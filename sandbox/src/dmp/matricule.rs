//! The INS matricule as the DMP checks it: 13 characters and a key of 2 digits.
//! It does not know whether the patient exists.

/// Whether a matricule has 15 characters and the right key, `97 − N mod 97`; for births in
/// Corsica, `2A` counts as `19` and `2B` as `18`.
pub fn has_right_key(matricule: &str) -> bool {
    let bytes = matricule.as_bytes();
    if bytes.len() != 15 {
        return false;
    }
    let mut number: u64 = 0;
    for (at, byte) in bytes[..13].iter().enumerate() {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A' | b'B' if at == 6 && bytes[5] == b'2' => 0,
            _ => return false,
        };
        number = number * 10 + u64::from(digit);
    }
    let corsica = match bytes[6] {
        b'A' => 1_000_000,
        b'B' => 2_000_000,
        _ => 0,
    };
    let key = 97 - (number - corsica) % 97;
    matricule[13..].parse() == Ok(key)
}

#[cfg(test)]
mod tests {
    use super::has_right_key;

    #[test]
    fn keys_of_the_published_vectors_are_right_and_any_other_is_wrong() {
        for (number, key) in [
            ("2070585756270", 97),
            ("2790351215189", 89),
            ("2600588154002", 33),
            ("1240188524933", 34),
            ("180012A123456", 20),
            ("180012B123456", 47),
        ] {
            for candidate in 0..100 {
                let matricule = format!("{number}{candidate:02}");
                assert_eq!(has_right_key(&matricule), candidate == key, "{matricule}");
            }
        }
    }

    #[test]
    fn what_is_not_a_matricule_has_no_right_key() {
        for bad in ["", "27903512151898", "2790351215189890", "27903512151898é", "2A0012A12345620"] {
            assert!(!has_right_key(bad), "{bad}");
        }
        assert!(!has_right_key("00000000000000é"));
    }
}
