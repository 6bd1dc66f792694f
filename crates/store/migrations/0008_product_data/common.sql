-- The title of a listing that somebody wants to differ from its product's.
ALTER TABLE listings ADD COLUMN title_accepted TEXT;
