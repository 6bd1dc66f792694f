-- Price rules, sales, exchange rates, and differences between what channels show and what they should.

-- What a tenant decided about prices and about fights over listings; no row means the defaults.
CREATE TABLE price_settings (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    -- A price that moves further than this, in hundredths of a percent, waits for a person.
    variance_bp BIGINT NOT NULL,
    -- Exchange rates older than this, in days, are not used.
    rate_max_days BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- One level's rule. scope: tenant, channel:NAME, account:ID, listing:ID. NULL leaves a part to the level above.
CREATE TABLE price_rules (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    scope TEXT NOT NULL,
    keep BIGINT,
    fee_bp BIGINT,
    fee_minor BIGINT,
    fee_currency TEXT,
    margin_bp BIGINT,
    floor_minor BIGINT,
    floor_currency TEXT,
    ending TEXT,
    price_minor BIGINT,
    price_currency TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, scope)
);

-- What one unit of a product costs the seller, and the least a buyer pays for it.
CREATE TABLE product_costs (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    cost_minor BIGINT,
    cost_currency TEXT,
    floor_minor BIGINT,
    floor_currency TEXT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);

-- Lower prices for a while, from starts_at to just before ends_at. Either a price or a part taken off.
CREATE TABLE price_sales (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    scope TEXT NOT NULL,
    starts_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL,
    price_minor BIGINT,
    price_currency TEXT,
    off_bp BIGINT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX price_sales_by_scope ON price_sales (tenant_id, scope, ends_at);
CREATE INDEX price_sales_by_end ON price_sales (tenant_id, ends_at, id);

-- Units of a currency for one euro, in millionths. day counts from 1970-01-01.
CREATE TABLE exchange_rates (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    currency TEXT NOT NULL,
    day BIGINT NOT NULL,
    per_euro_micro BIGINT NOT NULL,
    source TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, currency, day)
);

-- When a listing's price is to be computed anew; 0 from the beginning, the largest number for never.
ALTER TABLE listings ADD COLUMN price_check_at BIGINT NOT NULL DEFAULT 0;
-- The last price that passed, without any sale: what the next one is compared with.
ALTER TABLE listings ADD COLUMN price_normal_minor BIGINT;
ALTER TABLE listings ADD COLUMN price_normal_currency TEXT NULL;
-- Why the computed price is not sent, and which one waits for a person's word.
ALTER TABLE listings ADD COLUMN price_hold TEXT NULL;
ALTER TABLE listings ADD COLUMN price_held_minor BIGINT;
ALTER TABLE listings ADD COLUMN price_held_currency TEXT NULL;
-- When the channel last took a price in.
ALTER TABLE listings ADD COLUMN price_sent_at BIGINT;
CREATE INDEX listings_price_check ON listings (tenant_id, price_check_at);
CREATE INDEX listings_price_due ON listings (tenant_id, account_id, id) WHERE price_due = 1;
CREATE INDEX listings_price_held ON listings (tenant_id, account_id, id) WHERE price_hold IS NOT NULL;

-- How differences are resolved, by field. account_id '' is the tenant's default; the lower priority wins.
CREATE TABLE conflict_strategies (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    field TEXT NOT NULL,
    strategy TEXT NOT NULL,
    priority BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, field)
);

-- How often a field of a listing is set right before it counts as fought over; no row means the defaults.
CREATE TABLE conflict_settings (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    repush_limit BIGINT NOT NULL,
    window_secs BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id)
);

-- A field of a listing that shows something else than it should. state: open (a person decides), healing (the hub sets
-- it right), stopped (fought over), closed.
CREATE TABLE conflicts (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    listing_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    product_id TEXT,
    field TEXT NOT NULL,
    state TEXT NOT NULL,
    expected TEXT NOT NULL,
    shown TEXT NOT NULL,
    -- From when on the channel shows that.
    shown_since BIGINT NOT NULL,
    strategy TEXT NOT NULL,
    times BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, listing_id) REFERENCES listings (tenant_id, id)
);
CREATE UNIQUE INDEX conflicts_live ON conflicts (tenant_id, listing_id, field) WHERE state <> 'closed';
CREATE INDEX conflicts_by_time ON conflicts (tenant_id, last_at, id);
CREATE INDEX conflicts_by_state ON conflicts (tenant_id, state, last_at, id);

-- What was done about differences: append only.
CREATE TABLE conflict_events (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    conflict_id TEXT NOT NULL,
    listing_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    product_id TEXT,
    field TEXT NOT NULL,
    action TEXT NOT NULL,
    strategy TEXT NOT NULL,
    actor TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, conflict_id) REFERENCES conflicts (tenant_id, id)
);
CREATE INDEX conflict_events_by_conflict ON conflict_events (tenant_id, conflict_id, id);
CREATE INDEX conflict_events_by_listing ON conflict_events (tenant_id, listing_id, field, at);
CREATE INDEX conflict_events_by_product ON conflict_events (tenant_id, product_id, field, at) WHERE product_id IS NOT NULL;
