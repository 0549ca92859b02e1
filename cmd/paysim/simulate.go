package main

import (
	"fmt"
	"slices"

	"go.etcd.io/bbolt"
)

// What a test may let happen, by the kind of the record.
var simulations = map[string][]Status{
	kindAuthorization: {StatusVoided, StatusExpired},
	kindCapture:       {StatusSucceeded, StatusFailed},
	kindRefund:        {StatusSucceeded, StatusFailed},
	kindDispute:       {StatusWon, StatusLost},
}

// Simulate lets a record take a status now, as if it happened at the provider.
func (b *Books) Simulate(kind, id string, to Status) error {
	if !slices.Contains(simulations[kind], to) {
		return fmt.Errorf("%s of %s %q: %w", to, kind, id, ErrNotPossible)
	}
	return b.update(func(tx *bbolt.Tx) error {
		return b.take(tx, turn{Kind: kind, ID: id, To: to, Code: "simulated"})
	})
}

// OpenDispute lets the shopper's bank take money back.
func (b *Books) OpenDispute(capture string, req DisputeRequest) (opened Dispute, err error) {
	err = b.update(func(tx *bbolt.Tx) error {
		c, err := readCapture(tx, capture)
		if err == nil {
			opened, err = b.dispute(tx, &c, req)
		}
		return err
	})
	return opened, err
}

// ForgetKeys forgets every Idempotency-Key, as their lifetime would.
func (b *Books) ForgetKeys() error {
	return b.update(func(tx *bbolt.Tx) error {
		if err := tx.DeleteBucket(bucketKeys); err != nil {
			return err
		}
		_, err := tx.CreateBucket(bucketKeys)
		return err
	})
}
