-- Orders, or units of them, that a person wants called off at their channel. status: waiting, accepted, done, refused,
-- unclear.
CREATE TABLE cancellations (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    -- Which units, with those called off before; empty for all that is open.
    lines TEXT NOT NULL,
    reason TEXT NOT NULL,
    note TEXT,
    status TEXT NOT NULL,
    message TEXT,
    -- When the channel was last asked; nothing while it was not, or surely did not hear it.
    asked_at BIGINT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);
CREATE INDEX cancellations_by_order ON cancellations (tenant_id, order_id);
