"""Sends one mail many times through a submission service with Python's own smtplib, and prints how fast.

In: port, roots, certificate, key, the file of the mail, how many, connections, sender, recipients in turn. Each
connection is a process of its own, kept open; each message asks for the same notifications as the product's.
"""

import json
import multiprocessing
import platform
import smtplib
import ssl
import sys
import time


def send(arguments):
    port, roots, certificate, key, mail, n, sender, recipients = arguments
    context = ssl.create_default_context(cafile=roots)
    context.load_cert_chain(certificate, key)
    with open(mail, "rb") as file:
        message = file.read()
    with smtplib.SMTP("localhost", port) as client:
        client.starttls(context=context)
        client.user, client.password = sender, ""
        client.ehlo()
        client.auth("PLAIN", client.auth_plain)
        for at in range(n):
            options = ["NOTIFY=SUCCESS,FAILURE,DELAY"]
            client.sendmail(sender, recipients[at % len(recipients)], message, ["RET=HDRS"], options)


def main():
    port, roots, certificate, key, mail, n, connections, sender, *recipients = sys.argv[1:]
    share = int(n) // int(connections)
    work = [(int(port), roots, certificate, key, mail, share, sender, recipients)] * int(connections)
    started = time.monotonic()
    with multiprocessing.Pool(int(connections)) as pool:
        pool.map(send, work, chunksize=1)
    elapsed = time.monotonic() - started
    print(json.dumps({
        "name": "Python smtplib " + platform.python_version(),
        "messages_per_minute": round(share * int(connections) * 60 / elapsed),
    }))


main()
