package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/ordersaga/ordersaga/cmd/ordersaga/internal/shop"
	"github.com/ordersaga/ordersaga/contracts/programs"
)

type productCommands struct {
	Create createProduct `cmd:"" help:"Put a product on sale."`
	Change changeProduct `cmd:"" help:"Change a product: what is not given stays."`
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
	price, err := parseAmount(c.Price, c.Currency)
	if err != nil {
		return usage{err}
	}
	request, err := a.request(ctx, programs.Catalog, http.MethodPost, "/v1/products", asOperator)
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

type changeProduct struct {
	raw
	SKU         string  `arg:"" help:"The SKU."`
	Name        *string `help:"What it is called."`
	Description *string `help:"What it is."`
	Price       string  `help:"Price of one in its currency, as people write it: 13.50." placeholder:"13.50"`
	Active      *bool   `help:"Whether it is for sale; --active=false takes it off."`
}

// Run is called by kong.
func (c *changeProduct) Run(a *addresses) error {
	ctx := context.Background()
	path := "/v1/products/" + url.PathEscape(c.SKU)
	request, err := a.request(ctx, programs.Catalog, http.MethodGet, path, asOperator)
	if err != nil {
		return err
	}
	answer, err := shop.Do(ctx, request)
	if err != nil {
		return err
	}
	var seen product
	if err := answer.Decode(&seen); err != nil {
		return err
	}
	if request.Body, err = c.change(seen); err != nil {
		return err
	}
	// Whoever changed it since we looked is not overwritten.
	request.Method, request.IfMatch = http.MethodPut, answer.Header.Get("ETag")
	return c.call(ctx, request, func(answer *shop.Answer) error {
		var changed product
		if err := answer.Decode(&changed); err != nil {
			return err
		}
		changed.Stock = seen.Stock // a change's answer has none
		changed.print()
		return nil
	})
}

// change is the whole product as it shall be.
func (c *changeProduct) change(p product) (map[string]any, error) {
	if c.Name != nil {
		p.Name = *c.Name
	}
	if c.Description != nil {
		p.Description = *c.Description
	}
	if c.Active != nil {
		p.Active = *c.Active
	}
	if c.Price != "" {
		var err error
		if p.Price, err = parseAmount(c.Price, p.Price.Currency); err != nil {
			return nil, usage{err}
		}
	}
	return map[string]any{"name": p.Name, "description": p.Description, "price": p.Price, "active": p.Active}, nil
}

type getProduct struct {
	raw
	SKU string `arg:"" help:"The SKU."`
}

// Run is called by kong.
func (c *getProduct) Run(a *addresses) error {
	ctx := context.Background()
	request, err := a.request(ctx, programs.Catalog, http.MethodGet, "/v1/products/"+url.PathEscape(c.SKU), caller{As: demoShopper}.token)
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
	request, err := a.request(ctx, programs.Catalog, http.MethodGet, "/v1/products", caller{As: demoShopper}.token)
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
		a.nextPage(page.NextCursor)
		return nil
	})
}

// product as the service shows it.
type product struct {
	SKU         string `json:"sku"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Price       amount `json:"price"`
	Active      bool   `json:"active"`
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
		{"for sale", map[bool]string{true: "yes", false: "no"}[p.Active]},
		{"available", p.available()},
	})
}
