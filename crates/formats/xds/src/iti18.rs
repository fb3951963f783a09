//! ITI-18 Registry Stored Query: the queries a source needs to find what it registered before.
//! In: unique identifiers. Out: `entryUUID`s. Metadata results (`LeafClass`) are not read.
//!
//! Source: ITI TF-2 3.18.

use crate::ebrim::{QUERY_NS, RIM_NS, RS_NS, child, children};
use crate::errors::parse;
use crate::{DecodeError, RegistryResponse};
use roxmltree::Node;
use xml::Writer;

/// WS-Addressing action of the request.
pub const ACTION: &str = "urn:ihe:iti:2007:RegistryStoredQuery";
/// WS-Addressing action of the answer.
pub const RESPONSE_ACTION: &str = "urn:ihe:iti:2007:RegistryStoredQueryResponse";
/// Stored query GetDocuments.
pub const GET_DOCUMENTS: &str = "urn:uuid:5c4f972b-d56b-40ac-a5fc-c8ca9b40b9d4";
/// Parameter of GetDocuments: unique identifiers.
pub const UNIQUE_ID_PARAM: &str = "$XDSDocumentEntryUniqueId";
/// Parameter of GetDocuments: `entryUUID`s.
pub const ENTRY_UUID_PARAM: &str = "$XDSDocumentEntryEntryUUID";

/// What the registry should return.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReturnType {
    /// Identifiers only.
    ObjectRef,
    /// Whole registry objects.
    LeafClass,
}

/// A stored query with its parameters.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredQuery {
    /// Identifier of the query, `urn:uuid:…`.
    pub id: String,
    /// What to return.
    pub return_type: ReturnType,
    /// Parameters: name (with its `$`) and values, without quotes.
    pub params: Vec<(String, Vec<String>)>,
}

impl StoredQuery {
    /// GetDocuments by unique identifier, returning identifiers only.
    pub fn get_documents<'a>(unique_ids: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            id: GET_DOCUMENTS.into(),
            return_type: ReturnType::ObjectRef,
            params: vec![(UNIQUE_ID_PARAM.into(), unique_ids.into_iter().map(Into::into).collect())],
        }
    }

    /// Values of a parameter; none when it is absent.
    pub fn values(&self, name: &str) -> &[String] {
        self.params.iter().find(|(n, _)| n == name).map_or(&[], |(_, values)| values)
    }

    /// The `query:AdhocQueryRequest` element: a SOAP body. Every value is written as a list of
    /// quoted strings, a quote inside being doubled (TF-2 3.18.4.1.2.3.5).
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(1024);
        w.open("query:AdhocQueryRequest");
        w.attr("xmlns:query", QUERY_NS).attr("xmlns", RIM_NS);
        w.open("query:ResponseOption").attr("returnComposedObjects", "true");
        let return_type = match self.return_type {
            ReturnType::ObjectRef => "ObjectRef",
            ReturnType::LeafClass => "LeafClass",
        };
        w.attr("returnType", return_type).close();
        w.open("AdhocQuery").attr("id", &self.id);
        for (name, values) in &self.params {
            w.open("Slot").attr("name", name).open("ValueList");
            // Each value on its own line keeps every slot value within the schema's 256 characters.
            for value in values {
                w.element("Value", &format!("('{}')", value.replace('\'', "''")));
            }
            w.close().close();
        }
        w.close().close();
        w.finish()
    }

    /// Reads a parsed `AdhocQueryRequest`. Numbers and lists cut over several values are joined.
    pub fn decode_node(node: Node<'_, '_>) -> Result<Self, DecodeError> {
        let query = child(node, "AdhocQuery")
            .ok_or(DecodeError::Malformed { at: "AdhocQueryRequest", expected: "an AdhocQuery" })?;
        let return_type = match child(node, "ResponseOption").and_then(|o| o.attribute("returnType")) {
            Some("ObjectRef") => ReturnType::ObjectRef,
            _ => ReturnType::LeafClass,
        };
        let params = children(query, "Slot")
            .map(|slot| {
                let name = slot.attribute("name").unwrap_or_default().to_owned();
                let values = child(slot, "ValueList")
                    .into_iter()
                    .flat_map(|l| children(l, "Value"))
                    .flat_map(|v| query_values(v.text().unwrap_or_default()))
                    .collect();
                (name, values)
            })
            .collect();
        Ok(Self { id: query.attribute("id").unwrap_or_default().to_owned(), return_type, params })
    }
}

crate::hl7::opaque_debug!(StoredQuery);

/// The values of `('a','b')`, `'a'` or `12`.
fn query_values(text: &str) -> Vec<String> {
    let text = text.trim();
    if !text.contains('\'') {
        return vec![text.trim_matches(['(', ')']).trim().to_owned()];
    }
    let mut values = Vec::new();
    let mut current: Option<String> = None;
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (&mut current, c) {
            (None, '\'') => current = Some(String::new()),
            (Some(value), '\'') if chars.peek() == Some(&'\'') => {
                chars.next();
                value.push('\'');
            }
            (Some(_), '\'') => values.extend(current.take()),
            (Some(value), c) => value.push(c),
            (None, _) => {}
        }
    }
    values
}

/// What a registry answers to a query for identifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryResponse {
    /// Status and errors.
    pub response: RegistryResponse,
    /// `entryUUID`s found, `urn:uuid:…`, in the order given.
    pub object_refs: Vec<String>,
}

impl QueryResponse {
    /// The `query:AdhocQueryResponse` element: a SOAP body.
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::with_capacity(512);
        w.open("query:AdhocQueryResponse");
        w.attr("xmlns:query", QUERY_NS).attr("xmlns:rs", RS_NS);
        w.attr("status", self.response.status.as_urn());
        self.response.write_errors(&mut w);
        w.open("RegistryObjectList").attr("xmlns", RIM_NS);
        for id in &self.object_refs {
            w.open("ObjectRef").attr("id", id).close();
        }
        w.close().close();
        w.finish()
    }

    /// Reads an `AdhocQueryResponse` from bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_node(parse(bytes)?.root_element())
    }

    /// Reads a parsed `AdhocQueryResponse`. Whole entries, when the registry returns them although
    /// identifiers were asked, count by their identifier.
    pub fn decode_node(node: Node<'_, '_>) -> Result<Self, DecodeError> {
        let response = RegistryResponse::decode_node(node)?;
        let object_refs = child(node, "RegistryObjectList")
            .into_iter()
            .flat_map(|list| list.children())
            .filter(|n| matches!(n.tag_name().name(), "ObjectRef" | "ExtrinsicObject"))
            .filter_map(|n| n.attribute("id"))
            .map(Into::into)
            .collect();
        Ok(Self { response, object_refs })
    }
}
