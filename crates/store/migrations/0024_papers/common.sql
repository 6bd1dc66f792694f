-- Parcels whose papers a channel makes. status: waiting (to be asked for), accepted (being made), done (there), refused,
-- unclear.
CREATE TABLE parcels (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    parcel BIGINT NOT NULL,
    -- What is inside; empty for everything that is open.
    lines TEXT NOT NULL,
    weight_grams BIGINT,
    size_mm TEXT,
    invoice_number TEXT,
    carrier TEXT,
    tracking TEXT,
    handed_over_at BIGINT,
    status TEXT NOT NULL,
    message TEXT,
    asked_at BIGINT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, order_id, parcel),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);

-- Labels and invoices, sealed: they name buyers.
CREATE TABLE papers (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    parcel_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    media_type TEXT NOT NULL,
    size BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    expires_at BIGINT,
    made_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, parcel_id) REFERENCES parcels (tenant_id, id)
);
CREATE INDEX papers_by_parcel ON papers (tenant_id, parcel_id);
CREATE INDEX papers_by_age ON papers (made_at);

-- A tracking number is looked up before it is told.
CREATE INDEX shipments_by_tracking ON shipments (tenant_id, tracking);
