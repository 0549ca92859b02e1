-- +goose Up
-- Lists of a product, as JSON arrays. A writer checks categories against the table below under the
-- lock of the tree (store/categories.go).
ALTER TABLE products
    -- Ids, sorted.
    ADD COLUMN categories     jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(categories) = 'array' AND jsonb_array_length(categories) <= 100),
    -- One for each category, the ids from the root to it: "home/kitchen/mugs".
    ADD COLUMN category_paths jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(category_paths) = 'array'),
    -- Objects of url and alt, in the order in which they are shown.
    ADD COLUMN images         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(images) = 'array' AND jsonb_array_length(images) <= 20),
    ADD CONSTRAINT products_category_paths CHECK (jsonb_array_length(category_paths) = jsonb_array_length(categories));
CREATE INDEX products_by_category ON products USING gin (categories);

-- What products are sorted by: a tree.
CREATE TABLE categories (
    id      text COLLATE "C" PRIMARY KEY CHECK (id ~ '^[a-z0-9]+(-[a-z0-9]+)*$' AND char_length(id) <= 64),
    name    text   NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    -- NULL at the top of the tree.
    parent  text COLLATE "C" REFERENCES categories CHECK (parent <> id),
    -- The ids from the root to this one.
    path    text COLLATE "C" NOT NULL UNIQUE CHECK (CASE WHEN parent IS NULL THEN path = id ELSE path = parent || '/' || id OR path LIKE '%/' || parent || '/' || id END),
    version bigint NOT NULL CHECK (version >= 1)
);
CREATE INDEX categories_by_parent ON categories (parent);

-- +goose Down
DROP TABLE categories;
DROP INDEX products_by_category;
ALTER TABLE products DROP COLUMN categories, DROP COLUMN category_paths, DROP COLUMN images;
