-- +goose Up
-- Keys sort by their bytes, in every database alike. By a locale the order would depend
-- on the installation, and its indexes on the version of the system's locales.
ALTER TABLE inbox
    ALTER COLUMN consumer TYPE text COLLATE "C",
    ALTER COLUMN event_id TYPE text COLLATE "C";

-- +goose Down
ALTER TABLE inbox
    ALTER COLUMN consumer TYPE text COLLATE "default",
    ALTER COLUMN event_id TYPE text COLLATE "default";
