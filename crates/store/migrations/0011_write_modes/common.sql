-- How a write was put to the channel: overwriting, comparing with what is there, or changing it.
ALTER TABLE listings ADD COLUMN write_mode TEXT;
ALTER TABLE listings ADD COLUMN write_from BIGINT;
UPDATE listings SET write_mode = 'absolute', write_from = COALESCE(write_prior, 0) WHERE write_push IS NOT NULL;
ALTER TABLE pushes ADD COLUMN mode TEXT;
ALTER TABLE pushes ADD COLUMN compared BIGINT;
