#!/usr/bin/env python3
"""The shop of server.py that also calls orders off, notes refunds, and tells of returns.

    SECRET=correct-horse-battery-staple python3 after_sales.py 8099

POST /shop/send-back {"order": "C-1", "quantity": 1} announces goods that come back.
"""
from decimal import Decimal

from server import INFO, SECRETS, answer, buy, changed, now, once, orders, prices, routes, settle, stock
from signed import Refused, serve

returns, refunds = {}, {}

def paid(_, body):
    order = buy(_, body)
    amount = sum(line["quantity"] * Decimal(prices[line["sku"]]) for line in order["lines"])
    order["total"] = {"amount": str(amount), "currency": "EUR"}
    return order

def cancel(body):
    order = orders[body["order"]]
    left = {line["id"]: line["quantity"] - line["shipped"] - line["cancelled"] for line in order["lines"]}
    wanted = {units["line"]: units["quantity"] for units in body["lines"]} or left
    if not any(wanted.values()) or any(not 0 <= wanted[line] <= left.get(line, 0) for line in wanted):
        raise Refused("so much is not open any more")
    for line in order["lines"]:
        line["cancelled"] += wanted.get(line["id"], 0)
        stock[line["sku"]] += wanted.get(line["id"], 0)
    return settle(order)

def refund(body):
    order, amount = orders[body["order"]], Decimal(body["amount"]["amount"])
    given = refunds.setdefault(order["id"], [])
    if body["amount"]["currency"] != "EUR" or amount <= 0 or amount + sum(given) > Decimal(order["total"]["amount"]):
        raise Refused("more than was paid cannot be given back")
    if body["pay_out"]:
        raise Refused("refunds are only noted here")
    given.append(amount)
    return {"id": f"{order['id']}-R{len(given)}"}

def send_back(_, body):
    at, id = now(), f"RET-{len(returns) + 1}"
    lines = [{"line": "1", "quantity": body["quantity"], "reason": "too small"}]
    returns[id] = {"id": id, "order": orders[body["order"]]["id"], "status": "requested",
                   "created_at": at, "updated_at": at, "lines": lines}
    return returns[id]

INFO["after_sales"] = ["cancellations", "line_cancellations", "refunds", "returns"]
routes.update({
    "POST /shop/buy": paid, "POST /shop/send-back": send_back,
    "POST /cancellations": lambda _, body: once(cancel, body),
    "POST /refunds": lambda _, body: once(refund, body),
    "GET /returns": lambda query, _: changed("returns", returns, "updated_at", query),
})

if __name__ == "__main__":
    serve(answer, SECRETS, open="/shop/")
