-- +goose Up
-- How far the provider's list was read: one row.
CREATE TABLE provider_list (
    one         boolean     PRIMARY KEY DEFAULT true CHECK (one),
    cursor      text        NOT NULL DEFAULT '',
    owner       text        NOT NULL DEFAULT '', -- the process that reads it
    lease_until timestamptz NOT NULL DEFAULT '-infinity'
);
INSERT INTO provider_list DEFAULT VALUES;

ALTER TABLE operations ALTER COLUMN id SET DEFAULT gen_random_uuid();

-- +goose Down
ALTER TABLE operations ALTER COLUMN id DROP DEFAULT;
DROP TABLE provider_list;
