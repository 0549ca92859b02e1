-- +goose Up
-- Since when an order's saga has been stuck, so that operators can be told how many
-- are.
ALTER TABLE unsettled_orders ADD COLUMN stuck_since timestamptz;

-- +goose Down
ALTER TABLE unsettled_orders DROP COLUMN stuck_since;
