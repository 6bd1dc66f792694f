-- Returns as channels announce them. status: requested, open, received, closed, cancelled; nothing for a word nobody knows.
CREATE TABLE channel_returns (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    channel_return_id TEXT NOT NULL,
    channel_order_id TEXT NOT NULL,
    channel_status TEXT NOT NULL,
    status TEXT,
    lines TEXT NOT NULL,
    tracking TEXT,
    attention TEXT,
    -- Units announced, and those of them that were received here.
    units BIGINT NOT NULL,
    received BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, channel_return_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX channel_returns_by_order ON channel_returns (tenant_id, account_id, channel_order_id);

-- The announced return that goods came back with.
ALTER TABLE returns ADD COLUMN channel_return_id TEXT;

-- Returns changed before this instant are all imported.
ALTER TABLE accounts ADD COLUMN returns_complete_until BIGINT;
