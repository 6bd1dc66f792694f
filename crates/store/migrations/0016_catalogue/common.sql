-- What else is known of a product. JSON is text that no statement looks into.
ALTER TABLE products ADD COLUMN more_barcodes TEXT;
ALTER TABLE products ADD COLUMN brand TEXT;
ALTER TABLE products ADD COLUMN category TEXT;
ALTER TABLE products ADD COLUMN weight_g BIGINT;
ALTER TABLE products ADD COLUMN length_mm BIGINT;
ALTER TABLE products ADD COLUMN width_mm BIGINT;
ALTER TABLE products ADD COLUMN height_mm BIGINT;
ALTER TABLE products ADD COLUMN images TEXT;
ALTER TABLE products ADD COLUMN attributes TEXT;
-- A variant: what groups it with the others, and what tells it from them (JSON with its names in order).
ALTER TABLE products ADD COLUMN parent_sku TEXT;
ALTER TABLE products ADD COLUMN options TEXT;
CREATE UNIQUE INDEX products_variant ON products (tenant_id, parent_sku, options) WHERE parent_sku IS NOT NULL;

-- Barcodes as the 14 digits by which they are compared. Two products may have the same: then it decides nothing.
CREATE TABLE product_barcodes (
    tenant_id TEXT NOT NULL,
    gtin TEXT NOT NULL,
    product_id TEXT NOT NULL,
    PRIMARY KEY (tenant_id, gtin, product_id),
    FOREIGN KEY (tenant_id, product_id) REFERENCES products (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX product_barcodes_by_product ON product_barcodes (tenant_id, product_id);
INSERT INTO product_barcodes (tenant_id, gtin, product_id)
SELECT tenant_id, SUBSTR('00000000000000' || barcode, LENGTH(barcode) + 1), id FROM products
WHERE LENGTH(barcode) IN (8, 12, 13, 14) AND TRIM(barcode, '0123456789') = '';

-- A listing's barcode as the channel shows it, and as the 14 digits when it is one.
ALTER TABLE listings ADD COLUMN barcode TEXT;
ALTER TABLE listings ADD COLUMN gtin TEXT;
CREATE INDEX listings_by_gtin ON listings (tenant_id, gtin) WHERE gtin IS NOT NULL AND product_id IS NULL;
