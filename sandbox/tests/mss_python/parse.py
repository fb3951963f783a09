"""Independent reader: prints what the standard library finds in a message, one fact per line."""
import email
import email.policy
import hashlib
import sys

message = email.message_from_bytes(sys.stdin.buffer.read(), policy=email.policy.default)
out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n")
assert not message.defects, message.defects
for name in ("Subject", "From", "To", "Message-ID", "Date", "X-MSS-NIL"):
    assert not message[name].defects, (name, message[name].defects)
    print(name + "=" + str(message[name]), file=out)
print("text=" + message.get_body().get_content().replace("\r\n", "|"), file=out)
for part in message.iter_attachments():
    assert not part.defects, part.defects
    digest = hashlib.sha1(part.get_payload(decode=True)).hexdigest()
    print("file=" + part.get_content_type() + ";" + part.get_filename() + ";" + digest, file=out)
