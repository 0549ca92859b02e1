-- +goose Up
-- Every statement that changes several stock items locks them in the order of
-- their SKU, so no two of them can wait for each other. COLLATE "C" makes that
-- order the same in every database, whatever its locale.

-- One row per SKU. The constraints are the stock invariant, per row: whatever a
-- statement gets wrong, it cannot oversell. Levels change often and no index
-- has them: room on the page keeps such an update off the indexes (HOT).
CREATE TABLE stock_items (
    sku      text COLLATE "C" PRIMARY KEY CHECK (sku <> ''),
    name     text   NOT NULL DEFAULT '', -- the catalog's; empty until it tells
    on_hand  bigint NOT NULL DEFAULT 0,
    reserved bigint NOT NULL DEFAULT 0,  -- of on_hand: held or allocated for orders
    received bigint NOT NULL DEFAULT 0 CHECK (received >= 0),
    shipped  bigint NOT NULL DEFAULT 0 CHECK (shipped >= 0),
    returned bigint NOT NULL DEFAULT 0 CHECK (returned >= 0),
    version  bigint NOT NULL DEFAULT 1 CHECK (version > 0), -- one higher with every change
    CONSTRAINT stock_is_never_oversold CHECK (0 <= reserved AND reserved <= on_hand),
    CONSTRAINT stock_is_accounted_for CHECK (on_hand = received - shipped + returned)
) WITH (fillfactor = 70);

-- What an order has of the stock. The live states are held and allocated: the
-- sum of their lines per SKU is stock_items.reserved.
CREATE TABLE reservations (
    order_id   uuid PRIMARY KEY,
    state      text        NOT NULL CHECK (state IN ('held', 'allocated', 'shipped', 'released', 'expired')),
    expires_at timestamptz NOT NULL, -- of the hold; without meaning once allocated
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- The sweep reads the oldest holds that have run out; the other states, most of
-- the table after a while, are not in it.
CREATE INDEX reservations_due ON reservations (expires_at) WHERE state = 'held';

CREATE TABLE reservation_lines (
    order_id uuid   NOT NULL REFERENCES reservations,
    sku      text COLLATE "C" NOT NULL REFERENCES stock_items,
    quantity bigint NOT NULL CHECK (quantity > 0), -- units, the sum over the order's lines
    PRIMARY KEY (order_id, sku)
);

-- The journal: why a level is what it is. Per SKU,
--   received = receive, shipped = ship, returned = return,
--   reserved = reserve - release - expire - ship;
-- allocate changes no level, it makes a hold last.
CREATE TABLE movements (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sku       text COLLATE "C" NOT NULL,
    kind      text        NOT NULL CHECK (kind IN ('receive', 'reserve', 'allocate', 'release', 'expire', 'ship', 'return')),
    quantity  bigint      NOT NULL CHECK (quantity > 0), -- units
    reference uuid        NOT NULL,                      -- the order, or the receipt
    at        timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX movements_of_sku ON movements (sku, id);

-- What was received under which idempotency key, and what was answered.
CREATE TABLE receipts (
    id              uuid PRIMARY KEY,
    caller          text        NOT NULL, -- subject of the token
    idempotency_key text        NOT NULL,
    request_hash    text        NOT NULL, -- of the decoded request
    answer          jsonb,                -- null only inside the receiving transaction
    received_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT receipts_once UNIQUE (caller, idempotency_key)
);

-- +goose Down
DROP TABLE receipts;
DROP TABLE movements;
DROP TABLE reservation_lines;
DROP TABLE reservations;
DROP TABLE stock_items;
