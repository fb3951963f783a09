//! Access tokens of the shape of Pro Santé Connect's: JSON Web Tokens, signed with RSA by a key of this process.
//!
//! In: a box, an end. Out: a token, and the file of the public key that Dovecot checks it with. Only the mailbox claim is ours:
//! which claim an operator looks at is its own business.
//!
//! Source: RFC 7519, RFC 7518 §3.3 (RS256).

use std::path::Path;

use anyhow::Result;
use base64_simd::URL_SAFE_NO_PAD;
use rcgen::{KeyPair, PKCS_RSA_SHA256, RsaKeySize, SigningKey};

/// The claim that names the box.
pub(super) const MAILBOX_CLAIM: &str = "email";

const KEY: &str = "essai";

/// Who signs tokens.
pub(super) struct Signer(KeyPair);

impl Signer {
    /// With a key of its own; Dovecot finds the public one in the folder.
    pub(super) fn start(folder: &Path) -> Result<Self> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let keys = folder.join("keys/default/RS256");
        std::fs::create_dir_all(&keys)?;
        std::fs::write(keys.join(KEY), key.public_key_pem())?;
        Ok(Self(key))
    }

    /// A token that opens a box until a time, issued a minute before now or before that time; in seconds since 1970.
    pub(super) fn token(&self, mailbox: &str, now: i64, until: i64) -> Result<String> {
        let head = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"{KEY}"}}"#);
        let issued = until.min(now) - 60;
        let claims =
            format!(r#"{{"sub":"f:essai:899700000001","iat":{issued},"exp":{until},"{MAILBOX_CLAIM}":"{mailbox}"}}"#);
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode_to_string(bytes);
        let signed = format!("{}.{}", encode(head.as_bytes()), encode(claims.as_bytes()));
        let signature = self.0.sign(signed.as_bytes())?;
        Ok(format!("{signed}.{}", encode(&signature)))
    }
}
