package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/money"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/ports"
	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
)

type productCommands struct {
	Create createProduct `cmd:"" help:"Put a product on sale."`
	Get    getProduct    `cmd:"" help:"Show a product."`
	List   listProducts  `cmd:"" help:"List products by SKU."`
}

type createProduct struct {
	raw
	SKU         string `help:"Identifies the product." required:"" placeholder:"SKU"`
	Name        string `help:"What it is called." required:""`
	Description string `help:"What it is."`
	Price       string `help:"Price of one, as people write it: 12.50." required:"" placeholder:"12.50"`
	Currency    string `help:"Currency of the price." default:"GBP" placeholder:"CODE"`
}

// Run is called by kong.
func (c *createProduct) Run(a *addresses) error {
	ctx := context.Background()
	price, err := money.Parse(c.Price, c.Currency)
	if err != nil {
		return err
	}
	request, err := a.request(ctx, ports.Catalog, http.MethodPost, "/v1/products", asOperator)
	if err != nil {
		return err
	}
	request.Body = map[string]any{"sku": c.SKU, "name": c.Name, "description": c.Description, "price": price}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var created product
		if err := answer.Decode(&created); err != nil {
			return err
		}
		if answer.Status == http.StatusOK {
			fmt.Println("The same product is there already:")
		}
		created.print()
		return nil
	})
}

type getProduct struct {
	raw
	SKU string `arg:"" help:"The SKU."`
}

// Run is called by kong.
func (c *getProduct) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, ports.Catalog, http.MethodGet, "/v1/products/"+url.PathEscape(c.SKU), caller{As: demoShopper}.token)
	if err != nil {
		return err
	}
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var found product
		if err := answer.Decode(&found); err != nil {
			return err
		}
		found.print()
		return nil
	})
}

type listProducts struct {
	raw
	Limit  int    `help:"Products on a page." default:"50"`
	Cursor string `help:"The page that the page before named." placeholder:"CURSOR"`
}

// Run is called by kong.
func (c *listProducts) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, ports.Catalog, http.MethodGet, "/v1/products", caller{As: demoShopper}.token)
	if err != nil {
		return err
	}
	request.Query = query("limit", strconv.Itoa(c.Limit), "cursor", c.Cursor)
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var page struct {
			Products   []product `json:"products"`
			NextCursor string    `json:"next_cursor"`
		}
		if err := answer.Decode(&page); err != nil {
			return err
		}
		rows := [][]string{{"SKU", "NAME", "PRICE", "AVAILABLE"}}
		for _, p := range page.Products {
			rows = append(rows, []string{p.SKU, p.Name, p.Price.String(), p.available()})
		}
		table(rows)
		nextPage(page.NextCursor)
		return nil
	})
}

// product as the service shows it.
type product struct {
	SKU         string      `json:"sku"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Price       money.Money `json:"price"`
	Stock       *struct {
		Available int64 `json:"available"`
	} `json:"stock"`
}

func (p product) available() string {
	if p.Stock == nil {
		return "?" // inventory has not told yet
	}
	return strconv.FormatInt(p.Stock.Available, 10)
}

func (p product) print() {
	table([][]string{
		{"sku", p.SKU},
		{"name", p.Name},
		{"description", p.Description},
		{"price", p.Price.String()},
		{"available", p.available()},
	})
}
