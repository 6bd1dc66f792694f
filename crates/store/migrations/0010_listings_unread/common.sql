-- 1 from the moment a store is connected until all of its listings were read once.
ALTER TABLE accounts ADD COLUMN listings_unread BIGINT NOT NULL DEFAULT 0;
