-- +goose Up
-- The numbers of orders that people say and read. Each instance takes them in blocks.
CREATE SEQUENCE order_numbers START 100001 INCREMENT BY 50;
-- Keys of personal data in events, encrypted. To delete a row is to erase the shopper's data.
CREATE TABLE shopper_keys (
    id          uuid PRIMARY KEY,
    customer_id text COLLATE "C" NOT NULL UNIQUE,
    wrapped     bytea            NOT NULL,
    created_at  timestamptz      NOT NULL DEFAULT now()
);

-- +goose Down
DROP TABLE shopper_keys;
DROP SEQUENCE order_numbers;
