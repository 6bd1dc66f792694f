#!/usr/bin/env python3
"""A shop that speaks the custom protocol, version 1 (docs/channels/custom.md), with nothing but Python.

    SECRET=correct-horse-battery-staple python3 server.py 8099

It keeps everything in memory. POST /shop/buy {"sku": "MUG-BLUE", "quantity": 1} buys. signed.py has signatures and HTTP;
after_sales.py adds cancellations, refunds and returns.
"""
import os
from datetime import datetime, timezone
from urllib.parse import unquote

from signed import Refused, serve

SECRETS = {os.environ.get("KEY_ID", "key-1"): os.environ["SECRET"]}
INFO = {"protocol": 1, "name": "Example shop", "currency": "EUR", "write_modes": ["compare_and_set", "relative", "absolute"]}
stock = {"BOWL": 7, "MUG-BLUE": 5, "MUG-RED": 3}
prices = {sku: "12.50" for sku in stock}
orders, parcels, done = {}, {}, {}
now = lambda: datetime.now(timezone.utc).isoformat(timespec="microseconds")

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
    key = (make.__name__, body["key"])
    if key not in done:
        done[key] = make(body)
    return done[key]

def set_quantity(change):
    # One request is answered at a time, so comparing and setting is one step, and so is buying.
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

if __name__ == "__main__":
    serve(answer, SECRETS, open="/shop/")
