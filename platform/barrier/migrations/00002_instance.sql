-- +goose Up
-- An order can have several sagas of one kind: the key has the instance. Until now there was
-- only placing, whose instance is the order's own id. The request is the fingerprint of what
-- was asked for; rows from before have none.
ALTER TABLE barrier ADD COLUMN instance text, ADD COLUMN request text;
UPDATE barrier SET instance = order_id;
ALTER TABLE barrier ALTER COLUMN instance SET NOT NULL;
ALTER TABLE barrier DROP CONSTRAINT barrier_pkey;
ALTER TABLE barrier ADD PRIMARY KEY (order_id, saga, instance, step, operation);

-- +goose Down
ALTER TABLE barrier DROP CONSTRAINT barrier_pkey;
ALTER TABLE barrier ADD PRIMARY KEY (order_id, saga, step, operation);
ALTER TABLE barrier DROP COLUMN instance, DROP COLUMN request;
