-- +goose Up
-- The generations of read models. Of a model one generation is live, at most one is being built
-- beside it, and those that were replaced are dropped a while later.
CREATE TABLE read_model_generations (
    model      text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    state      text COLLATE "C" NOT NULL CHECK (state IN ('building', 'live', 'retired')),
    began_at   timestamptz      NOT NULL DEFAULT clock_timestamp(),
    changed_at timestamptz      NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, generation)
);
CREATE UNIQUE INDEX read_model_generations_live ON read_model_generations (model) WHERE state = 'live';
CREATE UNIQUE INDEX read_model_generations_building ON read_model_generations (model) WHERE state = 'building';

-- The lists of a generation: how many places are given, and how many of them have their document.
CREATE TABLE read_model_lists (
    model      text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    list       text COLLATE "C" NOT NULL,
    size       bigint           NOT NULL,
    shown      bigint           NOT NULL DEFAULT 0,
    PRIMARY KEY (model, generation, list)
);

-- The place that a document has in a list. It is given once.
CREATE TABLE read_model_places (
    model      text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    id         text COLLATE "C" NOT NULL,
    list       text COLLATE "C" NOT NULL,
    place      bigint           NOT NULL,
    PRIMARY KEY (model, generation, id, list)
);

-- +goose Down
DROP TABLE read_model_places;
DROP TABLE read_model_lists;
DROP TABLE read_model_generations;
