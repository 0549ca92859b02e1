package domain

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/platform/text"
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

// Reasons why the tree is not changed.
const (
	// ReasonNoParent: there is no category of the parent's id.
	ReasonNoParent = "parent_category_not_found"
	// ReasonCycle: the parent is the category itself, or below it.
	ReasonCycle = "category_cycle"
	// ReasonTooDeep: a path would have more than MaxDepth categories.
	ReasonTooDeep = "category_too_deep"
)

// Category is a node of the tree of what products are sorted by.
type Category struct {
	ID      string
	Name    string
	Parent  string // its id; empty at the top
	Path    string // the ids from the root to it: "home/kitchen/mugs"
	Version int64
}

// NewCategory is a category without a place in the tree. White space around its name is dropped. The
// error joins one *Invalid for each field that is wrong.
func NewCategory(id, name, parent string) (Category, error) {
	c := Category{ID: id, Name: strings.TrimSpace(name), Parent: parent, Version: 1}
	var err error
	if !IsCategoryID(id) {
		err = errors.Join(err, &Invalid{Field: "id", Problem: "must be " + categoryIDProblem, Value: id})
	}
	if utf8.RuneCountInString(c.Name) > MaxCategoryName || c.Name == "" {
		err = errors.Join(err, &Invalid{Field: "name", Problem: fmt.Sprintf("must have 1 to %d characters", MaxCategoryName), Value: name})
	} else if wrong := text.Check(c.Name); wrong != nil {
		err = errors.Join(err, &Invalid{Field: "name", Problem: wrong.Error(), Value: name})
	}
	if parent != "" && !IsCategoryID(parent) {
		err = errors.Join(err, &Invalid{Field: "parent", Problem: "must be the id of a category: " + categoryIDProblem, Value: parent})
	}
	return c, err
}

// Under is the category at its place below a parent, nil at the top. Height is how many categories
// are on the longest way down from it, itself among them. It refuses ReasonCycle and ReasonTooDeep.
func (c Category) Under(parent *Category, height int) (Category, error) {
	c.Parent, c.Path = "", c.ID
	if parent != nil {
		if slices.Contains(strings.Split(parent.Path, "/"), c.ID) {
			return Category{}, refusal.New(ReasonCycle, fmt.Sprintf("%s is %s itself or below it", parent.ID, c.ID), nil)
		}
		c.Parent, c.Path = parent.ID, parent.Path+"/"+c.ID
	}
	if strings.Count(c.Path, "/")+height > MaxDepth {
		return Category{}, refusal.New(ReasonTooDeep, fmt.Sprintf("A path has at most %d categories", MaxDepth), nil)
	}
	return c, nil
}

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

// Moved is the product in its next version, changed at a time, because categories have other paths;
// or the product itself when its own have not. It refuses ReasonNoCategory.
func (p *Product) Moved(paths Paths, at time.Time) (*Product, error) {
	next := *p
	if err := next.Place(paths); err != nil || slices.Equal(next.paths, p.paths) {
		return p, err
	}
	next.version, next.updatedAt = p.version+1, at
	return &next, nil
}

// Categories are the ids of the categories that the details say.
func (d *Details) Categories() []string { return d.categories }

// Place is Product.Place of what the details say.
func (d *Details) Place(paths Paths) (err error) {
	d.paths, err = paths.of(d.categories)
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
