// A Medusa server for tests: PostgreSQL, everything else in memory, no dashboard.
const { defineConfig } = require("@medusajs/framework/utils")

const origin = "http://127.0.0.1"

module.exports = defineConfig({
  admin: { disable: true },
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { ssl: false, connection: { ssl: false } },
    http: { storeCors: origin, adminCors: origin, authCors: origin, jwtSecret: "for-tests", cookieSecret: "for-tests" },
  },
})
