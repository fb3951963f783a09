//! From a document we wrote, and what to sign in it, to the same document with its `ds:Signature`.
//!
//! Everything around the signature stays byte for byte.
//!
//! Source: XML-DSig core, 3.1 (generation), 4 (syntax).

use crate::{Algorithm, Canonicalization, DSIG_NS, Error, Limits, Signer, c14n, document};
use roxmltree::{Document, Node, NodeId};
use xml::Writer;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// What a signature says of itself and covers.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `Id` of the `ds:Signature`.
    pub id: Option<&'a str>,
    /// How `ds:SignedInfo` is canonicalized.
    pub canonicalization: Canonicalization,
    /// The signature algorithm.
    pub algorithm: Algorithm,
    /// What is covered, in order; at least one.
    pub references: &'a [Reference<'a>],
    /// Certificates of `ds:KeyInfo`, DER, that of the key first; none for no `ds:KeyInfo`.
    pub certificates: &'a [&'a [u8]],
    /// The content of each `ds:Object`: well-formed, declaring its own namespaces (a `ds:Manifest`, XAdES properties).
    /// The prefix `ds` is bound where it stands.
    pub objects: &'a [&'a [u8]],
}

impl std::fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Request({:?}, {} references)", self.algorithm, self.references.len())
    }
}

/// One `ds:Reference`.
#[derive(Clone, Copy)]
pub struct Reference<'a> {
    /// What is covered.
    pub target: Target<'a>,
    /// `Type`, a URI.
    pub kind: Option<&'a str>,
    /// The digest algorithm.
    pub digest: Algorithm,
}

impl std::fmt::Debug for Reference<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reference({:?})", self.digest)
    }
}

/// What a reference covers.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// An element of the document or of an object, by its identifier, comments left out.
    Element {
        /// The value of its `ID`, `Id` or `id`, without `#`.
        id: &'a str,
        /// Whether the signature stands inside and does not cover itself.
        is_enveloped: bool,
        /// How it is canonicalized; `None` names no transform, which means Canonical XML 1.0 (XML-DSig core, 4.3.3.2).
        canonicalization: Option<Canonicalization>,
    },
    /// Bytes that travel elsewhere.
    Bytes {
        /// How the recipient names them.
        uri: &'a str,
        /// The bytes, digested as they are.
        bytes: &'a [u8],
    },
}

impl std::fmt::Debug for Target<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Element { .. } => "Element",
            Self::Bytes { .. } => "Bytes",
        })
    }
}

/// Where an enveloped signature goes inside its parent.
#[derive(Debug, Clone, Copy)]
pub enum Place<'a> {
    /// Right after the only child element with this namespace and local name, as SAML wants after `saml:Issuer`.
    After(&'a str, &'a str),
    /// After everything else.
    Last,
}

/// Signs an element of a document: one enveloped reference, exclusive canonicalization, the signature inside it.
///
/// `id` is the value of its identifier.
/// This is what SAML 2.0 asks for (core, 5.4); [`sign_inside`] is for other shapes.
/// Errors: as [`sign_inside`].
pub fn sign_element(
    document: &[u8],
    id: &str,
    place: Place<'_>,
    algorithm: Algorithm,
    certificates: &[&[u8]],
    key: &dyn Signer,
) -> Result<Vec<u8>, Error> {
    let canonicalization = Canonicalization::Exclusive;
    let target = Target::Element { id, is_enveloped: true, canonicalization: Some(canonicalization) };
    let references = &[Reference { target, kind: None, digest: algorithm }];
    let request = Request { id: None, canonicalization, algorithm, references, certificates, objects: &[] };
    sign_inside(document, id, place, &request, key)
}

/// Writes a signature into the element `parent_id` of a document, and answers the whole document.
///
/// The document is UTF-8 without document type.
/// Errors: [`Error::UnknownId`], [`Error::DuplicateId`], [`Error::Place`] when the sibling is not there exactly once,
/// [`Error::Structure`] without any reference, or those of reading, of canonicalization and of the key.
pub fn sign_inside(
    document: &[u8],
    parent_id: &str,
    place: Place<'_>,
    request: &Request<'_>,
    key: &dyn Signer,
) -> Result<Vec<u8>, Error> {
    let limits = Limits::default();
    let text = limits.raw_text(document)?;
    let tree = limits.parse(text)?;
    let parent = *document::identifiers(&tree)?.get(parent_id).ok_or(Error::UnknownId)?;
    let at = match place {
        Place::After(namespace, name) => {
            let mut siblings = parent.children().filter(|it| it.has_tag_name((namespace, name)));
            match (siblings.next(), siblings.next()) {
                (Some(sibling), None) => sibling.range().end,
                _ => return Err(Error::Place("the element that the signature follows")),
            }
        }
        Place::Last => match parent.last_child() {
            Some(child) => child.range().end,
            None => return Err(Error::Place("something before the signature in its parent")),
        },
    };
    write(&document[..at], &document[at..], request, key)
}

