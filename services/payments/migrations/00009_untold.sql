-- +goose Up
-- Orders whose money changed at the provider by itself, until the orders service knows.
CREATE TABLE untold (
    order_id uuid PRIMARY KEY,
    since timestamptz NOT NULL,
    due_at timestamptz NOT NULL
);
CREATE INDEX untold_due ON untold (due_at);

-- +goose Down
DROP TABLE untold;
