package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"go.etcd.io/bbolt"
)

// AuthorizeRequest asks for an amount to be held on a card.
type AuthorizeRequest struct {
	Reference string `json:"reference"`
	Amount    int64  `json:"amount"` // minor units, positive
	Currency  string `json:"currency"`
	Source    string `json:"source"`
}

// pendingEffect is an accepted authorization whose effect is still to come. It is in the books, so
// that it comes although the client hung up or the process was killed in between.
type pendingEffect struct {
	Key     string           `json:"key"`
	Due     time.Time        `json:"due"`
	Request AuthorizeRequest `json:"request"`
}

// authorizeResult is an answer, or an effect that is still to come; when it is neither, this POST
// failed without effect and a later one with the same key may not.
type authorizeResult struct {
	Answer  *Answer
	Pending *pendingEffect
}

// Authorize treats a request as its card says, once per key. The effect of a slow card is due after
// the given delay and happens when Settle is called; until then other POSTs with the key get
// ErrInProgress.
func (b *Books) Authorize(key string, req AuthorizeRequest, delay time.Duration) (result authorizeResult, err error) {
	result.Answer, err = b.once(key, "authorize", req, func(tx *bbolt.Tx, record *keyRecord) (*Answer, error) {
		card := cards[req.Source]
		switch {
		case tx.Bucket(bucketPending).Get([]byte(key)) != nil:
			return nil, fmt.Errorf("Idempotency-Key %q: %w", key, ErrInProgress)
		case record.Attempts <= card.failures:
			return nil, nil
		case card.slowEffect:
			result.Pending = &pendingEffect{Key: key, Due: b.now().Add(delay), Request: req}
			return nil, putJSON(tx.Bucket(bucketPending), key, result.Pending)
		default:
			return b.perform(tx, key, req)
		}
	})
	return result, err
}

// Settle performs a pending effect and returns its answer; once it is performed, that answer again.
func (b *Books) Settle(p pendingEffect) (*Answer, error) {
	answer, err := b.once(p.Key, "authorize", p.Request, func(tx *bbolt.Tx, _ *keyRecord) (*Answer, error) {
		if err := tx.Bucket(bucketPending).Delete([]byte(p.Key)); err != nil {
			return nil, err
		}
		return b.perform(tx, p.Key, p.Request)
	})
	if err == nil {
		answer.Replayed = false
	}
	return answer, err
}

// Pending returns the effects that are still to come, in no order.
func (b *Books) Pending() ([]pendingEffect, error) {
	var pending []pendingEffect
	err := b.view(func(tx *bbolt.Tx) error {
		pending = nil
		return tx.Bucket(bucketPending).ForEach(func(key, stored []byte) error {
			var p pendingEffect
			if err := json.Unmarshal(stored, &p); err != nil {
				return fmt.Errorf("read pending effect %q: %w", key, err)
			}
			pending = append(pending, p)
			return nil
		})
	})
	return pending, err
}

// perform writes what the card does into the books and returns what the client is told.
func (b *Books) perform(tx *bbolt.Tx, key string, req AuthorizeRequest) (*Answer, error) {
	card := cards[req.Source]
	if card.noEffect {
		return newAnswer(http.StatusInternalServerError, problemInternal)
	}
	a := Authorization{
		ID: newID("auth"), Reference: req.Reference, Amount: req.Amount - card.less, Currency: req.Currency, Source: req.Source,
		Status: StatusAuthorized, IdempotencyKey: key, CreatedAt: b.now(),
	}
	status := http.StatusCreated
	if card.declineCode != "" {
		a.Status, a.DeclineCode, a.Message = StatusDeclined, card.declineCode, messageOf(card.declineCode)
		status = http.StatusPaymentRequired
	} else {
		end := a.CreatedAt.Add(b.lifetime(card))
		a.Open = a.Amount
		a.Terms = Terms{MultiCapture: !card.singleCapture, PartialVoid: !card.singleCapture, CaptureBefore: &end}
		if card.stored {
			a.StoredMethod, a.Consent = storedMethod, true
		}
		if err := putTurn(tx, end, turn{Kind: kindAuthorization, ID: a.ID, To: StatusExpired}); err != nil {
			return nil, err
		}
		if card.voidedOutside {
			if err := putTurn(tx, a.CreatedAt.Add(b.slow), turn{Kind: kindAuthorization, ID: a.ID, To: StatusVoided}); err != nil {
				return nil, err
			}
		}
	}
	if err := writeAuthorization(tx, &a); err != nil {
		return nil, err
	}
	if card.hiddenAnswer {
		return newAnswer(http.StatusInternalServerError, problemInternal)
	}
	return newAnswer(status, a.answer())
}

// lifetime is how long an authorization of a card lasts.
func (b *Books) lifetime(c card) time.Duration {
	if c.expires {
		return b.slow
	}
	return authorizationLifetime
}
