-- A channel's own locations, as JSON: what each showed when last read, and what each was last sent.
ALTER TABLE listings ADD COLUMN places_shown TEXT;
ALTER TABLE listings ADD COLUMN places_sent TEXT;
ALTER TABLE pushes ADD COLUMN places TEXT;
