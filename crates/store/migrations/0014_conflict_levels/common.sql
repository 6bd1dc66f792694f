-- How differences are resolved: for everything, a channel, an account, a product, or a product on one of them. An empty
-- text leaves that part open, as in policies; the most specific row of a field holds.
ALTER TABLE conflict_strategies RENAME TO conflict_strategies_by_account;
CREATE TABLE conflict_strategies (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    product_id TEXT NOT NULL,
    channel TEXT NOT NULL,
    account_id TEXT NOT NULL,
    field TEXT NOT NULL,
    strategy TEXT NOT NULL,
    priority BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, product_id, channel, account_id, field)
);
INSERT INTO conflict_strategies (tenant_id, product_id, channel, account_id, field, strategy, priority, updated_at)
    SELECT tenant_id, '', '', account_id, field, strategy, priority, updated_at FROM conflict_strategies_by_account;
DROP TABLE conflict_strategies_by_account;
