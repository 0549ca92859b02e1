-- +goose Up
-- An order can have several sagas of one kind: a step's key has the saga's instance. Until now
-- there was only placing, whose instance is the order's own id.
ALTER TABLE operations ADD COLUMN instance text;
UPDATE operations SET instance = order_id;
ALTER TABLE operations ALTER COLUMN instance SET NOT NULL;
ALTER TABLE operations DROP CONSTRAINT operations_pkey;
ALTER TABLE operations ADD PRIMARY KEY (order_id, saga, instance, step);

ALTER TABLE payments ADD COLUMN instance text;
UPDATE payments SET instance = order_id;
ALTER TABLE payments ALTER COLUMN instance SET NOT NULL;

-- What a request has as its idempotency key at the provider is stored with it: what was sent once
-- must be sent again and looked up with the same key, however keys of later requests are made.
ALTER TABLE operations ADD COLUMN idempotency_key text NOT NULL DEFAULT '';
UPDATE operations SET idempotency_key = order_id || '/' || saga || '/' || step WHERE state <> 'tombstone';
ALTER TABLE operations ADD CHECK (state = 'tombstone' OR idempotency_key <> '');

-- +goose Down
ALTER TABLE operations DROP CONSTRAINT operations_pkey;
ALTER TABLE operations ADD PRIMARY KEY (order_id, saga, step);
ALTER TABLE operations DROP COLUMN instance, DROP COLUMN idempotency_key;
ALTER TABLE payments DROP COLUMN instance;
