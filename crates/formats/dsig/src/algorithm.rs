//! The algorithms we know, and the keys that the caller holds.

use crate::Error;
use sha1::Sha1;
use sha2::{Digest as _, Sha256};

/// A family of algorithms, for signatures and for digests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// RSA (PKCS#1 v1.5) with SHA-256, and SHA-256.
    Sha256,
    /// RSA (PKCS#1 v1.5) with SHA-1, and SHA-1: broken, for peers that know nothing else.
    Compatibility,
}

impl Algorithm {
    /// The identifier of the signature algorithm.
    pub fn signature_uri(self) -> &'static str {
        match self {
            Self::Sha256 => "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
            Self::Compatibility => "http://www.w3.org/2000/09/xmldsig#rsa-sha1",
        }
    }

    /// The identifier of the digest algorithm.
    pub fn digest_uri(self) -> &'static str {
        match self {
            Self::Sha256 => "http://www.w3.org/2001/04/xmlenc#sha256",
            Self::Compatibility => "http://www.w3.org/2000/09/xmldsig#sha1",
        }
    }

    /// The digest of these bytes: 32 bytes, or 20 for [`Algorithm::Compatibility`].
    pub fn digest(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Compatibility => Sha1::digest(bytes).to_vec(),
        }
    }

    pub(crate) fn of_signature(uri: &str) -> Option<Self> {
        [Self::Sha256, Self::Compatibility].into_iter().find(|it| it.signature_uri() == uri)
    }

    pub(crate) fn of_digest(uri: &str) -> Option<Self> {
        [Self::Sha256, Self::Compatibility].into_iter().find(|it| it.digest_uri() == uri)
    }
}

/// A private key.
pub trait Signer {
    /// The RSA signature (PKCS#1 v1.5, RFC 8017, 8.2) of these bytes, hashed as `algorithm` says.
    ///
    /// Errors: [`Error::Key`], when the key cannot be used.
    fn sign(&self, algorithm: Algorithm, bytes: &[u8]) -> Result<Vec<u8>, Error>;
}

/// The public key that is believed, however it was chosen.
pub trait Verifier {
    /// Whether `signature` is that of these bytes (RSA PKCS#1 v1.5, hashed as `algorithm` says) by a key that is believed.
    ///
    /// `certificates` are those that the signature shows, DER, in their order, not yet believed by anyone:
    /// an implementation that takes its key from them must check them first.
    /// Errors: [`Error::Signature`], or [`Error::Key`] when the key cannot be used or is not believed.
    fn verify(
        &self,
        algorithm: Algorithm,
        bytes: &[u8],
        signature: &[u8],
        certificates: &[Vec<u8>],
    ) -> Result<(), Error>;
}
