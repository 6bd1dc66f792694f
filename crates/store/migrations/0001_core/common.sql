-- Stockbridge's tables. Only BIGINT, TEXT and BYTEA columns: times are microseconds UTC, booleans 0/1, JSON is text that
-- SQL never looks into, money is minor units beside its currency. Every tenant table starts its key with tenant_id.

CREATE TABLE tenants (
    tenant_id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- The tenant's data key, sealed under the operator's master key.
CREATE TABLE tenant_keys (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, version)
);

CREATE TABLE users (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    password_hash TEXT,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (email)
);

CREATE TABLE sessions (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    csrf TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- One-time links that sign a person in without a password (first visit, demo).
CREATE TABLE signin_links (
    tenant_id TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    user_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    uses_left BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, token_hash),
    UNIQUE (token_hash),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE api_tokens (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    token_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    revoked_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (token_hash)
);

CREATE TABLE accounts (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    external_id TEXT NOT NULL,
    marketplaces TEXT NOT NULL,
    currency TEXT,
    endpoints TEXT NOT NULL,
    options TEXT NOT NULL,
    credentials BYTEA NOT NULL,
    status TEXT NOT NULL,
    status_reason TEXT,
    connected_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    -- Orders changed before this instant are all imported, by the channel's own word.
    orders_complete_until BIGINT NOT NULL,
    last_ok_at BIGINT,
    last_error_at BIGINT,
    last_error TEXT,
    error_streak BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, channel, external_id)
);

CREATE TABLE products (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    sku TEXT NOT NULL,
    title TEXT NOT NULL,
    barcode TEXT,
    price_minor BIGINT,
    price_currency TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, sku)
);

CREATE TABLE locations (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    is_default BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, name)
);

CREATE TABLE stock_balances (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    -- 1 once a person or an import said how much there is; until then no channel is told anything.
    counted BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id, location_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id),
    FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id)
);

-- Append only. The cause is unique: replaying it writes nothing.
CREATE TABLE stock_ledger (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    location_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    on_hand_change BIGINT NOT NULL,
    reserved_change BIGINT NOT NULL,
    on_hand_after BIGINT NOT NULL,
    reserved_after BIGINT NOT NULL,
    cause_kind TEXT NOT NULL,
    cause_ref TEXT NOT NULL,
    cause_line TEXT NOT NULL,
    note TEXT,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause_kind, cause_ref, cause_line),
    FOREIGN KEY (tenant_id, product_id, location_id)
        REFERENCES stock_balances (tenant_id, product_id, location_id)
);
CREATE INDEX stock_ledger_by_product ON stock_ledger (tenant_id, product_id, id);

-- How stock is shared out. account_id '' is the tenant's default.
CREATE TABLE allocation_policies (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    share_bp BIGINT,
    buffer_units BIGINT,
    buffer_bp BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id)
);

CREATE TABLE listings (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    channel_ref TEXT,
    title TEXT NOT NULL,
    fulfilled_by TEXT NOT NULL,
    status TEXT NOT NULL,
    product_type TEXT,
    issues TEXT NOT NULL,
    product_id TEXT,
    mapped_by TEXT,
    units BIGINT NOT NULL,
    -- Price: shown by the channel, wanted by the hub, last sent.
    price_minor BIGINT,
    price_currency TEXT,
    price_wanted_minor BIGINT,
    price_wanted_currency TEXT,
    price_due BIGINT NOT NULL,
    -- The offer; see the domain's Offer. Only for listings the seller ships.
    exposure BIGINT NOT NULL,
    exposure_since BIGINT NOT NULL,
    settled BIGINT NOT NULL,
    shown_qty BIGINT,
    shown_at BIGINT,
    anchor_qty BIGINT,
    anchor_at BIGINT,
    anchor_sold BIGINT,
    write_push TEXT,
    write_qty BIGINT,
    write_sent_at BIGINT,
    write_state TEXT,
    write_sold BIGINT,
    write_prior BIGINT,
    write_prior_exposure BIGINT,
    write_margin BIGINT,
    -- The plan: what allocation gives, what is to be written, why not.
    desired_qty BIGINT,
    due_qty BIGINT,
    due_priority BIGINT,
    due_cause TEXT,
    due_caused_at BIGINT,
    hold TEXT,
    not_before BIGINT,
    read_due_at BIGINT,
    verified_at BIGINT,
    last_problem TEXT,
    problem_at BIGINT,
    -- Pace: units sold, halved every day.
    sold_milli BIGINT NOT NULL,
    sold_at BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, sku),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX listings_by_product ON listings (tenant_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX listings_unmapped ON listings (tenant_id, account_id, sku) WHERE product_id IS NULL;
CREATE INDEX listings_due ON listings (tenant_id, account_id, due_priority, due_caused_at) WHERE due_qty IS NOT NULL;
CREATE INDEX listings_in_flight ON listings (tenant_id, account_id, write_sent_at) WHERE write_push IS NOT NULL;
CREATE INDEX listings_to_read ON listings (tenant_id, account_id, read_due_at) WHERE read_due_at IS NOT NULL;
CREATE INDEX listings_to_settle ON listings (tenant_id, account_id, anchor_at) WHERE anchor_at IS NOT NULL;
CREATE INDEX listings_unsettled ON listings (tenant_id, account_id) WHERE settled = 0;

-- Every attempt to change what a channel shows.
CREATE TABLE pushes (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    listing_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    product_id TEXT,
    field TEXT NOT NULL,
    before TEXT,
    value TEXT NOT NULL,
    cause TEXT,
    caused_at BIGINT,
    sent_at BIGINT NOT NULL,
    answered_at BIGINT,
    outcome TEXT NOT NULL,
    message TEXT,
    verified_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, listing_id) REFERENCES listings (tenant_id, id)
);
CREATE INDEX pushes_by_listing ON pushes (tenant_id, listing_id, id);
CREATE INDEX pushes_by_time ON pushes (tenant_id, sent_at);

