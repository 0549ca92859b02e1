package bleveindex

import (
	"context"
	"errors"

	"github.com/blevesearch/bleve/v2/mapping"
	bsearch "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/ordersaga/ordersaga/platform/search"
)

// nearQuery finds terms that are some edits away. bleve's own fuzzy query counts two neighbours that
// changed places as two edits.
type nearQuery struct{ search.Near }

// Searcher implements query.Query.
func (n nearQuery) Searcher(ctx context.Context, in index.IndexReader, _ mapping.IndexMapping, options bsearch.SearcherOptions) (bsearch.Searcher, error) {
	terms, err := n.terms(in)
	if err != nil {
		return nil, err
	}
	return searcher.NewMultiTermSearcher(ctx, in, terms, n.Field, 1, options, false)
}

func (n nearQuery) terms(in index.IndexReader) (terms []string, err error) {
	dictionary, err := n.dictionary(in)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, dictionary.Close()) }()
	for {
		entry, err := dictionary.Next()
		if err != nil || entry == nil {
			return terms, err
		}
		if n.Matches(entry.Term) {
			terms = append(terms, entry.Term)
		}
	}
}

// dictionary has at least the terms that match. One edit is at most two of those that bleve counts;
// for more, bleve has no automaton and all terms are looked at.
func (n nearQuery) dictionary(in index.IndexReader) (index.FieldDict, error) {
	if fuzzy, ok := in.(index.IndexReaderFuzzy); ok && n.Edits == 1 {
		return fuzzy.FieldDictFuzzy(n.Field, n.Value, 2, "")
	}
	return in.FieldDict(n.Field)
}
