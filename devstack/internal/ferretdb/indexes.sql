-- FerretDB finds documents by the value of a field with "_jsonb->'field' @> value". The indexes that it makes itself,
-- btrees, cannot answer @>, so that each look-up, and with it each write, would read the whole collection. GIN indexes
-- can. So every index that a client of FerretDB makes becomes one: by event triggers, for any collection.
--
-- The name: FerretDB takes no database, which is a schema here, that begins like this, so nobody else has or drops it.
CREATE SCHEMA IF NOT EXISTS _ferretdb_devstack;
-- Collections are made, and the triggers therefore run, as the role of FerretDB.
GRANT USAGE ON SCHEMA _ferretdb_devstack TO PUBLIC;

-- is_collection tells whether a relation has documents. FerretDB keeps all that it knows of a database in a table with
-- the same column, whose name begins with its prefix.
CREATE OR REPLACE FUNCTION _ferretdb_devstack.is_collection(relation oid) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.oid = relation AND c.relkind = 'r' AND NOT starts_with(c.relname::text, '_ferretdb_')
          AND a.attname = '_jsonb' AND a.atttypid = 'jsonb'::regtype)
$$;

-- index_id gives a collection an index of the _id, unless it has one.
CREATE OR REPLACE FUNCTION _ferretdb_devstack.index_id(relation oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF _ferretdb_devstack.is_collection(relation) AND NOT EXISTS (
        SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
        WHERE i.indrelid = relation AND m.amname = 'gin' AND pg_get_indexdef(i.indexrelid, 1, false) LIKE '%''_id''%'
    ) THEN
        -- Without fastupdate a write costs a little more, and no look-up has to read through a list of entries that
        -- wait to be sorted in.
        EXECUTE format('CREATE INDEX ON %s USING gin ((_jsonb->''_id'') jsonb_path_ops) WITH (fastupdate = off)',
                       relation::regclass);
    END IF;
END $$;

-- index_fields makes a GIN index of the fields of a btree. It takes the place and the name of the btree, which nothing
-- reads, so that FerretDB drops it as its own. A unique btree stays beside it: it keeps the values unique.
CREATE OR REPLACE FUNCTION _ferretdb_devstack.index_fields(index oid) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    btree record;
    fields text;
BEGIN
    SELECT i.indrelid, i.indisunique, i.indnatts, c.relname, n.nspname INTO btree
    FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
        JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE i.indexrelid = index AND m.amname = 'btree' AND i.indexprs IS NOT NULL;
    IF NOT FOUND OR NOT _ferretdb_devstack.is_collection(btree.indrelid) THEN
        RETURN;
    END IF;
    SELECT string_agg(format('(%s) jsonb_path_ops', pg_get_indexdef(index, n, false)), ', ' ORDER BY n) INTO fields
    FROM generate_series(1, btree.indnatts) AS n;
    IF btree.indisunique THEN
        IF btree.indnatts > 1 OR fields NOT LIKE '%''_id''%' THEN
            EXECUTE format('CREATE INDEX ON %s USING gin (%s) WITH (fastupdate = off)', btree.indrelid::regclass, fields);
        END IF; -- else it is FerretDB's own of the _id, see index_id
        RETURN;
    END IF;
    EXECUTE format('DROP INDEX %I.%I', btree.nspname, btree.relname);
    EXECUTE format('CREATE INDEX %I ON %s USING gin (%s) WITH (fastupdate = off)', btree.relname, btree.indrelid::regclass, fields);
END $$;

CREATE OR REPLACE FUNCTION _ferretdb_devstack.created() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made record;
BEGIN
    FOR made IN SELECT objid, object_type FROM pg_event_trigger_ddl_commands() LOOP
        IF made.object_type = 'table' THEN
            PERFORM _ferretdb_devstack.index_id(made.objid);
        ELSIF made.object_type = 'index' THEN
            PERFORM _ferretdb_devstack.index_fields(made.objid);
        END IF;
    END LOOP;
END $$;

-- There is no CREATE OR REPLACE of these.
DROP EVENT TRIGGER IF EXISTS ferretdb_index_id; -- of earlier versions
DROP FUNCTION IF EXISTS _ferretdb_devstack.index_created();
DROP EVENT TRIGGER IF EXISTS ferretdb_created;
CREATE EVENT TRIGGER ferretdb_created ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'CREATE INDEX')
    EXECUTE FUNCTION _ferretdb_devstack.created();

-- Those that were made before there was a trigger.
SELECT _ferretdb_devstack.index_id(oid) FROM pg_catalog.pg_class WHERE relkind = 'r';
SELECT _ferretdb_devstack.index_fields(indexrelid) FROM pg_catalog.pg_index i
WHERE NOT indisunique AND _ferretdb_devstack.is_collection(i.indrelid);
