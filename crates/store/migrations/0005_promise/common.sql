-- How long steps took between a buyer's order and the other channels showing it, as histograms that can be added up.
-- hour: beginning of the hour the step ended in; 0 is the sum since ever.
-- bucket: see the domain's latency; -1 holds the sum of the durations in milliseconds.
CREATE TABLE promise_buckets (
    tenant_id TEXT NOT NULL REFERENCES tenants (tenant_id) ON DELETE CASCADE,
    account_id TEXT NOT NULL,
    step TEXT NOT NULL,
    hour BIGINT NOT NULL,
    bucket BIGINT NOT NULL,
    times BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, account_id, step, hour, bucket)
);
