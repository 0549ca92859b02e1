-- +goose Up
-- A reservation is what one saga has of the stock for its order, line by line and in quantities:
-- parts of a line can be shipped or released, a line keeps its number, and the same SKU on two
-- lines is two reservations. Until now an order had one reservation, by SKU, made by placing,
-- whose instance is the order's own id.
ALTER TABLE reservations RENAME TO reservations_by_order;
ALTER TABLE reservation_lines RENAME TO reservation_lines_by_sku;
ALTER INDEX reservations_pkey RENAME TO reservations_by_order_pkey;
ALTER INDEX reservation_lines_pkey RENAME TO reservation_lines_by_sku_pkey;
DROP INDEX reservations_due;

-- How far a reservation is as a whole. Whoever changes it or its lines locks this row first. All
-- times are of the database's clock.
CREATE TABLE reservations (
    order_id    uuid        NOT NULL,
    saga        text        NOT NULL, -- the kind of the saga that reserved
    instance    uuid        NOT NULL, -- and its instance
    state       text        NOT NULL CHECK (state IN ('held', 'allocated', 'shipped', 'released', 'expired')),
    reserved_at timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL, -- of the hold; without meaning once allocated
    freed_at    timestamptz,          -- when it was released or expired
    PRIMARY KEY (order_id, saga, instance),
    CONSTRAINT reservations_end_once CHECK ((freed_at IS NULL) = (state IN ('held', 'allocated', 'shipped')))
);

-- The sweep reads the oldest holds that have run out; the other states, most of
-- the table after a while, are not in it.
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'held';

-- Where the units of a line are. Every unit is in one place. Held and allocated are live: their
-- sum per SKU is stock_items.reserved. Lines are updated and no index has their quantities: room
-- on the page keeps such an update off the indexes (HOT).
CREATE TABLE reservation_lines (
    order_id  uuid    NOT NULL,
    saga      text    NOT NULL,
    instance  uuid    NOT NULL,
    line      integer NOT NULL CHECK (line > 0), -- its number in the order
    sku       text COLLATE "C" NOT NULL REFERENCES stock_items,
    reserved  bigint  NOT NULL CHECK (reserved > 0), -- units, never changed
    held      bigint  NOT NULL DEFAULT 0 CHECK (held >= 0),
    allocated bigint  NOT NULL DEFAULT 0 CHECK (allocated >= 0),
    shipped   bigint  NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    released  bigint  NOT NULL DEFAULT 0 CHECK (released >= 0),
    expired   bigint  NOT NULL DEFAULT 0 CHECK (expired >= 0),
    PRIMARY KEY (order_id, saga, instance, line),
    FOREIGN KEY (order_id, saga, instance) REFERENCES reservations,
    CONSTRAINT every_unit_is_in_one_place CHECK (reserved = held + allocated + shipped + released + expired)
) WITH (fillfactor = 70);

INSERT INTO reservations (order_id, saga, instance, state, reserved_at, expires_at, freed_at)
SELECT order_id, 'place-order', order_id, state, created_at, expires_at,
    CASE WHEN state IN ('released', 'expired') THEN updated_at END
FROM reservations_by_order;

INSERT INTO reservation_lines (order_id, saga, instance, line, sku, reserved, held, allocated, shipped, released, expired)
SELECT order_id, 'place-order', order_id, row_number() OVER (PARTITION BY order_id ORDER BY sku), sku, quantity,
    CASE WHEN state = 'held' THEN quantity ELSE 0 END,
    CASE WHEN state = 'allocated' THEN quantity ELSE 0 END,
    CASE WHEN state = 'shipped' THEN quantity ELSE 0 END,
    CASE WHEN state = 'released' THEN quantity ELSE 0 END,
    CASE WHEN state = 'expired' THEN quantity ELSE 0 END
FROM reservation_lines_by_sku JOIN reservations_by_order USING (order_id);

DROP TABLE reservation_lines_by_sku;
DROP TABLE reservations_by_order;

-- The journal names the line.
ALTER TABLE movements ADD COLUMN line integer CHECK (line > 0); -- null of goods that arrive
UPDATE movements SET line = reservation_lines.line
FROM reservation_lines
WHERE movements.reference = reservation_lines.order_id AND movements.sku = reservation_lines.sku AND movements.kind <> 'receive';

-- What Reserve answered has the time of the reservation now, also when it is asked again.
UPDATE barrier SET answer = answer || jsonb_build_object('reserved_at', reservations.reserved_at)
FROM reservations
WHERE barrier.order_id = reservations.order_id::text AND barrier.operation = 'do' AND NOT barrier.refused
    AND barrier.answer ? 'expires_at' AND NOT barrier.answer ? 'reserved_at';

-- +goose Down
ALTER TABLE movements DROP COLUMN line;
ALTER TABLE reservations RENAME TO reservations_by_saga;
ALTER TABLE reservation_lines RENAME TO reservation_lines_by_number;
ALTER INDEX reservations_pkey RENAME TO reservations_by_saga_pkey;
ALTER INDEX reservation_lines_pkey RENAME TO reservation_lines_by_number_pkey;
DROP INDEX reservations_due;
CREATE TABLE reservations (
    order_id   uuid PRIMARY KEY,
    state      text        NOT NULL CHECK (state IN ('held', 'allocated', 'shipped', 'released', 'expired')),
    expires_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'held';
CREATE TABLE reservation_lines (
    order_id uuid   NOT NULL REFERENCES reservations,
    sku      text COLLATE "C" NOT NULL REFERENCES stock_items,
    quantity bigint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, sku)
);
INSERT INTO reservations (order_id, state, expires_at, created_at, updated_at)
SELECT order_id, state, expires_at, reserved_at, coalesce(freed_at, reserved_at) FROM reservations_by_saga;
INSERT INTO reservation_lines (order_id, sku, quantity)
SELECT order_id, sku, sum(reserved) FROM reservation_lines_by_number GROUP BY order_id, sku;
DROP TABLE reservation_lines_by_number;
DROP TABLE reservations_by_saga;
