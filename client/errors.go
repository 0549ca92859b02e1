package client

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ordersaga/ordersaga/contracts/refusals"
)

// Problem is an answer with an error (RFC 9457).
type Problem struct {
	// Type is a URI that programs compare; Slug is its last part.
	Type string `json:"type"`
	// Title is the type in words, Detail what happened this time.
	Title  string `json:"title"`
	Detail string `json:"detail"`
	// Status of HTTP.
	Status int `json:"status"`
	// Errors name the parts of a request that are wrong.
	Errors []FieldError `json:"errors"`
	// TraceID finds the request in the service's logs and traces.
	TraceID string `json:"trace_id"`
	// RetryAfter is the pause that the service asks for, or 0.
	RetryAfter time.Duration `json:"-"`
	// Body of the answer; Member reads its further members.
	Body []byte `json:"-"`
}

// FieldError is an error of one part of a request.
type FieldError struct {
	Field   string `json:"field"` // body.lines[0].quantity
	Message string `json:"message"`
}

// Slug is the last part of the type: out-of-stock.
func (p *Problem) Slug() string { return p.Type[strings.LastIndexByte(p.Type, '/')+1:] }

// Error returns the status, the type and the detail on one line.
func (p *Problem) Error() string {
	text := strconv.Itoa(p.Status)
	if slug := p.Slug(); slug != "" {
		text += " " + slug
	} else {
		text += " " + p.Title
	}
	if p.Detail != "" {
		text += ": " + p.Detail
	}
	return text
}

// Temporary reports whether a repeated request may succeed.
func (p *Problem) Temporary() bool {
	switch p.Status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	default:
		return false
	}
}

// Member reads a further member of the problem, such as shortages, and reports whether it exists.
// The details of a refusal are such members.
func (p *Problem) Member(name string, into any) bool {
	var members map[string]json.RawMessage
	return json.Unmarshal(p.Body, &members) == nil && members[name] != nil && json.Unmarshal(members[name], into) == nil
}

// Reasons of refusals that are not in package refusals, because only one service has them.
const (
	// PriceChanged: the total is not the expected one. Refused.Total is the current one.
	PriceChanged = "price_changed"
	// ProductExists: the SKU belongs to another product.
	ProductExists = "product_exists"
)

// Refused is a business refusal. A repeated request is refused again.
type Refused struct {
	// Reason is for programs: refusals.OutOfStock, PriceChanged.
	Reason string
	// Message is one sentence for people.
	Message string
	// Shortages of refusals.OutOfStock, at most refusals.MostNamed.
	Shortages []refusals.Shortage
	// DeclineCode of refusals.PaymentDeclined.
	DeclineCode string
	// SKUs at fault, of refusals.UnknownProduct and refusals.CurrencyMismatch, at most
	// refusals.MostNamed.
	SKUs []string
	// More counts further SKUs that are short or at fault.
	More int
	// Total of PriceChanged.
	Total *Money
	// OrderID of an order that was recorded and then rejected or cancelled, else "".
	OrderID string
	// Problem is its answer; nil when it was read from an order (Order.Err).
	Problem *Problem
}

func (r *Refused) Error() string { return r.Reason + ": " + r.Message }

// Unwrap returns the problem, so that errors.As finds it.
func (r *Refused) Unwrap() error {
	if r.Problem == nil {
		return nil
	}
	return r.Problem
}

// Unreachable means that a service gave no answer.
type Unreachable struct {
	URL string // of the service
	Err error
}

func (u *Unreachable) Error() string { return fmt.Sprintf("no answer from %s: %v", u.URL, u.Err) }

// Unwrap returns the cause.
func (u *Unreachable) Unwrap() error { return u.Err }

// Unsure means that a request may have been carried out. It may be repeated with Key.
type Unsure struct {
	Key string
	Err error
}

func (u *Unsure) Error() string {
	return fmt.Sprintf("%v (it may have been done: it is safe to repeat the request with the idempotency key %q)", u.Err, u.Key)
}

// Unwrap returns the error of the last try.
func (u *Unsure) Unwrap() error { return u.Err }

// unsure wraps an error after which the request may have been carried out.
func unsure(key string, err error) error {
	var answered *Problem
	var silent *Unreachable
	switch {
	case errors.As(err, &answered) && (answered.Temporary() || answered.Status >= http.StatusInternalServerError):
	case errors.As(err, &silent):
	default:
		return err
	}
	return &Unsure{Key: key, Err: err}
}

func unreachable(call call, base string, err error) error {
	var failed *url.Error
	if errors.As(err, &failed) {
		err = failed.Err // the outer error repeats method and address
	}
	return &Unreachable{URL: base, Err: fmt.Errorf("%s %s: %w", call.method, call.path, err)}
}

// problem makes the error of an answer.
func problem(response *http.Response, body []byte) error {
	p := &Problem{}
	if json.Unmarshal(body, p) != nil || p.Title == "" {
		// Not an answer of a service: perhaps a proxy's page.
		p = &Problem{Title: http.StatusText(response.StatusCode), Detail: strings.TrimSpace(fmt.Sprintf("%.300s", body))}
	}
	p.Status, p.Body = response.StatusCode, body
	p.RetryAfter = retryAfter(response.Header.Get("Retry-After"))
	switch {
	case p.Status != http.StatusConflict && p.Status != http.StatusUnprocessableEntity:
		return p
	case p.Slug() == "" || p.Slug() == "validation-failed":
		return p
	default:
		return refused(p)
	}
}

func retryAfter(header string) time.Duration {
	if seconds, err := strconv.Atoi(header); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*3600)) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

func refused(p *Problem) *Refused {
	r := &Refused{Reason: strings.ReplaceAll(p.Slug(), "-", "_"), Message: p.Detail, Problem: p}
	r.read(p.Body)
	return r
}

// read takes the known members of the details of a reason.
func (r *Refused) read(details json.RawMessage) {
	var known struct {
		refusals.OutOfStockDetails
		DeclineCode string   `json:"decline_code"`
		SKUs        []string `json:"skus"`
		OrderID     string   `json:"order_id"`
		Total       *Money   `json:"total"`
	}
	if json.Unmarshal(details, &known) != nil {
		return
	}
	r.Shortages, r.SKUs, r.More, r.Total, r.DeclineCode = known.Shortages, known.SKUs, known.More, known.Total, known.DeclineCode
	r.OrderID = cmp.Or(r.OrderID, known.OrderID)
}
