-- +goose Up
-- Captures and refunds that were accepted by the provider at some time, whatever became of them.
ALTER TABLE operations ADD COLUMN accepted boolean NOT NULL DEFAULT false;
UPDATE operations SET accepted = true
WHERE kind IN ('capture', 'refund') AND (state IN ('submitted', 'succeeded', 'reversed') OR kind = 'capture' AND state = 'failed' AND provider_reference <> '');

-- +goose Down
ALTER TABLE operations DROP COLUMN accepted;
