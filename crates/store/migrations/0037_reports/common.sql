-- Reports asked of channels. state: waiting (to be asked for), making, done, empty (nothing to report), failed.
CREATE TABLE reports (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    marketplace TEXT,
    from_at BIGINT,
    to_at BIGINT,
    state TEXT NOT NULL,
    -- The channel's word for how far it is, its id of the report, and the name of the file.
    told TEXT,
    channel_report_id TEXT,
    file TEXT,
    media_type TEXT,
    bytes BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    odd_lines BIGINT NOT NULL,
    problem TEXT,
    actor TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    asked_at BIGINT,
    finished_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX reports_by_account ON reports (tenant_id, account_id, id);
CREATE INDEX reports_by_age ON reports (created_at);

-- A report's file in parts that end with a line, packed and sealed. first_line counts from 0, which is the line of names.
CREATE TABLE report_parts (
    tenant_id TEXT NOT NULL,
    report_id TEXT NOT NULL,
    first_line BIGINT NOT NULL,
    line_count BIGINT NOT NULL,
    sealed BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, report_id, first_line),
    FOREIGN KEY (tenant_id, report_id) REFERENCES reports (tenant_id, id)
);
