-- What channels sent by themselves, stored before it is answered. `nudges` says what to look at, `state` whether somebody
-- has: new, done, refused (authentic and not readable) or dead. Headers hold no secrets, the body is sealed.
CREATE TABLE inbox (
    tenant_id TEXT NOT NULL,
    id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    -- The channel's id of the message: the same one again is the same message.
    event_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    -- By the channel's clock.
    occurred_at BIGINT,
    received_at BIGINT NOT NULL,
    headers TEXT NOT NULL,
    body BYTEA NOT NULL,
    nudges TEXT NOT NULL,
    state TEXT NOT NULL,
    outcome TEXT,
    attempts BIGINT NOT NULL,
    worked_at BIGINT,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, account_id, event_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
CREATE INDEX inbox_by_account ON inbox (tenant_id, account_id, id);
CREATE INDEX inbox_by_state ON inbox (tenant_id, state, id);
CREATE INDEX inbox_by_time ON inbox (received_at);

-- Which messages wait for which work; `work` is the kind and the dedupe key of the job that does it.
CREATE TABLE inbox_work (
    tenant_id TEXT NOT NULL,
    work TEXT NOT NULL,
    inbox_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, work, inbox_id),
    FOREIGN KEY (tenant_id, inbox_id) REFERENCES inbox (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX inbox_work_of ON inbox_work (tenant_id, inbox_id);

-- How an account was found at its last check, whether its channel sends what happens, and what was not taken in.
CREATE TABLE account_health (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    checked_at BIGINT,
    summary TEXT,
    warnings TEXT NOT NULL,
    registered_at BIGINT,
    registered_url TEXT,
    by_hand TEXT NOT NULL,
    -- Since when it is paused because it failed again and again; it is looked after until it answers.
    paused_at BIGINT,
    refused BIGINT NOT NULL,
    -- The refusals of the present hour, and the last few of all.
    refused_since BIGINT,
    refused_lately BIGINT NOT NULL,
    refusals TEXT NOT NULL,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);

-- The address of a webhook names the account alone.
CREATE INDEX accounts_by_id ON accounts (id);
