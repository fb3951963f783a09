//! The only way to declare a route: with its rule. Sessions, rights, CSRF and bounds are checked here, before a handler.
//!
//! In: paths, rules, handlers. Out: an axum router whose every answer has the security headers.

use std::{future::Future, pin::Pin, sync::Arc};

use app::accounts::random_token;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{FromRequest, FromRequestParts, Multipart, RawPathParams, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::MethodFilter,
};

use crate::{
    Web,
    access::Rule,
    answer::{Answer, Failure},
    visit::{Fields, Guest, Visit},
};

/// Largest form.
pub const MAX_FORM_BYTES: usize = 64 * 1024;
/// Largest form that brings a file: the file and its fields.
pub const MAX_UPLOAD_BYTES: usize = 1024 * 1024;
/// Most fields of a form: the registration of a dossier has the catalogue's check boxes.
const MAX_FIELDS: usize = 1000;

/// What a browser may do with our pages: no script, style or connection from elsewhere, no framing.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Who may use a route.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anyone; the text says why.
    Public(&'static str),
    /// Signed-in people that the rule lets through.
    Rule(Rule),
}

/// A declared route.
#[derive(Clone, Debug)]
pub struct Entry {
    /// `GET` or `POST`.
    pub method: Method,
    /// Path, with `{names}`.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
}

/// What the form of an act may bring.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Fields.
    Fields,
    /// Fields and one file.
    File,
}

type Outcome = Pin<Box<dyn Future<Output = Answer> + Send>>;
type SignedHandler = Arc<dyn Fn(Visit) -> Outcome + Send + Sync>;
type GuestHandler = Arc<dyn Fn(Guest) -> Outcome + Send + Sync>;

/// Collects routes.
#[derive(Default)]
pub(crate) struct Routes {
    entries: Vec<Entry>,
    router: Router<Web>,
}

impl Routes {
    /// A page.
    pub fn get<F, Fut>(self, path: &'static str, rule: Rule, handler: F) -> Self
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let handler: SignedHandler = Arc::new(move |visit| Box::pin(handler(visit)));
        self.signed(Method::GET, MethodFilter::GET, path, (rule, Form::Fields), handler)
    }

    /// An act.
    pub fn post<F, Fut>(self, path: &'static str, rule: Rule, handler: F) -> Self
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let handler: SignedHandler = Arc::new(move |visit| Box::pin(handler(visit)));
        self.signed(Method::POST, MethodFilter::POST, path, (rule, Form::Fields), handler)
    }

    /// An act whose form may bring one file.
    pub fn upload<F, Fut>(self, path: &'static str, rule: Rule, handler: F) -> Self
    where
        F: Fn(Visit) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        let handler: SignedHandler = Arc::new(move |visit| Box::pin(handler(visit)));
        self.signed(Method::POST, MethodFilter::POST, path, (rule, Form::File), handler)
    }

    /// A page that anyone may see, and why.
    pub fn public_get<F, Fut>(self, path: &'static str, why: &'static str, handler: F) -> Self
    where
        F: Fn(Guest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        self.public(Method::GET, MethodFilter::GET, path, why, Arc::new(move |guest| Box::pin(handler(guest))))
    }

    /// An act that anyone may do, and why; it needs the token of the form all the same.
    pub fn public_post<F, Fut>(self, path: &'static str, why: &'static str, handler: F) -> Self
    where
        F: Fn(Guest) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        self.public(Method::POST, MethodFilter::POST, path, why, Arc::new(move |guest| Box::pin(handler(guest))))
    }

    /// What was declared.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The router, with the headers of every answer.
    pub fn into_router(self, web: Web) -> Router {
        self.router
            .fallback(|State(web): State<Web>| async move { Failure::NotFound.page(&web) })
            .layer(middleware::from_fn_with_state(web.clone(), guard))
            .with_state(web)
    }

    fn signed(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        (rule, form): (Rule, Form),
        handler: SignedHandler,
    ) -> Self {
        self.entries.push(Entry { method, path, access: Access::Rule(rule) });
        let serve = move |State(web): State<Web>, request: Request| {
            let handler = Arc::clone(&handler);
            async move { serve_signed(web, rule, form, request, handler).await }
        };
        self.router = self.router.route(path, axum::routing::on(filter, serve));
        self
    }

    fn public(
        mut self,
        method: Method,
        filter: MethodFilter,
        path: &'static str,
        why: &'static str,
        handler: GuestHandler,
    ) -> Self {
        self.entries.push(Entry { method, path, access: Access::Public(why) });
        let serve = move |State(web): State<Web>, request: Request| {
            let handler = Arc::clone(&handler);
            async move { serve_public(web, request, handler).await }
        };
        self.router = self.router.route(path, axum::routing::on(filter, serve));
        self
    }
}

