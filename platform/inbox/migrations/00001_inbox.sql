-- +goose Up
CREATE TABLE inbox (
    consumer   text        NOT NULL,
    event_id   text        NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer, event_id)
);
-- For the clearing of old rows. Rows come in the order of time: a few bytes do.
CREATE INDEX inbox_handled_at ON inbox USING brin (handled_at);

-- +goose Down
DROP TABLE inbox;
