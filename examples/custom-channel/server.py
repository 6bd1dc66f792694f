#!/usr/bin/env python3
"""A shop in about a hundred lines that speaks the custom protocol, version 1 (docs/channels/custom.md).

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
orders, done, nonces = [], {}, {}
lock = threading.Lock()  # comparing and setting is one step, and so is buying


def now():
    return datetime.now(timezone.utc).isoformat()


def signed(handler, body):
    """None when the request is genuine and new, else what is wrong with it."""
    header = lambda name: handler.headers.get("Stockbridge-" + name, "")
    stamp, nonce = header("Timestamp"), header("Nonce")
    text = "\n".join(["v1", stamp, nonce, handler.command, handler.path, ""]).encode() + body
    wanted = "v1=" + hmac.new(SECRET, text, hashlib.sha256).hexdigest()
    if header("Key") != KEY_ID or not hmac.compare_digest(wanted, header("Signature")):
        return "key id or signature is wrong"
    if not stamp.isdigit() or abs(time.time() - int(stamp)) > 300:
        return "the timestamp is too far from this clock"
    for old in [n for n, at in nonces.items() if at < time.time() - 600]:
        del nonces[old]
    if nonce in nonces:
        return "the nonce was seen before"
    nonces[nonce] = time.time()
    return None


def listing(sku):
    price = {"amount": prices[sku], "currency": "EUR"}
    return {"sku": sku, "title": sku.title(), "status": "active", "price": price, "quantities": [{"quantity": stock[sku]}]}


def change(item):
    """Makes one change of a quantity whole or not at all. A key that was seen gets its former answer."""
    if item["key"] in done:
        return done[item["key"]]
    sku, part = item["sku"], item["parts"][0]
    result = {"sku": sku, "outcome": "applied"}
    if sku not in stock:
        result["outcome"] = "not_found"
    elif item["mode"] == "compare_and_set" and stock[sku] != part["expected"]:
        result.update(outcome="differs", shown=[{"quantity": stock[sku]}])
    elif item["mode"] == "relative" and stock[sku] + part["delta"] < 0:
        result.update(outcome="differs", shown=[{"quantity": stock[sku]}])
    else:
        stock[sku] = stock[sku] + part["delta"] if item["mode"] == "relative" else part["quantity"]
    done[item["key"]] = result
    return result


def reprice(item):
    if item["sku"] not in prices:
        return {"sku": item["sku"], "outcome": "not_found"}
    prices[item["sku"]] = item["price"]["amount"]
    return {"sku": item["sku"], "outcome": "applied"}


def buy(body):
    if stock.get(body["sku"], 0) < body["quantity"]:
        return 409, {"title": "Out of stock"}
    stock[body["sku"]] -= body["quantity"]
    line = {"id": "1", "sku": body["sku"], "quantity": body["quantity"], "shipped": 0, "cancelled": 0}
    at = now()
    orders.append({"id": f"C-{len(orders) + 1}", "placed_at": at, "updated_at": at, "status": "open", "lines": [line]})
    return 200, orders[-1]


def ship(body):
    order = next((o for o in orders if o["id"] == body["order"]), None)
    if order is None:
        return 404, {"title": "Not found", "detail": f"there is no order {body['order']}"}
    line = order["lines"][0]
    line["shipped"] = sum(part["quantity"] for part in body["lines"])
    order["status"] = "shipped" if line["shipped"] >= line["quantity"] else "partially_shipped"
    order["updated_at"] = now()
    return 200, {}


def answer(method, path, query, body):
    limit, after = int(query.get("limit", ["100"])[0]), query.get("cursor", [""])[0]
    if (method, path) == ("GET", "/info"):
        return 200, {"protocol": 1, "name": "Example shop", "currency": "EUR",
                     "write_modes": ["compare_and_set", "relative", "absolute"]}
    if (method, path) == ("GET", "/listings"):
        if "sku" in query:
            return 200, {"listings": [listing(sku) for sku in query["sku"] if sku in stock], "next": None}
        rest = [sku for sku in sorted(stock) if sku > after]
        return 200, {"listings": [listing(sku) for sku in rest[:limit]],
                     "next": rest[limit - 1] if len(rest) > limit else None}
    if (method, path) == ("GET", "/orders"):
        # Orders are listed the moment they are placed, so all before now are here. The first page's word holds for all.
        until, start = after.split("~") if after else (now(), "0")
        key = "placed_at" if query["by"] == ["placed"] else "updated_at"
        since = datetime.fromisoformat(query["since"][0])
        found = sorted((o for o in orders if since <= datetime.fromisoformat(o[key]) and o[key] <= until), key=lambda o: o[key])
        page, end = found[int(start):int(start) + limit], int(start) + limit
        return 200, {"orders": page, "next": f"{until}~{end}" if len(found) > end else None, "complete_until": until}
    if method == "GET" and path.startswith("/orders/"):
        order = next((o for o in orders if o["id"] == unquote(path[8:])), None)
        return (200, order) if order else (404, {"title": "Not found", "detail": "there is no such order"})
    if (method, path) == ("POST", "/quantities"):
        return 200, {"results": [change(item) for item in body["changes"]]}
    if (method, path) == ("POST", "/prices"):
        return 200, {"results": [reprice(item) for item in body["changes"]]}
    if (method, path) == ("POST", "/shipments"):
        return ship(body)
    return 404, {"title": "Not found", "detail": "no such request in the protocol"}


class Handler(BaseHTTPRequestHandler):
    def handle_request(self):
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        with lock:
            if url.path == "/shop/buy":
                status, body = buy(json.loads(raw))
            elif wrong := signed(self, raw):
                status, body = 401, {"title": "Unauthorized", "detail": wrong}
            else:
                status, body = answer(self.command, url.path, parse_qs(url.query), json.loads(raw or "null"))
            text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if status < 300 else "application/problem+json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = handle_request

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8099), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
