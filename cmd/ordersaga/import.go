package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/text"
)

type importProducts struct {
	raw
	File   string `arg:"" help:"A CSV file whose first line is sku,name,price,currency and, where wanted, description,categories,images,active (lists are separated by |), or a file of JSON lines (.jsonl, .ndjson)." type:"existingfile" placeholder:"FILE"`
	Format string `help:"csv or jsonl; by default what the file's name says." enum:",csv,jsonl" default:""`
}

// Run is called by kong.
func (c *importProducts) Run(a *addresses) error {
	content, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("import products: %w", err)
	}
	s, err := a.session(operator)
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "Importing %s, %d KiB …\n", c.File, len(content)/1024+1)
	report, err := s.ImportProducts(context.Background(), c.format(), content)
	var problem *client.Problem
	if errors.As(err, &problem) && !c.JSON {
		for _, fault := range problem.Errors {
			fmt.Fprintf(os.Stderr, "%s: %s\n", text.Terminal(fault.Field), text.Terminal(fault.Message))
		}
		var more int
		if problem.Member("more", &more) && more > 0 {
			fmt.Fprintf(os.Stderr, "and %s more\n", text.Count(more, "fault"))
		}
	}
	return c.show(s, err, func() {
		fmt.Printf("%s created, %d changed, %d unchanged\n", text.Count(report.Created, "product"), report.Changed, report.Unchanged)
	})
}

func (c *importProducts) format() string {
	switch extension := strings.ToLower(filepath.Ext(c.File)); {
	case c.Format == "jsonl", c.Format == "" && (extension == ".jsonl" || extension == ".ndjson"):
		return client.JSONLines
	}
	return client.CSV
}
