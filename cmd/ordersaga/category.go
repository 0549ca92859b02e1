package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/ordersaga/ordersaga/client"
)

type categoryCommands struct {
	Create createCategory `cmd:"" help:"Create a category."`
	Change changeCategory `cmd:"" help:"Rename or move a category: what is not given stays."`
	Delete deleteCategory `cmd:"" help:"Delete a category that has nothing in it."`
	List   listCategories `cmd:"" help:"List the tree of categories."`
}

type createCategory struct {
	raw
	ID     string `arg:"" help:"Identifies it: small letters and digits, with single dashes between them."`
	Name   string `help:"What it is called." required:""`
	Parent string `help:"Id of the category that it is in." placeholder:"ID"`
}

func (c *createCategory) Run(s operatorSession) error {
	made, created, err := s.CreateCategory(context.Background(), client.NewCategory{ID: c.ID, Name: c.Name, Parent: c.Parent})
	return s.show(c.JSON, err, func() {
		if !created {
			fmt.Println("The same category is there already:")
		}
		printCategories(*made)
	})
}

type changeCategory struct {
	raw
	ID     string  `arg:"" help:"The category's id."`
	Name   *string `help:"What it is called."`
	Parent *string `help:"Id of the category that it is in; empty for the top of the tree." placeholder:"ID"`
}

func (c *changeCategory) Run(s operatorSession) error {
	seen, err := findCategory(s.session, c.ID)
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	change := client.CategoryChange{Name: seen.Name, Parent: seen.Parent}
	if c.Name != nil {
		change.Name = *c.Name
	}
	if c.Parent != nil {
		change.Parent = *c.Parent
	}
	changed, err := s.ChangeCategory(context.Background(), c.ID, seen.ETag(), change)
	return s.show(c.JSON, err, func() { printCategories(*changed) })
}

type deleteCategory struct {
	raw
	ID string `arg:"" help:"The category's id."`
}

func (c *deleteCategory) Run(s operatorSession) error {
	seen, err := findCategory(s.session, c.ID)
	if err != nil {
		return s.show(c.JSON, err, nil)
	}
	if err := s.DeleteCategory(context.Background(), c.ID, seen.ETag()); err != nil {
		return s.show(c.JSON, err, nil)
	}
	if !c.JSON { // the service's answer is empty
		fmt.Println("Category " + c.ID + " is deleted.")
	}
	return nil
}

type listCategories struct{ raw }

func (c *listCategories) Run(s shopperSession) error {
	categories, err := s.Categories(context.Background())
	return s.show(c.JSON, err, func() { printCategories(categories...) })
}

func findCategory(s *session, id string) (client.Category, error) {
	categories, err := s.Categories(context.Background())
	if err != nil {
		return client.Category{}, err
	}
	i := slices.IndexFunc(categories, func(c client.Category) bool { return c.ID == id })
	if i < 0 {
		return client.Category{}, denied{fmt.Errorf("there is no category %q", id)}
	}
	return categories[i], nil
}

// printCategories shows the tree by indentation.
func printCategories(categories ...client.Category) {
	tableOf([]string{"CATEGORY", "NAME", "PATH"}, categories, func(c client.Category) []string {
		return []string{strings.Repeat("  ", strings.Count(c.Path, "/")) + c.ID, c.Name, c.Path}
	})
}
