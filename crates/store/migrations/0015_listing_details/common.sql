-- A listing's images as the channel last told, as JSON: the main one's address and how many; NULL where it does not say.
ALTER TABLE listings ADD COLUMN images TEXT;
-- Images that somebody wants to be other than those of the product's other listings, in words.
ALTER TABLE listings ADD COLUMN images_accepted TEXT;
-- Listings that show several quantities, one at each of the channel's locations.
CREATE INDEX listings_with_places ON listings (tenant_id, account_id, sku) WHERE places_shown <> '[]';
