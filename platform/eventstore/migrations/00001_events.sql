-- +goose Up
-- Append only but for position, which the sequencer gives once, after commit.
CREATE TABLE events (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stream      text        NOT NULL,
    version     bigint      NOT NULL CHECK (version > 0),
    type        text        NOT NULL,
    data        jsonb       NOT NULL,
    metadata    jsonb       NOT NULL,
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    position    bigint,
    CONSTRAINT events_stream_version UNIQUE (stream, version),
    CONSTRAINT events_position UNIQUE (position)
);
CREATE INDEX events_unsequenced ON events (seq) WHERE position IS NULL;

CREATE TABLE subscriptions (
    name     text   PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0
);

-- +goose Down
DROP TABLE subscriptions;
DROP TABLE events;
