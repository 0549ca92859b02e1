package client

import (
	"context"
	"net/http"
	"strconv"
)

// NewCategory is a category to create.
type NewCategory struct {
	ID     string `json:"id"` // small letters and digits with single dashes between them, at most 64
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"` // id of the category that it is in; "" at the top of the tree
}

// CategoryChange has all fields of a category that can change.
type CategoryChange struct {
	Name   string `json:"name"`
	Parent string `json:"parent"` // id of the category that it is in; "" at the top of the tree
}

// Category is a node of the tree that products are sorted by.
type Category struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	Parent  string `json:"parent,omitempty"`
	Path    string `json:"path"` // the ids from the root of the tree to it: "home/kitchen/mugs"
	Version int64  `json:"version"`
}

// ETag names the version, for ChangeCategory and DeleteCategory.
func (c Category) ETag() string { return strconv.Quote(strconv.FormatInt(c.Version, 10)) }

// CreateCategory creates a category. When the same category exists already it is returned and created
// is false.
func (c *Client) CreateCategory(ctx context.Context, category NewCategory) (made *Category, created bool, err error) {
	return create[Category](ctx, c, "/v1/categories", category)
}

// ChangeCategory renames a category, and moves it with all that is below it when its parent is
// another. The etag is that of the category that was read: when it has changed since, the error is a
// *Problem with status 412.
func (c *Client) ChangeCategory(ctx context.Context, id, etag string, change CategoryChange) (*Category, error) {
	return ask[Category](ctx, c, call{
		service: catalog, method: http.MethodPut, path: v1("categories", id),
		etag: etag, body: change, timeout: longCallTimeout,
	})
}

// DeleteCategory removes a category that has no product and no other category in it.
func (c *Client) DeleteCategory(ctx context.Context, id, etag string) error {
	_, err := c.do(ctx, call{
		service: catalog, method: http.MethodDelete, path: v1("categories", id),
		etag: etag,
	}, nil)
	return err
}

// Categories lists the whole tree, each category after the one that it is in.
func (c *Client) Categories(ctx context.Context) ([]Category, error) {
	page, err := list[Category](ctx, c, "categories", call{service: catalog, path: "/v1/categories"})
	return page.Items, err
}
