package bleveindex

import (
	"context"
	"slices"

	"github.com/blevesearch/bleve/v2/mapping"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/query"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/ordersaga/ordersaga/platform/each"
	"github.com/ordersaga/ordersaga/platform/search"
)

// scored is a query of which the nodes give the scores, and not bleve by frequencies.
type scored struct{ node search.Node }

// Searcher implements query.Query.
func (s scored) Searcher(ctx context.Context, in index.IndexReader, m mapping.IndexMapping, options bsearch.SearcherOptions) (bsearch.Searcher, error) {
	switch node := s.node.(type) {
	case search.Scored:
		inner, err := s.plain(node.Node).Searcher(ctx, in, m, unscored(options))
		if err != nil {
			return nil, err
		}
		return &constant{Searcher: inner, score: node.Score}, nil
	case search.Best:
		nodes := each.Map(node, func(s search.Scored) search.Node { return s })
		return newUnion(ctx, in, m, options, nodes, len(nodes), 1, func(a, b float64) float64 { return max(a, b) })
	case search.Sum:
		nodes := each.Map(slices.Concat(node.Nodes, node.Optional), func(b search.Best) search.Node { return b })
		return newUnion(ctx, in, m, options, nodes, len(node.Nodes), node.Least, func(a, b float64) float64 { return a + b })
	default:
		return scored{search.Scored{Node: node}}.Searcher(ctx, in, m, options)
	}
}

// plain is the query of a node that gives no score.
func (s scored) plain(node search.Node) query.Query {
	switch node := node.(type) {
	case search.Term:
		q := query.NewTermQuery(node.Value)
		q.SetField(node.Field)
		return q
	case search.Prefix:
		q := query.NewPrefixQuery(node.Value)
		q.SetField(node.Field)
		return q
	case search.Near:
		return nearQuery{node}
	case search.Range:
		return rangeOf(node)
	case search.Any:
		return query.NewDisjunctionQuery(each.Map(node, s.plain))
	case search.All:
		return query.NewConjunctionQuery(each.Map(node, s.plain))
	default:
		return scored{node}
	}
}

func unscored(options bsearch.SearcherOptions) bsearch.SearcherOptions {
	options.Score = "none"
	return options
}

// constant gives all that a searcher finds one score.
type constant struct {
	bsearch.Searcher
	score float64
}

func (c *constant) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	return c.set(c.Searcher.Next(ctx))
}

func (c *constant) Advance(ctx *bsearch.SearchContext, id index.IndexInternalID) (*bsearch.DocumentMatch, error) {
	return c.set(c.Searcher.Advance(ctx, id))
}

func (c *constant) set(match *bsearch.DocumentMatch, err error) (*bsearch.DocumentMatch, error) {
	if match != nil {
		match.Score = c.score
	}
	return match, err
}

// union finds what at least some of its first searchers find, and puts the scores of all together.
// bleve's own disjunction multiplies with the part of the searchers that have found it.
type union struct {
	searchers []bsearch.Searcher
	// counted is how many of them count, and least how many of these must find it.
	counted, least int
	together       func(a, b float64) float64
	// heads are the next matches of the searchers, nil at their ends; begun once they are read.
	heads []*bsearch.DocumentMatch
	begun bool
}

func newUnion(ctx context.Context, in index.IndexReader, m mapping.IndexMapping, options bsearch.SearcherOptions,
	nodes []search.Node, counted, least int, together func(a, b float64) float64,
) (*union, error) {
	u := &union{counted: counted, least: least, together: together}
	for _, node := range nodes {
		searcher, err := scored{node}.Searcher(ctx, in, m, options)
		if err != nil {
			_ = u.Close() // the error that is told is the first one
			return nil, err
		}
		u.searchers = append(u.searchers, searcher)
	}
	u.heads = make([]*bsearch.DocumentMatch, len(u.searchers))
	return u, nil
}

// Next implements bsearch.Searcher.
func (u *union) Next(ctx *bsearch.SearchContext) (*bsearch.DocumentMatch, error) {
	if !u.begun {
		u.begun = true
		for i, searcher := range u.searchers {
			var err error
			if u.heads[i], err = searcher.Next(ctx); err != nil {
				return nil, err
			}
		}
	}
	for {
		lowest := u.lowest()
		if lowest < 0 {
			return nil, nil
		}
		match, found, err := u.take(ctx, lowest)
		if err != nil {
			return nil, err
		}
		if found >= u.least {
			return match, nil
		}
		ctx.DocumentMatchPool.Put(match)
	}
}

// lowest is the searcher whose head comes first, -1 when all are at their ends.
func (u *union) lowest() int {
	lowest := -1
	for i, head := range u.heads {
		if head != nil && (lowest < 0 || head.IndexInternalID.Compare(u.heads[lowest].IndexInternalID) < 0) {
			lowest = i
		}
	}
	return lowest
}

// take is the match that some heads are, with their scores, and how many of these count. They move
// on.
func (u *union) take(ctx *bsearch.SearchContext, lowest int) (match *bsearch.DocumentMatch, found int, err error) {
	match = u.heads[lowest]
	for i, head := range u.heads {
		if head == nil || i != lowest && !head.IndexInternalID.Equals(match.IndexInternalID) {
			continue
		}
		if i < u.counted {
			found++
		}
		if i != lowest {
			match.Score = u.together(match.Score, head.Score)
			ctx.DocumentMatchPool.Put(head)
		}
		if u.heads[i], err = u.searchers[i].Next(ctx); err != nil {
			return nil, 0, err
		}
	}
	return match, found, nil
}

// Advance implements bsearch.Searcher.
func (u *union) Advance(ctx *bsearch.SearchContext, id index.IndexInternalID) (*bsearch.DocumentMatch, error) {
	for i, searcher := range u.searchers {
		if u.begun && (u.heads[i] == nil || u.heads[i].IndexInternalID.Compare(id) >= 0) {
			continue
		}
		if u.heads[i] != nil {
			ctx.DocumentMatchPool.Put(u.heads[i])
		}
		var err error
		if u.heads[i], err = searcher.Advance(ctx, id); err != nil {
			return nil, err
		}
	}
	u.begun = true
	return u.Next(ctx)
}

// Close implements bsearch.Searcher.
func (u *union) Close() (err error) {
	for _, searcher := range u.searchers {
		if failed := searcher.Close(); failed != nil && err == nil {
			err = failed
		}
	}
	return err
}

// Weight implements bsearch.Searcher; scores are fixed.
func (u *union) Weight() float64 { return 1 }

// SetQueryNorm implements bsearch.Searcher; scores are fixed.
func (u *union) SetQueryNorm(float64) {}

// Count implements bsearch.Searcher: an upper bound.
func (u *union) Count() (count uint64) {
	for _, searcher := range u.searchers {
		count += searcher.Count()
	}
	return count
}

// Min implements bsearch.Searcher.
func (u *union) Min() int { return u.least }

// Size implements bsearch.Searcher.
func (u *union) Size() (size int) {
	for _, searcher := range u.searchers {
		size += searcher.Size()
	}
	return size
}

// DocumentMatchPoolSize implements bsearch.Searcher.
func (u *union) DocumentMatchPoolSize() (size int) {
	for _, searcher := range u.searchers {
		size += searcher.DocumentMatchPoolSize() + 1
	}
	return size
}
