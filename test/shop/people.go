package shop

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/ordersaga/ordersaga/platform/auth"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// Answer is what a program answered over REST.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Into decodes the body.
func (a Answer) Into(value any) error {
	if err := json.Unmarshal(a.Body, value); err != nil {
		return fmt.Errorf("answer %d %s: %w", a.Status, a.Body, err)
	}
	return nil
}

// Field is one member of a JSON body, nil when there is none.
func (a Answer) Field(name string) any {
	var fields map[string]any
	if json.Unmarshal(a.Body, &fields) != nil {
		return nil
	}
	return fields[name]
}

func (a Answer) String() string { return fmt.Sprintf("%d %s", a.Status, a.Body) }

// Person talks to a shop with a token.
type Person struct {
	shop  *Shop
	token string
}

// Customer is a shopper with a name.
func (s *Shop) Customer(name string) *Person {
	return &Person{s, testkit.Token(s.t, name)}
}

// Operator may change products and stock, and sees every order.
func (s *Shop) Operator() *Person {
	return &Person{s, testkit.Token(s.t, "operator", auth.ScopeOperator)}
}

// Bearer talks with a token of the test's own.
func (s *Shop) Bearer(token string) *Person { return &Person{s, token} }

// Get asks a program.
func (p *Person) Get(program, path string) Answer {
	p.shop.t.Helper()
	return p.do(http.MethodGet, program, path, nil, nil)
}

// Post sends a program a JSON body; headers are pairs of name and value.
func (p *Person) Post(program, path string, body any, headers ...string) Answer {
	p.shop.t.Helper()
	return p.do(http.MethodPost, program, path, body, headers)
}

// Put is Post for changes.
func (p *Person) Put(program, path string, body any, headers ...string) Answer {
	p.shop.t.Helper()
	return p.do(http.MethodPut, program, path, body, headers)
}

func (p *Person) do(method, program, path string, body any, headers []string) Answer {
	p.shop.t.Helper()
	answer, err := p.try(method, program, path, body, headers)
	if err != nil {
		p.shop.t.Fatal(err)
	}
	return answer
}

// try is for callers that run beside the test, or expect no answer.
func (p *Person) try(method, program, path string, body any, headers []string) (Answer, error) {
	var content bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&content).Encode(body); err != nil {
			return Answer{}, err
		}
	}
	request, err := http.NewRequestWithContext(context.Background(), method, p.shop.URL(program)+path, &content)
	if err != nil {
		return Answer{}, err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if p.token != "" {
		request.Header.Set("Authorization", "Bearer "+p.token)
	}
	if method == http.MethodPost && program == Orders {
		// As long as orders lets a caller wait: on a slow machine an outcome may take longer than by
		// default.
		request.Header.Set("Prefer", "wait=50")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := httpClient.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	var read bytes.Buffer
	if _, err := read.ReadFrom(response.Body); err != nil {
		return Answer{}, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return Answer{Status: response.StatusCode, Header: response.Header, Body: read.Bytes()}, nil
}

// Line of an order.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Money is an amount of minor units.
type Money struct {
	Amount   int64  `json:"amount"`
	Currency string `json:"currency"`
}

// Basket is the body of a placed order.
type Basket struct {
	Currency      string `json:"currency"`
	Lines         []Line `json:"lines"`
	PaymentMethod string `json:"payment_method"`
	// ExpectedTotal is what the customer was shown, when they mind.
	ExpectedTotal *Money `json:"expected_total,omitempty"`
}

// Of makes a basket of one line.
func Of(sku string, quantity int64, card string) Basket {
	return Basket{Currency: "GBP", Lines: []Line{{sku, quantity}}, PaymentMethod: card}
}

// Place orders a basket under an idempotency key.
func (p *Person) Place(key string, basket Basket, headers ...string) Answer {
	p.shop.t.Helper()
	return p.Post(Orders, "/v1/orders", basket, append(headers, "Idempotency-Key", key)...)
}

// TryPlace is Place for callers that run beside the test.
func (p *Person) TryPlace(key string, basket Basket, headers ...string) (Answer, error) {
	return p.try(http.MethodPost, Orders, "/v1/orders", basket, append(headers, "Idempotency-Key", key))
}

// Sells puts a product on sale: price in pence, units in stock.
func (s *Shop) Sells(sku string, price, units int64) {
	s.t.Helper()
	operator := s.Operator()
	// Both requests may be repeated, after a 503 of a program whose database is just back.
	post := func(program, path string, body any, headers ...string) (answer Answer) {
		testkit.Eventually(s.t, program+" to answer", func() bool {
			answer = operator.Post(program, path, body, headers...)
			return answer.Status != http.StatusServiceUnavailable
		})
		return answer
	}
	made := post(Catalog, "/v1/products", map[string]any{
		"sku": sku, "name": "Product " + sku, "price": map[string]any{"amount": price, "currency": "GBP"},
	})
	if made.Status != http.StatusCreated && made.Status != http.StatusOK {
		s.t.Fatalf("create product %s: %s", sku, made)
	}
	if units == 0 {
		return
	}
	received := post(Inventory, "/v1/stock/receipts", map[string]any{"lines": []Line{{sku, units}}},
		"Idempotency-Key", "first-delivery-of-"+sku)
	if received.Status != http.StatusCreated {
		s.t.Fatalf("receive %s: %s", sku, received)
	}
}
