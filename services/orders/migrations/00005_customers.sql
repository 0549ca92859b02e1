-- +goose Up
-- What one customer has under way and was declined lately is counted when an order is placed.
ALTER TABLE open_sagas ALTER COLUMN customer_id TYPE text COLLATE "C";
CREATE INDEX open_sagas_customer ON open_sagas (customer_id);
CREATE TABLE declined_payments (
    order_id    text COLLATE "C" PRIMARY KEY,
    customer_id text COLLATE "C" NOT NULL,
    declined_at timestamptz      NOT NULL
);
CREATE INDEX declined_payments_customer ON declined_payments (customer_id, declined_at);
-- Rows are pruned by their age alone.
CREATE INDEX declined_payments_age ON declined_payments (declined_at);

-- +goose Down
DROP TABLE declined_payments;
DROP INDEX open_sagas_customer;
ALTER TABLE open_sagas ALTER COLUMN customer_id TYPE text COLLATE "default";
