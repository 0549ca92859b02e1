package placeorder

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/ordersaga/ordersaga/platform/text"
	"github.com/ordersaga/ordersaga/services/orders/internal/domain"
	"github.com/ordersaga/ordersaga/services/orders/internal/personal"
	"github.com/ordersaga/ordersaga/services/orders/internal/quotes"
)

// Command places an order.
type Command struct {
	CustomerID string
	// IdempotencyKey makes repetitions of the request one order.
	IdempotencyKey string
	Currency       string
	Lines          []quotes.Wanted
	PaymentMethod  string
	// ExpectedTotal is the total that the customer was shown; nil: any.
	ExpectedTotal *domain.Money
	Reference     string
	Metadata      map[string]string
	Personal      personal.Data
	// Wait is how long the customer waits for the outcome; 0: not at all.
	Wait time.Duration
}

// orderNamespace of the name-based ids of orders. If it changed, a repeated request would place a
// second order.
var orderNamespace = uuid.MustParse("0c7f6a52-6c1b-4d0e-9f4e-5b8f3f0a7d21")

// orderID is the same for the same customer and key, so that a repeated request finds its order
// without a table of keys.
func (c Command) orderID() string {
	return uuid.NewSHA1(orderNamespace, []byte(c.CustomerID+"\x00"+c.IdempotencyKey)).String()
}

// metadataName is the form of a name of metadata.
var metadataName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,40}$`)

const maxMetadataText = 500 // characters

// checkIdentity returns the first field with invalid text, and its error.
func (c Command) checkIdentity() (field string, err error) {
	if c.Reference != "" {
		if err := text.Check(c.Reference); err != nil {
			return "reference", err
		}
	}
	for name, value := range c.Metadata {
		switch {
		case !metadataName.MatchString(name):
			return "metadata", errors.New("a name must have 1 to 40 letters, digits, underscores, dashes or dots")
		case utf8.RuneCountInString(value) > maxMetadataText:
			return "metadata." + name, fmt.Errorf("must have at most %d characters", maxMetadataText)
		case value == "":
			continue
		}
		if err := text.Check(value, '\n'); err != nil {
			return "metadata." + name, err
		}
	}
	return c.Personal.Check()
}

// canonical is the request in the form that is hashed. Names and order of its fields must not
// change: a repeated request would be taken for another one.
type canonical struct {
	Currency      string          `json:"currency"`
	Lines         []canonicalLine `json:"lines"`
	PaymentMethod string          `json:"payment_method"`
	ExpectedTotal *domain.Money   `json:"expected_total,omitempty"`
	// Absent when empty, as in requests before these fields existed.
	Reference string            `json:"reference,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"` // in the order of the keys
	// Personal is a token of the personal data: the hash is kept when the data is erased.
	Personal string `json:"personal,omitempty"`
}

type canonicalLine struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// hash is the hex SHA-256 of the decoded request, so that white space and the order of members do
// not matter.
func (c Command) hash(keys *personal.Keys) (string, error) {
	lines := make([]canonicalLine, len(c.Lines))
	for i, line := range c.Lines {
		lines[i] = canonicalLine(line)
	}
	asked := canonical{
		Currency: c.Currency, Lines: lines, PaymentMethod: c.PaymentMethod, ExpectedTotal: c.ExpectedTotal,
		Reference: c.Reference, Metadata: c.Metadata,
	}
	if !c.Personal.IsZero() {
		plain, err := json.Marshal(c.Personal)
		if err != nil {
			return "", fmt.Errorf("hash the request: %w", err)
		}
		asked.Personal = keys.Token(string(plain))
	}
	encoded, err := json.Marshal(asked)
	if err != nil {
		return "", fmt.Errorf("hash the request: %w", err)
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:]), nil
}
