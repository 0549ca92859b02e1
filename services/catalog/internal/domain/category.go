package domain

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/ordersaga/ordersaga/platform/refusal"
)

// Bounds of categories.
const (
	// MaxCategories of one product.
	MaxCategories = 100
	// MaxCategoryName in characters.
	MaxCategoryName = 200
	// MaxDepth is how many categories a path can have.
	MaxDepth = 10
)

// CategoryPattern is what the id of a category looks like. It has no slash, so that ids can be
// joined to a path, and is short enough for MaxDepth of them.
const CategoryPattern = `^[a-z0-9]+(-[a-z0-9]+)*$`

// maxCategoryID in characters.
const maxCategoryID = 64

var categoryPattern = regexp.MustCompile(CategoryPattern)

// ReasonNoCategory refuses what names a category that is not there.
const ReasonNoCategory = "category_not_found"

// NoCategoryDetails names such categories.
type NoCategoryDetails struct {
	Categories []string `json:"categories"`
}

// IsCategoryID tells whether a text can be the id of a category.
func IsCategoryID(id string) bool { return len(id) <= maxCategoryID && categoryPattern.MatchString(id) }

// Paths of categories by their ids: "home/kitchen/mugs" is that of mugs.
type Paths map[string]string

// of answers the paths of categories, or refuses ReasonNoCategory.
func (p Paths) of(ids []string) ([]string, error) {
	var found, missing []string
	for _, id := range ids {
		if path, there := p[id]; there {
			found = append(found, path)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) > 0 {
		return nil, refusal.New(ReasonNoCategory, "There is no category "+few(missing), NoCategoryDetails{missing})
	}
	return found, nil
}

// Categories are the ids of the product's categories.
func (p *Product) Categories() []string { return p.categories }

// Place puts a new product at its categories' places in the tree. It refuses ReasonNoCategory.
func (p *Product) Place(paths Paths) (err error) {
	p.paths, err = paths.of(p.categories)
	return err
}

// Categories are the ids of the categories that the change says.
func (c *Change) Categories() []string { return c.categories }

// Place is Product.Place of what the change says.
func (c *Change) Place(paths Paths) (err error) {
	c.paths, err = paths.of(c.categories)
	return err
}

// distinctIDs keeps nil and what is empty apart.
func distinctIDs(ids []string) []string {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	return slices.Compact(ids)
}

func checkCategories(ids []string) error {
	if len(ids) > MaxCategories {
		return &Invalid{Field: "categories", Problem: fmt.Sprintf("must be at most %d", MaxCategories), Value: len(ids)}
	}
	for _, id := range ids {
		if !IsCategoryID(id) {
			return &Invalid{Field: "categories", Problem: "must be ids of categories: " + categoryIDProblem, Value: id}
		}
	}
	return nil
}

const categoryIDProblem = "1 to 64 small letters and digits, with single dashes between them"
