package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

var (
	bucketAuthorizations = []byte("authorizations") // id -> Authorization
	bucketByReference    = []byte("by_reference")   // reference NUL id -> nothing
	bucketKeys           = []byte("keys")           // Idempotency-Key -> keyRecord
	bucketCaptures       = []byte("captures")       // id -> Capture
	bucketRefunds        = []byte("refunds")        // id -> Refund
	bucketDisputes       = []byte("disputes")       // id -> Dispute
	bucketMoved          = []byte("moved")          // reference NUL id of a capture, refund or dispute -> nothing
	bucketChanges        = []byte("changes")        // sequence of its last change -> id of anything
	bucketTurns          = []byte("turns")          // time and number -> turn
	bucketPending        = []byte("pending")        // Idempotency-Key -> pendingEffect
)

var buckets = [][]byte{
	bucketAuthorizations, bucketByReference, bucketKeys, bucketPending,
	bucketCaptures, bucketRefunds, bucketDisputes, bucketMoved, bucketChanges, bucketTurns,
}

// ErrNotFound means that the books have nothing of that id.
var ErrNotFound = errors.New("not in the books")

// Books are what the provider knows: authorizations with their captures, refunds and disputes, and
// the answers given under each Idempotency-Key. They are safe for concurrent use; writes happen one
// after the other, each synced to disk before it returns.
type Books struct {
	db          *bbolt.DB
	now         func() time.Time
	keyLifetime time.Duration // of an Idempotency-Key; then it is forgotten
	slow        time.Duration // after which slow things happen
}

// OpenBooks opens or creates the file at path and its folder. It fails when another process has the
// file open.
func OpenBooks(path string, slow, keyLifetime time.Duration) (*Books, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create folder of the books %s: %w", path, err)
	}
	// Readers of the whole file (audits) would hold up writers each time the map has to grow:
	// reserve address space.
	options := &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType, InitialMmapSize: 256 << 20}
	db, err := bbolt.Open(path, 0o600, options)
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open books %s: another paysim is using them", path)
	}
	if err != nil {
		return nil, fmt.Errorf("open books %s: %w", path, err)
	}
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, name := range buckets {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("bucket %s: %w", name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare books %s: %w", path, err), db.Close())
	}
	return &Books{db: db, now: func() time.Time { return time.Now().UTC() }, slow: slow, keyLifetime: keyLifetime}, nil
}

// update runs a change in a transaction, after the changes whose time has come.
func (b *Books) update(change func(*bbolt.Tx) error) error {
	return b.db.Update(func(tx *bbolt.Tx) error {
		if err := b.takeTurns(tx); err != nil {
			return err
		}
		return change(tx)
	})
}

// view reads the books as they are, after the changes whose time has come.
func (b *Books) view(read func(*bbolt.Tx) error) error {
	waiting := false
	err := b.db.View(func(tx *bbolt.Tx) error {
		if waiting = b.due(tx); waiting {
			return nil
		}
		return read(tx)
	})
	if waiting {
		return b.update(read)
	}
	return err
}

// Close waits for open transactions and releases the file. Calls after it fail.
func (b *Books) Close() error { return b.db.Close() }

// Check fails when the books cannot be read.
func (b *Books) Check() error {
	return b.db.View(func(*bbolt.Tx) error { return nil })
}

// Authorization returns one authorization, or ErrNotFound.
func (b *Books) Authorization(id string) (found Authorization, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		found, err = readAuthorization(tx, id)
		return err
	})
	return found, err
}

// ByReference returns every authorization of a reference, declined ones too, oldest first; none is
// an empty list.
func (b *Books) ByReference(reference string) (found []Authorization, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		found = []Authorization{} // anew: a view may run twice
		return eachOfReference(tx, reference, func(a Authorization) { found = append(found, a) })
	})
	return found, err
}
