#!/usr/bin/env python3
"""A shop in 125 lines or so that speaks the custom protocol, version 1 (docs/channels/custom.md).

    SECRET=correct-horse-battery-staple python3 server.py 8099

It keeps everything in memory and needs nothing but Python. POST /shop/buy {"sku": "MUG-BLUE", "quantity": 1} buys.
"""
import hashlib, hmac, json, os, sys, threading, time
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

KEY_ID, SECRET = os.environ.get("KEY_ID", "key-1"), os.environ["SECRET"].encode()
stock = {"BOWL": 7, "MUG-BLUE": 5, "MUG-RED": 3}
prices = {sku: "12.50" for sku in stock}
orders, done, nonces = {}, {}, {}
lock = threading.Lock()  # comparing and setting is one step, and so is buying
now = lambda: datetime.now(timezone.utc).isoformat()

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

def listings(query):
    asked = query.get("sku") or [sku for sku in sorted(stock) if sku > query.get("cursor", [""])[0]]
    limit = len(asked) if "sku" in query else int(query.get("limit", ["100"])[0])
    page = [{"sku": sku, "title": sku.title(), "status": "active", "quantities": [{"quantity": stock[sku]}],
             "price": {"amount": prices[sku], "currency": "EUR"}} for sku in asked[:limit] if sku in stock]
    return {"listings": page, "next": asked[limit - 1] if len(asked) > limit else None}

def order_page(query):
    # An order is listed the moment it is placed, so all before now are here. The first page's word holds for all.
    until, start = query["cursor"][0].split("~") if "cursor" in query else (now(), "0")
    key = "placed_at" if query["by"] == ["placed"] else "updated_at"
    since, end = datetime.fromisoformat(query["since"][0]), int(start) + int(query.get("limit", ["100"])[0])
    found = [o for o in orders.values() if since <= datetime.fromisoformat(o[key]) and o[key] <= until]
    page = sorted(found, key=lambda o: o[key])[int(start):end]
    return {"orders": page, "next": f"{until}~{end}" if len(found) > end else None, "complete_until": until}

def change(item):
    """Makes one change of a quantity whole or not at all. A key that was seen gets its former answer."""
    def make(sku, mode, part):
        if sku not in stock:
            return {"sku": sku, "outcome": "not_found"}
        wanted = stock[sku] + part["delta"] if mode == "relative" else part["quantity"]
        if wanted < 0 or mode == "compare_and_set" and stock[sku] != part["expected"]:
            return {"sku": sku, "outcome": "differs", "shown": [{"quantity": stock[sku]}]}
        stock[sku] = wanted
        return {"sku": sku, "outcome": "applied"}
    if item["key"] not in done:
        done[item["key"]] = make(item["sku"], item["mode"], item["parts"][0])
    return done[item["key"]]

def reprice(item):
    if item["sku"] not in prices:
        return {"sku": item["sku"], "outcome": "not_found"}
    prices[item["sku"]] = item["price"]["amount"]
    return {"sku": item["sku"], "outcome": "applied"}

def ship(body):
    order = orders[body["order"]]
    line = order["lines"][0]
    line["shipped"] = sum(part["quantity"] for part in body["lines"])
    order["status"] = "shipped" if line["shipped"] >= line["quantity"] else "partially_shipped"
    order["updated_at"] = now()
    return {}

def buy(body):
    sku, quantity, at, id = body["sku"], body["quantity"], now(), f"C-{len(orders) + 1}"
    if stock[sku] < quantity:
        raise KeyError("that many")
    stock[sku] -= quantity
    line = {"id": "1", "sku": sku, "quantity": quantity, "shipped": 0, "cancelled": 0}
    orders[id] = {"id": id, "placed_at": at, "updated_at": at, "status": "open", "lines": [line]}
    return orders[id]

def answer(method, path, query, body):
    match method, path.strip("/").split("/"):
        case "GET", ["info"]:
            return {"protocol": 1, "name": "Example shop", "currency": "EUR",
                    "write_modes": ["compare_and_set", "relative", "absolute"]}
        case "GET", ["listings"]: return listings(query)
        case "GET", ["orders"]: return order_page(query)
        case "GET", ["orders", id]: return orders[unquote(id)]
        case "POST", ["quantities"]: return {"results": [change(item) for item in body["changes"]]}
        case "POST", ["prices"]: return {"results": [reprice(item) for item in body["changes"]]}
        case "POST", ["shipments"]: return ship(body)
        case "POST", ["shop", "buy"]: return buy(body)
    raise KeyError("such a request")

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        raw, url = self.rfile.read(int(self.headers.get("Content-Length") or 0)), urlsplit(self.path)
        with lock:
            wrong = None if url.path == "/shop/buy" else wrong_with(self, raw)
            status, body = 401, {"title": "Unauthorized", "detail": wrong}
            try:
                if wrong is None:
                    status, body = 200, answer(self.command, url.path, parse_qs(url.query), json.loads(raw or "null"))
            except KeyError as missing:
                status, body = 404, {"title": "Not found", "detail": f"there is no {missing}"}
            text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status == 200 else "application/problem+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST, log_message = do_GET, lambda *_: None

if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
