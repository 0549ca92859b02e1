package readmodel

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"

	"github.com/ordersaga/ordersaga/platform/postgres"
)

// List names a list of a model. It is part of the windows in each document, so it is short.
type List string

// ListOf names the list of one member of a kind: a customer's, a category's. The member is in it as
// a hash of 64 bits; who reads the list compares the member in the documents too.
func ListOf(kind, member string) List {
	hash := sha256.Sum256([]byte(member))
	return List(kind + base64.RawURLEncoding.EncodeToString(hash[:8]))
}

const (
	// step is the distance between the begins of two windows, and perPlace how many windows a place
	// lies in. Smaller steps let a query answer fewer documents that are not on the page, and have
	// more windows in each document.
	step     = 10
	perPlace = 3
	// span is the length of a window.
	span = step * perPlace
)

// window names a window, by its number.
func (l List) window(number int64) string { return fmt.Sprintf("%s/%d", l, number) }

// Windows are those that a place of a list lies in. A document has the windows of all its lists in
// the field PagesField.
func (l List) Windows(place int64) []string {
	last := place / step
	var windows []string
	for number := max(last-perPlace+1, 0); number <= last; number++ {
		windows = append(windows, l.window(number))
	}
	return windows
}

// endingAt is the first window that reaches a place: it has the place and at least 20 before it, if
// there are so many. It begins at the place first.
func (l List) endingAt(place int64) (window string, first int64) {
	number := max(place/step-perPlace+1, 0)
	return l.window(number), number * step
}

// Entry is a document and the lists it belongs to.
type Entry struct {
	ID    string
	Lists []List
}

// Places are those of documents: by id, then by list.
type Places map[string]map[List]int64

// place is a row of them.
type place struct {
	id     string
	list   List
	number int64
}

func columns(p *place) []any { return []any{&p.id, &p.list, &p.number} }

func (p Places) add(given []place) {
	for _, one := range given {
		if p[one.id] == nil {
			p[one.id] = map[List]int64{}
		}
		p[one.id][one.list] = one.number
	}
}

// Place gives each document its place in each of its lists: the next ones, in the order of the
// entries. A place that was given stays. Call Show when the documents are written.
func (m *Model) Place(ctx context.Context, g Generation, entries []Entry) (Places, error) {
	ids := make([]string, len(entries))
	for i, entry := range entries {
		ids[i] = entry.ID
	}
	places, err := m.Places(ctx, g, ids)
	if err != nil {
		return nil, err
	}
	var newIDs, newLists []string
	for _, entry := range entries {
		for _, list := range entry.Lists {
			if _, given := places[entry.ID][list]; !given {
				newIDs, newLists = append(newIDs, entry.ID), append(newLists, string(list))
			}
		}
	}
	if len(newIDs) == 0 {
		return places, nil
	}
	// Another writer at the same time, which lost its lock, fails on the primary key of one of the
	// two, after it has waited for the rows of the lists.
	given, err := postgres.Select(ctx, m.db.SQL, columns, `
		WITH fresh AS (
			SELECT id, list, row_number() OVER (PARTITION BY list ORDER BY n) AS n
			FROM unnest($3::text[], $4::text[]) WITH ORDINALITY AS fresh (id, list, n)),
		heads AS (
			INSERT INTO read_model_lists AS l (model, generation, list, size)
			SELECT $1, $2, list, count(*) FROM fresh GROUP BY list ORDER BY list
			ON CONFLICT (model, generation, list) DO UPDATE SET size = l.size + excluded.size
			RETURNING list, size),
		counts AS (SELECT list, count(*) AS added FROM fresh GROUP BY list)
		INSERT INTO read_model_places (model, generation, id, list, place)
		SELECT $1, $2, fresh.id, fresh.list, heads.size - counts.added + fresh.n - 1
		FROM fresh JOIN heads USING (list) JOIN counts USING (list)
		RETURNING id, list, place`, m.Name, g.Number, newIDs, newLists)
	if err != nil {
		return nil, fmt.Errorf("read model %s: give places to %d documents: %w", m.Name, len(entries), err)
	}
	places.add(given)
	return places, nil
}

// Places answers the places that documents have.
func (m *Model) Places(ctx context.Context, g Generation, ids []string) (Places, error) {
	given, err := postgres.Select(ctx, m.db.SQL, columns, `
		SELECT id, list, place FROM read_model_places WHERE model = $1 AND generation = $2 AND id = ANY($3)`, m.Name, g.Number, ids)
	if err != nil {
		return nil, fmt.Errorf("read model %s: places of %d documents: %w", m.Name, len(ids), err)
	}
	places := Places{}
	places.add(given)
	return places, nil
}

// Show tells that the documents of these places are written: lists begin with the last of them.
func (m *Model) Show(ctx context.Context, g Generation, places Places) error {
	counts := map[List]int64{}
	for _, of := range places {
		for list, place := range of {
			counts[list] = max(counts[list], place+1)
		}
	}
	var lists []string
	var shown []int64
	for list, count := range counts {
		lists, shown = append(lists, string(list)), append(shown, count)
	}
	_, err := m.db.SQL.ExecContext(ctx, `
		UPDATE read_model_lists l SET shown = now.shown FROM unnest($3::text[], $4::bigint[]) AS now (list, shown)
		WHERE l.model = $1 AND l.generation = $2 AND l.list = now.list AND l.shown < now.shown`, m.Name, g.Number, lists, shown)
	if err != nil {
		return fmt.Errorf("read model %s: show %d lists: %w", m.Name, len(lists), err)
	}
	return nil
}
