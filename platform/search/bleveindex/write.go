package bleveindex

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/character"
	"github.com/blevesearch/bleve/v2/analysis/tokenizer/single"
	"github.com/blevesearch/bleve/v2/document"
	index "github.com/blevesearch/bleve_index_api"

	"github.com/ordersaga/ordersaga/platform/search"
)

// Fields of ours.
const (
	versionField = "_version"
	storedField  = "_stored"
	// presentField has a value in all entries but deleted ones.
	presentField = "_present"
	present      = "1"
)

var checkpointKey = []byte("checkpoint")

// The analyzers take what search has made of texts as it is.
var (
	asTerms    = &analysis.DefaultAnalyzer{Tokenizer: character.NewCharacterTokenizer(notSpace)}
	asKeyword  = &analysis.DefaultAnalyzer{Tokenizer: single.NewSingleTokenTokenizer()}
	termOption = index.IndexField
	sortOption = index.IndexField | index.DocValues
)

// Checkpoint implements search.Engine.
func (e *Engine) Checkpoint(_ context.Context, name string) (int64, error) {
	g, release := e.hold(name)
	defer release()
	if g == nil {
		return 0, fmt.Errorf("checkpoint of search index %s: there is no such generation", name)
	}
	value, err := g.index.GetInternal(checkpointKey)
	if err != nil {
		return 0, fmt.Errorf("checkpoint of search index %s: %w", name, err)
	}
	if len(value) != 8 {
		return 0, nil
	}
	return int64(binary.BigEndian.Uint64(value)), nil
}

// Apply implements search.Engine. Documents and checkpoint are one batch.
func (e *Engine) Apply(_ context.Context, name string, entries []search.Entry, checkpoint int64) error {
	g, release := e.hold(name)
	defer release()
	if g == nil {
		return fmt.Errorf("write to search index %s: there is no such generation", name)
	}
	batch := g.index.NewBatch()
	newest := make(map[string]search.Entry, len(entries))
	for _, entry := range entries {
		if entry.Version > newest[entry.ID].Version {
			newest[entry.ID] = entry
		}
	}
	for id, entry := range newest {
		version, err := versionOf(g.index, id)
		if err == nil && version < entry.Version {
			err = batch.IndexAdvanced(documentOf(entry))
		}
		if err != nil {
			return fmt.Errorf("write %q to search index %s: %w", id, name, err)
		}
	}
	batch.SetInternal(checkpointKey, binary.BigEndian.AppendUint64(nil, uint64(checkpoint)))
	if err := g.index.Batch(batch); err != nil {
		return fmt.Errorf("write %d documents to search index %s: %w", len(newest), name, err)
	}
	return nil
}

// versionOf is the version of an entry that is there, else 0.
func versionOf(in bleve.Index, id string) (version int64, err error) {
	stored, err := in.Document(id)
	if err != nil || stored == nil {
		return 0, err
	}
	stored.VisitFields(func(field index.Field) {
		if field.Name() == versionField && len(field.Value()) == 8 {
			version = int64(binary.BigEndian.Uint64(field.Value()))
		}
	})
	return version, nil
}

func documentOf(entry search.Entry) *document.Document {
	d := document.NewDocument(entry.ID)
	d.AddField(document.NewTextFieldWithIndexingOptions(versionField, nil, binary.BigEndian.AppendUint64(nil, uint64(entry.Version)), index.StoreField))
	if entry.Fields == nil {
		return d
	}
	d.AddField(document.NewTextFieldWithIndexingOptions(storedField, nil, entry.Stored, index.StoreField))
	d.AddField(document.NewTextFieldCustom(presentField, nil, []byte(present), termOption, asKeyword))
	for name, terms := range entry.Fields.Terms {
		if len(terms) > 0 {
			d.AddField(document.NewTextFieldCustom(name, nil, []byte(strings.Join(terms, " ")), termOption, asTerms))
		}
	}
	for name, values := range entry.Fields.Keywords {
		for i, value := range values {
			d.AddField(document.NewTextFieldCustom(name, []uint64{uint64(i)}, []byte(value), sortOption, asKeyword))
		}
	}
	for name, value := range entry.Fields.Numbers {
		d.AddField(document.NewNumericFieldWithIndexingOptions(name, nil, float64(value), sortOption))
	}
	return d
}

func notSpace(r rune) bool { return r != ' ' }
