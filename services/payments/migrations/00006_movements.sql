-- +goose Up
-- Captures, refunds and disputes are operations of their own. Amounts are in minor units.
ALTER TABLE operations
    ADD COLUMN id            uuid,
    ADD COLUMN part          integer NOT NULL DEFAULT 0 CHECK (part >= 0),
    ADD COLUMN of_operation  uuid,   -- the authorization of a capture, the capture of a refund or dispute
    ADD COLUMN shipment      text    NOT NULL DEFAULT '' COLLATE "C",
    ADD COLUMN final         boolean NOT NULL DEFAULT false,
    ADD COLUMN fee           bigint  NOT NULL DEFAULT 0 CHECK (fee >= 0),
    ADD COLUMN open_amount   bigint  NOT NULL DEFAULT 0 CHECK (open_amount >= 0),
    ADD COLUMN open_changes  integer NOT NULL DEFAULT 0,
    ADD COLUMN partial_void  boolean NOT NULL DEFAULT false,
    ADD COLUMN stored_method text    NOT NULL DEFAULT '',
    ADD COLUMN consent       boolean NOT NULL DEFAULT false;
UPDATE operations SET id = gen_random_uuid();
UPDATE operations SET open_amount = held_amount, open_changes = 1 WHERE kind = 'authorize' AND state = 'authorized' AND held_amount > 0;
ALTER TABLE operations
    ALTER COLUMN id SET NOT NULL,
    ADD CONSTRAINT operations_id UNIQUE (id),
    ADD CONSTRAINT operations_of FOREIGN KEY (of_operation) REFERENCES operations (id),
    DROP CONSTRAINT operations_pkey,
    ADD PRIMARY KEY (order_id, saga, instance, step, kind, part),
    DROP CONSTRAINT operations_states,
    ADD CONSTRAINT operations_states CHECK (
        (kind = 'authorize' AND state IN ('sending', 'authorized', 'declined', 'voided', 'expired', 'captured', 'absent')) OR
        (kind = 'void' AND state IN ('waiting', 'sending', 'succeeded', 'needless')) OR
        (kind IN ('capture', 'refund') AND state IN ('sending', 'submitted', 'succeeded', 'failed', 'reversed')) OR
        (kind = 'dispute' AND state IN ('open', 'won', 'lost'))),
    ADD CONSTRAINT operations_open CHECK (open_amount = 0 OR (kind = 'authorize' AND state = 'authorized' AND open_amount <= held_amount)),
    -- Only what is nothing calls no provider.
    ADD CONSTRAINT operations_movement CHECK (kind NOT IN ('capture', 'refund') OR (currency <> '' AND
        (amount > 0 AND of_operation IS NOT NULL OR amount = 0 AND sends = 0 AND state = 'succeeded'))),
    ADD CONSTRAINT operations_dispute CHECK (kind <> 'dispute' OR
        (currency <> '' AND amount > 0 AND of_operation IS NOT NULL AND provider_reference <> '')),
    ADD CONSTRAINT operations_moved CHECK (kind NOT IN ('capture', 'refund') OR amount = 0 OR
        state NOT IN ('submitted', 'succeeded', 'reversed') OR provider_reference <> ''),
    ADD CONSTRAINT operations_movement_is_due CHECK (kind NOT IN ('capture', 'refund') OR
        state NOT IN ('sending', 'submitted') OR due_at IS NOT NULL);

CREATE INDEX operations_of_operation ON operations (of_operation) WHERE of_operation IS NOT NULL;
CREATE UNIQUE INDEX operations_one_unsettled_capture ON operations (of_operation)
    WHERE kind = 'capture' AND state IN ('sending', 'submitted');

-- No authorization is captured beyond what it held, no capture refunded or disputed beyond what it
-- took. Who changes an order's operations holds its payment's row, so that what is added up here
-- cannot change meanwhile.
-- +goose StatementBegin
CREATE FUNCTION check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
    taken numeric;
BEGIN
    IF NEW.of_operation IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT CASE kind WHEN 'authorize' THEN held_amount ELSE amount END INTO whole
        FROM operations WHERE id = NEW.of_operation AND order_id = NEW.order_id
            AND kind = CASE NEW.kind WHEN 'capture' THEN 'authorize' ELSE 'capture' END;
    SELECT coalesce(sum(amount), 0) INTO taken FROM operations WHERE of_operation = NEW.of_operation AND (
        (kind IN ('capture', 'refund') AND state IN ('sending', 'submitted', 'succeeded')) OR
        (kind = 'dispute' AND state <> 'won'));
    IF whole IS NULL OR taken > whole THEN
        RAISE EXCEPTION 'operation % takes % of % minor units', NEW.id, taken, coalesce(whole, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'operations_no_more_than_there_is';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER operations_no_more_than_there_is AFTER INSERT OR UPDATE ON operations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.of_operation IS NOT NULL)
    EXECUTE FUNCTION check_movement();

-- The ledger: an entry is written in the transaction of the change it tells of. A positive amount
-- debits its account, a negative one credits it.
-- +goose StatementBegin
CREATE FUNCTION ledger_sum(amounts bigint[]) RETURNS numeric LANGUAGE sql IMMUTABLE STRICT AS $$
    SELECT sum(amount) FROM unnest(amounts) AS amount
$$;
-- +goose StatementEnd
CREATE TABLE ledger (
    id           text        COLLATE "C" PRIMARY KEY, -- the operation's id and the kind
    order_id     uuid        NOT NULL REFERENCES payments (order_id),
    operation_id uuid        NOT NULL REFERENCES operations (id),
    kind         text        NOT NULL,
    currency     text        NOT NULL CHECK (currency <> ''),
    at           timestamptz NOT NULL,
    accounts     text[]      NOT NULL,
    amounts      bigint[]    NOT NULL,
    CONSTRAINT ledger_id CHECK (id = operation_id || '/' || kind),
    CONSTRAINT ledger_lines CHECK (cardinality(accounts) >= 2 AND cardinality(accounts) = cardinality(amounts) AND 0 <> ALL (amounts)),
    CONSTRAINT ledger_is_balanced CHECK (ledger_sum(amounts) = 0)
);
CREATE INDEX ledger_order ON ledger (order_id, at);

INSERT INTO ledger
SELECT id || '/held-1', order_id, id, 'held-1', held_currency, coalesce(answered_at, asked_at),
    ARRAY['held', 'held_contra'], ARRAY[open_amount, -open_amount]
FROM operations WHERE open_amount > 0;

-- +goose Down
-- The earlier tables have no place for what a later version writes: restore a dump of that time.
-- +goose StatementBegin
DO $$ BEGIN RAISE EXCEPTION 'payments cannot go back behind version 6: restore a dump of the earlier version'; END $$;
-- +goose StatementEnd
