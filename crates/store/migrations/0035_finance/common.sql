-- Money channels moved, as they posted it. A transaction's state may change without a new date, so each is kept by the
-- channel's id and overwritten.
CREATE TABLE money_transactions (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    id TEXT NOT NULL,
    posted_at BIGINT NOT NULL,
    event TEXT NOT NULL,
    told TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL,
    state_told TEXT NOT NULL,
    channel_order_id TEXT,
    settlement TEXT,
    marketplace TEXT,
    currency TEXT NOT NULL,
    total_minor BIGINT NOT NULL,
    -- Its parts as they are shown; the table below has them to be added up, as far as this number.
    parts TEXT NOT NULL,
    part_count BIGINT NOT NULL,
    read_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX money_transactions_by_time ON money_transactions (tenant_id, posted_at);
CREATE INDEX money_transactions_by_order ON money_transactions (tenant_id, account_id, channel_order_id);
-- What each is made of; adds up to its total. Parts beyond the transaction's number of parts are of an earlier reading.
CREATE TABLE money_parts (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    kind TEXT NOT NULL,
    told TEXT NOT NULL,
    sku TEXT,
    amount_minor BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, transaction_id, position),
    FOREIGN KEY (tenant_id, account_id, transaction_id)
        REFERENCES money_transactions (tenant_id, account_id, id)
);
-- Until when everything was read.
CREATE TABLE money_readings (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    complete_until BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
