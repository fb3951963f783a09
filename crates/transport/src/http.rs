//! A pooled HTTP/1.1 client for the web services we call.
//! In: an address, headers, a body, a time to wait. Out: status, headers and body of the answer, or
//! an error that says whether the peer can have received the request.
//! It deliberately does not know SOAP, FHIR, nor retries: sending twice is the caller's decision.
//!
//! TLS comes from the caller's configuration (roots, client certificate). Clear-text HTTP is only
//! possible to this very machine, so that no health data can leave it unprotected by mistake; public files that are signed
//! are the one exception ([`Client::get_signed`]).

use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Bytes, Frame, SizeHint};
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Method, Request, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Pool;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

/// Bounds of a client.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time to open a TCP connection.
    pub connect_timeout: Duration,
    /// Largest body accepted in an answer, in bytes.
    pub response_bytes: usize,
    /// Idle connections kept per host.
    pub idle_per_host: usize,
    /// How long an idle connection is kept; below what servers usually allow, so that they rarely
    /// close first.
    pub idle_timeout: Duration,
}

impl Default for Limits {
    /// 10 s to connect, 64 MiB of answer, 8 idle connections for 20 s.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            response_bytes: 64 << 20,
            idle_per_host: 8,
            idle_timeout: Duration::from_secs(20),
        }
    }
}

/// An answer, whatever its status.
#[derive(Clone)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Headers, names in lower case, in the order received.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Bytes,
}

impl Response {
    /// First value of a header; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response({}, {} bytes)", self.status, self.body.len())
    }
}

/// Why there is no answer. No variant holds contents or addresses: safe to log.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// We misused the client: nothing was sent.
    #[error("the request cannot be made: expected {expected}")]
    Misused {
        /// What was expected.
        expected: &'static str,
    },
    /// Clear-text HTTP to another machine: refused, nothing was sent.
    #[error("clear-text HTTP is only allowed to this machine")]
    Insecure,
    /// No connection, or one on which the body was never handed over: definitely not received.
    #[error("not connected")]
    NotConnected(#[source] Option<hyper_util::client::legacy::Error>),
    /// The time ran out after sending began: the peer may have received and done everything.
    #[error("no answer in time; the request may have been received")]
    TimedOut,
    /// The connection was lost after sending began: the peer may have received and done everything.
    #[error("connection lost; the request may have been received")]
    ConnectionLost(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The peer answered with this status, and a body beyond our bound.
    #[error("answered {status} with more than {limit_bytes} bytes")]
    ResponseTooLarge {
        /// HTTP status received.
        status: u16,
        /// The bound.
        limit_bytes: usize,
    },
}

impl HttpError {
    /// Whether the peer certainly did not receive the request: sending it again is then safe.
    pub fn is_definitely_not_sent(&self) -> bool {
        matches!(self, Self::Misused { .. } | Self::Insecure | Self::NotConnected(_))
    }
}

/// An HTTP/1.1 client with a pool of kept-alive connections. Cloning shares the pool.
#[derive(Clone)]
pub struct Client {
    pool: Pool<HttpsConnector<HttpConnector>, TrackedBody>,
    limits: Limits,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http::Client")
    }
}

