-- +goose Up
-- A projection of the log: orders that are placed and not settled. It stays as
-- small as what is under way.
CREATE TABLE unsettled_orders (
    order_id    text        PRIMARY KEY,
    customer_id text        NOT NULL,
    placed_at   timestamptz NOT NULL,
    position    bigint      NOT NULL UNIQUE
);

-- +goose Down
DROP TABLE unsettled_orders;
