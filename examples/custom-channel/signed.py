"""The custom protocol over HTTP: signatures, errors as problems, one request at a time. Made to be taken over as it is.

serve(answer, secrets, open) answers requests by answer(method, path, query, body), which raises KeyError for what there is not
and Refused for what cannot be. Paths that begin with `open` need no signature.
"""
import hashlib, hmac, json, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

nonces, lock = {}, threading.Lock()

class Refused(Exception): pass

def wrong_with(request, body, secrets):
    """None when the request is genuine and new, else what is wrong with its signature."""
    key, stamp, nonce, signature = (request.headers.get("Stockbridge-" + name, "")
                                    for name in ("Key", "Timestamp", "Nonce", "Signature"))
    text = "\n".join(["v1", stamp, nonce, request.command, request.path, ""]).encode() + body
    wanted = "v1=" + hmac.new(secrets.get(key, "").encode(), text, hashlib.sha256).hexdigest()
    if key not in secrets or not hmac.compare_digest(wanted.encode(), signature.encode()):
        return "key id or signature is wrong"
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return "the timestamp is too far from this clock"
    for old in [n for n, at in nonces.items() if at < time.time() - 600]:
        del nonces[old]
    if nonce in nonces:
        return "the nonce was seen before"
    nonces[nonce] = time.time()

def serve(answer, secrets, open):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            raw, url = self.rfile.read(int(self.headers.get("Content-Length") or 0)), urlsplit(self.path)
            with lock:
                status, body = 200, {}
                try:
                    if not url.path.startswith(open) and (wrong := wrong_with(self, raw, secrets)):
                        status, body = 401, {"title": "Unauthorized", "detail": wrong}
                    else:
                        body = answer(self.command, url.path, parse_qs(url.query), json.loads(raw or "null"))
                except KeyError as missing:
                    status, body = 404, {"title": "Not found", "detail": f"there is no {missing}"}
                except Refused as why:
                    status, body = 422, {"title": "Refused", "detail": str(why)}
                text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST, log_message = do_GET, lambda *_: None

    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
