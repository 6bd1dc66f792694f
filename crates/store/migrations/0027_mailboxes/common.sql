-- What a channel was asked to write into an account's mailbox, topic by topic: letters that do not name the seller are told apart by
-- the channel's id of the subscription. `trouble` where it could not be put in order.
CREATE TABLE account_subscriptions (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    topic TEXT NOT NULL,
    subscription_id TEXT,
    checked_at BIGINT NOT NULL,
    trouble TEXT,
    PRIMARY KEY (tenant_id, account_id, topic),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);

-- How an account's mailbox stands: when it was last emptied, how many letters it held so far, and what keeps it from being read.
CREATE TABLE account_mailboxes (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    emptied_at BIGINT,
    letters BIGINT NOT NULL,
    failed_at BIGINT,
    error TEXT,
    PRIMARY KEY (tenant_id, account_id),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
