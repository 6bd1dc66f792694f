// Tells a Stockbridge hub at once what happens in a Medusa store (version 2). Copy this file to `src/subscribers/` of the
// Medusa project and set two variables in its environment (the README beside this file says where to find them):
//
//   STOCKBRIDGE_WEBHOOK_URL=https://hub.example.com/…/events
//   STOCKBRIDGE_WEBHOOK_KEY=…
//
// Each message is signed: `Stockbridge-Signature: v1=` and the HMAC-SHA256, in hex, of `Stockbridge-Timestamp`, a full stop
// and the body. A message that is lost costs nothing but time: the hub also asks for changes on schedule.
import { createHmac, randomUUID } from "node:crypto"
import type { SubscriberArgs, SubscriberConfig } from "@medusajs/framework"

const ATTEMPTS = 3
const TIMEOUT_MS = 5_000

type Data = { id?: string; order_id?: string }

// Events that name a fulfilment or a payment: which entity to ask, and where its order is.
const ORDER_OF: Record<string, { entity: string; path: string[] }> = {
  "shipment.created": { entity: "fulfillment", path: ["order", "id"] },
  "delivery.created": { entity: "fulfillment", path: ["order", "id"] },
  "payment.captured": { entity: "payment", path: ["payment_collection", "order", "id"] },
  "payment.refunded": { entity: "payment", path: ["payment_collection", "order", "id"] },
}

async function orderOf(name: string, data: Data, container: SubscriberArgs<Data>["container"]) {
  const where = ORDER_OF[name]
  if (!where || data.order_id || !data.id) return data.order_id
  const query = container.resolve("query")
  const found = await query.graph({
    entity: where.entity,
    fields: [where.path.join(".")],
    filters: { id: data.id },
  })
  let value: any = found.data[0]
  for (const part of where.path) value = value?.[part]
  return typeof value === "string" ? value : undefined
}

async function send(url: string, key: string, body: string) {
  const timestamp = Math.floor(Date.now() / 1000).toString()
  const digest = createHmac("sha256", key).update(`${timestamp}.`).update(body).digest("hex")
  const answer = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "stockbridge-timestamp": timestamp,
      "stockbridge-signature": `v1=${digest}`,
    },
    body,
    signal: AbortSignal.timeout(TIMEOUT_MS),
  })
  if (!answer.ok) throw new Error(`the hub answered ${answer.status}`)
}

export default async function stockbridge({ event, container }: SubscriberArgs<Data>) {
  const url = process.env.STOCKBRIDGE_WEBHOOK_URL
  const key = process.env.STOCKBRIDGE_WEBHOOK_KEY
  if (!url || !key) return
  const logger = container.resolve("logger")
  let order: string | undefined
  try {
    order = await orderOf(event.name, event.data, container)
  } catch (error) {
    logger.warn(`Stockbridge: the order of ${event.name} could not be found (${error})`)
  }
  const data = { ...event.data, ...(order && { order_id: order }) }
  // The same id in every attempt: the hub takes a message once.
  const body = JSON.stringify({ id: randomUUID(), event: event.name, data })
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await send(url, key, body)
    } catch (error) {
      if (attempt === ATTEMPTS) logger.warn(`Stockbridge: ${event.name} was not delivered (${error})`)
      else await new Promise((again) => setTimeout(again, attempt * 500))
    }
  }
}

export const config: SubscriberConfig = {
  event: [
    "order.placed",
    "order.updated",
    "order.canceled",
    "order.completed",
    "order.archived",
    "order.fulfillment_created",
    "order.fulfillment_canceled",
    "order.return_requested",
    "order.return_received",
    "shipment.created",
    "delivery.created",
    "payment.captured",
    "payment.refunded",
    "product-variant.created",
    "product-variant.updated",
    "product-variant.deleted",
  ],
}
