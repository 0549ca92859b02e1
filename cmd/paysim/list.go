package main

import (
	"encoding/binary"
	"strings"

	"go.etcd.io/bbolt"
)

// Entries are records of the books, each as it is now.
type Entries struct {
	Authorizations []Authorization `json:"authorizations"`
	Captures       []Capture       `json:"captures"`
	Refunds        []Refund        `json:"refunds"`
	Disputes       []Dispute       `json:"disputes"`
	// Next is the cursor of the next page; the last page has one too, to ask later what changed.
	Next uint64 `json:"next"`
	More bool   `json:"more"` // there is a next page now
}

func noEntries() Entries {
	return Entries{Authorizations: []Authorization{}, Captures: []Capture{}, Refunds: []Refund{}, Disputes: []Dispute{}}
}

// Statement is all that the books have of a reference, oldest first.
func (b *Books) Statement(reference string) (found Entries, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		found = noEntries()
		for _, index := range [][]byte{bucketByReference, bucketMoved} {
			if err := eachID(tx, index, reference, func(id string) error { return found.add(tx, id) }); err != nil {
				return err
			}
		}
		return nil
	})
	return found, err
}

// List is a page of all records in the order of their last changes, from after a cursor on. What
// changes while pages are read comes again at the end.
func (b *Books) List(after uint64, limit int) (found Entries, err error) {
	err = b.view(func(tx *bbolt.Tx) error {
		found = noEntries()
		found.Next = after
		cursor := tx.Bucket(bucketChanges).Cursor()
		key, id := cursor.Seek(binary.BigEndian.AppendUint64(nil, after+1))
		for ; key != nil && limit > 0; key, id = cursor.Next() {
			if err := found.add(tx, string(id)); err != nil {
				return err
			}
			found.Next = binary.BigEndian.Uint64(key)
			limit--
		}
		found.More = key != nil
		return nil
	})
	return found, err
}

// add reads the record of an id, whose prefix says what it is.
func (e *Entries) add(tx *bbolt.Tx, id string) error {
	switch prefix, _, _ := strings.Cut(id, "_"); prefix {
	case "capt":
		c, err := readCapture(tx, id)
		if err != nil {
			return err
		}
		a, err := readAuthorization(tx, c.Authorization)
		e.Captures = append(e.Captures, c.seenWith(a))
		return err
	case "refd":
		r, err := readRefund(tx, id)
		e.Refunds = append(e.Refunds, r)
		return err
	case "disp":
		d, err := readDispute(tx, id)
		e.Disputes = append(e.Disputes, d)
		return err
	default:
		a, err := readAuthorization(tx, id)
		e.Authorizations = append(e.Authorizations, a)
		return err
	}
}
