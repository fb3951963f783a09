//! What a peer really signed: canonical bytes, for callers to read instead of the document.
//!
//! The policy says where the signature and the covered elements stand; a signature that is valid elsewhere is worth nothing.
//! It deliberately does not follow any reference out of the document, nor find a signature by searching.
//!
//! Sources: XML-DSig core, 3.2 (validation), 4; McIntosh and Austel (2005) and Somorovsky et al. (2012), signature wrapping.

use crate::{Algorithm, Canonicalization, DSIG_NS, Error, Limits, Verifier, c14n, document};
use roxmltree::Node;

const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";

/// Prefixes of one `InclusiveNamespaces`.
const MAX_PREFIXES: usize = 64;
/// Certificates of one `ds:X509Data`.
const MAX_CERTIFICATES: usize = 16;

/// A way from the root, itself included, to one element: namespace and local name of each step.
pub type Path<'a> = &'a [(&'a str, &'a str)];

/// What is believed.
#[derive(Debug, Clone, Copy)]
pub struct Policy<'a> {
    /// Where the signature stands.
    pub place: Placed<'a>,
    /// Algorithms that are allowed, for the signature and for each digest.
    pub algorithms: &'a [Algorithm],
    /// Canonicalizations that are allowed, for `ds:SignedInfo` and for references.
    /// A reference without any is [`Canonicalization::Inclusive`].
    pub canonicalizations: &'a [Canonicalization],
    /// Bounds of the document.
    pub limits: Limits,
}

/// Where a signature stands, and what it must cover: nothing less and nothing more.
#[derive(Debug, Clone, Copy)]
pub enum Placed<'a> {
    /// A child of the only element at this path, which it covers whole but for itself.
    Inside(Path<'a>),
    /// The only element at this path; it covers the only element at each of these other ones.
    At(Path<'a>, &'a [Path<'a>]),
}

impl<'a> Policy<'a> {
    /// An enveloped signature as SAML 2.0 wants it, SHA-256 and exclusive canonicalization.
    ///
    /// Source: SAML 2.0 core, 5.4.
    pub fn enveloped(path: Path<'a>) -> Self {
        Self {
            place: Placed::Inside(path),
            algorithms: &[Algorithm::Sha256],
            canonicalizations: &[Canonicalization::Exclusive, Canonicalization::ExclusiveWithComments],
            limits: Limits::default(),
        }
    }
}

/// What a valid signature covers.
#[derive(Clone)]
pub struct Verified {
    /// The canonical bytes of each covered element, in the order of the policy, without the signature and without comments.
    /// Exclusive canonicalization drops namespaces that only values use (`xsi:type="xs:string"`).
    pub signed: Vec<Vec<u8>>,
    /// The certificates that the signature shows, DER, as the verifier saw them.
    pub certificates: Vec<Vec<u8>>,
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({} elements, {:?})", self.signed.len(), self.algorithm)
    }
}

/// Verifies the one signature of a document.
///
/// In: UTF-8 without document type.
/// Refused: another signature anywhere, an identifier that stands twice, any reference that does not lead by `#id` to
/// an element that the policy wants covered, transforms other than enveloped-signature then one canonicalization.
/// The digests of a `ds:Manifest` are its reader's affair.
/// Errors: one cause each, [`Error`]; the key is asked last, once everything else is right.
pub fn verify(document: &[u8], policy: &Policy<'_>, key: &dyn Verifier) -> Result<Verified, Error> {
    let text = policy.limits.text(document)?;
    let tree = policy.limits.parse(&text)?;
    let identifiers = document::identifiers(&tree)?;
    let root = tree.root_element();

    let mut signatures = tree.descendants().filter(|it| it.has_tag_name((DSIG_NS, "Signature")));
    let (Some(signature), None) = (signatures.next(), signatures.next()) else {
        return Err(Error::Place("ds:Signature"));
    };
    let (covered, is_enveloped) = match policy.place {
        Placed::Inside(path) => {
            let covered = only(root, path)?;
            if signature.parent() != Some(covered) {
                return Err(Error::Place("ds:Signature"));
            }
            (vec![covered], true)
        }
        Placed::At(path, others) => {
            if only(root, path)? != signature {
                return Err(Error::Place("ds:Signature"));
            }
            (others.iter().map(|path| only(root, path)).collect::<Result<_, _>>()?, false)
        }
    };

    let parts = Parts::read(signature, is_enveloped)?;
    let info = SignedInfo::read(parts.signed_info, policy)?;
    if covered.is_empty() || info.references.len() != covered.len() {
        return Err(Error::Structure("one ds:Reference for each covered element"));
    }
    let mut signed: Vec<Option<Vec<u8>>> = vec![None; covered.len()];
    for reference in info.references {
        let reference = Reference::read(reference, policy)?;
        let target = identifiers.get(reference.id).ok_or(Error::UnknownId)?;
        let rank = covered.iter().position(|it| it == target).ok_or(Error::Reference)?;
        if signed[rank].is_some() {
            return Err(Error::Reference);
        }
        if reference.is_enveloped != is_enveloped {
            return Err(Error::Structure("the enveloped-signature transform, when the signature is enveloped only"));
        }
        let except = is_enveloped.then(|| signature.id());
        let bytes = c14n::canonicalize(*target, except, reference.how.without_comments(), &reference.prefixes)?;
        if reference.algorithm.digest(&bytes) != reference.digest {
            return Err(Error::Digest);
        }
        signed[rank] = Some(bytes);
    }

    let info_bytes = c14n::canonicalize(parts.signed_info, None, info.how, &info.prefixes)?;
    key.verify(info.algorithm, &info_bytes, &parts.value, &parts.certificates)?;
    Ok(Verified {
        signed: signed.into_iter().flatten().collect(),
        certificates: parts.certificates,
        algorithm: info.algorithm,
    })
}

/// The element at a path, when it is the only one there.
fn only<'a>(root: Node<'a, 'a>, path: Path<'_>) -> Result<Node<'a, 'a>, Error> {
    let mut at: Vec<Node<'a, 'a>> = vec![root];
    for (rank, name) in path.iter().enumerate() {
        if rank > 0 {
            at = at.iter().flat_map(Node::children).collect();
        }
        at.retain(|it| it.has_tag_name(*name));
    }
    match (&at[..], path) {
        ([found], [_, ..]) => Ok(*found),
        _ => Err(Error::Place("the element that must be covered, or the signature")),
    }
}