async fn serve_signed(web: Web, rule: Rule, form: Form, request: Request, handler: SignedHandler) -> Response {
    let answer = async {
        let (mut parts, body) = request.into_parts();
        let token = cookie(&parts.headers, session_cookie(&web)).unwrap_or_default().to_owned();
        let Some(session) = web.desk.session(&web.app, &token).await? else {
            return Ok(Redirect::to("/connexion").into_response());
        };
        if !rule.allows(session.account.role) {
            return Err(Failure::Forbidden);
        }
        let (fields, file) = read_form(&parts, body, &session.csrf, form).await?;
        let path_parts = match RawPathParams::from_request_parts(&mut parts, &web).await {
            Ok(params) => params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            Err(_) => return Err(Failure::NotFound),
        };
        let visit = Visit {
            query: decode(parts.uri.query().unwrap_or("").as_bytes())?,
            web: web.clone(),
            account: session.account,
            csrf: session.csrf,
            token,
            parts: path_parts,
            fields,
            file,
        };
        handler(visit).await
    };
    answer.await.unwrap_or_else(|failure| failure.page(&web))
}

async fn serve_public(web: Web, request: Request, handler: GuestHandler) -> Response {
    let name = entry_cookie(&web);
    let mut fresh = None;
    let answer = async {
        let (parts, body) = request.into_parts();
        let csrf = match cookie(&parts.headers, name) {
            Some(known) if known.len() == 64 => known.to_owned(),
            _ => fresh.insert(random_token()?).clone(),
        };
        let (fields, _) = read_form(&parts, body, &csrf, Form::Fields).await?;
        handler(Guest { web: web.clone(), csrf, fields }).await
    };
    let mut response = answer.await.unwrap_or_else(|failure| failure.page(&web));
    // Only a page has a form that needs it; a style sheet must not replace it meanwhile.
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if let Some(token) = fresh.filter(|_| is_page) {
        set_cookie(&web, response.headers_mut(), name, &token, None);
    }
    response
}

/// The fields of an act and its file, once its token is checked. A page has none.
async fn read_form(parts: &Parts, body: Body, csrf: &str, form: Form) -> Result<(Fields, Option<Vec<u8>>), Failure> {
    if parts.method != Method::POST {
        return Ok((Fields::default(), None));
    }
    // Sent by every current browser, and by no page of another site that could lie about it.
    let elsewhere =
        parts.headers.get("sec-fetch-site").is_some_and(|site| !matches!(site.as_bytes(), b"same-origin" | b"none"));
    let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let is_plain = kind.starts_with("application/x-www-form-urlencoded");
    let has_parts = form == Form::File && kind.starts_with("multipart/form-data");
    if elsewhere || !(is_plain || has_parts) {
        return Err(Failure::Forged);
    }
    let limit = if has_parts { MAX_UPLOAD_BYTES } else { MAX_FORM_BYTES };
    let bytes = to_bytes(body, limit).await.map_err(|_| Failure::TooLarge)?;
    let (fields, file) = if has_parts { decode_parts(kind, bytes).await? } else { (decode(&bytes)?, None) };
    if same(fields.one("csrf").as_bytes(), csrf.as_bytes()) { Ok((fields, file)) } else { Err(Failure::Forged) }
}

