-- +goose Up
-- What each product has cost, costs, and will cost, in its currency. A price holds from its time until
-- the next one's, so the times of a product cannot overlap: each is there once.
CREATE TABLE prices (
    sku        text COLLATE "C" NOT NULL REFERENCES products,
    valid_from timestamptz      NOT NULL,
    -- Minor units for one unit.
    amount     bigint           NOT NULL CHECK (amount BETWEEN 0 AND 9007199254740991),
    -- It has not been written into the product's row yet: its time has not come, or came just now.
    pending    boolean          NOT NULL,
    PRIMARY KEY (sku, valid_from)
);
-- Of a product, for quotes; of all, for the loop that lets prices take effect.
CREATE INDEX prices_pending ON prices (sku, valid_from) WHERE pending;
CREATE INDEX prices_due ON prices (valid_from) WHERE pending;

-- A trigger, so that whatever gives a product its price is in the history. A pending price whose time
-- has come before has been followed by this one. The newest price that is not pending is always the
-- product's.
-- +goose StatementBegin
CREATE FUNCTION keep_price() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE prices SET pending = false WHERE sku = NEW.sku AND pending AND valid_from <= NEW.updated_at;
    IF NEW.price_amount IS DISTINCT FROM (SELECT amount FROM prices WHERE sku = NEW.sku AND NOT pending ORDER BY valid_from DESC LIMIT 1) THEN
        -- Later than the one before it, also when the clock went back.
        INSERT INTO prices (sku, valid_from, amount, pending)
        SELECT NEW.sku, greatest(NEW.updated_at, max(valid_from) FILTER (WHERE NOT pending) + interval '1 microsecond'), NEW.price_amount, false
        FROM prices WHERE sku = NEW.sku;
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER keep_first_price AFTER INSERT ON products
    FOR EACH ROW EXECUTE FUNCTION keep_price();
CREATE TRIGGER keep_price AFTER UPDATE ON products
    FOR EACH ROW WHEN (OLD.price_amount <> NEW.price_amount) EXECUTE FUNCTION keep_price();

INSERT INTO prices (sku, valid_from, amount, pending) SELECT sku, updated_at, price_amount, false FROM products;

-- +goose Down
DROP TRIGGER keep_price ON products;
DROP TRIGGER keep_first_price ON products;
DROP FUNCTION keep_price;
DROP TABLE prices;
