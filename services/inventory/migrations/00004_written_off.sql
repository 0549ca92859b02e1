-- +goose Up
-- Units can be written off: they leave the stock and are not sold again.
ALTER TABLE stock_items
    ADD COLUMN written_off bigint NOT NULL DEFAULT 0 CHECK (written_off >= 0),
    DROP CONSTRAINT stock_is_accounted_for,
    ADD CONSTRAINT stock_is_accounted_for CHECK (on_hand = received - shipped + returned - written_off);
-- Per SKU, written_off = write_off. Units of a reservation that are written off are released, too.
ALTER TABLE movements
    DROP CONSTRAINT movements_kind_check,
    ADD CONSTRAINT movements_kind_check CHECK (kind IN ('receive', 'reserve', 'allocate', 'release', 'expire', 'ship', 'return', 'write_off'));

-- +goose Down
-- The earlier version has no place for what was written off.
-- +goose StatementBegin
DO $$ BEGIN
    IF EXISTS (SELECT FROM movements WHERE kind = 'write_off') THEN
        RAISE EXCEPTION 'units were written off: inventory cannot go back behind version 4, restore a dump of the earlier version';
    END IF;
END $$;
-- +goose StatementEnd
ALTER TABLE stock_items
    DROP CONSTRAINT stock_is_accounted_for,
    DROP COLUMN written_off,
    ADD CONSTRAINT stock_is_accounted_for CHECK (on_hand = received - shipped + returned);
ALTER TABLE movements
    DROP CONSTRAINT movements_kind_check,
    ADD CONSTRAINT movements_kind_check CHECK (kind IN ('receive', 'reserve', 'allocate', 'release', 'expire', 'ship', 'return'));
