-- When what ends by itself began: a seller's authorisation, a secret of the application. `ends_at` only where the channel has
-- said when, otherwise it follows from how long such a thing lasts there.
CREATE TABLE account_terms (
    tenant_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    began_at BIGINT NOT NULL,
    ends_at BIGINT,
    PRIMARY KEY (tenant_id, account_id, name),
    FOREIGN KEY (tenant_id, account_id) REFERENCES accounts (tenant_id, id)
);
