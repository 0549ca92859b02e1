package personal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
)

// ErrErased means that the key of the data was deleted, so the data cannot be read any more.
var ErrErased = errors.New("the personal data was erased")

// MinSecret is the least length of the secret of New.
const MinSecret = 32

// developmentSecret is used without a secret, in development only.
const developmentSecret = "development only: nothing here is kept from anybody"

// Keys are the shoppers' keys. Each is stored encrypted with a key derived from the service's
// secret, so that a copy of the database alone does not reveal personal data.
type Keys struct {
	db    *postgres.DB
	wrap  cipher.AEAD
	index []byte
}

// New opens the keys in the database. The secret has at least MinSecret characters, is the same for
// all instances and must never change; an empty one is for development.
func New(db *postgres.DB, secret string) (*Keys, error) {
	if secret == "" {
		secret = developmentSecret
	}
	if len(secret) < MinSecret {
		return nil, fmt.Errorf("the secret of personal data has %d characters, fewer than %d", len(secret), MinSecret)
	}
	wrapping, err := hkdf.Key(sha256.New, []byte(secret), nil, "ordersaga personal data: keys of shoppers", 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	index, err := hkdf.Key(sha256.New, []byte(secret), nil, "ordersaga personal data: tokens to compare", 32)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	wrap, err := sealer(wrapping)
	if err != nil {
		return nil, err
	}
	return &Keys{db: db, wrap: wrap, index: index}, nil
}

// Seal encrypts data of an order with the key of its shopper, and makes the key if there is none.
// Without data it returns nil.
func (k *Keys) Seal(ctx context.Context, customerID, orderID string, data Data) (*domain.Sealed, error) {
	if data.IsZero() {
		return nil, nil
	}
	plain, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("seal personal data: %w", err)
	}
	id, key, err := k.ofCustomer(ctx, customerID)
	if err != nil {
		return nil, fmt.Errorf("seal personal data of order %s: %w", orderID, err)
	}
	return &domain.Sealed{KeyID: id, Data: seal(key, plain, orderID)}, nil
}

// Open decrypts the data of an order, if it has any. It fails with ErrErased when the shopper's key
// was deleted.
func (k *Keys) Open(ctx context.Context, order *domain.Order) (Data, error) {
	opened, err := k.OpenMany(ctx, []*domain.Order{order})
	if err != nil {
		return Data{}, err
	}
	data, ok := opened[order.ID()]
	if !ok && order.Personal() != nil {
		return Data{}, fmt.Errorf("open personal data of order %s: %w", order.ID(), ErrErased)
	}
	return data, nil
}

// OpenMany decrypts the data of orders, with at most one statement. Orders without data, or whose data
// was erased, are not in the result.
func (k *Keys) OpenMany(ctx context.Context, orders []*domain.Order) (map[string]Data, error) {
	var ids []string
	for _, order := range orders {
		if sealed := order.Personal(); sealed != nil {
			ids = append(ids, sealed.KeyID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	type stored struct {
		id      string
		wrapped []byte
	}
	kept, err := postgres.Select(ctx, k.db.SQL, func(s *stored) []any { return []any{&s.id, &s.wrapped} },
		`SELECT id, wrapped FROM shopper_keys WHERE id = ANY($1::uuid[])`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the keys of %d orders: %w", len(ids), err)
	}
	keys := make(map[string]cipher.AEAD, len(kept))
	for _, s := range kept {
		if keys[s.id], err = k.unwrap(s.wrapped, s.id); err != nil {
			return nil, err
		}
	}
	opened := make(map[string]Data, len(ids))
	for _, order := range orders {
		sealed := order.Personal()
		if sealed == nil || keys[sealed.KeyID] == nil {
			continue
		}
		var data Data
		plain, err := open(keys[sealed.KeyID], sealed.Data, order.ID())
		if err == nil {
			err = json.Unmarshal(plain, &data)
		}
		if err != nil {
			return nil, fmt.Errorf("open personal data of order %s: %w", order.ID(), err)
		}
		opened[order.ID()] = data
	}
	return opened, nil
}

// Token returns a keyed hash of a text, to compare data that must not be stored: it does not reveal
// the text without the secret.
func (k *Keys) Token(of string) string {
	mac := hmac.New(sha256.New, k.index)
	mac.Write([]byte(of))
	return hex.EncodeToString(mac.Sum(nil))
}

// ofCustomer finds or makes the key of a shopper.
func (k *Keys) ofCustomer(ctx context.Context, customerID string) (id string, key cipher.AEAD, err error) {
	fresh := make([]byte, 32)
	rand.Read(fresh) // never fails
	newID := uuid.NewString()
	offered := seal(k.wrap, fresh, newID)
	// Two requests may make the first key of a shopper at the same time: the second gets no row and
	// tries again.
	for range 3 {
		var wrapped []byte
		err = k.db.SQL.QueryRowContext(ctx, `
			WITH kept AS (SELECT id, wrapped FROM shopper_keys WHERE customer_id = $1),
			     made AS (INSERT INTO shopper_keys (id, customer_id, wrapped)
			              SELECT $2, $1, $3 WHERE NOT EXISTS (SELECT FROM kept)
			              ON CONFLICT (customer_id) DO NOTHING RETURNING id, wrapped)
			SELECT id, wrapped FROM kept UNION ALL SELECT id, wrapped FROM made`,
			customerID, newID, offered).Scan(&id, &wrapped)
		if errors.Is(err, sql.ErrNoRows) {
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("find the shopper's key: %w", err)
		}
		key, err = k.unwrap(wrapped, id)
		return id, key, err
	}
	return "", nil, fmt.Errorf("find the shopper's key: %w", err)
}

func (k *Keys) unwrap(wrapped []byte, id string) (cipher.AEAD, error) {
	key, err := open(k.wrap, wrapped, id)
	if err != nil {
		return nil, fmt.Errorf("the shopper's key %s was made with another secret: PERSONAL_DATA_KEY has changed", id)
	}
	return sealer(key)
}

func sealer(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts data bound to its owner: it cannot be opened for another order or key.
func seal(key cipher.AEAD, plain []byte, belongsTo string) []byte {
	return key.Seal(nil, nil, plain, []byte(belongsTo))
}

func open(key cipher.AEAD, sealed []byte, belongsTo string) ([]byte, error) {
	return key.Open(nil, nil, sealed, []byte(belongsTo))
}
