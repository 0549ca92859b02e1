-- +goose Up
-- What the shop sells. Written by commands, read by quotes; lists and details
-- for shoppers are read from the document store.
CREATE TABLE products (
    -- Bytewise order, as in the document store, so that pages of both agree.
    sku          text COLLATE "C" PRIMARY KEY CHECK (char_length(sku) BETWEEN 1 AND 64),
    name         text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description  text        NOT NULL CHECK (char_length(description) <= 5000),
    -- Minor units of the currency for one unit.
    price_amount bigint      NOT NULL CHECK (price_amount BETWEEN 0 AND 9007199254740991),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    active       boolean     NOT NULL,
    -- One more with each change: the ETag, the optimistic lock, and what tells
    -- readers of events which of two is newer.
    version      bigint      NOT NULL CHECK (version >= 1),
    created_at   timestamptz NOT NULL,
    updated_at   timestamptz NOT NULL
);

-- +goose Down
DROP TABLE products;
