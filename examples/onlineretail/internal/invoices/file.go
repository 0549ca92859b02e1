// Package invoices makes products, stock and orders of the rows of "Online Retail" (Daqing Chen,
// UCI Machine Learning Repository, doi:10.24432/C5BW33), with a reason for each row that does not
// become part of an order.
package invoices

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// File is the content of a file. Each row belongs to an invoice or a cancellation, or is skipped,
// and counts once.
type File struct {
	Rows     int // read, without the heading
	Sales    int // invoices, sellable or not
	Invoices []Invoice
	Products []Product
	// Skipped counts rows, SkippedInvoices the sales invoices of which nothing is ordered.
	Skipped         map[Reason]int
	SkippedInvoices map[Reason]int
	// Cancellations take goods back. Those of an order as it was before it was shipped are with its
	// invoice.
	Cancellations Count
}

// Count of invoices with their rows.
type Count struct {
	Invoices int `json:"invoices"`
	Rows     int `json:"rows"`
}

// Invoice is one order to place.
type Invoice struct {
	Number string
	// Shopper who orders: the customer, or a guest of this invoice only.
	Shopper string
	// Lines in the order in which their SKUs first stand on the invoice, each SKU once, with the
	// sum.
	Lines []Line
	Rows  int   // that are sold
	Units int64 // of all lines
	// Value in pence at the prices of the invoice. The order has the catalog's prices.
	Value int64
	// Cancellations take units of it back.
	Cancellations []Cancellation
}

// Line of an order or a delivery.
type Line struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity"`
}

// Read reads a file with a heading. With a limit above 0 only the first sales invoices are ordered;
// products are taken from all. It fails without a heading and when the reader fails, but not for an
// invalid row.
func Read(from io.Reader, limit int) (*File, error) {
	f := &File{Skipped: map[Reason]int{}, SkippedInvoices: map[Reason]int{}}
	rows, err := f.rows(from)
	if err != nil {
		return nil, err
	}
	products := newAssortment()
	var withdrawals withdrawals
	sales := map[string]*sale{}
	var order []*sale
	for at, r := range rows {
		if isCancellation(r.invoice) {
			withdrawals.take(r, at)
			f.Cancellations.Rows++
			continue
		}
		s := sales[r.invoice]
		if s == nil {
			s = &sale{invoice: Invoice{Number: r.invoice}, at: at, beyond: limit > 0 && len(order) >= limit, line: map[string]int{}}
			sales[r.invoice] = s
			order = append(order, s)
		}
		why := r.unsellable()
		if why == "" {
			products.see(r)
		}
		switch {
		case s.beyond:
			f.Skipped[BeyondLimit]++
		case why != "":
			f.Skipped[why]++
			s.takeCustomer(r)
		default:
			s.take(r)
		}
	}
	f.Cancellations.Invoices, f.Sales, f.Products = len(withdrawals.order), len(order), products.products()
	for _, s := range order {
		f.close(s)
	}
	withdrawals.match(f.Invoices, sales)
	return f, nil
}

// rows reads all rows and counts the unreadable ones.
func (f *File) rows(from io.Reader) ([]row, error) {
	buffered := bufio.NewReader(from)
	if mark, _ := buffered.Peek(3); string(mark) == "\ufeff" {
		_, _ = buffered.Discard(3) // peeked
	}
	reader := csv.NewReader(buffered)
	reader.FieldsPerRecord = -1 // parse checks the number: an invalid row is skipped
	reader.LazyQuotes = true    // MIRROR 11" ROUND
	heading, err := reader.Read()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("read the heading: %w", err)
	}
	if len(heading) != columns || !strings.EqualFold(strings.TrimSpace(heading[0]), "InvoiceNo") {
		return nil, fmt.Errorf("the first line must be the heading InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country, not %.100q", strings.Join(heading, ","))
	}
	var rows []row
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		var malformed *csv.ParseError
		if err != nil && !errors.As(err, &malformed) {
			return nil, fmt.Errorf("read row %d: %w", f.Rows+1, err)
		}
		f.Rows++
		r, understood := parse(record)
		if err != nil || !understood {
			f.Skipped[Unreadable]++
			continue
		}
		rows = append(rows, r)
	}
}

// sale is a sales invoice whose rows are being read.
type sale struct {
	invoice Invoice
	at      int // its first row
	beyond  bool
	line    map[string]int // index in invoice.Lines
}

func (s *sale) takeCustomer(r row) {
	if s.invoice.Shopper == "" && r.customer != "" {
		s.invoice.Shopper = "customer-" + r.customer
	}
}

func (s *sale) take(r row) {
	s.takeCustomer(r)
	at, known := s.line[r.code]
	if !known {
		at = len(s.invoice.Lines)
		s.line[r.code] = at
		s.invoice.Lines = append(s.invoice.Lines, Line{SKU: r.code})
	}
	s.invoice.Lines[at].Quantity += r.quantity
	s.invoice.Rows++
	s.invoice.Units += r.quantity
	s.invoice.Value += r.quantity * r.price
}

// close makes an invoice of a sale, or skips it.
func (f *File) close(s *sale) {
	if why := s.unsellable(); why != "" {
		f.SkippedInvoices[why]++
		if s.invoice.Rows > 0 {
			f.Skipped[why] += s.invoice.Rows
		}
		return
	}
	if s.invoice.Shopper == "" {
		s.invoice.Shopper = "guest-" + s.invoice.Number
	}
	f.Invoices = append(f.Invoices, s.invoice)
}

func (s *sale) unsellable() Reason {
	switch {
	case s.beyond:
		return BeyondLimit
	case len(s.invoice.Lines) == 0:
		return NothingToSell
	case len(s.invoice.Lines) > MaxLines:
		return TooManyLines
	}
	for _, line := range s.invoice.Lines {
		if line.Quantity > MaxQuantity {
			return QuantityTooLarge
		}
	}
	return ""
}
