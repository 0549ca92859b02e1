-- +goose Up
-- The list of products is made in the order in which they were created.
CREATE INDEX products_by_creation ON products (created_at, sku);

-- +goose Down
DROP INDEX products_by_creation;
