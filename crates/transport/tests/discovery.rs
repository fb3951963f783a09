//! Discovery of mail servers, asked of a DNS server that is not ours (dnsmasq) and of files of every kind.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use mail::autoconfig::Server;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use transport::discovery::{Discovery, Found, Names, Origin};
use transport::http;
use transport::tls::trusting_nobody;

const DNSMASQ: &str = "/usr/sbin/dnsmasq";

/// A DNS server with these records; `None`, having said why, where there is none.
struct Dns(Child, SocketAddr);

impl Dns {
    fn start(records: &[&str]) -> Option<Self> {
        if !Path::new(DNSMASQ).is_file() {
            println!("skipped: {DNSMASQ} is not installed");
            return None;
        }
        let at = UdpSocket::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap();
        let mut command = Command::new(DNSMASQ);
        command.args([
            "--keep-in-foreground",
            "--no-resolv",
            "--no-hosts",
            "--bind-interfaces",
            "--conf-file=/dev/null",
        ]);
        command.args(["--listen-address=127.0.0.1", "--local=/test/", "--pid-file="]);
        command.arg(format!("--port={}", at.port())).args(records.iter().map(|it| format!("--srv-host={it}")));
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        for _ in 0..200 {
            if std::net::TcpStream::connect(at).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Some(Self(child, at))
    }
}

impl Drop for Dns {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A provider that gives one file, whatever is asked.
async fn provider(file: &'static str, status: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = [0; 2048];
            let n = stream.read(&mut asked).await.unwrap_or(0);
            let is_for_domain = String::from_utf8_lossy(&asked[..n]).starts_with("GET /labo.test/config-v1.1.xml ");
            let status = if is_for_domain { status } else { "400 Bad Request" };
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{file}", file.len());
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    format!("http://{address}/{{domain}}/config-v1.1.xml")
}

const FILE: &str = r#"<clientConfig version="1.1"><emailProvider id="labo.test">
<incomingServer type="imap"><hostname>imap.operateur.test</hostname><port>143</port><socketType>STARTTLS</socketType><authentication>OAuth2</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.operateur.test</hostname><port>587</port><socketType>STARTTLS</socketType></outgoingServer>
</emailProvider></clientConfig>"#;

fn discovery(dns: &Dns, file: String) -> Discovery {
    let http = http::Client::new(trusting_nobody().unwrap(), http::Limits::default());
    Discovery { names: Names::Server(dns.1), file, http }
}

fn server(host: &str, port: u16, takes_token: bool) -> Server {
    Server { host: host.to_owned(), port, takes_token }
}

#[tokio::test]
async fn records_are_believed_first_the_preferred_one_of_each_service() {
    let Some(dns) = Dns::start(&[
        "_submission._tcp.labo.test,secours.operateur.test,587,20,0",
        "_submission._tcp.labo.test,petit.operateur.test,587,10,5",
        "_submission._tcp.labo.test,smtp.operateur.test,1587,10,50",
        "_imap._tcp.labo.test,imap.operateur.test,1143,0,0",
    ]) else {
        return;
    };
    let discovery = discovery(&dns, provider(FILE, "200 OK").await);
    let expected = Found {
        smtp: Some((server("smtp.operateur.test", 1587, false), Origin::Srv)),
        imap: Some((server("imap.operateur.test", 1143, false), Origin::Srv)),
    };
    assert_eq!(discovery.discover("LABO.test.").await, expected);
}

#[tokio::test]
async fn the_file_tells_what_no_record_tells() {
    let Some(dns) = Dns::start(&["_submission._tcp.labo.test,smtp.records.test,587", "_imap._tcp.labo.test"]) else {
        return;
    };
    // A record whose target is the root says that there is no such service; the file says where it is.
    let found = discovery(&dns, provider(FILE, "200 OK").await).discover("labo.test").await;
    assert_eq!(found.smtp, Some((server("smtp.records.test", 587, false), Origin::Srv)));
    assert_eq!(found.imap, Some((server("imap.operateur.test", 143, true), Origin::File)));
}

#[tokio::test]
async fn nothing_is_found_where_nobody_tells_anything_of_use() {
    let Some(dns) = Dns::start(&[]) else { return };
    let nothing = Found { smtp: None, imap: None };
    for (file, status) in [(FILE, "404 Not Found"), ("<html/>", "200 OK"), ("", "200 OK")] {
        assert_eq!(discovery(&dns, provider(file, status).await).discover("labo.test").await, nothing, "{status}");
    }
    assert_eq!(discovery(&dns, "http://127.0.0.1:9/{domain}".to_owned()).discover("labo.test").await, nothing);
    // Clear text to another machine is not asked for.
    assert_eq!(discovery(&dns, "http://192.0.2.1/{domain}".to_owned()).discover("labo.test").await, nothing);
    for hostile in ["", ".", "a b", "x".repeat(300).as_str(), "é\r\nx"] {
        assert_eq!(discovery(&dns, provider(FILE, "200 OK").await).discover(hostile).await, nothing, "{hostile:?}");
    }
}
