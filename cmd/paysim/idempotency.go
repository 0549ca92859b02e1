package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

var (
	// ErrKeyReused means that the Idempotency-Key was used before for another request.
	ErrKeyReused = errors.New("the Idempotency-Key was used for another request")
	// ErrInProgress means that the first request with this Idempotency-Key has no answer yet.
	ErrInProgress = errors.New("a request with this Idempotency-Key is in progress")
)

// Answer is an HTTP answer as it is kept under its Idempotency-Key.
type Answer struct {
	Status   int             `json:"status"`
	Body     json.RawMessage `json:"body"`
	Replayed bool            `json:"-"` // it was given before
}

// keyRecord is what is remembered of an Idempotency-Key.
type keyRecord struct {
	Request  string  `json:"request"`          // fingerprint of the request that came first
	Attempts int     `json:"attempts"`         // POSTs seen, until there was an answer
	Answer   *Answer `json:"answer,omitempty"` // the answer; nil until there is one
	// FirstAt is when the first request came; zero in books of an earlier paysim, which forgot
	// nothing.
	FirstAt time.Time `json:"first_at,omitzero"`
}

// fingerprint identifies a request by what it asks for, not by how its JSON was spelled.
func fingerprint(operation string, request any) (string, error) {
	encoded, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("fingerprint of %s: %w", operation, err)
	}
	sum := sha256.Sum256(append([]byte(operation+"\x00"), encoded...))
	return hex.EncodeToString(sum[:]), nil
}

// readKey returns what is known of a key, a new record when nothing is or the key was forgotten, or
// ErrKeyReused.
func (b *Books) readKey(tx *bbolt.Tx, key, request string) (keyRecord, error) {
	fresh := keyRecord{Request: request, FirstAt: b.now()}
	stored := tx.Bucket(bucketKeys).Get([]byte(key))
	if stored == nil {
		return fresh, nil
	}
	var record keyRecord
	if err := json.Unmarshal(stored, &record); err != nil {
		return record, fmt.Errorf("read Idempotency-Key %q: %w", key, err)
	}
	if !record.FirstAt.IsZero() && !b.now().Before(record.FirstAt.Add(b.keyLifetime)) {
		return fresh, nil
	}
	if record.Request != request {
		return record, fmt.Errorf("Idempotency-Key %q: %w", key, ErrKeyReused)
	}
	return record, nil
}

func writeKey(tx *bbolt.Tx, key string, record keyRecord) error {
	if err := putJSON(tx.Bucket(bucketKeys), key, record); err != nil {
		return fmt.Errorf("write Idempotency-Key %q: %w", key, err)
	}
	return nil
}

// once runs act in a write transaction unless the key has an answer already, which it returns
// instead. The answer act returns is kept together with its effects; nil means that this POST
// failed and the next one is to run act again.
func (b *Books) once(key, operation string, request any, act func(*bbolt.Tx, *keyRecord) (*Answer, error)) (answer *Answer, err error) {
	asked, err := fingerprint(operation, request)
	if err != nil {
		return nil, err
	}
	err = b.update(func(tx *bbolt.Tx) error {
		record, err := b.readKey(tx, key, asked)
		if err != nil {
			return err
		}
		if record.Answer != nil {
			answer = record.Answer
			answer.Replayed = true
			return nil
		}
		record.Attempts++
		if answer, err = act(tx, &record); err != nil {
			return err
		}
		record.Answer = answer
		return writeKey(tx, key, record)
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	return answer, nil
}

func newAnswer(status int, body any) (*Answer, error) {
	encoded, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encode answer: %w", err)
	}
	return &Answer{Status: status, Body: encoded}, nil
}
