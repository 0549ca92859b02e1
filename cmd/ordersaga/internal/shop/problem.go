package shop

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Problem is a refusal as RFC 9457 describes it, with the members ours carry.
type Problem struct {
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail"`
	Errors []struct {
		Location string `json:"location"`
		Field    string `json:"field"`
		Message  string `json:"message"`
	} `json:"errors"`
	Shortages   []Shortage `json:"shortages"`
	DeclineCode string     `json:"decline_code"`
	SKUs        []string   `json:"skus"`
	// More is how many further SKUs shortages or skus do not name.
	More    int    `json:"more"`
	TraceID string `json:"trace_id"`
	// Details of a refusal that has no members of its own.
	Details json.RawMessage `json:"details"`
	// Raw is the body as it came.
	Raw []byte `json:"-"`
}

// Shortage is a SKU of which there is less than was asked for.
type Shortage struct {
	SKU       string `json:"sku"`
	Requested int64  `json:"requested"`
	Available int64  `json:"available"`
}

// Slug is the last part of the type: out-of-stock.
func (p *Problem) Slug() string { return p.Type[strings.LastIndexByte(p.Type, '/')+1:] }

// Error says all of it, in as many lines as it takes.
func (p *Problem) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%d", p.Title, p.Status)
	if slug := p.Slug(); slug != "" {
		fmt.Fprintf(&text, " %s", slug)
	}
	text.WriteString(")")
	if p.Detail != "" && p.Detail != p.Title {
		fmt.Fprintf(&text, ": %s", p.Detail)
	}
	for _, short := range p.Shortages {
		fmt.Fprintf(&text, "\n  %s: %d wanted, %d left", short.SKU, short.Requested, short.Available)
	}
	if p.DeclineCode != "" {
		fmt.Fprintf(&text, "\n  decline code: %s", p.DeclineCode)
	}
	if len(p.SKUs) > 0 {
		fmt.Fprintf(&text, "\n  SKUs: %s", strings.Join(p.SKUs, ", "))
	}
	if p.More > 0 {
		fmt.Fprintf(&text, "\n  and %d more SKUs", p.More)
	}
	for _, fault := range p.Errors {
		fmt.Fprintf(&text, "\n  %s%s: %s", fault.Location, fault.Field, fault.Message)
	}
	if p.TraceID != "" {
		fmt.Fprintf(&text, "\n  trace: %s", p.TraceID)
	}
	return text.String()
}

func problem(response *http.Response, raw []byte) *Problem {
	p := &Problem{}
	if json.Unmarshal(raw, p) != nil || p.Title == "" {
		// Not one of ours: a proxy's page, perhaps.
		p = &Problem{Title: response.Status, Detail: strings.TrimSpace(fmt.Sprintf("%.300s", raw))}
	}
	// Refusals carry what belongs to their reason under details.
	if len(p.Details) > 0 {
		_ = json.Unmarshal(p.Details, &struct {
			Shortages   *[]Shortage `json:"shortages"`
			DeclineCode *string     `json:"decline_code"`
			SKUs        *[]string   `json:"skus"`
			More        *int        `json:"more"`
		}{&p.Shortages, &p.DeclineCode, &p.SKUs, &p.More})
	}
	p.Status = response.StatusCode
	p.Raw = raw
	return p
}
