-- +goose Up
-- What inventory last told of a SKU: search filters by it. It may come before the product.
CREATE TABLE availability (
    sku       text COLLATE "C" PRIMARY KEY,
    available bigint NOT NULL, -- units
    version   bigint NOT NULL  -- of the SKU's stock at inventory
);

-- Which products the search indexes must read again: one row a SKU, with the position of its last
-- change. Positions are given after commit, by one session at a time, so that who has read up to a
-- position has missed none before it. A row without a position is a change that has none yet.
CREATE TABLE search_changes (
    sku      text COLLATE "C" PRIMARY KEY,
    position bigint
);
CREATE UNIQUE INDEX search_changes_by_position ON search_changes (position);
CREATE INDEX search_changes_without ON search_changes (sku) WHERE position IS NULL;
CREATE SEQUENCE search_positions;

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
DROP TABLE availability, search_changes;
DROP FUNCTION search_changed;
DROP SEQUENCE search_positions;
