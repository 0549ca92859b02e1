package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ordersaga/ordersaga/client"
)

type productCommands struct {
	Create createProduct `cmd:"" help:"Put a product on sale."`
	Change changeProduct `cmd:"" help:"Change what a product is called and how it is shown: what is not given stays."`
	Price  changePrice   `cmd:"" help:"Change a price, from now on or from a time in the future."`
	Prices listPrices    `cmd:"" help:"List what a product has cost, costs and will cost."`

	WithdrawPrice withdrawPrice `cmd:"" help:"Take back a price whose time has not come."`

	Retire  retireProduct   `cmd:"" help:"Take a product off sale."`
	Restore restoreProduct  `cmd:"" help:"Put a retired product on sale again."`
	Import  importProducts  `cmd:"" help:"Create and change products as a file says, all of it or nothing."`
	Get     getProduct      `cmd:"" help:"Show a product."`
	List    listProducts    `cmd:"" help:"List products by SKU."`
	Search  searchProducts  `cmd:"" help:"Find products by words, price and availability."`
	Suggest suggestProducts `cmd:"" help:"Complete the name of a product."`

	Category categoryCommands `cmd:"" help:"Create, change and list the categories of products."`
}

type createProduct struct {
	raw
	SKU         string   `help:"Identifies the product." required:"" placeholder:"SKU"`
	Name        string   `help:"What it is called." required:""`
	Description string   `help:"What it is."`
	Category    []string `help:"Id of a category; may be given several times." placeholder:"ID"`
	Image       []string `help:"An image: its https URL, then what it shows in words; may be given several times, in the order in which they are shown." placeholder:"URL TEXT" sep:"none"`
	Price       string   `help:"Price of one, as people write it: 12.50." required:"" placeholder:"12.50"`
	Currency    string   `help:"Currency of the price." default:"GBP" placeholder:"CODE"`
}

func (c *createProduct) Run(s operatorSession) error {
	price, err := parseAmount(c.Price, c.Currency)
	if err != nil {
		return err
	}
	made, created, err := s.CreateProduct(context.Background(), client.NewProduct{
		SKU: c.SKU, Name: c.Name, Description: c.Description, Categories: c.Category, Images: images(c.Image), Price: price,
	})
	return s.show(c.JSON, err, func() {
		if !created {
			fmt.Println("The same product is there already:")
		}
		printProduct(made)
	})
}

type changeProduct struct {
	ofSKU
	Name        *string  `help:"What it is called."`
	Description *string  `help:"What it is."`
	Category    []string `help:"Id of a category, in place of those that it has; may be given several times, once empty for none." placeholder:"ID"`
	Image       []string `help:"An image, in place of those that it has: its https URL, then what it shows in words; may be given several times, once empty for none." placeholder:"URL TEXT" sep:"none"`
}

func (c *changeProduct) Run(s operatorSession) error {
	return s.change(c.JSON, c.SKU, func(ctx context.Context, seen *client.Product) (*client.Product, error) {
		details := client.ProductDetails{Name: seen.Name, Description: seen.Description}
		if c.Name != nil {
			details.Name = *c.Name
		}
		if c.Description != nil {
			details.Description = *c.Description
		}
		if c.Category != nil {
			details.Categories = without(c.Category)
		}
		if c.Image != nil {
			details.Images = images(without(c.Image))
		}
		return s.ChangeProduct(ctx, seen.SKU, seen.ETag, details)
	})
}

// without is what is not empty.
func without(texts []string) []string {
	return slices.DeleteFunc(append([]string{}, texts...), func(text string) bool { return text == "" })
}

// images are those of flags.
func images(flags []string) []client.Image {
	made := make([]client.Image, len(flags))
	for i, flag := range flags {
		made[i].URL, made[i].Alt, _ = strings.Cut(flag, " ")
	}
	return made
}

type getProduct struct{ ofSKU }

func (c *getProduct) Run(s shopperSession) error {
	found, err := s.Product(context.Background(), c.SKU)
	return s.show(c.JSON, err, func() { printProduct(found) })
}

type listProducts struct {
	raw
	paging `embed:"" set:"limit=50"`
}

func (c *listProducts) Run(a *addresses, s shopperSession) error {
	page, err := s.ProductPage(context.Background(), c.page())
	return s.show(c.JSON, err, func() {
		tableOf([]string{"SKU", "NAME", "PRICE", "AVAILABLE"}, page.Items, func(p client.Product) []string {
			return []string{p.SKU, p.Name, amount(p.Price), available(&p)}
		})
		a.nextPage(page.Next)
	})
}

func available(p *client.Product) string {
	if p.Stock == nil {
		return "?" // the catalog does not have the stock yet
	}
	return strconv.FormatInt(p.Stock.Available, 10)
}

func printProduct(p *client.Product) {
	rows := [][]string{
		{"sku", p.SKU},
		{"name", p.Name},
		{"description", p.Description},
		{"categories", strings.Join(p.CategoryPaths, ", ")},
		{"price", amount(p.Price)},
		{"for sale", yesOrNo(p.Active)},
		{"available", available(p)},
	}
	for _, image := range p.Images {
		rows = append(rows, []string{"image", image.URL + " " + image.Alt})
	}
	table(rows)
}
