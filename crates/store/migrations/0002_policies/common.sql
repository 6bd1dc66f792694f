-- How stock is shared out: by channel, account and product, '' where a policy holds for all of them. What a row leaves
-- NULL is left to a more general one.
CREATE TABLE policies (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    product_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    account_id TEXT NOT NULL,
    mode TEXT,
    cover_days BIGINT,
    method TEXT,
    share_bp BIGINT,
    tier BIGINT,
    fixed BIGINT,
    cap BIGINT,
    minimum BIGINT,
    buffer_units BIGINT,
    buffer_bp BIGINT,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id, channel, account_id)
);

INSERT INTO policies (tenant_id, product_id, channel, account_id, share_bp, buffer_units, buffer_bp, updated_at)
    SELECT tenant_id, '', '', account_id, share_bp, buffer_units, buffer_bp, updated_at FROM allocation_policies
    WHERE share_bp IS NOT NULL OR buffer_units IS NOT NULL OR buffer_bp IS NOT NULL;

DROP TABLE allocation_policies;

-- Whether a listing's units are its own or everybody's, as last planned.
ALTER TABLE listings ADD COLUMN regime TEXT NOT NULL DEFAULT 'strict';