CREATE TABLE orders (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    channel_order_id TEXT NOT NULL,
    status TEXT NOT NULL,
    channel_status TEXT NOT NULL,
    fulfilled_by TEXT NOT NULL,
    marketplace TEXT,
    placed_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    ship_by BIGINT,
    total_minor BIGINT,
    total_currency TEXT,
    attention TEXT,
    -- Hash of the snapshot last merged: the same page again writes nothing.
    digest TEXT NOT NULL,
    payload BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, channel_order_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX orders_by_time ON orders (tenant_id, placed_at, id);
CREATE INDEX orders_by_status ON orders (tenant_id, status, placed_at, id);
CREATE INDEX orders_by_account ON orders (tenant_id, account_id, placed_at, id);
CREATE INDEX orders_with_attention ON orders (tenant_id, placed_at, id) WHERE attention IS NOT NULL;

CREATE TABLE order_lines (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    channel_line_id TEXT NOT NULL,
    listing_id TEXT,
    product_id TEXT,
    location_id TEXT,
    sku TEXT,
    title TEXT NOT NULL,
    units BIGINT NOT NULL,
    ordered BIGINT NOT NULL,
    shipped BIGINT NOT NULL,
    cancelled BIGINT NOT NULL,
    total_minor BIGINT,
    total_currency TEXT,
    -- Product units ever reserved, released and shipped; see the domain's LineStock.
    stock_reserved BIGINT NOT NULL,
    stock_released BIGINT NOT NULL,
    stock_shipped BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, order_id, channel_line_id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX order_lines_unmapped ON order_lines (tenant_id, sku) WHERE product_id IS NULL;
CREATE INDEX order_lines_by_product ON order_lines (tenant_id, product_id) WHERE product_id IS NOT NULL;

CREATE TABLE shipments (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    parcel BIGINT NOT NULL,
    carrier TEXT NOT NULL,
    method TEXT,
    tracking TEXT NOT NULL,
    shipped_at BIGINT NOT NULL,
    status TEXT NOT NULL,
    message TEXT,
    lines TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, order_id, parcel),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);

-- Products whose offers have to be computed anew.
CREATE TABLE dirty_products (
    tenant_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    cause TEXT NOT NULL,
    caused_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX dirty_products_by_time ON dirty_products (tenant_id, caused_at, product_id);

-- Things a channel sent that could not be read: kept as they came.
CREATE TABLE quarantine (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    channel_id TEXT,
    digest TEXT NOT NULL,
    reason TEXT NOT NULL,
    payload BYTEA NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, digest)
);

-- Durable work. state: queued, running, done (kept for a while), dead.
CREATE TABLE jobs (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    lane TEXT NOT NULL,
    account_id TEXT,
    dedupe_key TEXT,
    payload TEXT NOT NULL,
    priority BIGINT NOT NULL,
    run_at BIGINT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    outcome TEXT,
    last_error TEXT,
    fence BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX jobs_ready ON jobs (lane, priority, run_at, id) WHERE state = 'queued';
CREATE INDEX jobs_running ON jobs (lane) WHERE state = 'running';
CREATE INDEX jobs_dead ON jobs (tenant_id, id) WHERE state = 'dead';
CREATE INDEX jobs_done ON jobs (finished_at) WHERE state = 'done';
CREATE UNIQUE INDEX jobs_dedupe ON jobs (tenant_id, kind, dedupe_key) WHERE state = 'queued';

-- One worker holds a lane at a time, by a lease with a fencing token.
CREATE TABLE lanes (
    tenant_id TEXT NOT NULL,
    lane TEXT NOT NULL,
    account_id TEXT,
    ready_at BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    lease_owner TEXT,
    lease_until BIGINT NOT NULL,
    fence BIGINT NOT NULL,
    paused BIGINT NOT NULL,
    wait_reason TEXT,
    PRIMARY KEY (tenant_id, lane)
);
CREATE INDEX lanes_ready ON lanes (paused, priority, ready_at);

CREATE TABLE budgets (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    bucket TEXT NOT NULL,
    level_micro BIGINT NOT NULL,
    at BIGINT NOT NULL,
    rate_micro BIGINT NOT NULL,
    burst BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, bucket)
);

CREATE TABLE schedules (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    every_ms BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, kind)
);
CREATE INDEX schedules_next ON schedules (next_at);

CREATE TABLE runs (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    trigger TEXT NOT NULL,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    seen BIGINT NOT NULL,
    changed BIGINT NOT NULL,
    failed BIGINT NOT NULL,
    cursor TEXT,
    message TEXT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX runs_by_account ON runs (tenant_id, account_id, id);
CREATE INDEX runs_open ON runs (tenant_id, account_id, kind) WHERE state = 'running';

CREATE TABLE alerts (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    severity TEXT NOT NULL,
    dedupe_key TEXT NOT NULL,
    account_id TEXT,
    subject TEXT,
    title TEXT NOT NULL,
    detail TEXT NOT NULL,
    state TEXT NOT NULL,
    snoozed_until BIGINT,
    times BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, dedupe_key)
);
CREATE INDEX alerts_open ON alerts (tenant_id, state, last_at);

CREATE TABLE audit_log (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- The outcome of a request that a client may send again.
CREATE TABLE idempotency_keys (
    tenant_id TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash TEXT NOT NULL,
    status BIGINT,
    body TEXT,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, key)
);
