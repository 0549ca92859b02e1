package temporal

import (
	"fmt"

	// Brings in the driver that the plugin name of the store refers to.
	_ "go.temporal.io/server/common/persistence/sql/sqlplugin/postgresql"
	"go.temporal.io/server/tools/common/schema"
	"go.temporal.io/server/tools/sql"
)

// migrate updates the schema of both databases, from an empty one or an older version.
func (s *Server) migrate() error {
	for _, target := range []struct{ database, schema string }{
		{Database, "postgresql/v12/temporal"},
		{VisibilityDatabase, "postgresql/v12/visibility"},
	} {
		if err := s.migrateDatabase(target.database, target.schema); err != nil {
			return fmt.Errorf("bringing database %s to the schema of the Temporal server: %w", target.database, err)
		}
	}
	return nil
}

func (s *Server) migrateDatabase(database, name string) error {
	conn, err := sql.NewConnection(s.store(database, 1), s.logger)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	defer conn.Close()
	if _, err := conn.ReadSchemaVersion(); err != nil {
		// No version can be read: its tables do not exist yet.
		setup := &schema.SetupConfig{InitialVersion: "0.0"}
		if err := schema.NewSetupSchemaTask(conn, setup, s.logger).Run(); err != nil {
			return fmt.Errorf("making the version tables: %w", err)
		}
	}
	update := &schema.UpdateConfig{SchemaName: name}
	if err := schema.NewUpdateSchemaTask(conn, update, s.logger).Run(); err != nil {
		return fmt.Errorf("applying the versions: %w", err)
	}
	return nil
}
