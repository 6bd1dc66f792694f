-- Sign-ins at channels that are under way: one row an attempt, found by the hash of its state, usable once.
CREATE TABLE consents (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    state_hash TEXT NOT NULL,
    channel TEXT NOT NULL,
    actor TEXT NOT NULL,
    -- What was typed, with its secrets.
    draft BYTEA NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at BIGINT,
    PRIMARY KEY (tenant_id, state_hash),
    UNIQUE (state_hash)
);
