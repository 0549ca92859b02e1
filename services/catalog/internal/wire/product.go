// Package wire has the shapes in which the REST border shows products, shared by the slices that
// show them.
package wire

import (
	"time"

	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
	"github.com/ordersaga/ordersaga/services/catalog/internal/readside"
)

// Price is for one unit.
type Price struct {
	Amount   int64  `json:"amount" minimum:"0" maximum:"9007199254740991" doc:"Minor units: 1250 GBP is £12.50." example:"1250"`
	Currency string `json:"currency" pattern:"^[A-Z]{3}$" doc:"ISO 4217 code." example:"GBP"`
}

// Image shows a product.
type Image struct {
	URL string `json:"url" maxLength:"2000" doc:"Where the image is: an https URL. It is never fetched from here." example:"https://images.example.com/mug.jpg"`
	Alt string `json:"alt" maxLength:"500" doc:"What it shows, in words; empty for mere decoration." example:"A blue mug"`
}

// NewProduct describes a product to be.
type NewProduct struct {
	SKU         string   `json:"sku" pattern:"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$" patternDescription:"1 to 64 letters, digits, dots, dashes and underscores, beginning with a letter or digit" doc:"Identifies the product; case matters." example:"MUG-1"`
	Name        string   `json:"name" minLength:"1" maxLength:"200" example:"Mug"`
	Description string   `json:"description,omitempty" maxLength:"5000" example:"Holds tea."`
	Categories  []string `json:"categories,omitempty" nullable:"false" maxItems:"100" doc:"Ids of categories, in any order." example:"[\"mugs\"]"`
	Images      []Image  `json:"images,omitempty" nullable:"false" maxItems:"20" doc:"In the order in which they are shown."`
	Price       Price    `json:"price"`
}

// Content is what the domain makes a product of.
func (p NewProduct) Content() domain.Content {
	return domain.Content{
		SKU: p.SKU, Name: p.Name, Description: p.Description,
		Categories: p.Categories, Images: imagesOf(p.Images),
		Price: p.Price.Amount, Currency: p.Price.Currency,
	}
}

func imagesOf(images []Image) []domain.Image {
	if images == nil {
		return nil // not said
	}
	made := make([]domain.Image, len(images))
	for i, image := range images {
		made[i] = domain.Image(image)
	}
	return made
}

// ProductDetails are what a product is called and how it is shown. Only lists may be left out: they
// stay as they are, so that who does not know of them does not empty them.
type ProductDetails struct {
	Name        string   `json:"name" minLength:"1" maxLength:"200" example:"Mug"`
	Description string   `json:"description" maxLength:"5000" example:"Holds tea."`
	Categories  []string `json:"categories,omitempty" nullable:"false" maxItems:"100" doc:"Ids of categories, in any order; absent: as they are." example:"[\"mugs\"]"`
	Images      []Image  `json:"images,omitempty" nullable:"false" maxItems:"20" doc:"In the order in which they are shown; absent: as they are."`
}

// Content is what the domain makes the details of.
func (p ProductDetails) Content() domain.Content {
	return domain.Content{Name: p.Name, Description: p.Description, Categories: p.Categories, Images: imagesOf(p.Images)}
}

// Product as it is shown.
type Product struct {
	SKU           string        `json:"sku" doc:"Identifies the product." example:"MUG-1"`
	Name          string        `json:"name" example:"Mug"`
	Description   string        `json:"description" example:"Holds tea."`
	Categories    []string      `json:"categories" nullable:"false" doc:"Ids of categories."`
	CategoryPaths []string      `json:"category_paths" nullable:"false" doc:"For each category the ids from the root of the tree to it." example:"[\"home/kitchen/mugs\"]"`
	Images        []Image       `json:"images" nullable:"false" doc:"In the order in which they are shown."`
	Price         Price         `json:"price"`
	Active        bool          `json:"active" doc:"Whether it is for sale; false when it is retired."`
	Version       int64         `json:"version" doc:"One more with each change of the product, not of its stock." example:"1"`
	CreatedAt     time.Time     `json:"created_at"`
	Stock         *ProductStock `json:"stock,omitempty" doc:"Absent until inventory has told of the SKU."`
}

// ProductStock of a product, as inventory last told.
type ProductStock struct {
	Available int64 `json:"available" doc:"Units that can be ordered." example:"40"`
}

// Stored shows a product as commands know it: without stock.
func Stored(p *domain.Product) Product {
	s := p.Snapshot()
	return Product{
		SKU: s.SKU, Name: s.Name, Description: s.Description,
		Categories: shown(s.Categories), CategoryPaths: shown(s.CategoryPaths), Images: show(s.Images),
		Price:  Price{Amount: s.Price, Currency: s.Currency},
		Active: s.Active, Version: s.Version, CreatedAt: s.CreatedAt,
	}
}

// Read shows a product as the read side knows it.
func Read(p readside.Product) Product {
	product := Product{
		SKU: p.SKU, Name: p.Name, Description: p.Description,
		Categories: shown(p.Categories), CategoryPaths: shown(p.CategoryPaths), Images: show(p.Images),
		Price:  Price{Amount: p.Price.Amount, Currency: p.Price.Currency},
		Active: p.Active, Version: p.Version, CreatedAt: p.CreatedAt.UTC(),
	}
	if p.Stock != nil {
		product.Stock = &ProductStock{Available: p.Stock.Available}
	}
	return product
}

// shown is a list that is never null.
func shown(texts []string) []string {
	if texts == nil {
		return []string{}
	}
	return texts
}

func show[I domain.Image | readside.Image](images []I) []Image {
	list := make([]Image, len(images))
	for i, image := range images {
		list[i] = Image(image)
	}
	return list
}
