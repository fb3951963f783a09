"""How many HL7 v2 messages a second the Python package `hl7` parses: hl7_parse.py FILE [SECONDS].

Reads the same fields as our own example: PID-3, PID-5, OBR-4, and OBX-3, 5 and 6 of every observation.
Out: one JSON object. Exit 3 when the package is missing.
"""

import json
import sys
import time
from importlib.metadata import version

try:
    import hl7
except ImportError:
    print("skipped: the Python package hl7 is missing")
    sys.exit(3)

WANTED = {"PID": (3, 5), "OBR": (4,), "OBX": (3, 5, 6)}


def read(text):
    n_chars = 0
    for segment in hl7.parse(text):
        for number in WANTED.get(str(segment[0]), ()):
            if number < len(segment):
                n_chars += len(str(segment[number]).split("^")[0])
    return n_chars


def main():
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 2
    with open(sys.argv[1], "rb") as file:
        text = file.read().decode("utf-8").replace("\r\n", "\r").replace("\n", "\r")
    n_chars = read(text)
    if n_chars == 0:
        sys.exit("nothing was read: this is not the message it should be")
    n_messages, started = 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        for _ in range(20):
            read(text)
        n_messages += 20
    rate = n_messages / (time.perf_counter() - started)
    print(json.dumps({"messages_per_s": rate, "characters_read": n_chars, "version": version("hl7")}))


main()
