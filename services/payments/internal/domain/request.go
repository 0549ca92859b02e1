package domain

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/ordersaga/ordersaga/contracts/paymentmethod"
)

// Step names one step of one saga on one order.
type Step struct {
	OrderID  string
	Saga     string // the saga's kind
	Instance string // tells apart the sagas of one kind on one order
	Name     string
}

// printable is what may stand in a log line or a message without being quoted.
var printable = regexp.MustCompile(`^[\x21-\x7e]+$`)

// Validate refuses a step that cannot be shown as it is.
func (s Step) Validate() error {
	for _, part := range []string{s.OrderID, s.Saga, s.Instance, s.Name} {
		if !printable.MatchString(part) {
			return fmt.Errorf("step %q: order, saga, instance and name must be printable ASCII without spaces", s)
		}
	}
	return nil
}

func (s Step) String() string { return s.OrderID + "/" + s.Saga + "/" + s.Instance + "/" + s.Name }

// Key is the idempotency key of the step's operation of a kind: a hash, because providers take no
// more than 64 characters. It is stored with the operation, which keeps its key for ever.
func (s Step) Key(kind Kind) string { return s.partKey(kind, 0) }

// partKey is the key of one of several operations of a kind.
func (s Step) partKey(kind Kind, part int) string {
	if part == 0 {
		return digest(s.String() + "/" + string(kind))
	}
	return digest(fmt.Sprintf("%s/%s/%d", s, kind, part))
}

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Money is an amount in minor units of a currency.
type Money struct {
	Amount   int64
	Currency string
}

// Text is the amount for a message.
func (m Money) Text() string { return fmt.Sprintf("%d %s", m.Amount, m.Currency) }

// Request is what was asked for: an amount to authorize, capture or refund. Customer and payment
// method are of an authorization. The payment method is kept as a fingerprint only: enough to see
// that a repeated request is the same.
type Request struct {
	CustomerID string
	Money
	MethodFingerprint string // hex; empty when an earlier version of the service made one without a key
}

// equals tells whether a request asks for the same.
func (r Request) equals(other Request) bool {
	if r.MethodFingerprint == "" {
		other.MethodFingerprint = ""
	}
	return r == other
}

// Due bounds an authorization.
type Due struct {
	// Money that the order has still to pay. Without a currency it is the amount of the request.
	Money
	// Replaces is the id of an authorization that does not count, because it is voided afterwards.
	Replaces string
}

// MethodKey makes fingerprints of payment methods from which nobody without it can find the method
// by trying all there may be.
type MethodKey []byte

func (k MethodKey) fingerprint(method string) string {
	mac := hmac.New(sha256.New, k)
	mac.Write([]byte(method))
	return hex.EncodeToString(mac.Sum(nil))
}

// NewRequest checks the amount and the payment method, of which it keeps the fingerprint.
func NewRequest(customerID string, amount Money, method string, key MethodKey) (Request, error) {
	if amount.Amount < 0 {
		return Request{}, fmt.Errorf("an amount of %s cannot be authorized: it is negative", amount.Text())
	}
	if err := paymentmethod.Check(method); err != nil {
		return Request{}, fmt.Errorf("the payment method %w", err)
	}
	return Request{CustomerID: customerID, Money: amount, MethodFingerprint: key.fingerprint(method)}, nil
}
