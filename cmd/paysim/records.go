package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"go.etcd.io/bbolt"
)

// newID is unique and grows with time, so that what is stored under it is in order of creation.
func newID(prefix string) string { return prefix + "_" + uuid.Must(uuid.NewV7()).String() }

func readAuthorization(tx *bbolt.Tx, id string) (Authorization, error) {
	a, err := read[Authorization](tx, bucketAuthorizations, kindAuthorization, id)
	if a.Open+a.Captured+a.Voided+a.Expired == 0 { // from an earlier paysim, which knew no parts
		switch a.Status {
		case StatusAuthorized:
			a.Open = a.Amount
		case StatusVoided:
			a.Voided = a.Amount
		}
	}
	return a, err
}

func readCapture(tx *bbolt.Tx, id string) (Capture, error) {
	return read[Capture](tx, bucketCaptures, kindCapture, id)
}

func readRefund(tx *bbolt.Tx, id string) (Refund, error) {
	return read[Refund](tx, bucketRefunds, kindRefund, id)
}

func readDispute(tx *bbolt.Tx, id string) (Dispute, error) {
	return read[Dispute](tx, bucketDisputes, kindDispute, id)
}

func read[T any](tx *bbolt.Tx, bucket []byte, kind, id string) (found T, err error) {
	stored := tx.Bucket(bucket).Get([]byte(id))
	if stored == nil {
		return found, fmt.Errorf("%s %q: %w", kind, id, ErrNotFound)
	}
	if err := json.Unmarshal(stored, &found); err != nil {
		return found, fmt.Errorf("read %s %q: %w", kind, id, err)
	}
	return found, nil
}

func writeAuthorization(tx *bbolt.Tx, a *Authorization) error {
	return write(tx, bucketAuthorizations, bucketByReference, a.Reference, a.ID, &a.Sequence, a)
}

func writeCapture(tx *bbolt.Tx, c *Capture) error {
	return write(tx, bucketCaptures, bucketMoved, c.Reference, c.ID, &c.Sequence, c)
}

func writeRefund(tx *bbolt.Tx, r *Refund) error {
	return write(tx, bucketRefunds, bucketMoved, r.Reference, r.ID, &r.Sequence, r)
}

func writeDispute(tx *bbolt.Tx, d *Dispute) error {
	return write(tx, bucketDisputes, bucketMoved, d.Reference, d.ID, &d.Sequence, d)
}

// write stores a record as the last one that changed. It may be there already.
func write(tx *bbolt.Tx, bucket, index []byte, reference, id string, sequence *uint64, record any) (err error) {
	changes := tx.Bucket(bucketChanges)
	if *sequence != 0 {
		err = changes.Delete(binary.BigEndian.AppendUint64(nil, *sequence))
	}
	if err == nil {
		*sequence, err = changes.NextSequence()
	}
	if err == nil {
		err = changes.Put(binary.BigEndian.AppendUint64(nil, *sequence), []byte(id))
	}
	if err == nil {
		err = putJSON(tx.Bucket(bucket), id, record)
	}
	if err == nil {
		err = tx.Bucket(index).Put([]byte(reference+"\x00"+id), nil)
	}
	if err != nil {
		return fmt.Errorf("write %q: %w", id, err)
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

// eachID visits the ids of a reference in an index, oldest first.
func eachID(tx *bbolt.Tx, index []byte, reference string, visit func(id string) error) error {
	prefix := []byte(reference + "\x00") // a reference has no NUL in it, so no other one has this prefix
	cursor := tx.Bucket(index).Cursor()
	for key, _ := cursor.Seek(prefix); bytes.HasPrefix(key, prefix); key, _ = cursor.Next() {
		if err := visit(string(key[len(prefix):])); err != nil {
			return fmt.Errorf("reference %q: %w", reference, err)
		}
	}
	return nil
}

func eachOfReference(tx *bbolt.Tx, reference string, visit func(Authorization)) error {
	return eachID(tx, bucketByReference, reference, func(id string) error {
		a, err := readAuthorization(tx, id)
		if err == nil {
			visit(a)
		}
		return err
	})
}
