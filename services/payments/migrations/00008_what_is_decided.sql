-- +goose Up
-- What is kept within what there is are our own decisions: to capture, to refund. A dispute comes from
-- outside, also while a refund of the same money is on its way and has still to fail: it is kept within
-- what was not refunded. How a refund ends is a fact too.
DROP TRIGGER operations_no_more_than_there_is ON operations;
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION check_movement() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whole bigint;
    taken numeric;
BEGIN
    SELECT CASE kind WHEN 'authorize' THEN held_amount ELSE amount END INTO whole
        FROM operations WHERE id = NEW.of_operation AND order_id = NEW.order_id
            AND kind = CASE NEW.kind WHEN 'capture' THEN 'authorize' ELSE 'capture' END;
    SELECT coalesce(sum(amount), 0) INTO taken FROM operations WHERE of_operation = NEW.of_operation AND (
        (kind IN ('capture', 'refund') AND state = 'succeeded') OR
        (kind IN ('capture', 'refund') AND state IN ('sending', 'submitted') AND NEW.kind <> 'dispute') OR
        (kind = 'dispute' AND state <> 'won'));
    IF whole IS NULL OR taken > whole THEN
        RAISE EXCEPTION 'operation % takes % of % minor units', NEW.id, taken, coalesce(whole, 0)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'operations_no_more_than_there_is';
    END IF;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE CONSTRAINT TRIGGER operations_no_more_than_there_is AFTER INSERT ON operations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.of_operation IS NOT NULL)
    EXECUTE FUNCTION check_movement();
CREATE CONSTRAINT TRIGGER operations_still_no_more_than_there_is AFTER UPDATE ON operations
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.of_operation IS NOT NULL AND (OLD.amount <> NEW.amount
        OR OLD.of_operation IS DISTINCT FROM NEW.of_operation
        OR OLD.state IN ('failed', 'reversed', 'won') AND NEW.state NOT IN ('failed', 'reversed', 'won')))
    EXECUTE FUNCTION check_movement();

-- +goose Down
SELECT 1;
