package wire

import "github.com/ordersaga/ordersaga/services/catalog/internal/domain"

// CategoryChange is the whole of what can change of a category.
type CategoryChange struct {
	Name   string `json:"name" minLength:"1" maxLength:"200" example:"Mugs and cups"`
	Parent string `json:"parent" maxLength:"64" doc:"Id of the category that it is in; empty at the top of the tree." example:"kitchen"`
}

// NewCategory describes a category to be.
type NewCategory struct {
	ID     string `json:"id" pattern:"^[a-z0-9]+(-[a-z0-9]+)*$" patternDescription:"small letters and digits, with single dashes between them" maxLength:"64" doc:"Identifies the category." example:"mugs"`
	Name   string `json:"name" minLength:"1" maxLength:"200" example:"Mugs"`
	Parent string `json:"parent,omitempty" maxLength:"64" doc:"Id of the category that it is in; absent at the top of the tree." example:"kitchen"`
}

// Category as it is shown.
type Category struct {
	ID      string `json:"id" example:"mugs"`
	Name    string `json:"name" example:"Mugs"`
	Parent  string `json:"parent,omitempty" doc:"Id of the category that it is in; absent at the top of the tree." example:"kitchen"`
	Path    string `json:"path" doc:"The ids from the root of the tree to it." example:"home/kitchen/mugs"`
	Version int64  `json:"version" doc:"One more with each change of its name or parent; in quotes it is the ETag." example:"1"`
}

// ShowCategory shows a category.
func ShowCategory(c domain.Category) Category { return Category(c) }
