"""An independent server of the FHIR API of the Annuaire Santé, with its faults, for tests. Standard library only.

Listens on a free port of the loopback interface, writes the port on the standard output, ends with its standard input.
`POST /control` takes JSON: `put` and `forget` change resources; `fail` is a list of answers to give instead, each
`{"resource", "page", "status", "times", "retry_after"}`; `next_to` replaces the origin of the next links; `null` undoes.
`GET /control` answers what was asked: `[{"target", "at"}]` and how many requests had a wrong key.
"""

import json
import sys
import threading
import time
import uuid
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

KEY = "cle-de-test"
RESOURCES = {}
UPDATED = {}
TOKENS = {}
STATE = {"fail": [], "next_to": None, "wrong_key": 0}
ASKED = []
LOCK = threading.Lock()


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/fhir+json;charset=UTF-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        orders = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with LOCK:
            for resource in orders.get("put", []):
                at = (resource["resourceType"], resource["id"])
                RESOURCES[at] = resource
                updated = resource.get("meta", {}).get("lastUpdated")
                UPDATED[at] = instant(updated) if updated else datetime.now(timezone.utc)
            for kind, name in orders.get("forget", []):
                RESOURCES.pop((kind, name))
            STATE.update({name: orders[name] for name in ("fail", "next_to") if name in orders})
            ASKED.clear()
            STATE["wrong_key"] = 0
        self.answer(200, {})

    def do_GET(self):
        with LOCK:
            self.get()

    def get(self):
        target = urlsplit(self.path)
        if target.path == "/control":
            return self.answer(200, {"asked": ASKED, "wrong_key": STATE["wrong_key"]})
        ASKED.append({"target": self.path, "at": time.monotonic()})
        if self.headers.get("ESANTE-API-KEY") != KEY:
            STATE["wrong_key"] += 1
            return self.answer(401, {})
        query = parse_qs(target.query)
        if target.path == "/fhir/v2" and "_getpages" in query:
            page = TOKENS.pop(query["_getpages"][0], None)
            if page is None:
                return self.answer(410, {"resourceType": "OperationOutcome"})
        elif target.path.startswith("/fhir/v2/"):
            kind = target.path.rsplit("/", 1)[1]
            since = query.get("_lastUpdated", ["ge1970-01-01T00:00:00Z"])[0]
            assert since.startswith("ge"), since
            since = instant(since[2:])
            found = [it for at, it in RESOURCES.items() if at[0] == kind and UPDATED[at] >= since]
            page = {"kind": kind, "n": 1, "left": found, "count": int(query.get("_count", ["50"])[0])}
        else:
            return self.answer(404, {})
        for fault in STATE["fail"]:
            if fault["times"] != 0 and (fault["resource"], fault["page"]) == (page["kind"], page["n"]):
                fault["times"] -= 1
                if "_getpages" in query:
                    TOKENS[query["_getpages"][0]] = page
                headers = {"Retry_After": fault["retry_after"]} if "retry_after" in fault else {}
                body = fault.get("body", "").encode()
                return self.answer(fault["status"], body or {"resourceType": "OperationOutcome"}, **headers)
        now, left = page["left"][: page["count"]], page["left"][page["count"] :]
        origin = f"http://127.0.0.1:{self.server.server_port}"
        links = [{"relation": "self", "url": origin + self.path}]
        if left:
            token = str(uuid.uuid4())
            TOKENS[token] = dict(page, n=page["n"] + 1, left=left)
            links.append({"relation": "next", "url": f"{STATE['next_to'] or origin}/fhir/v2?_getpages={token}"})
        base = f"{origin}/fhir/v2"
        entries = [
            {"fullUrl": f"{base}/{it['resourceType']}/{it['id']}", "resource": it, "search": {"mode": "match"}}
            for it in now
        ]
        return self.answer(200, {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": entries})


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
