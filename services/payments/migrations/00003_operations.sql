-- +goose Up
-- A payment is the fold of its operations: its row keeps only who it is, and is what everybody locks
-- who moves money of the order. An undo is an operation of its own, of kind void.
CREATE TEMPORARY TABLE before ON COMMIT DROP AS SELECT * FROM operations;

ALTER TABLE payments
    DROP COLUMN customer_id, DROP COLUMN amount, DROP COLUMN currency, DROP COLUMN status,
    DROP COLUMN provider_reference, DROP COLUMN saga, DROP COLUMN instance, DROP COLUMN step, DROP COLUMN updated_at;
INSERT INTO payments (id, order_id, created_at)
SELECT gen_random_uuid(), order_id, min(undo_requested_at) FROM before WHERE state = 'tombstone' GROUP BY order_id
ON CONFLICT (order_id) DO NOTHING;

DROP TABLE operations;
-- The journal. The rules of its states are in the documentation of internal/domain.
CREATE TABLE operations (
    order_id           uuid        NOT NULL REFERENCES payments (order_id),
    saga               text        NOT NULL, -- its kind
    instance           text        NOT NULL,
    step               text        NOT NULL,
    kind               text        NOT NULL,
    state              text        NOT NULL,
    -- The attempt. The key is what the provider knows the request by.
    idempotency_key    text        NOT NULL CHECK (idempotency_key <> ''),
    lease_owner        text        NOT NULL DEFAULT '',
    lease_until        timestamptz,
    due_at             timestamptz, -- when the resolver is to carry on
    sends              integer     NOT NULL DEFAULT 0,
    asked_at           timestamptz NOT NULL,
    sent_at            timestamptz,
    answered_at        timestamptz,
    failures           integer     NOT NULL DEFAULT 0,
    last_error         text        NOT NULL DEFAULT '',
    problem            text        NOT NULL DEFAULT '', -- why an operator has to look
    -- Of an authorization: what was asked for, the payment method as a fingerprint only, and what
    -- the provider says of it. Amounts are in minor units.
    customer_id        text        NOT NULL DEFAULT '',
    amount             bigint      NOT NULL DEFAULT 0 CHECK (amount >= 0),
    currency           text        NOT NULL DEFAULT '',
    method_fingerprint text        NOT NULL DEFAULT '',
    provider_reference text        NOT NULL DEFAULT '',
    held_amount        bigint      NOT NULL DEFAULT 0,
    held_currency      text        NOT NULL DEFAULT '',
    multi_capture      boolean     NOT NULL DEFAULT false,
    capture_before     timestamptz,
    decline_code       text        NOT NULL DEFAULT '',
    decline_message    text        NOT NULL DEFAULT '',
    PRIMARY KEY (order_id, saga, instance, step, kind),
    CONSTRAINT operations_states CHECK (
        (kind = 'authorize' AND state IN ('sending', 'authorized', 'declined', 'voided', 'expired', 'captured', 'absent')) OR
        (kind = 'void' AND state IN ('waiting', 'sending', 'succeeded', 'needless'))),
    CONSTRAINT operations_request CHECK (kind <> 'authorize' OR (currency <> '' AND customer_id <> '')),
    CONSTRAINT operations_reference CHECK (state <> 'authorized' OR provider_reference <> ''),
    CONSTRAINT operations_lease CHECK ((lease_owner = '') = (lease_until IS NULL)),
    CONSTRAINT operations_undo_is_due CHECK (kind <> 'void' OR state NOT IN ('waiting', 'sending') OR due_at IS NOT NULL)
);

INSERT INTO operations
SELECT order_id, saga, instance, step, 'authorize',
    CASE state WHEN 'void_requested' THEN 'sending' WHEN 'voiding' THEN 'authorized' WHEN 'never_charged' THEN 'absent' ELSE state END,
    idempotency_key,
    CASE state WHEN 'voiding' THEN '' ELSE lease_owner END, CASE state WHEN 'voiding' THEN NULL ELSE lease_until END,
    CASE state WHEN 'never_charged' THEN due_at END,
    sends, intent_at, sent_at, answered_at, 0, last_error, '',
    customer_id, amount, currency, method_fingerprint,
    provider_reference, CASE provider_reference WHEN '' THEN 0 ELSE amount END, CASE provider_reference WHEN '' THEN '' ELSE currency END,
    false, NULL, decline_code, decline_message
FROM before WHERE state <> 'tombstone';

INSERT INTO operations
SELECT order_id, saga, instance, step, 'void',
    CASE state WHEN 'void_requested' THEN 'waiting' WHEN 'voiding' THEN 'sending' WHEN 'voided' THEN 'succeeded' ELSE 'needless' END,
    encode(sha256(convert_to(order_id || '/' || saga || '/' || instance || '/' || step || '/void', 'UTF8')), 'hex'),
    CASE state WHEN 'voiding' THEN lease_owner ELSE '' END, CASE state WHEN 'voiding' THEN lease_until END,
    CASE WHEN state IN ('void_requested', 'voiding') THEN due_at END,
    0, coalesce(undo_requested_at, undone_at, answered_at), NULL, undone_at, failures, '', '',
    '', 0, '', '', '', 0, '', false, NULL, '', ''
FROM before WHERE state IN ('void_requested', 'voiding', 'voided', 'never_charged', 'tombstone');

-- The resolver's queue.
CREATE INDEX operations_due ON operations (due_at) WHERE due_at IS NOT NULL;

-- +goose Down
-- The earlier tables have no place for what a later version writes: restore a dump of that time.
DO $$ BEGIN RAISE EXCEPTION 'payments cannot go back behind version 3: restore a dump of the earlier version'; END $$;
