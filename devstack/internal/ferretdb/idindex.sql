-- FerretDB finds a document by its _id with "_jsonb->'_id' @> value". The index that it makes itself, a btree, cannot
-- answer @>, so that each look-up, and with it each write, would read the whole collection. A GIN index can.
--
-- The name: FerretDB takes no database, which is a schema here, that begins like this, so nobody else has or drops it.
CREATE SCHEMA IF NOT EXISTS _ferretdb_devstack;
-- Collections are made, and the trigger therefore runs, as the role of FerretDB.
GRANT USAGE ON SCHEMA _ferretdb_devstack TO PUBLIC;

-- index_id gives a collection its index, unless it has one or is no collection: FerretDB keeps all that it knows of a
-- database in a table with the same column, whose name begins with its prefix.
CREATE OR REPLACE FUNCTION _ferretdb_devstack.index_id(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid = relation AND c.relkind = 'r' AND NOT starts_with(c.relname::text, '_ferretdb_')
          AND a.attname = '_jsonb' AND a.atttypid = 'jsonb'::regtype
    ) AND NOT EXISTS (
        -- FerretDB itself makes nothing but btrees.
        SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
        WHERE i.indrelid = relation AND m.amname = 'gin'
    ) THEN
        -- Without fastupdate a write costs a little more, and no look-up has to read through a list of entries that
        -- wait to be sorted in.
        EXECUTE format('CREATE INDEX ON %s USING gin ((_jsonb->''_id'') jsonb_path_ops) WITH (fastupdate = off)',
                       relation::regclass);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION _ferretdb_devstack.index_created() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM _ferretdb_devstack.index_id(objid) FROM pg_event_trigger_ddl_commands() WHERE object_type = 'table';
END $$;

-- There is no CREATE OR REPLACE of these.
DROP EVENT TRIGGER IF EXISTS ferretdb_index_id;
CREATE EVENT TRIGGER ferretdb_index_id ON ddl_command_end WHEN TAG IN ('CREATE TABLE')
    EXECUTE FUNCTION _ferretdb_devstack.index_created();

-- Those that were made before there was a trigger.
SELECT _ferretdb_devstack.index_id(oid) FROM pg_catalog.pg_class WHERE relkind = 'r';
