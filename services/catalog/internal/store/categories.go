package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ordersaga/ordersaga/platform/postgres"
	"github.com/ordersaga/ordersaga/platform/refusal"
	"github.com/ordersaga/ordersaga/services/catalog/internal/domain"
)

// treeLock is the key of the lock of the tree of categories. Who puts products into categories
// shares it, who changes the tree has it alone, both until the transaction ends and before any row
// is locked: so a category is not removed while a product is put into it, and no product keeps a
// path that has changed.
const treeLock = 0x6f72_6465_7263_6174

// Placed is a product, or a change of one, that has categories.
type Placed interface {
	Categories() []string
	Place(paths domain.Paths) error
}

// Place puts products at their categories' places in the tree, where these stay until the
// transaction ends. It is called before any product is locked, and refuses
// domain.ReasonNoCategory.
func Place[P Placed](ctx context.Context, tx *postgres.Tx, products ...P) error {
	var ids []string
	seen := map[string]bool{}
	for _, product := range products {
		for _, id := range product.Categories() {
			if !seen[id] {
				seen[id] = true
				ids = append(ids, id)
			}
		}
	}
	paths, err := paths(ctx, tx, ids)
	if err != nil {
		return err
	}
	for _, product := range products {
		if err := product.Place(paths); err != nil {
			return err
		}
	}
	return nil
}

func paths(ctx context.Context, tx *postgres.Tx, ids []string) (domain.Paths, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock_shared($1)`, int64(treeLock)); err != nil {
		return nil, fmt.Errorf("share the lock of the categories: %w", err)
	}
	rows, err := postgres.Select(ctx, tx, func(c *[2]string) []any { return []any{&c[0], &c[1]} },
		`SELECT id, path FROM categories WHERE id = ANY($1)`, ids)
	if err != nil {
		return nil, fmt.Errorf("read the paths of %d categories: %w", len(ids), err)
	}
	found := make(domain.Paths, len(rows))
	for _, row := range rows {
		found[row[0]] = row[1]
	}
	return found, nil
}

// LockTree keeps others from changing the tree, and from putting products into categories, until the
// transaction ends. It is called before anything else is read.
func LockTree(ctx context.Context, tx *postgres.Tx) error {
	if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(treeLock)); err != nil {
		return fmt.Errorf("lock the categories: %w", err)
	}
	return nil
}

const categoryColumns = `id, name, coalesce(parent, ''), path, version`

func categoryFields(c *domain.Category) []any {
	return []any{&c.ID, &c.Name, &c.Parent, &c.Path, &c.Version}
}

// FindCategory answers a category, or nil when there is none of the id.
func FindCategory(ctx context.Context, q postgres.Querier, id string) (*domain.Category, error) {
	if !domain.IsCategoryID(id) {
		return nil, nil
	}
	found, err := postgres.Select(ctx, q, categoryFields, `SELECT `+categoryColumns+` FROM categories WHERE id = $1`, id)
	if err != nil || len(found) == 0 {
		return nil, wrapped(err, "read category "+id)
	}
	return &found[0], nil
}

// Categories reads the whole tree, each category after its parent.
func Categories(ctx context.Context, q postgres.Querier) ([]domain.Category, error) {
	// "/" is before all that an id can have, but "-": an array of ids sorts as the tree does.
	found, err := postgres.Select(ctx, q, categoryFields,
		`SELECT `+categoryColumns+` FROM categories ORDER BY string_to_array(path, '/')`)
	return found, wrapped(err, "read the categories")
}

// CountCategories counts them.
func CountCategories(ctx context.Context, q postgres.Querier) (count int, err error) {
	err = q.QueryRowContext(ctx, `SELECT count(*) FROM categories`).Scan(&count)
	return count, wrapped(err, "count the categories")
}

// Height is how many categories are on the longest way down from one, itself among them.
func Height(ctx context.Context, q postgres.Querier, c domain.Category) (height int, err error) {
	err = q.QueryRowContext(ctx, `
		SELECT coalesce(max(cardinality(string_to_array(path, '/'))), 0) - cardinality(string_to_array($1, '/')) + 1
		FROM categories WHERE path = $1 OR starts_with(path, $1 || '/')`, c.Path).Scan(&height)
	return height, wrapped(err, "read what is below category "+c.ID)
}

// InsertCategory adds a category to the locked tree.
func InsertCategory(ctx context.Context, tx *postgres.Tx, c domain.Category) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO categories (id, name, parent, path, version) VALUES ($1, $2, nullif($3, ''), $4, $5)`,
		c.ID, c.Name, c.Parent, c.Path, c.Version)
	return wrapped(err, "insert category "+c.ID)
}

