//! Dovecot: the boxes by IMAP with a client certificate, and the answers to Postfix's questions about logins.
//!
//! In: a folder, a port. Out: a running `dovecot`. The login is the address of the box; the certificate is what counts,
//! so that any password is right, as at the operators.
//!
//! Source: MSSanté référentiel #2, ECO.1.3.1 (applicative box).

use std::{path::Path, process::Command, time::Duration};

use anyhow::Result;

use super::started;

/// The boxes, and the answers to Postfix's questions about logins.
pub(super) const INSTANCES: [&str; 2] = ["boxes", "logins"];

/// What both instances have.
fn common(folder: &Path, name: &str) -> String {
    let at = folder.display();
    format!(
        "base_dir = {at}/{name}\n\
         state_dir = {at}/{name}\n\
         log_path = {at}/dovecot.log\n\
         listen = 127.0.0.1\n\
         auth_mechanisms = plain\n\
         first_valid_uid = 8\n\
         mail_location = maildir:{at}/mail/%u\n\
         passdb {{\n  driver = static\n  args = nopassword=y\n}}\n\
         userdb {{\n  driver = static\n  args = uid=mail gid=mail home={at}/mail/%u\n}}\n"
    )
}

/// Starts the boxes, and the answers to Postfix apart: Postfix does not say which certificate it saw, so that an instance
/// that wants one would refuse all its questions.
pub(super) fn start(folder: &Path, imap: u16) -> Result<()> {
    let at = folder.display();
    let boxes = format!(
        "{}protocols = imap\n\
         ssl = required\n\
         ssl_min_protocol = TLSv1.2\n\
         ssl_cert = <{at}/server.pem\n\
         ssl_key = <{at}/server.key\n\
         ssl_ca = <{at}/authorities-and-list.pem\n\
         ssl_verify_client_cert = yes\n\
         ssl_require_crl = yes\n\
         auth_ssl_require_client_cert = yes\n\
         service imap-login {{\n  inet_listener imap {{\n    port = {imap}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n",
        common(folder, "boxes")
    );
    let logins = format!(
        "{}protocols =\nssl = no\n\
         service auth {{\n  unix_listener {at}/spool/private/auth {{\n    mode = 0660\n    user = postfix\n    group = postfix\n  }}\n}}\n",
        common(folder, "logins")
    );
    for (name, text) in INSTANCES.into_iter().zip([boxes, logins]) {
        std::fs::write(folder.join(format!("{name}.conf")), text)?;
    }
    restart(folder)
}

/// Starts both on what is already in the folder; tries again while the processes of an earlier life keep its ports.
pub(super) fn restart(folder: &Path) -> Result<()> {
    for name in INSTANCES {
        let file = folder.join(format!("{name}.conf"));
        let start = || started(Command::new("dovecot").arg("-c").arg(&file));
        let mut tries = 50;
        while let Err(error) = start() {
            tries -= 1;
            if tries == 0 {
                return Err(error);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
    Ok(())
}

pub(super) fn stop(folder: &Path) {
    for name in INSTANCES {
        // `doveadm stop` waits three seconds. Nothing to tell when it fails: the port is used by nobody else.
        if let Ok(master) = std::fs::read_to_string(folder.join(name).join("master.pid")) {
            let _ = started(Command::new("kill").arg(master.trim()));
        }
    }
}
