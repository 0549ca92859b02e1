-- +goose Up
-- Operators list what is stuck.
CREATE INDEX open_sagas_stuck ON open_sagas (position) WHERE stuck_since IS NOT NULL;
-- Lists have generations now, each with a subscription of its own.
DELETE FROM deferred_streams WHERE subscription = 'read-model';
DELETE FROM subscriptions WHERE name = 'read-model';

-- +goose Down
DROP INDEX open_sagas_stuck;
