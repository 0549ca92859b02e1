-- +goose Up
-- Keys sort by their bytes, in every database alike. By a locale the order would depend
-- on the installation, and its indexes on the version of the system's locales.
ALTER TABLE events
    ALTER COLUMN stream TYPE text COLLATE "C";
ALTER TABLE subscriptions
    ALTER COLUMN name TYPE text COLLATE "C";

-- +goose Down
ALTER TABLE events
    ALTER COLUMN stream TYPE text COLLATE "default";
ALTER TABLE subscriptions
    ALTER COLUMN name TYPE text COLLATE "default";
