-- Batches of quantities handed in as one: each stays open until the channel has said what became of every item. A push
-- that belongs to one is on its way until then.
CREATE TABLE bulk_writes (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    -- filling, sending, waiting or done.
    state TEXT NOT NULL,
    -- The channel's id of it, once it is known.
    ticket TEXT,
    items BIGINT NOT NULL,
    began_at BIGINT NOT NULL,
    sent_at BIGINT,
    done_at BIGINT,
    accepted BIGINT NOT NULL,
    refused BIGINT NOT NULL,
    message TEXT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX bulk_writes_by_account ON bulk_writes (tenant_id, account_id, id);
ALTER TABLE pushes ADD COLUMN bulk_id TEXT;
CREATE INDEX pushes_by_bulk ON pushes (tenant_id, bulk_id) WHERE bulk_id IS NOT NULL;
