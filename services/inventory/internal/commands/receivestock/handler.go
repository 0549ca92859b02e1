// Package receivestock adds goods that have arrived.
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

// Request to add the lines, once per caller and key.
type Request struct {
	Caller string // subject of the token
	Key    string // the caller's idempotency key
	Lines  []domain.Line
}

// Answer is the receipt as it was first given.
type Answer struct {
	Receipt  Receipt
	Replayed bool // the key came before, nothing was added now
}

// NewHandler makes the use case. The same key with other lines is refused with
// request_mismatch.
func NewHandler(db *postgres.DB, announced func()) cqrs.Handler[Request, Answer] {
	receive := cqrs.InTx(db, handle)
	return cqrs.Command("receive_stock", cqrs.HandlerFunc[Request, Answer](func(ctx context.Context, req Request) (Answer, error) {
		answer, err := receive.Handle(ctx, req)
		if err == nil {
			announced()
		}
		return answer, err
	}))
}

func handle(ctx context.Context, tx *postgres.Tx, req Request) (Answer, error) {
	opened := store.Receipt{ID: uuid.NewString(), Caller: req.Caller, Key: req.Key, RequestHash: hash(req.Lines)}
	known, kept, found, err := store.OpenReceipt(ctx, tx, opened)
	if err != nil {
		return Answer{}, err
	}
	if found {
		return replay(known, kept, opened.RequestHash)
	}
	levels, err := store.Receive(ctx, tx, known.ID, req.Lines)
	if err != nil {
		return Answer{}, err
	}
	receipt := newReceipt(known.ID, known.ReceivedAt, levels)
	if err := store.AnswerReceipt(ctx, tx, known.ID, receipt); err != nil {
		return Answer{}, err
	}
	return Answer{Receipt: receipt}, store.Announce(ctx, tx, known.ID, levels)
}

// replay answers as the first time, if it is the same request.
func replay(known store.Receipt, kept json.RawMessage, requestHash string) (Answer, error) {
	if known.RequestHash != requestHash {
		return Answer{}, refusal.New(refusals.RequestMismatch, "this idempotency key came with other lines before", nil)
	}
	answer := Answer{Replayed: true}
	if err := json.Unmarshal(kept, &answer.Receipt); err != nil {
		return Answer{}, fmt.Errorf("read the answer kept for receipt %s: %w", known.ID, err)
	}
	return answer, nil
}

// hash of the decoded request: how it was spelled in JSON does not count.
func hash(lines []domain.Line) string {
	digest := sha256.New()
	for _, line := range lines {
		fmt.Fprintf(digest, "%q %d\n", line.SKU, line.Quantity)
	}
	return hex.EncodeToString(digest.Sum(nil))
}

// Receipt of goods, as it is answered and kept.
type Receipt struct {
	ID         string    `json:"id" format:"uuid" doc:"the receipt's id, which the stock movements refer to"`
	ReceivedAt time.Time `json:"received_at" doc:"when the goods were added, UTC"`
	Levels     []Level   `json:"levels" doc:"the stock of each SKU right after, ordered by SKU"`
}

// Level is one SKU's stock.
type Level struct {
	SKU       string `json:"sku" doc:"the SKU"`
	OnHand    int64  `json:"on_hand" doc:"units in the house"`
	Reserved  int64  `json:"reserved" doc:"units of on_hand that orders hold or were allocated"`
	Available int64  `json:"available" doc:"units that can be ordered: on_hand - reserved"`
	Version   int64  `json:"version" doc:"one higher with every change of this SKU"`
}

func newReceipt(id string, receivedAt time.Time, levels []domain.Level) Receipt {
	receipt := Receipt{ID: id, ReceivedAt: receivedAt.UTC(), Levels: make([]Level, len(levels))}
	for i, level := range levels {
		receipt.Levels[i] = Level{
			SKU: level.SKU, OnHand: level.OnHand, Reserved: level.Reserved,
			Available: level.Available(), Version: level.Version,
		}
	}
	return receipt
}
