-- When the question was asked that the reading waiting to be settled on answers; NULL is when its answer was in. A sale
-- placed between the two may be in the reading or not.
ALTER TABLE listings ADD COLUMN anchor_asked_at BIGINT;