impl Client {
    /// A client that trusts and presents what the TLS configuration says.
    /// New certificates mean a new client.
    pub fn new(mut tls: rustls::ClientConfig, limits: Limits) -> Self {
        // The connector sets the protocol itself.
        tls.alpn_protocols.clear();
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(limits.connect_timeout));
        let connector =
            HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1().wrap_connector(tcp);
        let pool = Pool::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(limits.idle_timeout)
            .pool_max_idle_per_host(limits.idle_per_host)
            .build(connector);
        Self { pool, limits }
    }

    /// Sends a POST request and waits for the whole answer, at most `timeout` in all.
    ///
    /// `headers` are names and values; `Host` and `Content-Length` are set here. Any status is an
    /// answer. Redirections are not followed. Errors: see [`HttpError`]; a request that a dead
    /// pooled connection could not take is sent again on another one, which is safe since nothing
    /// of it had left.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
        timeout: Duration,
    ) -> Result<Response, HttpError> {
        let body = tracked(body.into());
        self.send(request(Method::POST, url, headers, body, ClearText::ThisMachine)?, timeout).await
    }

    /// Sends a GET request; same rules as [`Client::post`]. A GET changes nothing at the peer, so
    /// whether it was received does not matter.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)], timeout: Duration) -> Result<Response, HttpError> {
        let body = tracked(Bytes::new());
        self.send(request(Method::GET, url, headers, body, ClearText::ThisMachine)?, timeout).await
    }

    /// Asks for a public file that proves itself, such as a revocation list, which its authority publishes in clear: the
    /// caller must check the signature. Nothing but the address leaves.
    pub async fn get_signed(&self, url: &str, timeout: Duration) -> Result<Response, HttpError> {
        self.send(request(Method::GET, url, &[], tracked(Bytes::new()), ClearText::Anywhere)?, timeout).await
    }

    async fn send(&self, request: Request<TrackedBody>, timeout: Duration) -> Result<Response, HttpError> {
        let handed_over = Arc::clone(&request.body().handed_over);
        match tokio::time::timeout(timeout, self.exchange(request, &handed_over)).await {
            Ok(outcome) => outcome,
            Err(_) if handed_over.load(Ordering::Acquire) => Err(HttpError::TimedOut),
            Err(_) => Err(HttpError::NotConnected(None)),
        }
    }

    async fn exchange(&self, request: Request<TrackedBody>, handed_over: &AtomicBool) -> Result<Response, HttpError> {
        let response = self.pool.request(request).await.map_err(|e| {
            if e.is_connect() || !handed_over.load(Ordering::Acquire) {
                HttpError::NotConnected(Some(e))
            } else {
                HttpError::ConnectionLost(e.into())
            }
        })?;
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let limit_bytes = self.limits.response_bytes;
        let body = match Limited::new(body, limit_bytes).collect().await {
            Ok(body) => body.to_bytes(),
            Err(e) if e.is::<LengthLimitError>() => {
                return Err(HttpError::ResponseTooLarge { status, limit_bytes });
            }
            Err(e) => return Err(HttpError::ConnectionLost(e)),
        };
        let headers = head
            .headers
            .iter()
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), value)
            })
            .collect();
        Ok(Response { status, headers, body })
    }
}

/// An empty body is never asked for: such a request counts as sent from the start.
fn tracked(body: Bytes) -> TrackedBody {
    let handed_over = Arc::new(AtomicBool::new(body.is_empty()));
    TrackedBody { bytes: Some(body).filter(|b| !b.is_empty()), handed_over }
}

/// To whom clear text may go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ClearText {
    ThisMachine,
    Anywhere,
}

fn request(
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: TrackedBody,
    clear_text: ClearText,
) -> Result<Request<TrackedBody>, HttpError> {
    let misused = |expected| HttpError::Misused { expected };
    let uri: Uri = url.parse().map_err(|_| misused("an absolute URL"))?;
    let host = uri.host().ok_or(misused("an absolute URL"))?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if clear_text == ClearText::Anywhere || is_loopback(host) => {}
        Some("http") => return Err(HttpError::Insecure),
        _ => return Err(misused("an http or https URL")),
    }
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = uri;
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| misused("a header name of token characters"))?;
        let value = HeaderValue::from_str(value).map_err(|_| misused("a header value of visible ASCII characters"))?;
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

/// Whether two addresses have the same scheme, host and port: what one peer says of another must not lead elsewhere.
///
/// An address that cannot be read, or that bears a user name, has no origin. Source: RFC 6454, section 4.
pub fn same_origin(one: &str, other: &str) -> bool {
    match (origin(one), origin(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn origin(url: &str) -> Option<(String, String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri.authority()?;
    let usual = match scheme.as_str() {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    if authority.as_str().contains('@') {
        return None;
    }
    Some((scheme, authority.host().to_ascii_lowercase(), authority.port_u16().unwrap_or(usual)))
}

/// A loopback address, or the name RFC 6761 reserves for it.
fn is_loopback(host: &str) -> bool {
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost") || literal.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// A body that remembers whether the connection took it. A request whose body was never taken
/// cannot have been processed: its `Content-Length` announces bytes the peer never saw.
struct TrackedBody {
    bytes: Option<Bytes>,
    handed_over: Arc<AtomicBool>,
}

impl Body for TrackedBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.handed_over.store(true, Ordering::Release);
        Poll::Ready(self.bytes.take().map(|bytes| Ok(Frame::data(bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.as_ref().map_or(0, |b| b.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::same_origin;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port_whatever_follows() {
        let base = "https://api.example.test/fhir/v2";
        for same in ["https://api.example.test/?token=1", "https://API.example.test:443/fhir/v2?x=https://a.test"] {
            assert!(same_origin(base, same), "{same}");
        }
        for other in [
            "http://api.example.test/fhir/v2",
            "https://api.example.test:8443/fhir/v2",
            "https://example.test/fhir/v2",
            "https://api.example.test.evil.test/fhir/v2",
            "https://api.example.test@evil.test/fhir/v2",
            "https://evil.test/https://api.example.test",
            "//api.example.test/fhir/v2",
            "/fhir/v2?page=2",
            "file:///etc/passwd",
            "",
        ] {
            assert!(!same_origin(base, other), "{other}");
        }
        assert!(!same_origin("https://user@api.example.test/", "https://user@api.example.test/"));
    }
}
