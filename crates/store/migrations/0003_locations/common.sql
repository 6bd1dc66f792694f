-- Many locations, transfers, counts, returns, unpaid own orders, kits.

-- Orders are served from sellable locations, the lowest rank first. A closed location takes part in nothing.
ALTER TABLE locations ADD COLUMN sellable BIGINT NOT NULL DEFAULT 1;
ALTER TABLE locations ADD COLUMN rank BIGINT NOT NULL DEFAULT 0;
ALTER TABLE locations ADD COLUMN closed_at BIGINT;

-- Units of a product at a location that are never offered.
ALTER TABLE stock_balances ADD COLUMN safety BIGINT NOT NULL DEFAULT 0;

-- Units the channel's own warehouse holds of a listing it ships itself, by its own word. Never the seller's stock.
ALTER TABLE listings ADD COLUMN channel_units BIGINT;

-- Units of an order line that the buyer sent back.
ALTER TABLE order_lines ADD COLUMN returned BIGINT NOT NULL DEFAULT 0;

-- An own order that is not paid is called off at this instant; nothing on paid ones.
ALTER TABLE orders ADD COLUMN pay_by BIGINT;

-- Goods on their way from one location to another. status: draft, in_transit, received, cancelled.
CREATE TABLE transfers (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    reference TEXT NOT NULL,
    from_location TEXT NOT NULL,
    to_location TEXT NOT NULL,
    status TEXT NOT NULL,
    note TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at BIGINT,
    closed_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, from_location) REFERENCES locations (tenant_id, id),
    FOREIGN KEY (tenant_id, to_location) REFERENCES locations (tenant_id, id)
);
CREATE INDEX transfers_open ON transfers (tenant_id, to_location) WHERE status = 'in_transit';

CREATE TABLE transfer_lines (
    tenant_id TEXT NOT NULL,
    transfer_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    units BIGINT NOT NULL,
    received BIGINT NOT NULL,
    lost BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, transfer_id, product_id),
    FOREIGN KEY (tenant_id, transfer_id) REFERENCES transfers (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX transfer_lines_by_product ON transfer_lines (tenant_id, product_id);

-- A walk along the shelves of one location. status: open, posted, cancelled.
CREATE TABLE count_sessions (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    reference TEXT NOT NULL,
    location_id TEXT NOT NULL,
    status TEXT NOT NULL,
    note TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    closed_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, location_id) REFERENCES locations (tenant_id, id)
);

-- expected: the books when the session began. difference: what posting entered.
CREATE TABLE count_lines (
    tenant_id TEXT NOT NULL,
    session_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    expected BIGINT NOT NULL,
    counted BIGINT,
    counted_at BIGINT,
    difference BIGINT,
    PRIMARY KEY (tenant_id, session_id, product_id),
    FOREIGN KEY (tenant_id, session_id) REFERENCES count_sessions (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);

-- What buyers sent back. condition: sellable, damaged.
CREATE TABLE returns (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    reference TEXT NOT NULL,
    units BIGINT NOT NULL,
    condition TEXT NOT NULL,
    -- Where the goods lie now; nothing when they were thrown away.
    location_id TEXT,
    note TEXT,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, order_id, reference, line_id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id),
    FOREIGN KEY (tenant_id, line_id) REFERENCES order_lines (tenant_id, id)
);

-- A kit has no stock of its own: one of it is made of so many units of each component.
CREATE TABLE kit_components (
    tenant_id TEXT NOT NULL,
    kit_id TEXT NOT NULL,
    component_id TEXT NOT NULL,
    units BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, kit_id, component_id),
    FOREIGN KEY (tenant_id, kit_id) REFERENCES products (tenant_id, id),
    FOREIGN KEY (tenant_id, component_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX kit_components_by_component ON kit_components (tenant_id, component_id);

-- What an order line of a kit was made of when it was reserved, whatever the kit becomes later.
CREATE TABLE order_line_parts (
    tenant_id TEXT NOT NULL,
    line_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    units BIGINT NOT NULL,
    location_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, line_id, product_id),
    FOREIGN KEY (tenant_id, line_id) REFERENCES order_lines (tenant_id, id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id)
);
CREATE INDEX order_line_parts_by_product ON order_line_parts (tenant_id, product_id);
