-- +goose Up
-- The list has every saga that is open, not only placing, which was the only kind until now. Its
-- reader goes on from where it stood, under the list's new name.
ALTER TABLE unsettled_orders RENAME TO open_sagas;
ALTER TABLE open_sagas RENAME COLUMN placed_at TO began_at;
ALTER TABLE open_sagas ADD COLUMN kind text, ADD COLUMN instance text;
UPDATE open_sagas SET kind = 'place-order', instance = order_id;
ALTER TABLE open_sagas ALTER COLUMN kind SET NOT NULL, ALTER COLUMN instance SET NOT NULL;
UPDATE subscriptions SET name = 'open-sagas' WHERE name = 'unsettled';

-- +goose Down
UPDATE subscriptions SET name = 'unsettled' WHERE name = 'open-sagas';
DELETE FROM open_sagas WHERE kind <> 'place-order';
ALTER TABLE open_sagas DROP COLUMN kind, DROP COLUMN instance;
ALTER TABLE open_sagas RENAME COLUMN began_at TO placed_at;
ALTER TABLE open_sagas RENAME TO unsettled_orders;
