-- +goose Up
-- One payment per order: what the order owes and where that stands.
CREATE TABLE payments (
    id                 uuid        PRIMARY KEY,
    order_id           uuid        NOT NULL UNIQUE,
    customer_id        text        NOT NULL,
    amount             bigint      NOT NULL CHECK (amount >= 0), -- minor units
    currency           text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    status             text        NOT NULL CHECK (status IN ('none', 'pending', 'authorized', 'declined', 'voiding', 'voided')),
    provider_reference text        NOT NULL DEFAULT '',
    -- The operation that the status follows: the last one that was asked for.
    saga               text        NOT NULL,
    step               text        NOT NULL,
    created_at         timestamptz NOT NULL,
    updated_at         timestamptz NOT NULL
);

-- The journal: one row per step that moved money or was to move it, with its undo. The rules of its states are in the
-- documentation of internal/domain.
CREATE TABLE operations (
    order_id           uuid        NOT NULL,
    saga               text        NOT NULL,
    step               text        NOT NULL,
    kind               text        NOT NULL CHECK (kind IN ('authorize')),
    state              text        NOT NULL CHECK (state IN ('sending', 'authorized', 'declined', 'void_requested',
                                                             'voiding', 'voided', 'never_charged', 'tombstone')),
    -- What was asked for; empty for a tombstone. The payment method is kept as a fingerprint only.
    customer_id        text        NOT NULL DEFAULT '',
    amount             bigint      NOT NULL DEFAULT 0,
    currency           text        NOT NULL DEFAULT '',
    method_fingerprint text        NOT NULL DEFAULT '',
    -- Who works on it, and until when that is believed.
    lease_owner        text        NOT NULL DEFAULT '',
    lease_until        timestamptz,
    due_at             timestamptz, -- when the resolver is to carry on
    sends              integer     NOT NULL DEFAULT 0,
    failures           integer     NOT NULL DEFAULT 0,
    last_error         text        NOT NULL DEFAULT '',
    provider_reference text        NOT NULL DEFAULT '',
    decline_code       text        NOT NULL DEFAULT '',
    decline_message    text        NOT NULL DEFAULT '',
    intent_at          timestamptz,
    sent_at            timestamptz,
    answered_at        timestamptz,
    undo_requested_at  timestamptz,
    undone_at          timestamptz,
    PRIMARY KEY (order_id, saga, step),
    CHECK (state = 'tombstone' OR (amount >= 0 AND currency <> '' AND customer_id <> '')),
    CHECK (state NOT IN ('authorized', 'voiding', 'voided') OR provider_reference <> ''),
    CHECK ((lease_owner = '') = (lease_until IS NULL)),
    CHECK (state NOT IN ('void_requested', 'voiding') OR due_at IS NOT NULL)
);

-- The resolver's queue.
CREATE INDEX operations_due ON operations (due_at) WHERE due_at IS NOT NULL;

-- The last line of defence against a double charge: two steps of one order cannot both hold, or be about to hold, money.
CREATE UNIQUE INDEX operations_one_live_authorization ON operations (order_id)
    WHERE kind = 'authorize' AND state IN ('sending', 'authorized');

-- +goose Down
DROP TABLE operations;
DROP TABLE payments;
