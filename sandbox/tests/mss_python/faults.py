"""Independent peer: meets each fault of the operator with smtplib, imaplib and ssl."""
import email
import email.policy
import imaplib
import json
import smtplib
import ssl
import sys
import time
import urllib.request

smtp_port, imap_port, ca_file, control = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4]
sender, recipient, other = "python@labo.mssante.fr", "dr@chb.mssante.fr", "autre@chb.mssante.fr"
context = ssl.create_default_context(cafile=ca_file)


def faults(**plan):
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(control, json.dumps(plan).encode(), headers)
    return json.load(urllib.request.urlopen(request))


def session():
    smtp = smtplib.SMTP("localhost", smtp_port, timeout=20)
    smtp.starttls(context=context)
    smtp.login(sender, "x")
    return smtp


def rcpt(smtp, address, origin=sender):
    assert smtp.mail(origin)[0] == 250
    code, text = smtp.rcpt(address)
    smtp.rset()
    return code, text.split()[0].decode()


def send(smtp, name, to, **options):
    text = "From: %s\r\nMessage-ID: <%s@labo>\r\nSubject: s\r\n\r\nx\r\n" % (sender, name)
    return smtp.sendmail(sender, [to], text.encode(), **options)


def refusal(call, *arguments):
    try:
        call(*arguments)
    except smtplib.SMTPResponseException as error:
        return error.smtp_code, error.smtp_error.split()[0].decode()
    except smtplib.SMTPRecipientsRefused as error:
        [(code, text)] = error.recipients.values()
        return code, text.split()[0].decode()
    raise AssertionError("not refused")


# Greylisting: each pair once, until the delay; other mailboxes are left alone.
faults(greylist={"delay_ms": 600, "code": 451, "mailbox": recipient})
with session() as smtp:
    assert rcpt(smtp, other) == (250, "2.1.5")
    assert refusal(send, smtp, "grey", recipient) == (451, "4.7.1")
    assert rcpt(smtp, recipient) == (451, "4.7.1"), "before the delay"
    time.sleep(0.7)
    assert rcpt(smtp, recipient, "second@labo.mssante.fr") == (451, "4.7.1"), "another pair"
    assert send(smtp, "grey", recipient) == {}
    assert rcpt(smtp, recipient) == (250, "2.1.5"), "known from then on"
faults(greylist={"delay_ms": 60000})
with session() as smtp:
    assert rcpt(smtp, other) == (450, "4.7.1"), "any mailbox"

# Full box, told at RCPT, after the message, or later by a delivery report.
for code, status in ((552, "5.2.2"), (452, "4.2.2")):
    with session() as smtp:
        faults(full={"told": {"at": "recipient", "code": code}, "times": 1, "mailbox": recipient})
        assert rcpt(smtp, other) == (250, "2.1.5")
        assert refusal(send, smtp, "full-rcpt", recipient) == (code, status)
        assert rcpt(smtp, recipient) == (250, "2.1.5"), "counted"
        faults(full={"told": {"at": "content", "code": code}, "times": 1})
        assert refusal(send, smtp, "full-data", recipient) == (code, status)


def box():
    imap = imaplib.IMAP4("localhost", imap_port)
    imap.starttls(ssl_context=context)
    imap.login(sender, "x")
    imap.select("INBOX")
    return imap


with session() as smtp:
    faults(full={"told": {"at": "report", "after_ms": 400}, "times": 1})
    [before] = box().uid("SEARCH", None, "ALL")[1]
    sent_at = time.monotonic()
    assert send(smtp, "full-dsn", recipient, rcpt_options=["NOTIFY=FAILURE"]) == {}
    imap = box()
    while imap.uid("SEARCH", None, "ALL")[1] == [before]:
        assert time.monotonic() < sent_at + 10, "no report"
        time.sleep(0.05)
    assert time.monotonic() >= sent_at + 0.4, "later"
    _, data = imap.uid("FETCH", "%d" % (len(before.split()) + 1), "(RFC822)")
    report = email.message_from_bytes(data[0][1], policy=email.policy.default)
    assert report.get_param("report-type") == "delivery-status"
    _, one = list(report.iter_parts())[1].get_payload()
    assert (one["Action"], one["Status"]) == ("failed", "5.2.2"), one.items()
    assert one["Final-Recipient"] == "rfc822; " + recipient
    assert "552 5.2.2" in one["Diagnostic-Code"]
    assert "<full-dsn@labo>" in list(report.iter_parts())[2].get_content()

# Slow TLS: the handshake waits, then it is a handshake.
faults(slow_tls_ms=700)
for open_one in (session, box):
    started = time.monotonic()
    open_one()
    assert 0.7 <= time.monotonic() - started < 10, open_one

# Broken TLS: cut in the middle of the server's first message, or no TLS at all; then served again.
for name in ("cut_tls", "garble_tls"):
    for open_one in (session, box):
        plan = faults(**{name: 1})
        assert plan[name] == 1
        try:
            open_one()
        except ssl.SSLEOFError:
            assert name == "cut_tls"
        except ssl.SSLError as error:
            assert name == "garble_tls" and error.reason == "WRONG_VERSION_NUMBER", error
        except ConnectionResetError:
            assert name == "cut_tls"
        else:
            raise AssertionError("a broken handshake was made")
        open_one()

faults()
with session() as smtp:
    assert send(smtp, "end", recipient) == {}
print("ok")
