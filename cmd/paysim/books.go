package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

var (
	bucketAuthorizations = []byte("authorizations") // id -> Authorization
	bucketByReference    = []byte("by_reference")   // reference NUL id -> nothing
	bucketKeys           = []byte("keys")           // Idempotency-Key -> keyRecord
	bucketPending        = []byte("pending")        // Idempotency-Key -> pendingEffect
)

// ErrNotFound means that the books have no such authorization.
var ErrNotFound = errors.New("no such authorization")

// Books are what the provider knows: authorizations, and the answers given under each Idempotency-Key. They are
// safe for concurrent use; writes happen one after the other, each synced to disk before it returns.
type Books struct {
	db  *bbolt.DB
	now func() time.Time
}

// OpenBooks opens or creates the file at path and its folder. It fails when another process has the file open.
func OpenBooks(path string) (*Books, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create folder of the books %s: %w", path, err)
	}
	// Readers of the whole file (audits) would hold up writers each time the map has to grow: reserve address space.
	options := &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 256 << 20}
	db, err := bbolt.Open(path, 0o600, options)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open books %s: another paysim is using them", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open books %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketAuthorizations, bucketByReference, bucketKeys, bucketPending} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare books %s: %w", path, err), db.Close())
	}
	return &Books{db: db, now: func() time.Time { return time.Now().UTC() }}, nil
}

// Close waits for open transactions and releases the file. Calls after it fail.
func (b *Books) Close() error { return b.db.Close() }

// Check fails when the books cannot be read.
func (b *Books) Check() error {
	return b.db.View(func(*bbolt.Tx) error { return nil })
}

// Authorization returns one authorization, or ErrNotFound.
func (b *Books) Authorization(id string) (found Authorization, err error) {
	err = b.db.View(func(tx *bbolt.Tx) error {
		found, err = readAuthorization(tx, id)
		return err
	})
	return found, err
}

// ByReference returns every authorization of a reference, declined ones too, oldest first; none is an empty list.
func (b *Books) ByReference(reference string) ([]Authorization, error) {
	found := []Authorization{}
	err := b.db.View(func(tx *bbolt.Tx) error {
		return eachOfReference(tx, reference, func(a Authorization) { found = append(found, a) })
	})
	return found, err
}

// newAuthorizationID is unique and grows with time, so that keys stored under it are in order of creation.
func newAuthorizationID() (string, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return "", fmt.Errorf("make authorization id: %w", err)
	}
	return "auth_" + id.String(), nil
}

func readAuthorization(tx *bbolt.Tx, id string) (Authorization, error) {
	var a Authorization
	stored := tx.Bucket(bucketAuthorizations).Get([]byte(id))
	if stored == nil {
		return a, fmt.Errorf("authorization %q: %w", id, ErrNotFound)
	}
	if err := json.Unmarshal(stored, &a); err != nil {
		return a, fmt.Errorf("read authorization %q: %w", id, err)
	}
	return a, nil
}

func writeAuthorization(tx *bbolt.Tx, a Authorization) error {
	if err := putJSON(tx.Bucket(bucketAuthorizations), a.ID, a); err != nil {
		return fmt.Errorf("write authorization %q: %w", a.ID, err)
	}
	// Idempotent, so that a changed authorization needs no second way in.
	if err := tx.Bucket(bucketByReference).Put([]byte(a.Reference+"\x00"+a.ID), nil); err != nil {
		return fmt.Errorf("index authorization %q: %w", a.ID, err)
	}
	return nil
}

func putJSON(bucket *bbolt.Bucket, key string, value any) error {
	encoded, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return bucket.Put([]byte(key), encoded)
}
