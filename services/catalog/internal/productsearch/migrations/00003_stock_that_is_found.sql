-- +goose Up
-- Of stock only what changes what is found: that there is some, or none. How much there is is read
-- from availability itself, which changes with each order.
DROP TRIGGER search_changed ON availability;
CREATE TRIGGER search_told AFTER INSERT ON availability
    FOR EACH ROW EXECUTE FUNCTION search_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON availability
    FOR EACH ROW WHEN ((OLD.available > 0) <> (NEW.available > 0)) EXECUTE FUNCTION search_changed();

-- +goose Down
DROP TRIGGER search_told ON availability;
DROP TRIGGER search_changed ON availability;
CREATE TRIGGER search_changed AFTER INSERT OR UPDATE ON availability
    FOR EACH ROW EXECUTE FUNCTION search_changed();
