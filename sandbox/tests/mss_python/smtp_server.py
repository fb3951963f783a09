"""Independent SMTP server (standard library, removed in Python 3.12): prints what it received."""
import asyncore
import smtpd
import sys


class Server(smtpd.SMTPServer):
    def process_message(self, peer, sender, recipients, data, **options):
        sys.stdout.buffer.write(b"%s|%s|" % (sender.encode(), recipients[0].encode()))
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        asyncore.close_all()
        raise asyncore.ExitNow


server = Server(("127.0.0.1", 0), None, data_size_limit=1000000, decode_data=False)
print(server.socket.getsockname()[1], flush=True)
try:
    asyncore.loop()
except asyncore.ExitNow:
    pass
