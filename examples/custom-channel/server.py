#!/usr/bin/env python3
"""A shop in some hundred lines that speaks the custom protocol, version 1 (docs/channels/custom.md), with nothing but Python.

    SECRET=correct-horse-battery-staple python3 server.py 8099

It keeps everything in memory. POST /shop/buy {"sku": "MUG-BLUE", "quantity": 1} buys. after_sales.py adds the rest.
"""
import hashlib, hmac, json, os, sys, threading, time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

KEY_ID, SECRET = os.environ.get("KEY_ID", "key-1"), os.environ["SECRET"].encode()
INFO = {"protocol": 1, "name": "Example shop", "currency": "EUR", "write_modes": ["compare_and_set", "relative", "absolute"]}
stock = {"BOWL": 7, "MUG-BLUE": 5, "MUG-RED": 3}
prices = {sku: "12.50" for sku in stock}
orders, parcels, done, nonces = {}, {}, {}, {}
lock = threading.Lock()  # comparing and setting is one step, and so is buying
now = lambda: datetime.now(timezone.utc).isoformat(timespec="microseconds")
class Refused(Exception): pass

def wrong_with(request, body):
    """None when the request is genuine and new, else what is wrong with its signature."""
    key, stamp, nonce, signature = (request.headers.get("Stockbridge-" + name, "")
                                    for name in ("Key", "Timestamp", "Nonce", "Signature"))
    text = "\n".join(["v1", stamp, nonce, request.command, request.path, ""]).encode() + body
    wanted = "v1=" + hmac.new(SECRET, text, hashlib.sha256).hexdigest()
    if key != KEY_ID or not hmac.compare_digest(wanted.encode(), signature.encode()):
        return "key id or signature is wrong"
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return "the timestamp is too far from this clock"
    for old in [n for n, at in nonces.items() if at < time.time() - 600]:
        del nonces[old]
    if nonce in nonces:
        return "the nonce was seen before"
    nonces[nonce] = time.time()

def listings(query, _):
    asked = [sku for sku in query.get("sku", sorted(stock)) if sku in stock]  # so few fit on one page
    page = [{"sku": sku, "title": sku.title(), "status": "active", "quantities": [{"quantity": stock[sku]}],
             "price": {"amount": prices[sku], "currency": "EUR"}} for sku in asked]
    return {"listings": page, "next": None}

def changed(name, things, key, query):
    """One page of what changed since. All before now is here, so the first page's word holds for the others."""
    until, start = query["cursor"][0].split("~") if "cursor" in query else (now(), "0")
    since, end = datetime.fromisoformat(query["since"][0]), int(start) + int(query.get("limit", ["100"])[0])
    found = [thing for thing in things.values() if since <= datetime.fromisoformat(thing[key]) and thing[key] <= until]
    page = sorted(found, key=lambda thing: thing[key])[int(start):end]
    return {name: page, "next": f"{until}~{end}" if len(found) > end else None, "complete_until": until}

def once(make, body):
    """Makes a change; one whose key was seen gets its former answer and changes nothing."""
    if body["key"] not in done:
        done[body["key"]] = make(body)
    return done[body["key"]]

def set_quantity(change):
    sku, mode, part = change["sku"], change["mode"], change["parts"][0]
    if sku not in stock:
        return {"sku": sku, "outcome": "not_found"}
    wanted = stock[sku] + part["delta"] if mode == "relative" else part["quantity"]
    if wanted < 0 or mode == "compare_and_set" and stock[sku] != part["expected"]:
        return {"sku": sku, "outcome": "differs", "shown": [{"quantity": stock[sku]}]}
    stock[sku] = wanted
    return {"sku": sku, "outcome": "applied"}

def set_price(change):
    if change["sku"] in prices:
        prices[change["sku"]] = change["price"]["amount"]
    return {"sku": change["sku"], "outcome": "applied" if change["sku"] in prices else "not_found"}

def ship(_, body):
    order = orders[body["order"]]
    told = {**parcels.get(order["id"], {}), body["parcel"]: body["lines"]}  # the same parcel again replaces what was said of it
    for line in order["lines"]:
        line["shipped"] = sum(part["quantity"] for parts in told.values() for part in parts if part["line"] == line["id"])
    parcels[order["id"]] = told
    return settle(order)

def settle(order):
    shipped = any(line["shipped"] for line in order["lines"])
    waits = any(line["quantity"] > line["shipped"] + line["cancelled"] for line in order["lines"])
    order["status"] = ("partially_shipped" if shipped else "open") if waits else ("shipped" if shipped else "cancelled")
    order["updated_at"] = now()
    return {}

def buy(_, body):
    sku, quantity, at, id = body["sku"], body["quantity"], now(), f"C-{len(orders) + 1}"
    if stock[sku] < quantity:
        raise Refused("there are not so many")
    stock[sku] -= quantity
    line = {"id": "1", "sku": sku, "quantity": quantity, "shipped": 0, "cancelled": 0}
    orders[id] = {"id": id, "placed_at": at, "updated_at": at, "status": "open", "lines": [line]}
    return orders[id]

routes = {
    "GET /info": lambda *_: INFO, "GET /listings": listings, "POST /shipments": ship, "POST /shop/buy": buy,
    "GET /orders": lambda query, _: changed("orders", orders, query["by"][0] + "_at", query),
    "POST /quantities": lambda _, body: {"results": [once(set_quantity, change) for change in body["changes"]]},
    "POST /prices": lambda _, body: {"results": [set_price(change) for change in body["changes"]]},
}

def answer(method, path, query, body):
    if method == "GET" and path.startswith("/orders/"):
        return orders[unquote(path.removeprefix("/orders/"))]
    return routes[f"{method} {path}"](query, body)

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        raw, url = self.rfile.read(int(self.headers.get("Content-Length") or 0)), urlsplit(self.path)
        with lock:
            status, body = 200, {}
            try:
                if not url.path.startswith("/shop/") and (wrong := wrong_with(self, raw)):
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

def serve():
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()

if __name__ == "__main__":
    serve()
