-- +goose Up
-- Products are renamed: the version of the product that gave the name, so that an
-- older name, which may come late, does not replace a newer one. 0 is older than
-- every product.
ALTER TABLE stock_items ADD COLUMN name_version bigint NOT NULL DEFAULT 0 CHECK (name_version >= 0);

-- +goose Down
ALTER TABLE stock_items DROP COLUMN name_version;
