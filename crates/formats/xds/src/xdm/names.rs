//! File names of XDM: ISO 9660 level 1.

/// Whether a path relative to the archive's root is ISO 9660 level 1: names of at most 8
/// characters and extensions of at most 3, letters `A` to `Z`, digits and `_`, at most 8 levels.
pub fn is_iso9660_level_1(path: &str) -> bool {
    let levels: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    let is_directory = path.ends_with('/');
    levels.len() <= 8
        && levels.iter().enumerate().all(|(n, level)| {
            let is_file = !is_directory && n + 1 == levels.len();
            match level.split_once('.') {
                Some((name, extension)) => {
                    is_file && is_part(name, 8) && (extension.is_empty() || is_part(extension, 3))
                }
                None => is_part(level, 8),
            }
        })
}

fn is_part(text: &str, n_max: usize) -> bool {
    (1..=n_max).contains(&text.len()) && text.bytes().all(|b| matches!(b, b'A'..=b'Z' | b'0'..=b'9' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::is_iso9660_level_1;

    #[test]
    fn names_follow_iso_9660_level_1() {
        for good in ["INDEX.HTM", "IHE_XDM/", "IHE_XDM/SUBSET01/DOC0001.XML", "A", "A."] {
            assert!(is_iso9660_level_1(good), "{good}");
        }
        for bad in [
            "",
            "index.htm",
            "IHE_XDM/CCD1.HTML",
            "DOCUMENT1.XML",
            "A.B.C",
            "A/B/C/D/E/F/G/H/I",
            "A-B",
            "A//B",
            ".XML",
            "A.B/C",
        ] {
            assert!(!is_iso9660_level_1(bad), "{bad}");
        }
    }
}
