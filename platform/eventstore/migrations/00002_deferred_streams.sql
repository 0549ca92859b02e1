-- +goose Up
-- Streams that a subscription cannot read in this version of the program. Their
-- events wait, all from this position on; those of other streams go on.
CREATE TABLE deferred_streams (
    subscription text COLLATE "C" NOT NULL,
    stream       text COLLATE "C" NOT NULL,
    position     bigint           NOT NULL,
    reason       text             NOT NULL,
    deferred_at  timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subscription, stream)
);

-- +goose Down
DROP TABLE deferred_streams;
