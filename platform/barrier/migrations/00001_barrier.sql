-- +goose Up
-- One row per order, saga, step and operation. The row of 'do' is written by
-- whoever comes first: the do itself (with its answer) or an undo that found
-- nothing to undo (a tombstone). The primary key makes them wait for each other.
CREATE TABLE barrier (
    order_id   text        NOT NULL,
    saga       text        NOT NULL,
    step       text        NOT NULL,
    operation  text        NOT NULL CHECK (operation IN ('do', 'undo')),
    written_by text        NOT NULL CHECK (written_by IN ('do', 'undo')),
    refused    boolean     NOT NULL DEFAULT false,
    answer     jsonb,
    written_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (order_id, saga, step, operation)
);

-- +goose Down
DROP TABLE barrier;
