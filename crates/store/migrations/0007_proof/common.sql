-- What was last sent of one field of a listing, and the oldest lines that hold a product's stock, however many there were.
CREATE INDEX pushes_by_field ON pushes (tenant_id, listing_id, field, id);
DROP INDEX pushes_by_listing;
DROP INDEX order_lines_open;
CREATE INDEX order_lines_open ON order_lines (tenant_id, product_id, id)
    WHERE stock_reserved > stock_released + stock_shipped;

-- What checks of the books found; the last ones only. findings: JSON, at most a hundred of each rule.
CREATE TABLE ledger_checks (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    id TEXT NOT NULL,
    asked_by TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ended_at BIGINT NOT NULL,
    entries BIGINT NOT NULL,
    balances BIGINT NOT NULL,
    order_lines BIGINT NOT NULL,
    listings BIGINT NOT NULL,
    pushes BIGINT NOT NULL,
    findings TEXT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
