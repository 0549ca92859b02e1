// Package receivestock adds received goods to the stock.
package receivestock

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/contracts/refusals"
	"github.com/ordersaga/ordersaga/platform/cqrs"
	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/inventory/internal/domain"
	"github.com/ordersaga/ordersaga/services/inventory/internal/store"
)

// Command adds the lines, once per caller and key.
type Command struct {
	Caller string // subject of the token
	Key    string // the caller's idempotency key
	Lines  []domain.Line
}

// Result is the receipt, the same for every repetition.
type Result struct {
	Receipt  Receipt
	Replayed bool // the key was used before, nothing was added now
}

// New makes the use case. The same key with other lines is refused with request_mismatch.
func New(db *postgres.DB) cqrs.Handler[Command, Result] {
	return cqrs.Command("receive_stock", cqrs.InTx(db, handle))
}

func handle(ctx context.Context, tx *postgres.Tx, command Command) (Result, error) {
	opened := store.Receipt{ID: uuid.NewString(), Caller: command.Caller, Key: command.Key, RequestHash: hash(command.Lines)}
	known, kept, found, err := store.OpenReceipt(ctx, tx, opened)
	if err != nil {
		return Result{}, err
	}
	if found {
		return replay(known, kept, opened.RequestHash)
	}
	levels, err := store.Receive(ctx, tx, known.ID, command.Lines)
	if err != nil {
		return Result{}, err
	}
	receipt := newReceipt(known.ID, known.ReceivedAt, levels)
	if err := store.AnswerReceipt(ctx, tx, known.ID, receipt); err != nil {
		return Result{}, err
	}
	return Result{Receipt: receipt}, store.Announce(ctx, tx, known.ID, levels)
}

// replay returns the kept receipt, if the request is the same.
func replay(known store.Receipt, kept json.RawMessage, requestHash string) (Result, error) {
	if known.RequestHash != requestHash {
		return Result{}, refusal.New(refusals.RequestMismatch, "The idempotency key was used with other lines before", nil)
	}
	result := Result{Replayed: true}
	if err := json.Unmarshal(kept, &result.Receipt); err != nil {
		return Result{}, fmt.Errorf("read the answer kept for receipt %s: %w", known.ID, err)
	}
	return result, nil
}

// hash returns a hash of the decoded request, which does not depend on its JSON formatting.
func hash(lines []domain.Line) string {
	digest := sha256.New()
	for _, line := range lines {
		fmt.Fprintf(digest, "%q %d\n", line.SKU, line.Quantity)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// Receipt of goods, as it is answered and kept.
type Receipt struct {
	ID         string       `json:"id" format:"uuid" doc:"the receipt's id, which the stock movements refer to"`
	ReceivedAt time.Time    `json:"received_at" doc:"when the goods were added, UTC"`
	Levels     []StockLevel `json:"levels" nullable:"false" doc:"the stock of each SKU right after, ordered by SKU"`
}

// StockLevel is one SKU's stock.
type StockLevel struct {
	SKU       string `json:"sku" doc:"the SKU"`
	OnHand    int64  `json:"on_hand" doc:"units that are here"`
	Reserved  int64  `json:"reserved" doc:"units of on_hand that orders hold or were allocated"`
	Available int64  `json:"available" doc:"units that can be ordered: on_hand - reserved"`
	Version   int64  `json:"version" doc:"one higher with every change of this SKU"`
}

func newReceipt(id string, receivedAt time.Time, levels []domain.Level) Receipt {
	receipt := Receipt{ID: id, ReceivedAt: receivedAt.UTC(), Levels: make([]StockLevel, len(levels))}
	for i, level := range levels {
		receipt.Levels[i] = StockLevel{
			SKU: level.SKU, OnHand: level.OnHand, Reserved: level.Reserved,
			Available: level.Available(), Version: level.Version,
		}
	}
	return receipt
}
