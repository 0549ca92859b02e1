package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ordersaga/ordersaga/client"
	"github.com/ordersaga/ordersaga/platform/text"
)

type importProducts struct {
	raw
	File   string `arg:"" help:"A CSV file whose first line is sku,name,price,currency and, where wanted, description,categories,images,active (lists are separated by |), or a file of JSON lines (.jsonl, .ndjson)." type:"existingfile" placeholder:"FILE"`
	Format string `help:"csv or jsonl; by default what the file's name says." enum:",csv,jsonl" default:""`
}

func (c *importProducts) Run(s operatorSession) error {
	content, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("import products: %w", err)
	}
	show := &importing{size: len(content), progress: progress{to: os.Stderr, terminal: isTerminal(os.Stderr), unit: "KiB", last: -1}}
	stop := show.watch()
	report, err := s.ImportProducts(context.Background(), c.format(), content, func(bytes int) { show.sent.Store(int64(bytes)) })
	stop()
	return s.show(c.JSON, err, func() {
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

// importing shows how much of a file has been sent, and then how long it is being stored.
type importing struct {
	progress
	size    int
	sent    atomic.Int64
	storing time.Time // zero until all is sent
	line    bool      // the cursor stands in a line of its own
}

// watch shows it until stop is called.
func (i *importing) watch() (stop func()) {
	ended := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for going := true; going; {
			select {
			case <-ended:
				going = false
			case <-time.After(200 * time.Millisecond):
			}
			i.look()
		}
		if i.line {
			i.end()
		}
	})
	return func() {
		close(ended)
		watching.Wait()
	}
}

func (i *importing) look() {
	sent := int(i.sent.Load())
	switch {
	case sent < i.size:
		i.storing = time.Time{}
		i.print("Sending", int64(sent)/1024, int64(i.size)/1024)
		i.line = true
	case i.storing.IsZero():
		i.print("Sending", int64(sent)/1024, int64(i.size)/1024)
		i.end()
		i.storing, i.line = time.Now(), false
		fmt.Fprintln(i.to, "Checking and storing, all of it or nothing …")
	case i.terminal:
		fmt.Fprintf(i.to, "\r%s ", time.Since(i.storing).Round(time.Second))
		i.line = true
	}
}