/// The children of `ds:Signature`. Source: XML-DSig core, 4.1.
struct Parts<'a> {
    signed_info: Node<'a, 'a>,
    value: Vec<u8>,
    certificates: Vec<Vec<u8>>,
}

impl<'a> Parts<'a> {
    fn read(signature: Node<'a, 'a>, is_enveloped: bool) -> Result<Self, Error> {
        let mut children = elements(signature)?.into_iter().peekable();
        let signed_info =
            children.next().filter(|it| is(*it, "SignedInfo")).ok_or(Error::Structure("ds:SignedInfo"))?;
        let value =
            children.next().filter(|it| is(*it, "SignatureValue")).ok_or(Error::Structure("ds:SignatureValue"))?;
        let key_info = children.next_if(|it| is(*it, "KeyInfo"));
        // An enveloped signature has no need of objects, where what was signed could be hidden.
        if children.any(|it| is_enveloped || !is(it, "Object")) {
            return Err(Error::Structure("nothing else in ds:Signature"));
        }
        let mut certificates = Vec::new();
        if let Some(key_info) = key_info {
            let data = key_info.children().filter(|it| is(*it, "X509Data"));
            for certificate in data.flat_map(|it| it.children()).filter(|it| is(*it, "X509Certificate")) {
                if certificates.len() == MAX_CERTIFICATES {
                    return Err(Error::TooLarge { what: "certificates", limit: MAX_CERTIFICATES });
                }
                certificates.push(base64(certificate, "ds:X509Certificate")?);
            }
        }
        Ok(Self { signed_info, value: base64(value, "ds:SignatureValue")?, certificates })
    }
}

/// Source: XML-DSig core, 4.3.
struct SignedInfo<'a> {
    how: Canonicalization,
    prefixes: Vec<&'a str>,
    algorithm: Algorithm,
    references: Vec<Node<'a, 'a>>,
}

impl<'a> SignedInfo<'a> {
    fn read(node: Node<'a, 'a>, policy: &Policy<'_>) -> Result<Self, Error> {
        let mut children = elements(node)?.into_iter();
        let method = children.next().filter(|it| is(*it, "CanonicalizationMethod"));
        let (how, prefixes) = canonicalization(method.ok_or(Error::Structure("ds:CanonicalizationMethod"))?, policy)?;
        let method = children.next().filter(|it| is(*it, "SignatureMethod"));
        let method = method.ok_or(Error::Structure("ds:SignatureMethod"))?;
        if !elements(method)?.is_empty() {
            return Err(Error::Structure("no parameter of the signature algorithm"));
        }
        let algorithm = Algorithm::of_signature(uri(method)?)
            .filter(|it| policy.algorithms.contains(it))
            .ok_or(Error::Algorithm("the signature algorithm"))?;
        let references: Vec<_> = children.collect();
        if !references.iter().all(|it| is(*it, "Reference")) {
            return Err(Error::Structure("ds:Reference"));
        }
        Ok(Self { how, prefixes, algorithm, references })
    }
}

/// Source: XML-DSig core, 4.3.3.
struct Reference<'a> {
    id: &'a str,
    is_enveloped: bool,
    how: Canonicalization,
    prefixes: Vec<&'a str>,
    algorithm: Algorithm,
    digest: Vec<u8>,
}

