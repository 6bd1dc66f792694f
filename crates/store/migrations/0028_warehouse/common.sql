-- What lies in channels' own warehouses, as each channel counts it, marketplace by marketplace. Read only: nothing here is
-- ever offered, reserved or added to the stock of the hub's locations.
CREATE TABLE warehouse_stock (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    marketplace TEXT NOT NULL,
    sku TEXT NOT NULL,
    -- The channel's label on the goods; empty where it names none. One SKU may lie there under several.
    label TEXT NOT NULL,
    channel_ref TEXT,
    title TEXT NOT NULL,
    condition TEXT,
    sellable BIGINT NOT NULL,
    inbound BIGINT NOT NULL,
    reserved BIGINT NOT NULL,
    unfulfillable BIGINT NOT NULL,
    total BIGINT NOT NULL,
    -- Everything the channel told of the units.
    units TEXT NOT NULL,
    changed_at BIGINT,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, marketplace, sku, label),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX warehouse_stock_by_sku ON warehouse_stock (tenant_id, sku);
