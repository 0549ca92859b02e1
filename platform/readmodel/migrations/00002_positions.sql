-- +goose Up
-- How far of its source a generation has come, where the source is rows that change.
CREATE TABLE read_model_positions (
    model      text COLLATE "C" NOT NULL,
    generation bigint           NOT NULL,
    position   bigint           NOT NULL,
    PRIMARY KEY (model, generation)
);

-- +goose Down
DROP TABLE read_model_positions;
