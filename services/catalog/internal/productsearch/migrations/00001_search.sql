-- +goose Up
-- What inventory last told of a SKU: search filters by it. It may come before the product.
CREATE TABLE availability (
    sku       text COLLATE "C" PRIMARY KEY,
    available bigint NOT NULL, -- units
    version   bigint NOT NULL  -- of the SKU's stock at inventory
);

-- Which products the search indexes must read again: one row a SKU, with the position of its last
-- change. Positions are given after commit, by one session at a time (who holds the row of
-- search_head), so that who has read up to a position has missed none before it. A row without a
-- position is a change that has none yet.
CREATE TABLE search_changes (
    sku      text COLLATE "C" PRIMARY KEY,
    position bigint
);
CREATE UNIQUE INDEX search_changes_by_position ON search_changes (position);
CREATE INDEX search_changes_without ON search_changes (sku) WHERE position IS NULL;
-- The last position that was given. No sequence: of one, positions would be lost with a rollback,
-- and not come back with a restored backup.
CREATE TABLE search_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint NOT NULL DEFAULT 0
);
INSERT INTO search_head DEFAULT VALUES;

-- A trigger, so that whatever writes a product is seen.
-- +goose StatementBegin
CREATE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_changes (sku) VALUES (NEW.sku) ON CONFLICT (sku) DO UPDATE SET position = NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER search_changed AFTER INSERT OR UPDATE ON products
    FOR EACH ROW EXECUTE FUNCTION search_changed();
CREATE TRIGGER search_changed AFTER INSERT OR UPDATE ON availability
    FOR EACH ROW EXECUTE FUNCTION search_changed();

INSERT INTO search_changes (sku) SELECT sku FROM products;

-- +goose Down
DROP TRIGGER search_changed ON products;
DROP TABLE availability, search_changes, search_head;
DROP FUNCTION search_changed;