impl<'a> Reference<'a> {
    fn read(node: Node<'a, 'a>, policy: &Policy<'_>) -> Result<Self, Error> {
        // `#xpointer(…)` is no identifier that an element has.
        let id = node.attribute("URI").and_then(|uri| uri.strip_prefix('#')).filter(|id| !id.is_empty());
        let id = id.ok_or(Error::Reference)?;
        let mut children = elements(node)?.into_iter().peekable();
        let mut transforms = match children.next_if(|it| is(*it, "Transforms")) {
            Some(list) => elements(list)?.into_iter().peekable(),
            None => Vec::new().into_iter().peekable(),
        };
        let is_enveloped =
            transforms.next_if(|it| is(*it, "Transform") && it.attribute("Algorithm") == Some(ENVELOPED));
        if let Some(transform) = is_enveloped
            && !elements(transform)?.is_empty()
        {
            return Err(Error::Structure("no parameter of the enveloped-signature transform"));
        }
        let (how, prefixes) = match transforms.next() {
            Some(transform) if is(transform, "Transform") => canonicalization(transform, policy)?,
            Some(_) => return Err(Error::Structure("ds:Transform")),
            None if policy.canonicalizations.contains(&Canonicalization::Inclusive) => {
                (Canonicalization::Inclusive, Vec::new())
            }
            None => return Err(Error::Algorithm("the canonicalization of a reference without any")),
        };
        if transforms.next().is_some() {
            return Err(Error::Structure("no transform after the canonicalization"));
        }
        let method = children.next().filter(|it| is(*it, "DigestMethod")).ok_or(Error::Structure("ds:DigestMethod"))?;
        let algorithm = Algorithm::of_digest(uri(method)?)
            .filter(|it| policy.algorithms.contains(it))
            .ok_or(Error::Algorithm("the digest algorithm"))?;
        let value = children.next().filter(|it| is(*it, "DigestValue")).ok_or(Error::Structure("ds:DigestValue"))?;
        if children.next().is_some() {
            return Err(Error::Structure("nothing after ds:DigestValue"));
        }
        let digest = base64(value, "ds:DigestValue")?;
        Ok(Self { id, is_enveloped: is_enveloped.is_some(), how, prefixes, algorithm, digest })
    }
}

/// The canonicalization that an element names, with its `PrefixList`. Source: Exclusive XML Canonicalization, 4.
fn canonicalization<'a>(method: Node<'a, 'a>, policy: &Policy<'_>) -> Result<(Canonicalization, Vec<&'a str>), Error> {
    let how = Canonicalization::from_uri(uri(method)?)
        .filter(|it| policy.canonicalizations.contains(it))
        .ok_or(Error::Algorithm("a canonicalization or transform"))?;
    let parameters = elements(method)?;
    let prefixes = match &parameters[..] {
        [] => Vec::new(),
        [list]
            if how.is_exclusive() && list.has_tag_name((Canonicalization::Exclusive.uri(), "InclusiveNamespaces")) =>
        {
            list.attribute("PrefixList").unwrap_or_default().split_ascii_whitespace().take(MAX_PREFIXES + 1).collect()
        }
        _ => return Err(Error::Structure("no parameter of a canonicalization but InclusiveNamespaces")),
    };
    if prefixes.len() > MAX_PREFIXES {
        return Err(Error::TooLarge { what: "prefixes", limit: MAX_PREFIXES });
    }
    Ok((how, prefixes))
}

fn is(node: Node<'_, '_>, name: &str) -> bool {
    node.has_tag_name((DSIG_NS, name))
}

fn uri<'a>(node: Node<'a, 'a>) -> Result<&'a str, Error> {
    node.attribute("Algorithm").ok_or(Error::Structure("an Algorithm"))
}

/// The child elements of a node that holds elements only, and white space.
fn elements<'a>(node: Node<'a, 'a>) -> Result<Vec<Node<'a, 'a>>, Error> {
    let is_blank = |it: &Node<'_, '_>| it.text().is_none_or(|text| text.trim_ascii().is_empty());
    if node.children().any(|it| it.is_text() && !is_blank(&it)) {
        return Err(Error::Structure("elements and no text"));
    }
    Ok(node.children().filter(Node::is_element).collect())
}

/// The bytes of an element that holds base64 and nothing else.
fn base64(node: Node<'_, '_>, what: &'static str) -> Result<Vec<u8>, Error> {
    if !node.children().all(|it| it.is_text()) {
        return Err(Error::Base64(what));
    }
    let text: String = node.children().filter_map(|it| it.text()).collect();
    base64_simd::forgiving_decode_to_vec(text.as_bytes()).map_err(|_| Error::Base64(what))
}