/// Decodes `multipart/form-data`, already bounded. The part that has a file name is the file; an empty one is none.
///
/// Source: RFC 7578.
async fn decode_parts(kind: &str, bytes: axum::body::Bytes) -> Result<(Fields, Option<Vec<u8>>), Failure> {
    let request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(bytes));
    let request = request.map_err(|_| Failure::Forged)?;
    let mut parts = Multipart::from_request(request, &()).await.map_err(|_| Failure::Forged)?;
    let (mut fields, mut file) = (Vec::new(), None);
    while let Some(part) = parts.next_field().await.map_err(|_| Failure::Forged)? {
        if fields.len() == MAX_FIELDS {
            return Err(Failure::TooLarge);
        }
        let name = part.name().unwrap_or_default().to_owned();
        let is_file = part.file_name().is_some();
        let content = part.bytes().await.map_err(|_| Failure::Forged)?;
        if !is_file {
            fields.push((name, String::from_utf8_lossy(&content).into_owned()));
        } else if !content.is_empty() {
            file = Some(content.to_vec());
        }
    }
    Ok((Fields(fields), file))
}

/// Compares without telling by its time where two tokens differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    !other.is_empty() && one.len() == other.len() && one.iter().zip(other).fold(0, |acc, (a, b)| acc | (a ^ b)) == 0
}

/// Decodes `application/x-www-form-urlencoded`. Bytes that are not UTF-8 are replaced. Source: WHATWG URL, §5.1.
fn decode(bytes: &[u8]) -> Result<Fields, Failure> {
    let mut fields = Vec::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if fields.len() == MAX_FIELDS {
            return Err(Failure::TooLarge);
        }
        let at = pair.iter().position(|byte| *byte == b'=');
        let (name, value) = at.map_or((pair, &b""[..]), |at| (&pair[..at], &pair[at + 1..]));
        fields.push((percent_decode(name), percent_decode(value)));
    }
    Ok(Fields(fields))
}

fn percent_decode(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digit = |offset: usize| bytes.get(at + offset).and_then(|byte| char::from(*byte).to_digit(16));
        match (byte, digit(1), digit(2)) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                at += 3;
                continue;
            }
            (b'+', ..) => out.push(b' '),
            _ => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Name of the session's cookie.
pub(crate) fn session_cookie(web: &Web) -> &'static str {
    if web.settings.secure_cookies { "__Host-paillasse" } else { "paillasse" }
}

/// Name of the cookie that binds the sign-in form.
fn entry_cookie(web: &Web) -> &'static str {
    if web.settings.secure_cookies { "__Host-paillasse-entry" } else { "paillasse-entry" }
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split("; "))
        .find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

/// Sets a cookie that scripts and other sites do not see; `Some(0)` seconds removes it.
pub(crate) fn set_cookie(web: &Web, headers: &mut HeaderMap, name: &str, value: &str, max_age_s: Option<i64>) {
    let secure = if web.settings.secure_cookies { "; Secure" } else { "" };
    let age = max_age_s.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{age}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.append(header::SET_COOKIE, value);
    }
}

/// Gives every answer its headers; an answer may be stricter than the rest, never laxer.
async fn guard(State(web): State<Web>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let is_method_refusal = response.status() == StatusCode::METHOD_NOT_ALLOWED;
    if is_method_refusal {
        response = Failure::NotFound.page(&web);
    }
    let headers = response.headers_mut();
    let always: [(HeaderName, &str); 5] = [
        (header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ];
    for (name, value) in always {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    if web.settings.secure_cookies {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_decoded_as_browsers_encode_it() {
        let fields = decode("nom=D%27%C3%8ELE+x&copie=1&copie=&copie=2&vide&pc=%zz%4".as_bytes())
            .map_err(|_| ())
            .expect("decoded");
        assert_eq!(fields.one("nom"), "D'ÎLE x");
        assert_eq!(fields.all("copie").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.one("pc"), "%zz%4");
        assert!(!fields.has("vide") && fields.some("absent").is_none());
    }

    #[test]
    fn a_form_of_too_many_fields_is_refused() {
        assert!(decode(&b"a=1&".repeat(MAX_FIELDS)).is_ok());
        assert!(decode(&b"a=1&".repeat(MAX_FIELDS + 1)).is_err());
    }

    #[test]
    fn an_empty_token_never_fits() {
        assert!(!same(b"", b""));
        assert!(same(b"abc", b"abc"));
        assert!(!same(b"abd", b"abc"));
    }
}
