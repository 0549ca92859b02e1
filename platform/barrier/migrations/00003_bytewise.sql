-- +goose Up
-- Keys sort by their bytes, in every database alike. By a locale the order would depend
-- on the installation, and its indexes on the version of the system's locales.
ALTER TABLE barrier
    ALTER COLUMN order_id TYPE text COLLATE "C",
    ALTER COLUMN saga TYPE text COLLATE "C",
    ALTER COLUMN instance TYPE text COLLATE "C",
    ALTER COLUMN step TYPE text COLLATE "C",
    ALTER COLUMN operation TYPE text COLLATE "C";

-- +goose Down
ALTER TABLE barrier
    ALTER COLUMN order_id TYPE text COLLATE "default",
    ALTER COLUMN saga TYPE text COLLATE "default",
    ALTER COLUMN instance TYPE text COLLATE "default",
    ALTER COLUMN step TYPE text COLLATE "default",
    ALTER COLUMN operation TYPE text COLLATE "default";
