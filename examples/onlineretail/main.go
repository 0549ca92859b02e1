// Command onlineretail replays the invoices of a real shop against Ordersaga, over its public REST
// interface: it creates the products, receives stock, places an order for every sales invoice,
// ships the orders when it is told to, and reports on every row of the file.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/api"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/invoices"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/replay"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/report"
	"github.com/ordersaga/ordersaga/examples/onlineretail/internal/stack"
)

type command struct {
	Path string `arg:"" type:"existingfile" help:"CSV file with the columns InvoiceNo, StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country."`

	StockFactor string        `help:"Stock to receive: this times the units that are sold, for each product, rounded to the nearest unit (${default}). Below 1 some orders find too little." default:"1.0" placeholder:"N"`
	Concurrency int           `help:"Orders that are on their way at once (${default})." default:"16" placeholder:"N"`
	Limit       int           `help:"Order only the first sales invoices; 0: all." default:"0" placeholder:"N"`
	Run         string        `help:"Name of this replay. The same invoices under another name are other orders; under the same name they are ordered once." placeholder:"NAME"`
	Card        string        `help:"Payment method of all orders (${default})." default:"card_approve" placeholder:"TOKEN"`
	Ship        bool          `help:"Ship every confirmed order afterwards, in one to three shipments; cancel before what a cancellation invoice takes back of it."`
	Patience    time.Duration `help:"How long to wait for a single order, also while a service is not available (${default})." default:"2m" placeholder:"DURATION"`
	JSON        bool          `name:"json" help:"Report as JSON."`

	Dir       string `help:"Folder of the development stack, where the addresses are. By default .ordersaga here or in a folder above." env:"ORDERSAGA_DIR" type:"path" placeholder:"DIR"`
	Orders    string `help:"URL of the orders service." env:"ORDERSAGA_URL_ORDERS" placeholder:"URL"`
	Catalog   string `help:"URL of the catalog service." env:"ORDERSAGA_URL_CATALOG" placeholder:"URL"`
	Inventory string `help:"URL of the inventory service." env:"ORDERSAGA_URL_INVENTORY" placeholder:"URL"`
	Issuer    string `help:"URL of the development token issuer." env:"ORDERSAGA_URL_ISSUER" placeholder:"URL"`
}

// Bearer tokens for a shop without a development issuer. They are not flags, which every user of
// the machine can see.
const (
	operatorToken = "ORDERSAGA_OPERATOR_TOKEN"
	shopperToken  = "ORDERSAGA_SHOPPER_TOKEN"
)

func main() {
	var c command
	kong.Parse(&c, kong.Name("onlineretail"),
		kong.Description("Replays the invoices of a real shop against Ordersaga and accounts for every row.\n\n"+
			"Without a development issuer it takes bearer tokens from "+operatorToken+" and "+shopperToken+"; all shoppers are then one."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := c.replay(ctx)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "onlineretail: %v\n", err)
		os.Exit(1)
	}
}

func (c *command) replay(ctx context.Context) error {
	factor, err := c.check()
	if err != nil {
		return err
	}
	file, err := c.read()
	if err != nil {
		return err
	}
	shop, err := c.open(ctx)
	if err != nil {
		return err
	}
	say("%d rows read: %d products, %d invoices to order", file.Rows, len(file.Products), len(file.Invoices))
	products, err := shop.Products(ctx, file.Products)
	if err != nil {
		return err
	}
	stock, err := shop.Receive(ctx, factor, file.Stock(factor))
	if err != nil {
		return err
	}
	bar := newProgress(len(file.Invoices))
	began := time.Now()
	outcomes := shop.PlaceAll(ctx, file.Invoices, c.Concurrency, bar.step)
	took := time.Since(began)
	bar.end()

	told := report.Of(file, outcomes, took, factor.LeavesOrdersShort())
	told.File, told.StockFactor, told.Concurrency = filepath.Base(c.Path), factor.String(), c.Concurrency
	if c.Ship {
		c.ship(ctx, shop, told, outcomes)
	}
	told.Products, told.Stock, told.Retries = products, stock, shop.Client.Retries()
	return errors.Join(c.print(told), told.Verdict())
}

// ship ships what was confirmed.
func (c *command) ship(ctx context.Context, shop *replay.Shop, told *report.Report, outcomes []replay.Outcome) {
	var confirmed []replay.Outcome
	for _, outcome := range outcomes {
		if outcome.Status == replay.Confirmed {
			confirmed = append(confirmed, outcome)
		}
	}
	say("%d orders to ship", len(confirmed))
	bar := newProgress(len(confirmed))
	began := time.Now()
	shipped := shop.ShipAll(ctx, confirmed, c.Concurrency, bar.step)
	bar.end()
	told.Ship(shipped, time.Since(began))
}

func (c *command) check() (invoices.Factor, error) {
	switch {
	case c.Concurrency < 1 || c.Concurrency > 1000:
		return invoices.Factor{}, fmt.Errorf("--concurrency must be 1 to 1000, not %d", c.Concurrency)
	case c.Limit < 0:
		return invoices.Factor{}, fmt.Errorf("--limit must not be negative: %d", c.Limit)
	case c.Patience <= 0:
		return invoices.Factor{}, fmt.Errorf("--patience must be above 0, not %s", c.Patience)
	}
	for _, char := range []byte(c.Run) {
		if char <= ' ' || char > '~' || len(c.Run) > 50 {
			return invoices.Factor{}, fmt.Errorf("--run must be at most 50 printable ASCII characters without spaces, not %q", c.Run)
		}
	}
	factor, err := invoices.ParseFactor(c.StockFactor)
	if err != nil {
		return invoices.Factor{}, fmt.Errorf("--stock-factor: %w", err)
	}
	return factor, nil
}

func (c *command) read() (*invoices.File, error) {
	from, err := os.Open(c.Path)
	if err != nil {
		return nil, fmt.Errorf("read the invoices: %w", err)
	}
	defer from.Close()
	file, err := invoices.Read(from, c.Limit)
	if err != nil {
		return nil, fmt.Errorf("read the invoices of %s: %w", c.Path, err)
	}
	return file, nil
}

// open finds the shop and checks that it answers. Later it waits for services that are not
// available.
func (c *command) open(ctx context.Context) (*replay.Shop, error) {
	urls, err := stack.Find(stack.URLs{Orders: c.Orders, Catalog: c.Catalog, Inventory: c.Inventory, Issuer: c.Issuer}, c.Dir)
	if err != nil {
		return nil, err
	}
	tokens := &api.Tokens{Issuer: urls.Issuer, Operator: os.Getenv(operatorToken), Shopper: os.Getenv(shopperToken)}
	if _, err := tokens.For(ctx, replay.Operator); err != nil {
		return nil, fmt.Errorf("%w (is the shop running? `make run` starts one)", err)
	}
	return &replay.Shop{
		Client:  api.NewClient(tokens, c.Concurrency),
		Catalog: urls.Catalog, Inventory: urls.Inventory, Orders: urls.Orders,
		Card: c.Card, Run: c.Run, Patience: c.Patience, Began: time.Now(),
	}, nil
}

func (c *command) print(told *report.Report) error {
	if !c.JSON {
		return told.Print(os.Stdout)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(told); err != nil {
		return fmt.Errorf("print the report: %w", err)
	}
	return nil
}

// say prints progress on standard error; standard output has only the report.
func say(format string, values ...any) { fmt.Fprintf(os.Stderr, format+"\n", values...) }
