-- +goose Up
-- Keys sort by their bytes, in every database alike. By a locale the order would depend
-- on the installation, and its indexes on the version of the system's locales.
ALTER TABLE open_sagas
    ALTER COLUMN order_id TYPE text COLLATE "C";

-- +goose Down
ALTER TABLE open_sagas
    ALTER COLUMN order_id TYPE text COLLATE "default";
