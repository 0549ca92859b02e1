// Package change has what all changes of one product have in common: it is there, it is in the
// version that was seen, and its next version is told of in the transaction that stores it.
package change

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/announce"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/store"
)

// Why a product is not changed.
const (
	ReasonNotFound = "product_not_found"
	// ReasonStale: the change was meant for another version than the current one.
	ReasonStale = "precondition_failed"
)

// Lock reads a product and keeps others from changing it until the transaction ends. It refuses with
// ReasonNotFound.
func Lock(ctx context.Context, tx *postgres.Tx, sku string) (*domain.Product, error) {
	if domain.IsSKU(sku) { // PostgreSQL refuses a text with a NUL in it
		stored, found, err := store.Lock(ctx, tx, sku)
		if found || err != nil {
			return stored, err
		}
	}
	return nil, refusal.New(ReasonNotFound, fmt.Sprintf("There is no product %.64q", sku), nil)
}

// IsSeen tells whether the product is in one of the versions that a change may have been decided on;
// nil is whichever is current.
func IsSeen(stored *domain.Product, seen []int64) bool {
	return seen == nil || slices.Contains(seen, stored.Version())
}

// Repeated tells whether a change that the product says already may be one that was made before: who
// did not hear of it sends it again as it was, for an older version (RFC 9110 13.1.1).
func Repeated(stored *domain.Product, seen []int64) bool {
	return IsSeen(stored, seen) || slices.Min(seen) < stored.Version()
}

// Stale is the refusal of a change that was meant for other versions.
func Stale(stored *domain.Product, seen []int64) error {
	texts := make([]string, len(seen))
	for i, version := range seen {
		texts[i] = strconv.FormatInt(version, 10)
	}
	return refusal.New(ReasonStale, fmt.Sprintf("Product %s is at version %d, the change was meant for version %s",
		stored.SKU(), stored.Version(), strings.Join(texts, " or ")), nil)
}

// Store stores what a locked product is next, and tells of it. Nothing is to be done when that is the
// stored product itself: changed is false. It refuses with ReasonStale.
func Store(ctx context.Context, tx *postgres.Tx, stored, next *domain.Product, seen []int64) (changed bool, err error) {
	if next == stored {
		if !Repeated(stored, seen) {
			return false, Stale(stored, seen)
		}
		return false, nil
	}
	if !IsSeen(stored, seen) {
		return false, Stale(stored, seen)
	}
	replaced, err := store.Replace(ctx, tx, next)
	if err != nil {
		return false, err
	}
	if !replaced {
		return false, fmt.Errorf("product %s changed although it was locked at version %d", stored.SKU(), stored.Version())
	}
	return true, announce.Changed(ctx, tx, next)
}
