-- Money that a person gives back at a channel. status: waiting, accepted, done, refused, unclear.
CREATE TABLE refunds (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    order_id TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    amount_currency TEXT NOT NULL,
    -- For which units; empty for money alone.
    lines TEXT NOT NULL,
    -- Whether the channel is to have the payment provider send the money; it only notes it otherwise.
    pay_out BIGINT NOT NULL,
    note TEXT,
    channel_refund_id TEXT,
    status TEXT NOT NULL,
    message TEXT,
    asked_at BIGINT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, order_id) REFERENCES orders (tenant_id, id)
);
CREATE INDEX refunds_by_order ON refunds (tenant_id, order_id);
