// Package productfile reads files of products: CSV and JSON lines. It reads the whole file and tells
// every fault by its row, so that nothing is begun with a file that has one.
package productfile

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ordersaga/ordersaga/platform/money"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// Formats of a file, by media type.
const (
	CSV       = "text/csv"
	JSONLines = "application/x-ndjson"
)

// Bounds of a file.
const (
	MaxRows = 100_000
	// mostFaults are told, and how many more there are.
	mostFaults = 100
)

// Fault is what is wrong with a row.
type Fault struct {
	// Row counts from 1 as a text editor counts lines; 0 is the file as a whole.
	Row    int
	Column string // empty: the row as a whole
	Text   string
}

// Faults of a file: nothing of it was imported.
type Faults struct {
	First []Fault // at most mostFaults
	More  int     // further ones
}

func (f *Faults) Error() string {
	return fmt.Sprintf("the file has %d faults", len(f.First)+f.More)
}

// Add takes a fault.
func (f *Faults) Add(row int, column, text string) {
	if len(f.First) == mostFaults {
		f.More++
		return
	}
	f.First = append(f.First, Fault{row, column, text})
}

// Row is a product as a line of the file has it.
type Row struct {
	wire.NewProduct
	Active *bool `json:"active"` // for sale unless it says otherwise
}

// File is what a file asks for: each product as a new one, and as a change of the one that is there.
type File struct {
	Products []*domain.Product
	Changes  []domain.Change
}

// Read reads a whole file of a format, CSV or JSONLines. Its error is *Faults.
func Read(format string, content []byte, at time.Time) (File, error) {
	faults := new(Faults)
	var w File
	rows := map[string]int{}
	take := func(number int, row Row) {
		w.take(number, row, at, rows, faults)
	}
	content = bytes.TrimPrefix(content, []byte("\ufeff"))
	switch {
	case !utf8.Valid(content):
		faults.Add(0, "", "the file is not UTF-8")
	case format == CSV:
		readCSV(content, take, faults)
	default:
		readLines(content, take, faults)
	}
	if len(faults.First) > 0 {
		return File{}, faults
	}
	if len(w.Products) == 0 {
		faults.Add(0, "", "the file has no product")
		return File{}, faults
	}
	return w, nil
}

// take adds a row, or its faults.
func (w *File) take(number int, row Row, at time.Time, rows map[string]int, faults *Faults) {
	if len(w.Products) == MaxRows {
		if rows[""] == 0 { // once
			rows[""] = number
			faults.Add(number, "", fmt.Sprintf("a file has at most %d products", MaxRows))
		}
		return
	}
	if first, twice := rows[row.SKU]; twice && row.SKU != "" {
		faults.Add(number, "sku", fmt.Sprintf("%s is in row %d already", row.SKU, first))
		return
	}
	rows[row.SKU] = number
	active := row.Active == nil || *row.Active
	product, err := domain.NewProduct(row.Content(), at)
	change, changeErr := domain.NewChange(row.Content(), active)
	if err != nil || changeErr != nil {
		for _, fault := range domain.Faults(err) {
			faults.Add(number, fault.Field, fault.Problem)
		}
		return
	}
	w.Products, w.Changes = append(w.Products, product), append(w.Changes, change)
}

// columns of a CSV file, by their names in its first line.
var columns = map[string]func(row *Row, cells map[string]string, cell string) error{
	"sku":         func(row *Row, _ map[string]string, cell string) error { row.SKU = cell; return nil },
	"name":        func(row *Row, _ map[string]string, cell string) error { row.Name = cell; return nil },
	"description": func(row *Row, _ map[string]string, cell string) error { row.Description = cell; return nil },
	"currency":    func(row *Row, _ map[string]string, cell string) error { row.Price.Currency = cell; return nil },
	"price": func(row *Row, cells map[string]string, cell string) (err error) {
		row.Price.Amount, err = money.Parse(cell, cells["currency"])
		return err
	},
	"categories": func(row *Row, _ map[string]string, cell string) error {
		row.Categories = append([]string{}, parts(cell)...)
		return nil
	},
	"images": func(row *Row, _ map[string]string, cell string) error {
		row.Images = []wire.Image{}
		for _, part := range parts(cell) {
			url, alt, _ := strings.Cut(part, " ")
			row.Images = append(row.Images, wire.Image{URL: url, Alt: alt})
		}
		return nil
	},
	"active": func(row *Row, _ map[string]string, cell string) error {
		if cell == "" {
			return nil
		}
		active, err := strconv.ParseBool(strings.ToLower(cell))
		if err != nil {
			return errors.New("must be true or false")
		}
		row.Active = &active
		return nil
	},
}

// parts of a cell that has a list.
func parts(cell string) (list []string) {
	for part := range strings.SplitSeq(cell, "|") {
		if part = strings.TrimSpace(part); part != "" {
			list = append(list, part)
		}
	}
	return list
}

// required columns; the others may be left out.
var required = []string{"sku", "name", "price", "currency"}

func readCSV(content []byte, take func(int, Row), faults *Faults) {
	reader := csv.NewReader(bytes.NewReader(content))
	reader.ReuseRecord = true
	header, err := reader.Read()
	if err != nil {
		faults.Add(1, "", "the first line must name the columns: "+strings.Join(required, ","))
		return
	}
	names := make([]string, len(header))
	known := map[string]bool{}
	for i, name := range header {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		switch {
		case columns[names[i]] == nil:
			faults.Add(1, names[i], "there is no such column")
		case known[names[i]]:
			faults.Add(1, names[i], "the column is there twice")
		}
		known[names[i]] = true
	}
	for _, name := range required {
		if !known[name] {
			faults.Add(1, name, "the column is missing")
		}
	}
	if len(faults.First) > 0 {
		return
	}
	cells := make(map[string]string, len(names))
	for {
		record, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		line, _ := reader.FieldPos(0)
		var broken *csv.ParseError
		switch {
		case errors.As(err, &broken) && errors.Is(err, csv.ErrFieldCount):
			faults.Add(broken.Line, "", fmt.Sprintf("has %d columns, the first line has %d", len(record), len(names)))
			continue
		case errors.As(err, &broken): // quotes: where rows end is not known any more
			faults.Add(broken.Line, "", broken.Err.Error())
			return
		}
		for i, name := range names {
			cells[name] = strings.TrimSpace(record[i])
		}
		var row Row
		fine := true
		for _, name := range names {
			if err := columns[name](&row, cells, cells[name]); err != nil {
				faults.Add(line, name, err.Error())
				fine = false
			}
		}
		if fine {
			take(line, row)
		}
	}
}

func readLines(content []byte, take func(int, Row), faults *Faults) {
	for number := 1; len(content) > 0; number++ {
		line, rest, _ := bytes.Cut(content, []byte("\n"))
		if content = rest; len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		var row Row
		decoder := json.NewDecoder(bytes.NewReader(line))
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&row)
		if err == nil && decoder.More() {
			err = errors.New("has more than one JSON object")
		}
		if err != nil {
			faults.Add(number, "", strings.TrimPrefix(err.Error(), "json: "))
			continue
		}
		take(number, row)
	}
}
