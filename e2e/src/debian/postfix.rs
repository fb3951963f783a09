//! Postfix: submission with a client certificate and SASL PLAIN, boxes that it knows, notifications (DSN).
//!
//! In: a folder, ports, boxes. Out: a running `master`. Each door is a service of its own in `master.cf`.

use std::{fmt::Write as _, path::Path, process::Command};

use anyhow::Result;

use super::{DOMAINS, Door, output, started};

/// Services that Postfix needs beside submission, as `master.cf` writes them.
const SERVICES: &str = "\
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

pub(super) fn start(folder: &Path, doors: &[(Door, u16)], boxes: &[&str], message_bytes_max: usize) -> Result<()> {
    let etc = folder.join("postfix");
    std::fs::create_dir_all(&etc)?;
    for own in ["data", "spool"] {
        std::fs::create_dir_all(folder.join(own))?;
    }
    output(Command::new("chown").arg("postfix").arg(folder.join("data")))?;
    let known: String = boxes.iter().map(|it| format!("{it} {it}/\n")).collect();
    std::fs::write(etc.join("boxes"), known)?;
    std::fs::write(etc.join("main.cf"), main_cf(folder, message_bytes_max))?;
    std::fs::write(etc.join("master.cf"), master_cf(folder, doors))?;
    restart(folder)
}

/// Starts Postfix on what is already in the folder.
pub(super) fn restart(folder: &Path) -> Result<()> {
    let start = || started(Command::new("postfix").arg("-c").arg(folder.join("postfix")).arg("start"));
    let mut tries = 50;
    while let Err(error) = start() {
        tries -= 1;
        if tries == 0 {
            return Err(error);
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    Ok(())
}

pub(super) fn stop(folder: &Path) {
    // Nothing to tell: a server that does not stop keeps ports that nobody else uses.
    let _ = started(Command::new("postfix").arg("-c").arg(folder.join("postfix")).arg("abort"));
}

fn main_cf(folder: &Path, message_bytes_max: usize) -> String {
    let at = folder.display();
    let (uid, gid) = ("static:8", "static:8");
    format!(
        "compatibility_level = 3.6\n\
         queue_directory = {at}/spool\n\
         data_directory = {at}/data\n\
         maillog_file = {at}/postfix.log\n\
         maillog_file_prefixes = {at}\n\
         myhostname = operateur.test\n\
         mydestination =\n\
         inet_interfaces = 127.0.0.1\n\
         inet_protocols = ipv4\n\
         alias_maps =\n\
         local_recipient_maps =\n\
         virtual_mailbox_domains = {domains}\n\
         virtual_mailbox_base = {at}/mail\n\
         virtual_mailbox_maps = texthash:{at}/postfix/boxes\n\
         virtual_mailbox_limit = 0\n\
         virtual_uid_maps = {uid}\n\
         virtual_gid_maps = {gid}\n\
         virtual_minimum_uid = 1\n\
         queue_run_delay = 1s\n\
         minimal_backoff_time = 1s\n\
         maximal_backoff_time = 5s\n\
         message_size_limit = {message_bytes_max}\n\
         smtpd_tls_security_level = encrypt\n\
         smtpd_tls_auth_only = yes\n\
         smtpd_tls_cert_file = {at}/server.pem\n\
         smtpd_tls_key_file = {at}/server.key\n\
         smtpd_tls_CAfile = {at}/authorities.pem\n\
         smtpd_tls_req_ccert = yes\n\
         smtpd_tls_fingerprint_digest = sha256\n\
         smtpd_tls_loglevel = 1\n\
         smtpd_sasl_auth_enable = yes\n\
         smtpd_sasl_type = dovecot\n\
         smtpd_sasl_path = private/auth\n\
         smtpd_client_restrictions = check_ccert_access texthash:{at}/refused\n\
         smtpd_recipient_restrictions = permit_sasl_authenticated, reject\n",
        domains = DOMAINS.join(" "),
    )
}

fn master_cf(folder: &Path, doors: &[(Door, u16)]) -> String {
    let at = folder.display();
    let mut text = String::new();
    for (door, port) in doors {
        // Writing into a text cannot fail.
        let _ = writeln!(text, "127.0.0.1:{port} inet n - n - - smtpd");
        let mut with = |name: &str, value: &str| {
            let _ = writeln!(text, "  -o {name}={value}");
        };
        let certificate = match door {
            Door::Right | Door::Tls12 | Door::Persons | Door::Old | Door::Weak | Door::OtherSuite => None,
            Door::Expired => Some("expired"),
            Door::OtherHost => Some("other-host"),
            Door::Revoked => Some("revoked"),
            Door::Foreign => Some("foreign"),
            Door::OtherDomain => Some("other-domain"),
        };
        if let Some(name) = certificate {
            with("smtpd_tls_cert_file", &format!("{at}/{name}.pem"));
            with("smtpd_tls_key_file", &format!("{at}/{name}.key"));
        }
        match door {
            Door::Old => {
                with("smtpd_tls_mandatory_protocols", "TLSv1,TLSv1.1");
                with("tls_medium_cipherlist", "ALL:@SECLEVEL=0");
            }
            Door::Tls12 | Door::Weak | Door::OtherSuite => {
                with("smtpd_tls_mandatory_protocols", "TLSv1.2");
                let suites = match door {
                    Door::Tls12 => "ECDHE-RSA-AES128-GCM-SHA256",
                    Door::OtherSuite => "ECDHE-RSA-CHACHA20-POLY1305",
                    _ => "AES128-SHA:ECDHE-RSA-AES128-SHA:@SECLEVEL=0",
                };
                with("tls_medium_cipherlist", suites);
            }
            Door::Persons => {
                with("smtpd_tls_req_ccert", "no");
                with("smtpd_tls_ask_ccert", "no");
                with("smtpd_sasl_path", "private/auth-tokens");
            }
            _ => {}
        }
    }
    text.push_str(SERVICES);
    text
}
