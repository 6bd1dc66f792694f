-- What channels paid, and what each payment is made of.
CREATE TABLE settlements (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    -- What the channel reads it by.
    reference TEXT NOT NULL,
    from_at BIGINT NOT NULL,
    to_at BIGINT NOT NULL,
    deposited_at BIGINT,
    currency TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    lines_minor BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE TABLE settlement_lines (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    settlement_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    told TEXT NOT NULL,
    amount_told TEXT NOT NULL,
    channel_order_id TEXT,
    sku TEXT,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, settlement_id, position),
    FOREIGN KEY (tenant_id, account_id, settlement_id) REFERENCES settlements (tenant_id, account_id, id)
);
CREATE INDEX settlement_lines_by_order ON settlement_lines (tenant_id, account_id, channel_order_id);
CREATE INDEX money_transactions_by_settlement ON money_transactions (tenant_id, account_id, settlement);