// ReplaceCategory stores the next version of a category of the locked tree, and the paths of those
// below it. The products' paths stay as they are: see MoveProducts.
func ReplaceCategory(ctx context.Context, tx *postgres.Tx, stored, next domain.Category) error {
	_, err := tx.ExecContext(ctx, `UPDATE categories SET name = $2, parent = nullif($3, ''), path = $4, version = $5 WHERE id = $1`,
		next.ID, next.Name, next.Parent, next.Path, next.Version)
	if err == nil && next.Path != stored.Path {
		_, err = tx.ExecContext(ctx, `
			UPDATE categories SET path = $2 || substr(path, char_length($1) + 1) WHERE starts_with(path, $1 || '/')`, stored.Path, next.Path)
	}
	return wrapped(err, "replace category "+next.ID)
}

// productsAtOnce are moved by one statement.
const productsAtOnce = 1000

// MoveProducts gives the products of a category of the locked tree, and of those below it, the paths
// that these have now, and has each product told of that changed.
func MoveProducts(ctx context.Context, tx *postgres.Tx, moved domain.Category, at time.Time, tell func([]*domain.Product) error) error {
	below, err := postgres.Select(ctx, tx, func(id *string) []any { return []any{id} },
		`SELECT id FROM categories WHERE path = $1 OR starts_with(path, $1 || '/')`, moved.Path)
	if err != nil {
		return fmt.Errorf("read what is below category %s: %w", moved.ID, err)
	}
	for last := ""; ; {
		page, err := query(ctx, tx, `
			WHERE categories ?| $1::text[] AND sku > $2 COLLATE "C" ORDER BY sku COLLATE "C" LIMIT $3 FOR NO KEY UPDATE`, below, last, productsAtOnce)
		if err != nil {
			return fmt.Errorf("lock the products of category %s: %w", moved.ID, err)
		}
		products, err := movedTo(ctx, tx, page, at)
		if err != nil {
			return err
		}
		if err := ReplaceAll(ctx, tx, products); err != nil {
			return err
		}
		if err := tell(products); err != nil {
			return err
		}
		if len(page) < productsAtOnce {
			return nil
		}
		last = slices.Max(slices.Collect(maps.Keys(page)))
	}
}

// movedTo are those of some products whose categories have other paths now, by SKU.
func movedTo(ctx context.Context, tx *postgres.Tx, products map[string]*domain.Product, at time.Time) ([]*domain.Product, error) {
	var ids []string
	for _, product := range products {
		ids = append(ids, product.Categories()...)
	}
	slices.Sort(ids)
	paths, err := paths(ctx, tx, slices.Compact(ids))
	if err != nil {
		return nil, err
	}
	var moved []*domain.Product
	for _, sku := range slices.Sorted(maps.Keys(products)) {
		next, err := products[sku].Moved(paths, at)
		if err != nil {
			return nil, err
		}
		if next != products[sku] {
			moved = append(moved, next)
		}
	}
	return moved, nil
}

// IsCategoryUsed tells whether a category of the locked tree has others below it, or products.
func IsCategoryUsed(ctx context.Context, tx *postgres.Tx, id string) (children, products bool, err error) {
	err = tx.QueryRowContext(ctx, `
		SELECT EXISTS (SELECT FROM categories WHERE parent = $1), EXISTS (SELECT FROM products WHERE categories ? $1)`, id).Scan(&children, &products)
	return children, products, wrapped(err, "read what is in category "+id)
}

// DeleteCategory removes a category of the locked tree that has nothing in it.
func DeleteCategory(ctx context.Context, tx *postgres.Tx, id string) error {
	_, err := tx.ExecContext(ctx, `DELETE FROM categories WHERE id = $1`, id)
	return wrapped(err, "delete category "+id)
}

func wrapped(err error, doing string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// PlaceCategory is a category at its place below its parent in the locked tree, with as many
// categories below it as Height says. It refuses domain.ReasonNoParent, ReasonCycle and ReasonTooDeep.
func PlaceCategory(ctx context.Context, tx *postgres.Tx, c domain.Category, height int) (domain.Category, error) {
	if c.Parent == "" {
		return c.Under(nil, height)
	}
	parent, err := FindCategory(ctx, tx, c.Parent)
	if err != nil {
		return domain.Category{}, err
	}
	if parent == nil {
		return domain.Category{}, refusal.New(domain.ReasonNoParent, "There is no category "+c.Parent, nil)
	}
	return c.Under(parent, height)
}
