"""Reads every Maildir under a folder with Python's own mail library; one JSON line a message.

In: the folder. Out, for each message: its box, when it was put there, its Message-ID, the queue identifiers of the
servers that carried it, the SHA-256 of what was submitted (what the servers put on top taken off, CRLF line ends), its
size in bytes, the number of its parts. It shares no code with the product.
"""

import email
import hashlib
import json
import os
import re
import sys

TRANSPORT = (b"return-path:", b"x-original-to:", b"delivered-to:", b"received:")


def submitted(raw):
    """The message without the header fields that servers put before it."""
    lines = raw.split(b"\n")
    at = 0
    while at < len(lines) and lines[at].lower().startswith(TRANSPORT):
        at += 1
        while at < len(lines) and lines[at][:1] in (b" ", b"\t"):
            at += 1
    return b"\r\n".join(lines[at:])


def main():
    root = sys.argv[1]
    for box in sorted(os.listdir(root)):
        for kind in ("new", "cur"):
            folder = os.path.join(root, box, kind)
            for name in os.listdir(folder) if os.path.isdir(folder) else []:
                with open(os.path.join(folder, name), "rb") as file:
                    raw = file.read()
                seconds = int(name.split(".")[0])
                micros = re.search(r"M(\d+)", name)
                message = email.message_from_bytes(raw)
                received = " ".join(message.get_all("Received", []))
                print(json.dumps({
                    "box": box,
                    "at_us": seconds * 1000000 + (int(micros.group(1)) if micros else 0),
                    "message_id": (message.get("Message-ID") or "").strip().strip("<>"),
                    "queue": re.findall(r"\bid ([0-9A-Za-z]+)", received),
                    "sha256": hashlib.sha256(submitted(raw)).hexdigest(),
                    "bytes": len(raw),
                    "parts": sum(1 for _ in message.walk()),
                }))


main()
