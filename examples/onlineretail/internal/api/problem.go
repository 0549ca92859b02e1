package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Problem is an error by RFC 9457, with further members of our services.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Field   string `json:"field"`
		Message string `json:"message"`
	} `json:"errors"`
	// Order is the path of the order that was rejected or cancelled, and OrderStatus its status;
	// both are empty when there is no order.
	Order       string `json:"order"`
	OrderStatus string `json:"order_status"`
}

// Problem reads the body of an answer above 399.
func (a *Answer) Problem() *Problem {
	p := new(Problem)
	if json.Unmarshal(a.Body, p) != nil || p.Title == "" {
		// Not an answer of Ordersaga: perhaps a proxy's page.
		p = &Problem{Title: http.StatusText(a.Status), Detail: strings.TrimSpace(fmt.Sprintf("%.200s", a.Body))}
	}
	p.Status = a.Status
	return p
}

// Slug is the last part of the type: out-of-stock. For a problem without a type it is the status.
func (p *Problem) Slug() string {
	if slug := p.Type[strings.LastIndexByte(p.Type, '/')+1:]; slug != "" {
		return slug
	}
	return fmt.Sprintf("status-%d", p.Status)
}

func (p *Problem) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%d %s", p.Status, p.Title)
	if p.Detail != "" {
		fmt.Fprintf(&text, ": %s", p.Detail)
	}
	for _, fault := range p.Errors {
		fmt.Fprintf(&text, " (%s: %s)", fault.Field, fault.Message)
	}
	return text.String()
}
