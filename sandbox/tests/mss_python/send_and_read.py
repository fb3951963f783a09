"""Independent peer: sends with smtplib, reads the report back with imaplib and email."""
import email
import email.policy
import imaplib
import smtplib
import ssl
import sys
from email.message import EmailMessage

smtp_port, imap_port, ca_file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
sender, recipient = "python@labo.mssante.fr", "dr@chb.mssante.fr"
context = ssl.create_default_context(cafile=ca_file)

message = EmailMessage()
message["From"], message["To"] = sender, recipient
message["Subject"], message["Message-ID"] = "Réponse", "<py-1@labo>"
message.set_content(".point\n..deux points\nété\n")
content = bytes(range(256)) * 500
message.add_attachment(content, maintype="application", subtype="pdf", filename="é.pdf")

with smtplib.SMTP("localhost", smtp_port) as smtp:
    smtp.starttls(context=context)
    smtp.login(sender, "x")
    refused = smtp.send_message(
        message,
        mail_options=["RET=HDRS", "ENVID=py-env"],
        rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;" + recipient],
    )
    assert refused == {}
    code, _ = smtp.mail(sender)
    assert code == 250
    code, text = smtp.rcpt("x@ailleurs.fr")
    assert (code, text[:5]) == (550, b"5.1.2"), (code, text)
    smtp.rset()
    assert smtp.docmd("MAIL FROM:<%s> SIZE=99999999" % sender)[0] == 552


def box(login):
    imap = imaplib.IMAP4("localhost", imap_port)
    imap.starttls(ssl_context=context)
    imap.login(login, "any password \"quoted\"")
    assert imap.select("INBOX")[0] == "OK"
    return imap


imap = box(recipient)
_, found = imap.uid("SEARCH", None, "UNSEEN")
assert found == [b"1"], found
_, data = imap.uid("FETCH", "1", "(UID FLAGS RFC822.SIZE BODY.PEEK[])")
raw = data[0][1]
assert b"RFC822.SIZE %d" % len(raw) in data[0][0], data[0][0]
read = email.message_from_bytes(raw, policy=email.policy.default)
assert read["Subject"] == "Réponse" and read["Return-Path"] == "<%s>" % sender
text = read.get_body().get_content().replace("\r\n", "\n")
assert text == ".point\n..deux points\nété\n", text
[attachment] = list(read.iter_attachments())
assert attachment.get_filename() == "é.pdf"
assert attachment.get_content() == content
assert imap.uid("STORE", "1", "+FLAGS", "(\\Seen)")[1] == [b"1 (UID 1 FLAGS (\\Seen))"]
assert imap.uid("SEARCH", None, "UNSEEN")[1] == [b""]
_, data = imap.fetch("1", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
assert data[0][1].startswith(b"Subject: ") and data[0][1].endswith(b"\r\n\r\n"), data
imap.logout()

imap = box(sender)
_, data = imap.uid("FETCH", "1:*", "(RFC822)")
report = email.message_from_bytes(data[0][1], policy=email.policy.default)
assert report.get_content_type() == "multipart/report"
assert report.get_param("report-type") == "delivery-status"
text, status, headers = report.iter_parts()
envelope, one = status.get_payload()
assert envelope["Original-Envelope-Id"] == "py-env"
assert one["Action"] == "relayed" and one["Status"] == "2.0.0"
assert one["Final-Recipient"] == "rfc822; " + recipient
assert headers.get_content_type() == "text/rfc822-headers"
assert "<py-1@labo>" in headers.get_content()
imap.logout()
print("ok")
