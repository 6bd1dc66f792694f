-- What a connector wants handed back when it reads or writes a listing: a type of the product was only the first such thing.
ALTER TABLE listings RENAME COLUMN product_type TO handle;
-- Until when one process alone may exchange an account's tokens, so that a token that may be used once is used once.
ALTER TABLE accounts ADD COLUMN renewing_until BIGINT;
