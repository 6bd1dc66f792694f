-- Lines that hold stock, of a product with very many that held some once.
CREATE INDEX order_lines_open ON order_lines (tenant_id, product_id)
    WHERE stock_reserved > stock_released + stock_shipped;
