package placeorder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
)

// Command is what a customer asks for.
type Command struct {
	CustomerID string
	// IdempotencyKey makes repetitions of the request one order.
	IdempotencyKey string
	Currency       string
	Lines          []quotes.Wanted
	PaymentMethod  string
	// ExpectedTotal is what the customer was shown, nil when it does not matter.
	ExpectedTotal *domain.Money
	// Wait is how long the customer waits for the outcome; 0: not at all.
	Wait time.Duration
}

// orderNamespace of the name-based ids of orders. To change it is to take orders twice from
// everybody who repeats a request across the change.
var orderNamespace = uuid.MustParse("0c7f6a52-6c1b-4d0e-9f4e-5b8f3f0a7d21")

// orderID is the same for the same customer and key, so that a repeated request meets its order
// without a table of keys.
func (c Command) orderID() string {
	return uuid.NewSHA1(orderNamespace, []byte(c.CustomerID+"\x00"+c.IdempotencyKey)).String()
}

// canonical is the request as it is hashed. Neither names nor order of the fields may change: a
// repetition that is sent across the change would be taken for another request.
type canonical struct {
	Currency      string          `json:"currency"`
	Lines         []canonicalLine `json:"lines"`
	PaymentMethod string          `json:"payment_method"`
	ExpectedTotal *domain.Money   `json:"expected_total,omitempty"`
}

type canonicalLine struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// hash is the hex SHA-256 of what is asked for. It is taken of the request as it was understood, so
// that white space or the order of members do not matter.
func (c Command) hash() (string, error) {
	lines := make([]canonicalLine, len(c.Lines))
	for i, line := range c.Lines {
		lines[i] = canonicalLine(line)
	}
	encoded, err := json.Marshal(canonical{
		Currency: c.Currency, Lines: lines, PaymentMethod: c.PaymentMethod, ExpectedTotal: c.ExpectedTotal,
	})
	if err != nil {
		return "", fmt.Errorf("hash the request: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:]), nil
}
