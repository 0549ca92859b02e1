-- +goose Up
-- The operations that an operator has to look at: few, and counted for each metrics reader.
CREATE INDEX operations_problem ON operations (order_id) WHERE problem <> '';

-- +goose Down
DROP INDEX operations_problem;
