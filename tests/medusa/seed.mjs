// Fills a fresh Medusa store through its own API and prints, as one JSON object, what a test has to know of it.
//
//   node seed.mjs http://127.0.0.1:9000 EMAIL PASSWORD WEBHOOK_PORT
//
// One sales channel, two stock locations (the second one without the sales channel), one region in EUR with a manual
// payment provider, one shipping option, and products with the SKUs BOWL (70), MUG-BLUE (50), MUG-RED (30), MUG-SPARE (0)
// and, for what is special, DIGITAL (not counted) and SET (a kit of two inventory items).
const [base, email, password, webhookPort] = process.argv.slice(2)

const call = async (path, body, headers = {}) => {
  const init = { headers: { "content-type": "application/json", ...headers } }
  if (body) Object.assign(init, { method: "POST", body: JSON.stringify(body) })
  const answer = await fetch(base + path, init)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : null
}

const { token } = await call("/auth/user/emailpass", { email, password })
const signedIn = { authorization: `Bearer ${token}` }
const admin = (path, body) => call(`/admin${path}`, body, signedIn)

const { api_key: secret } = await admin("/api-keys", { title: "Hub", type: "secret" })
const { api_key: publishable } = await admin("/api-keys", { title: "Storefront", type: "publishable" })
const { sales_channel: salesChannel } = await admin("/sales-channels", { name: "Web shop" })
await admin(`/api-keys/${publishable.id}/sales-channels`, { add: [salesChannel.id] })

const location = async (name) => {
  const address = { address_1: "Main street 1", country_code: "de", city: "Berlin", postal_code: "10115" }
  return (await admin("/stock-locations", { name, address })).stock_location
}
const [warehouse, attic] = [await location("Warehouse"), await location("Attic")]
await admin(`/stock-locations/${warehouse.id}/sales-channels`, { add: [salesChannel.id] })
for (const place of [warehouse, attic]) {
  await admin(`/stock-locations/${place.id}/fulfillment-providers`, { add: ["manual_manual"] })
}

const { region } = await admin("/regions", {
  name: "Germany", currency_code: "eur", countries: ["de"], payment_providers: ["pp_system_default"],
  automatic_taxes: true,
})
await admin("/tax-regions", {
  country_code: "de", provider_id: "tp_system", default_tax_rate: { name: "VAT", code: "vat", rate: 19 },
})
const { stock_location: withSet } = await admin(`/stock-locations/${warehouse.id}/fulfillment-sets?fields=*fulfillment_sets`, {
  name: "Parcels", type: "shipping",
})
const set = withSet.fulfillment_sets[0]
const { fulfillment_set: withZone } = await admin(`/fulfillment-sets/${set.id}/service-zones`, {
  name: "Germany", geo_zones: [{ type: "country", country_code: "de" }],
})
const profiles = await admin("/shipping-profiles")
const profile = profiles.shipping_profiles[0]
  ?? (await admin("/shipping-profiles", { name: "Default", type: "default" })).shipping_profile
const { shipping_option: shippingOption } = await admin("/shipping-options", {
  name: "Parcel", price_type: "flat", provider_id: "manual_manual", service_zone_id: withZone.service_zones[0].id,
  shipping_profile_id: profile.id, type: { label: "Parcel", description: "Two days", code: "parcel" },
  prices: [{ currency_code: "eur", amount: 4.9 }],
  rules: [{ attribute: "enabled_in_store", operator: "eq", value: "true" }],
})

const product = async (title, variants) => {
  const values = variants.map((v) => v.title)
  const made = await admin("/products?fields=*variants,*variants.inventory_items", {
    title, status: "published", shipping_profile_id: profile.id, sales_channels: [{ id: salesChannel.id }],
    options: [{ title: "Kind", values }],
    variants: variants.map(({ title, sku, price, ...rest }) => ({
      title, sku, options: { Kind: title }, manage_inventory: true,
      prices: [{ currency_code: "eur", amount: price }, { currency_code: "usd", amount: price + 1 }], ...rest,
    })),
  })
  return made.product.variants
}
const stock = async (variant, quantity, place = warehouse) => {
  const item = variant.inventory_items[0].inventory_item_id
  await admin(`/inventory-items/${item}/location-levels`, { location_id: place.id, stocked_quantity: quantity })
}
const mugs = await product("Mug", [
  { title: "Blue", sku: "MUG-BLUE", price: 12.5 },
  { title: "Red", sku: "MUG-RED", price: 12.5 },
  { title: "Spare", sku: "MUG-SPARE", price: 9.99 },
])
const [bowl] = await product("Bowl", [{ title: "Oak", sku: "BOWL", price: 25 }])
const [digital] = await product("Pattern", [{ title: "PDF", sku: "DIGITAL", price: 3, manage_inventory: false }])
const bySku = Object.fromEntries([...mugs, bowl, digital].map((v) => [v.sku, v]))
await stock(bySku["MUG-BLUE"], 50)
await stock(bySku["MUG-RED"], 30)
await stock(bySku.BOWL, 70)
const item = (sku) => bySku[sku].inventory_items[0].inventory_item_id
await product("Set", [{
  title: "Mug and bowl", sku: "SET", price: 35,
  inventory_items: [
    { inventory_item_id: item("MUG-RED"), required_quantity: 2 },
    { inventory_item_id: item("BOWL"), required_quantity: 1 },
  ],
}])

console.log(JSON.stringify({
  base, secret_key: secret.token, publishable_key: publishable.token, sales_channel: salesChannel.id,
  region: region.id, shipping_option: shippingOption.id, warehouse: warehouse.id, attic: attic.id,
  webhook_port: Number(webhookPort),
  variants: Object.fromEntries(Object.values(bySku).map((v) => [v.sku, v.id])),
}))