/// Writes a signature as a document of its own: what it covers is in its objects or elsewhere, as for XAdES.
///
/// Out: the `ds:Signature` element, without XML declaration.
/// Errors: as [`sign_inside`].
pub fn sign_apart(request: &Request<'_>, key: &dyn Signer) -> Result<Vec<u8>, Error> {
    write(b"", b"", request, key)
}

/// Digests and signatures are computed in place: namespaces around an element may count.
fn write(before: &[u8], after: &[u8], request: &Request<'_>, key: &dyn Signer) -> Result<Vec<u8>, Error> {
    if request.references.is_empty() {
        return Err(Error::Structure("a reference"));
    }
    let limits = Limits::default();
    let whole = |digests: &[Vec<u8>], value: &[u8]| [before, &element(request, digests, value), after].concat();

    let at = limits.text(before)?.len();
    let bytes = whole(&[], &[]);
    let text = limits.text(&bytes)?;
    let tree = limits.parse(&text)?;
    let identifiers = document::identifiers(&tree)?;
    let signature = ours(&tree, at)?;
    let mut digests = Vec::new();
    for reference in request.references {
        digests.push(match reference.target {
            Target::Bytes { bytes, .. } => reference.digest.digest(bytes),
            Target::Element { id, is_enveloped, canonicalization } => {
                let covered = *identifiers.get(id).ok_or(Error::UnknownId)?;
                let except: Option<NodeId> = is_enveloped.then(|| signature.id());
                let how = canonicalization.unwrap_or(Canonicalization::Inclusive).without_comments();
                reference.digest.digest(&c14n::canonicalize(covered, except, how, &[])?)
            }
        });
    }

    let bytes = whole(&digests, &[]);
    let text = limits.text(&bytes)?;
    let tree = limits.parse(&text)?;
    let signed_info = ours(&tree, at)?.first_element_child().ok_or(Error::Structure("ds:SignedInfo"))?;
    let to_sign = c14n::canonicalize(signed_info, None, request.canonicalization, &[])?;
    let value = key.sign(request.algorithm, &to_sign)?;
    Ok(whole(&digests, &value))
}

fn ours<'a>(tree: &'a Document<'a>, at: usize) -> Result<Node<'a, 'a>, Error> {
    let found = tree.descendants().find(|it| it.is_element() && it.range().start == at);
    found.ok_or(Error::Place("the signature that was written"))
}

fn element(request: &Request<'_>, digests: &[Vec<u8>], value: &[u8]) -> Vec<u8> {
    let base64 = base64_simd::STANDARD;
    let mut w = Writer::new();
    w.open("ds:Signature").attr("xmlns:ds", DSIG_NS).attr_opt("Id", request.id);
    w.open("ds:SignedInfo");
    w.open("ds:CanonicalizationMethod").attr("Algorithm", request.canonicalization.uri()).close();
    w.open("ds:SignatureMethod").attr("Algorithm", request.algorithm.signature_uri()).close();
    for (rank, reference) in request.references.iter().enumerate() {
        let digest = digests.get(rank).map(Vec::as_slice).unwrap_or_default();
        write_reference(&mut w, reference, &base64.encode_to_string(digest));
    }
    w.close();
    w.element("ds:SignatureValue", &base64.encode_to_string(value));
    if !request.certificates.is_empty() {
        w.open("ds:KeyInfo").open("ds:X509Data");
        for certificate in request.certificates {
            w.element("ds:X509Certificate", &base64.encode_to_string(certificate));
        }
        w.close().close();
    }
    for object in request.objects {
        w.open("ds:Object").fragment(object).close();
    }
    w.close();
    w.finish()
}

fn write_reference(w: &mut Writer, reference: &Reference<'_>, digest: &str) {
    w.open("ds:Reference");
    match reference.target {
        Target::Bytes { uri, .. } => {
            w.attr("URI", uri).attr_opt("Type", reference.kind);
        }
        Target::Element { id, is_enveloped, canonicalization } => {
            w.attr("URI", &format!("#{id}")).attr_opt("Type", reference.kind);
            if is_enveloped || canonicalization.is_some() {
                w.open("ds:Transforms");
                if is_enveloped {
                    w.open("ds:Transform").attr("Algorithm", ENVELOPED).close();
                }
                if let Some(how) = canonicalization {
                    w.open("ds:Transform").attr("Algorithm", how.uri()).close();
                }
                w.close();
            }
        }
    }
    w.open("ds:DigestMethod").attr("Algorithm", reference.digest.digest_uri()).close();
    w.element("ds:DigestValue", digest).close();
}
