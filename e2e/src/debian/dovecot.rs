//! Dovecot: the boxes by IMAP with a client certificate, and the answers to Postfix's questions about logins.
//!
//! In: a folder, ports. Out: a running `dovecot`. The login is the address of the box; the certificate is what counts,
//! so that any password is right, as at the operators. Personal and organizational boxes are behind another port, where the
//! token of a person is what counts.
//!
//! Source: MSSanté référentiel #2, ECO.1.3.1 (applicative box), CONF.07 (others).

use std::{path::Path, process::Command, time::Duration};

use anyhow::Result;

use super::{started, tokens::MAILBOX_CLAIM};

/// The boxes, the answers to Postfix's questions about logins, and both for who has a token.
pub(super) const INSTANCES: [&str; 3] = ["boxes", "logins", "tokens"];

/// How a login is checked: the certificate was looked at, so that any password is right.
const BY_CERTIFICATE: &str = "auth_mechanisms = plain\npassdb {\n  driver = static\n  args = nopassword=y\n}\n";

/// What all instances have.
fn common(folder: &Path, name: &str) -> String {
    let at = folder.display();
    format!(
        "base_dir = {at}/{name}\n\
         state_dir = {at}/{name}\n\
         log_path = {at}/dovecot.log\n\
         listen = 127.0.0.1\n\
         first_valid_uid = 8\n\
         mail_location = maildir:{at}/mail/%u\n\
         userdb {{\n  driver = static\n  args = uid=mail gid=mail home={at}/mail/%u\n}}\n"
    )
}

/// A port of the boxes.
fn boxes_at(port: u16) -> String {
    format!(
        "service imap-login {{\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = 0\n  }}\n}}\n"
    )
}

/// A socket where Postfix asks about logins.
fn logins_at(folder: &Path, name: &str) -> String {
    let at = folder.display();
    format!(
        "service auth {{\n  unix_listener {at}/spool/private/{name} {{\n    mode = 0660\n    user = postfix\n    group = postfix\n  }}\n}}\n"
    )
}

/// Starts the boxes, and the answers to Postfix apart: Postfix does not say which certificate it saw, so that an instance
/// that wants one would refuse all its questions.
pub(super) fn start(folder: &Path, imap: u16, imap_for_persons: u16) -> Result<()> {
    let at = folder.display();
    let protected = format!(
        "protocols = imap\n\
         ssl = required\n\
         ssl_min_protocol = TLSv1.2\n\
         ssl_cert = <{at}/server.pem\n\
         ssl_key = <{at}/server.key\n"
    );
    let boxes = format!(
        "{}{BY_CERTIFICATE}{protected}\
         ssl_ca = <{at}/authorities-and-list.pem\n\
         ssl_verify_client_cert = yes\n\
         ssl_require_crl = yes\n\
         auth_ssl_require_client_cert = yes\n{}",
        common(folder, "boxes"),
        boxes_at(imap)
    );
    let logins =
        format!("{}{BY_CERTIFICATE}protocols =\nssl = no\n{}", common(folder, "logins"), logins_at(folder, "auth"));
    // Refusals are what is looked at: none is made to wait, as after many wrong passwords.
    let tokens = format!(
        "{}{protected}auth_mechanisms = xoauth2\n\
         auth_failure_delay = 0\n\
         service anvil {{\n  unix_listener anvil-auth-penalty {{\n    mode = 0\n  }}\n}}\n\
         passdb {{\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {at}/tokens-are.conf\n}}\n{}{}",
        common(folder, "tokens"),
        boxes_at(imap_for_persons),
        logins_at(folder, "auth-tokens")
    );
    let tokens_are = format!(
        "introspection_mode = local\n\
         local_validation_key_dict = fs:posix:prefix={at}/keys/\n\
         username_attribute = {MAILBOX_CLAIM}\n"
    );
    std::fs::write(folder.join("tokens-are.conf"), tokens_are)?;
    for (name, text) in INSTANCES.into_iter().zip([boxes, logins, tokens]) {
        std::fs::write(folder.join(format!("{name}.conf")), text)?;
    }
    restart(folder)
}

/// Starts all on what is already in the folder; tries again while the processes of an earlier life keep its ports.
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
