-- +goose Up
-- When a SKU changed last: what the documents and the index do not show yet has an age.
ALTER TABLE search_changes ADD COLUMN changed_at timestamptz NOT NULL DEFAULT clock_timestamp();
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- What has no position yet has been shown nowhere: it waits since it changed first.
    INSERT INTO search_changes AS known (sku) VALUES (NEW.sku) ON CONFLICT (sku) DO UPDATE SET position = NULL,
        changed_at = CASE WHEN known.position IS NULL THEN known.changed_at ELSE clock_timestamp() END;
    RETURN NULL;
END $$;
-- +goose StatementEnd

-- +goose Down
-- +goose StatementBegin
CREATE OR REPLACE FUNCTION search_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_changes (sku) VALUES (NEW.sku) ON CONFLICT (sku) DO UPDATE SET position = NULL;
    RETURN NULL;
END $$;
-- +goose StatementEnd
ALTER TABLE search_changes DROP COLUMN changed_at;
