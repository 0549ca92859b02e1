package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

// Counts that are the same on every machine, but for what loops do in the background.
const (
	statements   = "SQL statements"
	transactions = "transactions"
	logBytes     = "WAL bytes"
	calls        = "gRPC calls"
	published    = "messages published"
	consumed     = "messages consumed"
	// unindexed is no cost: the changes that an instance's search index does not have yet.
	unindexed = "changes to index"
)

// counters are the metrics that are added up, by their name in the programs' metrics pages.
var counters = map[string]string{
	"db_client_operation_duration_seconds_count": statements,
	"rpc_client_call_duration_seconds_count":     calls,
	"ordersaga_broker_published_total":           published,
	"ordersaga_broker_consumed_total":            consumed,
	"ordersaga_search_behind":                    unindexed,
}

// metricsPages of the services and the worker on these ports.
func metricsPages(p ports.Ports) (pages []string) {
	for _, name := range programs.Names(programs.IsService) {
		pages = append(pages, p.URL(ports.Admin(name))+"/metrics")
	}
	return append(pages, p.URL(programs.Worker)+"/metrics")
}

// counted reads the counts of a system until now. databases are the URLs of the services'.
func counted(ctx context.Context, pages []string, db *pgx.Conn, databases map[string]string) (map[string]float64, error) {
	counts := map[string]float64{}
	for _, page := range pages {
		if err := addMetrics(ctx, page, counts); err != nil {
			return nil, err
		}
	}
	delete(counts, unindexed)
	var names []string
	for _, url := range databases {
		config, err := pgx.ParseConfig(url)
		if err != nil {
			return nil, err
		}
		names = append(names, config.Database)
	}
	var committed, written float64
	err := db.QueryRow(ctx, `
		SELECT (SELECT sum(xact_commit) FROM pg_stat_database WHERE datname = ANY($1))::float8,
			(SELECT wal_bytes FROM pg_stat_wal)::float8`, names).Scan(&committed, &written)
	if err != nil {
		return nil, fmt.Errorf("read the counters of PostgreSQL: %w", err)
	}
	counts[transactions], counts[logBytes] = committed, written
	return counts, nil
}

func addMetrics(ctx context.Context, page string, counts map[string]float64) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, page, http.NoBody)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("read metrics: %w", err)
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(io.LimitReader(response.Body, 16<<20))
	for lines.Scan() {
		name, rest, found := strings.Cut(lines.Text(), "{")
		count, wanted := counters[name]
		if !found || !wanted || count == statements && !strings.Contains(rest, `pgx_operation_type="query"`) {
			continue
		}
		value, err := strconv.ParseFloat(strings.TrimSpace(rest[strings.LastIndexByte(rest, '}')+1:]), 64)
		if err != nil {
			return fmt.Errorf("read %s of %s: %w", name, page, err)
		}
		counts[count] += value
	}
	return lines.Err()
}
