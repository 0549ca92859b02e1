// Package personal encrypts the personal data of orders: email and addresses.
//
// Events are never changed, so personal data is encrypted before it is recorded, with a key of the
// shopper in a separate table. Deleting the key erases the shopper's data in every event, history
// and backup of the log.
package personal

import (
	"fmt"
	"strings"

	"github.com/ordersaga/ordersaga/platform/text"
)

// Data of the person who placed an order. The zero Data is none.
type Data struct {
	Email           string   `json:"email,omitempty"`
	DeliveryAddress *Address `json:"delivery_address,omitempty"`
	BillingAddress  *Address `json:"billing_address,omitempty"`
}

// Address of a person or a company.
type Address struct {
	Name       string `json:"name" minLength:"1" maxLength:"200" doc:"Of the person or company." example:"Ann Smith"`
	Line1      string `json:"line1" minLength:"1" maxLength:"200" doc:"Street and number." example:"1 High Street"`
	Line2      string `json:"line2,omitempty" maxLength:"200"`
	City       string `json:"city" minLength:"1" maxLength:"200" example:"London"`
	Region     string `json:"region,omitempty" maxLength:"200" doc:"State, province or county, where addresses have one."`
	PostalCode string `json:"postal_code,omitempty" maxLength:"20" example:"N1 9GU"`
	Country    string `json:"country" pattern:"^[A-Z]{2}$" doc:"ISO 3166-1 code of two letters." example:"GB"`
	Phone      string `json:"phone,omitempty" maxLength:"40"`
}

// IsZero reports whether there is no data.
func (d Data) IsZero() bool { return d == Data{} }

// Check returns an error for the first invalid text, such as one with a control character. field is
// its path: "delivery_address.city".
func (d Data) Check() (field string, err error) {
	if d.Email != "" {
		local, domain, found := strings.Cut(d.Email, "@")
		if err := text.Check(d.Email); err != nil {
			return "email", err
		}
		if !found || local == "" || domain == "" || strings.ContainsAny(d.Email, " ,;<>") || strings.Contains(domain, "@") {
			return "email", fmt.Errorf("must be one email address")
		}
	}
	for _, address := range []struct {
		name string
		*Address
	}{{"delivery_address", d.DeliveryAddress}, {"billing_address", d.BillingAddress}} {
		if address.Address == nil {
			continue
		}
		for _, part := range []struct{ name, value string }{
			{"name", address.Name},
			{"line1", address.Line1},
			{"line2", address.Line2},
			{"city", address.City},
			{"region", address.Region},
			{"postal_code", address.PostalCode},
			{"phone", address.Phone},
		} {
			if part.value == "" {
				continue
			}
			if err := text.Check(part.value); err != nil {
				return address.name + "." + part.name, err
			}
		}
	}
	return "", nil
}
