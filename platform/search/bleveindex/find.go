package bleveindex

import (
	"context"
	"fmt"
	"math"
	"strconv"

	"github.com/blevesearch/bleve/v2"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"

	"github.com/ordersaga/ordersaga/platform/search"
)

// Find implements search.Engine.
func (e *Engine) Find(ctx context.Context, plan search.Plan) (search.Found, error) {
	live, _ := e.Live(ctx)
	g, release := e.hold(live)
	defer release()
	if g == nil {
		return search.Found{Facets: make([]search.Counts, len(plan.Facets))}, nil
	}
	request := bleve.NewSearchRequestOptions(queryOf(plan), plan.Limit, 0, false)
	request.Fields = []string{storedField}
	request.SortByCustom(orderOf(plan.Sort))
	if len(plan.After) == len(plan.Sort) {
		request.SearchAfter = plan.After
	}
	for i, facet := range plan.Facets {
		request.AddFacet(strconv.Itoa(i), facetOf(facet))
	}
	answer, err := g.index.SearchInContext(ctx, request)
	if err != nil {
		return search.Found{}, fmt.Errorf("search index %s: %w", live, err)
	}
	found := search.Found{Total: int64(answer.Total), Entries: make([]search.FoundEntry, len(answer.Hits))}
	for i, hit := range answer.Hits {
		if found.Entries[i], err = entryOf(hit, plan.Sort); err != nil {
			return search.Found{}, fmt.Errorf("entry %q of search index %s: %w", hit.ID, live, err)
		}
	}
	for i, facet := range plan.Facets {
		found.Facets = append(found.Facets, countsOf(facet, answer.Facets[strconv.Itoa(i)]))
	}
	return found, nil
}

func queryOf(plan search.Plan) query.Query {
	var match search.Node = search.Term{Field: presentField, Value: present}
	if plan.Match != nil {
		match = plan.Match
	}
	if len(plan.Filters) == 0 {
		return scored{match}
	}
	// The score of a conjunction is the sum of its parts' scores.
	all := []query.Query{scored{match}}
	for _, filter := range plan.Filters {
		all = append(all, scored{search.Scored{Node: filter}})
	}
	return query.NewConjunctionQuery(all)
}

func orderOf(keys []search.Order) bsearch.SortOrder {
	order := make(bsearch.SortOrder, len(keys))
	for i, key := range keys {
		switch {
		case key.Field == "":
			order[i] = &bsearch.SortScore{Desc: key.Descending}
		case key.Number:
			order[i] = &bsearch.SortField{Field: key.Field, Type: bsearch.SortFieldAsNumber, Desc: key.Descending}
		default:
			order[i] = &bsearch.SortField{Field: key.Field, Type: bsearch.SortFieldAsString, Desc: key.Descending}
		}
	}
	return order
}

func entryOf(hit *bsearch.DocumentMatch, keys []search.Order) (search.FoundEntry, error) {
	entry := search.FoundEntry{ID: hit.ID, Score: hit.Score, Position: append([]string(nil), hit.DecodedSort...)}
	for i, key := range keys {
		if key.Field == "" {
			entry.Position[i] = strconv.FormatFloat(hit.Score, 'g', -1, 64)
		}
	}
	stored, _ := hit.Fields[storedField].(string)
	return entry, entry.Restore([]byte(stored))
}

// Numeric facets of bleve have no upper bound below infinity.
func facetOf(facet search.Facet) *bleve.FacetRequest {
	if len(facet.Bounds) == 0 {
		return bleve.NewFacetRequest(facet.Field, facet.Size)
	}
	request := bleve.NewFacetRequest(facet.Field, len(facet.Bounds)+1)
	for i, r := range facet.Ranges() {
		request.AddNumericRange(strconv.Itoa(i), float(r.Min), float(r.Max))
	}
	return request
}

func countsOf(facet search.Facet, result *bsearch.FacetResult) search.Counts {
	counts := search.Counts{Field: facet.Field, Values: []search.Count{}}
	if result == nil {
		return counts
	}
	if len(facet.Bounds) == 0 {
		for _, term := range result.Terms.Terms() {
			counts.Values = append(counts.Values, search.Count{Value: term.Term, Count: int64(term.Count)})
		}
		return counts
	}
	counts.Values = facet.Ranges()
	for _, r := range result.NumericRanges {
		if i, err := strconv.Atoi(r.Name); err == nil {
			counts.Values[i].Count = int64(r.Count)
		}
	}
	return counts
}

func float(n *int64) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

// rangeOf includes both bounds. Numbers are whole, so an open bound is a half beside one.
func rangeOf(r search.Range) query.Query {
	low, high := math.Inf(-1), math.Inf(1)
	if r.Min != nil {
		low = float64(*r.Min)
	}
	if r.Max != nil {
		high = float64(*r.Max)
	}
	yes := true
	q := query.NewNumericRangeInclusiveQuery(&low, &high, &yes, &yes)
	q.SetField(r.Field)
	return q
}
