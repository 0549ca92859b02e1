package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/payments/internal/domain"
)

// enter writes an entry of the ledger. One that is there already is an error: nothing moves twice.
func enter(ctx context.Context, q postgres.Querier, entry domain.Entry) error {
	accounts, amounts := make([]string, len(entry.Lines)), make([]int64, len(entry.Lines))
	for i, line := range entry.Lines {
		accounts[i], amounts[i] = string(line.Account), line.Amount
	}
	_, err := q.ExecContext(ctx, `
		INSERT INTO ledger (id, order_id, operation_id, kind, currency, at, accounts, amounts)
		VALUES ($1, $2, $3, $4, $5, $6, $7::text[], $8::bigint[])`,
		entry.ID, entry.OrderID, entry.OperationID, entry.Kind, entry.Currency, entry.At, accounts, amounts)
	return err
}

// Ledger returns the entries of an order, oldest first.
func (s *Store) Ledger(ctx context.Context, orderID string) (entries []domain.Entry, err error) {
	rows, err := s.db.SQL.QueryContext(ctx, `
		SELECT ledger.id, order_id, operation_id, kind, currency, at, account, amount
		FROM ledger, unnest(accounts, amounts) WITH ORDINALITY AS line (account, amount, number)
		WHERE order_id = $1 ORDER BY at, ledger.id, number`, orderID)
	if err != nil {
		return nil, fmt.Errorf("read the ledger of order %s: %w", orderID, err)
	}
	defer rows.Close()
	for rows.Next() {
		var entry domain.Entry
		var line domain.Line
		err := rows.Scan(&entry.ID, &entry.OrderID, &entry.OperationID, &entry.Kind, &entry.Currency, &entry.At, &line.Account, &line.Amount)
		if err != nil {
			return nil, fmt.Errorf("read the ledger of order %s: %w", orderID, err)
		}
		if last := len(entries) - 1; last >= 0 && entries[last].ID == entry.ID {
			entries[last].Lines = append(entries[last].Lines, line)
			continue
		}
		entry.At, entry.Lines = entry.At.UTC(), []domain.Line{line}
		entries = append(entries, entry)
	}
	return entries, rows.Err()
}

// Balance is the sum of an account in one currency.
type Balance struct {
	OrderID, Currency string
	Account           domain.Account
	Amount            int64
}

// Balances adds up the ledger of these orders.
func (s *Store) Balances(ctx context.Context, orderIDs []string) ([]Balance, error) {
	found, err := scanAll(ctx, s.db.SQL, func(row *sql.Rows) (b Balance, err error) {
		return b, row.Scan(&b.OrderID, &b.Currency, &b.Account, &b.Amount)
	}, `
		SELECT order_id, currency, account, sum(amount)::bigint
		FROM ledger, unnest(accounts, amounts) AS line (account, amount)
		WHERE order_id = ANY($1::uuid[]) GROUP BY order_id, currency, account HAVING sum(amount) <> 0`, orderIDs)
	if err != nil {
		return nil, fmt.Errorf("add up the ledger: %w", err)
	}
	return found, nil
}
