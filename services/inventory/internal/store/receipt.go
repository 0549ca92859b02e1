package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// Receipt is the request of a caller under an idempotency key.
type Receipt struct {
	ID          string
	Caller      string // subject of the token
	Key         string // the caller's idempotency key
	RequestHash string // of the decoded request
	ReceivedAt  time.Time
}

// OpenReceipt writes a receipt and returns it with its time. If the caller has used the key before,
// found is true, and it returns the earlier receipt and its kept answer. It waits for the end of
// another transaction with the same key.
func OpenReceipt(ctx context.Context, q postgres.Querier, receipt Receipt) (known Receipt, answer json.RawMessage, found bool, err error) {
	known = receipt
	err = q.QueryRowContext(ctx, `
		INSERT INTO receipts (id, caller, idempotency_key, request_hash) VALUES ($1, $2, $3, $4)
		ON CONFLICT ON CONSTRAINT receipts_once DO NOTHING
		RETURNING received_at`,
		receipt.ID, receipt.Caller, receipt.Key, receipt.RequestHash).Scan(&known.ReceivedAt)
	if err == nil {
		return known, nil, false, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return Receipt{}, nil, false, fmt.Errorf("open receipt %s: %w", receipt.ID, err)
	}
	err = q.QueryRowContext(ctx, `
		SELECT id, request_hash, received_at, answer FROM receipts WHERE caller = $1 AND idempotency_key = $2`,
		receipt.Caller, receipt.Key).Scan(&known.ID, &known.RequestHash, &known.ReceivedAt, &answer)
	if err != nil {
		return Receipt{}, nil, false, fmt.Errorf("read the receipt of idempotency key %q: %w", receipt.Key, err)
	}
	return known, answer, true, nil
}

// AnswerReceipt keeps the answer to the receipt's first request, for repeated ones.
func AnswerReceipt(ctx context.Context, q postgres.Querier, receiptID string, answer any) error {
	encoded, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("answer receipt %s: %w", receiptID, err)
	}
	if _, err := q.ExecContext(ctx, `UPDATE receipts SET answer = $2 WHERE id = $1`, receiptID, string(encoded)); err != nil {
		return fmt.Errorf("answer receipt %s: %w", receiptID, err)
	}
	return nil
}
