-- +goose Up
CREATE TABLE outbox (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- A structured CloudEvent. json, not jsonb: published byte for byte as written.
    event       json        NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (
    -- Each row lives for a moment. Dead rows at the front of the primary key are
    -- what slows a queue in a table down, so they are cleared early.
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 10000
);

-- +goose Down
DROP TABLE outbox;
