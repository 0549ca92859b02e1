// Package searchtest is what every search engine must do, as a test suite that each adapter runs.
package searchtest

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/search"
)

// Schema of the suite's documents.
var Schema = search.Schema{
	Name: "things", Revision: 1,
	Texts:    []search.Text{{Name: "name", Weight: 4}, {Name: "description", Weight: 1}},
	Keywords: []string{"category", "availability"},
	Numbers:  []string{"price", "created"},
}

// Names of products of a real shop (Online Retail, UCI), as they were written there.
var Names = []string{
	"WHITE HANGING HEART T-LIGHT HOLDER", "HEART T-LIGHT HOLDER", "STAR  T-LIGHT HOLDER", "GLASS HEART T-LIGHT HOLDER",
	"PORCELAIN T-LIGHT HOLDERS ASSORTED", "EMBOSSED GLASS TEALIGHT HOLDER", "SET/9 CHRISTMAS T-LIGHTS SCENTED",
	"CHRISTMAS LIGHTS 10 REINDEER", "CHRISTMAS LIGHTS 10 SANTAS", "15CM CHRISTMAS GLASS BALL 20 LIGHTS", "GREEN CHRISTMAS TREE STRING 20LIGHT",
	"RED TOADSTOOL LED NIGHT LIGHT", "FAIRY TALE COTTAGE NIGHTLIGHT", "CHRISTMAS CRAFT TREE TOP ANGEL",
	"JUMBO BAG RED RETROSPOT", "LUNCH BAG RED RETROSPOT", "RECYCLING BAG RETROSPOT", "RED RETROSPOT CHARLOTTE BAG", "RED RETROSPOT PEG BAG",
	"RED RETROSPOT WASHBAG", "RED RETROSPOT CAKE STAND", "JUMBO BAG PINK POLKADOT", "LUNCH BOX I LOVE LONDON", "RED RETROSPOT MUG",
	"HAND WARMER UNION JACK", "KNITTED UNION FLAG HOT WATER BOTTLE", "CREAM CUPID HEARTS COAT HANGER", "CHILDREN'S APRON DOLLY GIRL", "CAFÉ AU LAIT MUG",
}

// World is an index with the documents of a test.
type World struct {
	*search.Index
	Engine     search.Engine
	generation string
}

// NewWorld is an empty index with one generation, which is live.
func NewWorld(t testing.TB, engine search.Engine) *World {
	t.Helper()
	w := &World{Index: search.New(Schema, engine), Engine: engine, generation: "r1-1"}
	require.NoError(t, engine.Create(t.Context(), w.generation))
	require.NoError(t, engine.Switch(t.Context(), w.generation))
	return w
}

// Put writes documents into the live generation.
func (w *World) Put(t testing.TB, documents ...search.Document) {
	t.Helper()
	require.NoError(t, w.put(t.Context(), w.generation, 1, documents...))
}

func (w *World) put(ctx context.Context, generation string, checkpoint int64, documents ...search.Document) error {
	entries, err := Schema.Entries(documents)
	if err != nil {
		return err
	}
	return w.Engine.Apply(ctx, generation, entries, checkpoint)
}

// Thing is a document with a name.
func Thing(id, name string) search.Document {
	source, _ := json.Marshal(map[string]string{"name": name})
	return search.Document{ID: id, Version: 1, Texts: map[string]string{"name": name}, Source: source}
}

// Found are the names of what is found for a text, in order.
func (w *World) Found(t testing.TB, text string) []string {
	t.Helper()
	return w.found(t, search.Query{Text: text, Limit: search.MaxLimit})
}

func (w *World) found(t testing.TB, q search.Query) []string {
	t.Helper()
	result, err := w.Search(t.Context(), q)
	require.NoError(t, err)
	return namesOf(t, result)
}

func namesOf(t testing.TB, result search.Result) []string {
	t.Helper()
	names := []string{}
	for _, hit := range result.Hits {
		var source struct{ Name string }
		require.NoError(t, json.Unmarshal(hit.Source, &source))
		names = append(names, source.Name)
	}
	return names
}

// Run tests an adapter. Open makes an empty engine, which ends with its test.
func Run(t *testing.T, open func(t testing.TB, layout search.Layout) search.Engine) {
	engine := func(t testing.TB) search.Engine { return open(t, Schema.Layout()) }
	t.Run("words", func(t *testing.T) { words(t, named(t, engine(t))) })
	t.Run("filters, order and facets", func(t *testing.T) { filters(t, NewWorld(t, engine(t))) })
	t.Run("pages", func(t *testing.T) { pages(t, NewWorld(t, engine(t))) })
	t.Run("versions", func(t *testing.T) { versions(t, NewWorld(t, engine(t))) })
	t.Run("highlights", func(t *testing.T) { highlights(t, NewWorld(t, engine(t))) })
	t.Run("suggestions", func(t *testing.T) { suggestions(t, named(t, engine(t))) })
	t.Run("generations", func(t *testing.T) { generations(t, engine(t)) })
	t.Run("bounds", func(t *testing.T) { bounds(t, named(t, engine(t))) })
}

func named(t *testing.T, engine search.Engine) *World {
	w := NewWorld(t, engine)
	things := make([]search.Document, len(Names))
	for i, name := range Names {
		things[i] = Thing(fmt.Sprintf("sku-%02d", i), name)
	}
	w.Put(t, things...)
	return w
}

// words: the lists are what every engine has to find first, in this order.
func words(t *testing.T, w *World) {
	tlight := []string{
		"HEART T-LIGHT HOLDER", "STAR  T-LIGHT HOLDER", "GLASS HEART T-LIGHT HOLDER", "WHITE HANGING HEART T-LIGHT HOLDER",
		"PORCELAIN T-LIGHT HOLDERS ASSORTED",
	}
	for text, first := range map[string][]string{
		"tlight holder":  tlight,
		"t-light holder": tlight,
		"t light holder": tlight,
		"T Light Holder": tlight,
		"christmas ligths": {
			"CHRISTMAS LIGHTS 10 REINDEER", "CHRISTMAS LIGHTS 10 SANTAS", "15CM CHRISTMAS GLASS BALL 20 LIGHTS",
		},
		"christmas lights": {
			"CHRISTMAS LIGHTS 10 REINDEER", "CHRISTMAS LIGHTS 10 SANTAS", "15CM CHRISTMAS GLASS BALL 20 LIGHTS", "SET/9 CHRISTMAS T-LIGHTS SCENTED",
		},
		"retrospot bag": {
			"RECYCLING BAG RETROSPOT", "JUMBO BAG RED RETROSPOT", "LUNCH BAG RED RETROSPOT", "RED RETROSPOT CHARLOTTE BAG", "RED RETROSPOT PEG BAG",
		},
		"retro":             {"RECYCLING BAG RETROSPOT", "RED RETROSPOT MUG", "RED RETROSPOT WASHBAG"},
		"bags retrospot":    {"RECYCLING BAG RETROSPOT", "JUMBO BAG RED RETROSPOT"},
		"retrosopt cake":    {"RED RETROSPOT CAKE STAND"},
		"heart hanger":      {"CREAM CUPID HEARTS COAT HANGER"},
		"lunchbox":          {"LUNCH BOX I LOVE LONDON"},
		"polka dot bag":     {"JUMBO BAG PINK POLKADOT"},
		"night light":       {"FAIRY TALE COTTAGE NIGHTLIGHT", "RED TOADSTOOL LED NIGHT LIGHT"},
		"childrens apron":   {"CHILDREN'S APRON DOLLY GIRL"},
		"children’s apron":  {"CHILDREN'S APRON DOLLY GIRL"},
		"cafe":              {"CAFÉ AU LAIT MUG"},
		"hot-water bottel":  {"KNITTED UNION FLAG HOT WATER BOTTLE"},
		"union warmer hnad": {"HAND WARMER UNION JACK"},
		"hristmas craft":    {"CHRISTMAS CRAFT TREE TOP ANGEL"},
		"kntited bottle":    {"KNITTED UNION FLAG HOT WATER BOTTLE"},
		"retrspt mug":       {"RED RETROSPOT MUG"}, // two errors
		"box for the lunch": {"LUNCH BOX I LOVE LONDON"},
		"i love":            {"LUNCH BOX I LOVE LONDON"},
	} {
		found := w.Found(t, text)
		assert.Equal(t, first, found[:min(len(first), len(found))], "%q", text)
	}
	assert.Equal(t, w.Found(t, "tlight"), w.Found(t, "t-light"), "one word, however it is written")
	assert.Equal(t, w.Found(t, "tlight"), w.Found(t, "t light"))
	assert.Empty(t, w.Found(t, "submarine"))
	assert.Empty(t, w.Found(t, "mug submarine"), "both words are wanted")
	assert.Len(t, w.Found(t, ""), len(Names), "everything, when nothing is asked for")
	assert.Len(t, w.Found(t, " "), len(Names))
	assert.Empty(t, w.Found(t, "!?"), "signs alone are in nothing")
	assert.Empty(t, w.Found(t, "bagpi"), "two words that stand beside each other have no beginning")
	assert.Equal(t, w.Found(t, "bag retrospot"), w.Found(t, "the bag of retrospot"))
}

func priced(id string, price int64, availability string, categories ...string) search.Document {
	d := Thing(id, id)
	d.Numbers = map[string]int64{"price": price, "created": price % 7}
	d.Keywords = map[string][]string{"availability": {availability}, "category": categories}
	return d
}

func filters(t *testing.T, w *World) {
	w.Put(t,
		priced("red mug", 500, "in", "mugs", "red"), priced("blue mug", 750, "out", "mugs"), priced("red bag", 1999, "in", "bags", "red"),
		priced("blue bag", 2000, "in", "bags"), priced("green bag", 2001, "out", "bags"), priced("red pen", 9007199254740991, "in"))
	low, high := int64(750), int64(2000)
	for name, test := range map[string]struct {
		query search.Query
		want  []string
	}{
		"a value":           {search.Query{Filters: []search.Filter{{Field: "category", Values: []string{"mugs"}}}}, []string{"blue mug", "red mug"}},
		"one of two values": {search.Query{Filters: []search.Filter{{Field: "category", Values: []string{"mugs", "red"}}}}, []string{"blue mug", "red bag", "red mug"}},
		"two filters":       {search.Query{Filters: []search.Filter{{Field: "category", Values: []string{"bags"}}, {Field: "availability", Values: []string{"in"}}}}, []string{"blue bag", "red bag"}},
		"a range":           {search.Query{Filters: []search.Filter{{Field: "price", Min: &low, Max: &high}}}, []string{"blue bag", "blue mug", "red bag"}},
		"from a price on":   {search.Query{Filters: []search.Filter{{Field: "price", Min: &high}}}, []string{"blue bag", "green bag", "red pen"}},
		"up to a price":     {search.Query{Filters: []search.Filter{{Field: "price", Max: &low}}}, []string{"blue mug", "red mug"}},
		"text and filter":   {search.Query{Text: "red", Filters: []search.Filter{{Field: "price", Min: &low}}}, []string{"red bag", "red pen"}},
		"cheapest first":    {search.Query{Text: "bag", Sort: search.Sort{Field: "price"}}, []string{"red bag", "blue bag", "green bag"}},
		"dearest first":     {search.Query{Sort: search.Sort{Field: "price", Descending: true}}, []string{"red pen", "green bag", "blue bag", "red bag", "blue mug", "red mug"}},
		"no such value":     {search.Query{Filters: []search.Filter{{Field: "category", Values: []string{"Mugs"}}}}, []string{}},
	} {
		test.query.Limit = 50
		assert.Equal(t, test.want, w.found(t, test.query), name)
	}

	result, err := w.Search(t.Context(), search.Query{Limit: 1, Facets: []search.Facet{
		{Field: "category", Size: 2}, {Field: "availability", Size: 5}, {Field: "price", Bounds: []int64{750, 2001}},
	}, Filters: []search.Filter{{Field: "price", Min: &low}}})
	require.NoError(t, err)
	assert.EqualValues(t, 5, result.Total, "facets and the total are of all pages")
	more := int64(2001)
	assert.Equal(t, []search.Counts{
		{Field: "category", Values: []search.Count{{Value: "bags", Count: 3}, {Value: "mugs", Count: 1}}},
		{Field: "availability", Values: []search.Count{{Value: "in", Count: 3}, {Value: "out", Count: 2}}},
		{Field: "price", Values: []search.Count{{Max: &low}, {Min: &low, Max: &more, Count: 3}, {Min: &more, Count: 2}}},
	}, result.Facets)
}

func pages(t *testing.T, w *World) {
	const things = 45
	documents := make([]search.Document, things)
	for i := range documents {
		documents[i] = Thing(fmt.Sprintf("id-%02d", i), fmt.Sprintf("cup %s", strings.Repeat("large ", i%4)))
		documents[i].Numbers = map[string]int64{"price": int64(i / 10), "created": 1795651200000 + int64(i%5)}
	}
	w.Put(t, documents...)
	for name, query := range map[string]search.Query{
		"by relevance": {Text: "cup large"},
		"with errors":  {Text: "cupp largee"},
		"everything":   {},
		"by title":     {Text: "cup", Sort: search.Sort{Field: search.Title, Descending: true}},
		"by price":     {Text: "cup", Sort: search.Sort{Field: "price"}},
		"newest first": {Sort: search.Sort{Field: "created", Descending: true}},
	} {
		query.Limit = search.MaxLimit
		all, err := w.Search(t.Context(), query)
		require.NoError(t, err)
		require.Nil(t, all.Next, name)
		var seen []string
		query.Limit = 7
		for range things {
			page, err := w.Search(t.Context(), query)
			require.NoError(t, err, name)
			assert.Equal(t, all.Total, page.Total, name)
			for _, hit := range page.Hits {
				seen = append(seen, hit.ID)
			}
			if page.Next == nil {
				break
			}
			require.Len(t, page.Hits, 7, name)
			encoded, err := json.Marshal(page.Next)
			require.NoError(t, err)
			query.After = search.Position{}
			require.NoError(t, json.Unmarshal(encoded, &query.After))
		}
		var want []string
		for _, hit := range all.Hits {
			want = append(want, hit.ID)
		}
		assert.Equal(t, want, seen, "%s: each once and in order", name)
		assert.Len(t, seen, int(all.Total), name)
	}
}

func versions(t *testing.T, w *World) {
	version := func(n int64, name string) search.Document {
		d := Thing("sku-1", name)
		d.Version = n
		return d
	}
	w.Put(t, version(2, "second"))
	w.Put(t, version(1, "first"))
	assert.Equal(t, []string{"second"}, w.Found(t, ""), "an older version changes nothing")
	w.Put(t, version(4, "fourth"), version(3, "third"))
	assert.Equal(t, []string{"fourth"}, w.Found(t, ""), "nor in one batch")
	assert.Empty(t, w.Found(t, "second"), "what was replaced is not found any more")
	w.Put(t, search.Document{ID: "sku-1", Version: 3, Deleted: true})
	assert.Equal(t, []string{"fourth"}, w.Found(t, ""), "a deletion has a version, too")
	w.Put(t, search.Document{ID: "sku-1", Version: 5, Deleted: true})
	assert.Empty(t, w.Found(t, ""))
	assert.Empty(t, w.Found(t, "fourth"))
	w.Put(t, version(4, "fourth"))
	assert.Empty(t, w.Found(t, ""), "what comes late does not come back")
	w.Put(t, version(6, "sixth"))
	w.Put(t, version(6, "sixth"))
	assert.Equal(t, []string{"sixth"}, w.Found(t, "sixth"))
}

func highlights(t *testing.T, w *World) {
	d := Thing("sku-1", `<b>Tea</b> & "LIGHTS" <script>alert(1)</script> t-light`)
	d.Texts["description"] = strings.Repeat("Nothing of interest is said here. ", 40) + "A lamp & a light." + strings.Repeat(" And nothing more.", 40)
	w.Put(t, d)
	result, err := w.Search(t.Context(), search.Query{Text: "ligth", Limit: 1})
	require.NoError(t, err)
	require.Len(t, result.Hits, 1)
	assert.True(t, result.Wide)
	assert.Equal(t, `&lt;b&gt;Tea&lt;/b&gt; &amp; &#34;<mark>LIGHTS</mark>&#34; &lt;script&gt;alert(1)&lt;/script&gt; t-<mark>light</mark>`, result.Hits[0].Highlights["name"])
	described := result.Hits[0].Highlights["description"]
	assert.Contains(t, described, "A lamp &amp; a <mark>light</mark>.")
	assert.Less(t, len(described), 400, "a part of it: %s", described)
	result, err = w.Search(t.Context(), search.Query{Text: "tlight", Limit: 1})
	require.NoError(t, err)
	assert.Contains(t, result.Hits[0].Highlights["name"], "<mark>t-light</mark>")
	result, err = w.Search(t.Context(), search.Query{Limit: 1})
	require.NoError(t, err)
	assert.Empty(t, result.Hits[0].Highlights)
}

func suggestions(t *testing.T, w *World) {
	titles := func(text string, limit int) (titles []string) {
		suggested, err := w.Suggest(t.Context(), text, nil, limit)
		require.NoError(t, err)
		for _, s := range suggested {
			titles = append(titles, s.Title)
		}
		return titles
	}
	w.Put(t, Thing("sku-90", "RED RETROSPOT MUG"))
	assert.Equal(t, []string{"RECYCLING BAG RETROSPOT", "RED RETROSPOT MUG", "RED RETROSPOT WASHBAG"}, titles("retros", 3), "each title once")
	assert.Equal(t, []string{"CHRISTMAS CRAFT TREE TOP ANGEL"}, titles("christmas cr", 5))
	assert.Equal(t, []string{"CHRISTMAS CRAFT TREE TOP ANGEL"}, titles("chirstmas craft", 5)[:1])
	suggested, err := w.Suggest(t.Context(), "warm", nil, 1)
	require.NoError(t, err)
	assert.Equal(t, "HAND <mark>WARMER</mark> UNION JACK", suggested[0].Highlight)
}

func generations(t *testing.T, engine search.Engine) {
	ctx := t.Context()
	live, err := engine.Live(ctx)
	require.NoError(t, err)
	assert.Empty(t, live)
	result, err := search.New(Schema, engine).Search(ctx, search.Query{Text: "mug", Limit: 1, Facets: []search.Facet{{Field: "category", Size: 1}}})
	require.NoError(t, err, "nothing is found while there is nothing")
	assert.Empty(t, result.Hits)
	require.Len(t, result.Facets, 1)

	w := NewWorld(t, engine)
	at := func(generation string, want int64) {
		t.Helper()
		checkpoint, err := engine.Checkpoint(ctx, generation)
		require.NoError(t, err)
		assert.Equal(t, want, checkpoint, generation)
	}
	at("r1-1", 0)
	require.NoError(t, w.put(ctx, "r1-1", 41, Thing("1", "old mug")))
	at("r1-1", 41)
	require.NoError(t, engine.Create(ctx, "r1-1"), "it is there and stays")
	at("r1-1", 41)
	require.NoError(t, w.put(ctx, "r1-1", 42), "a batch without documents moves the checkpoint")
	at("r1-1", 42)

	require.NoError(t, engine.Create(ctx, "r1-2"))
	at("r1-2", 0)
	require.NoError(t, w.put(ctx, "r1-2", 7, Thing("1", "new mug"), Thing("2", "other mug")))
	at("r1-1", 42)
	assert.Equal(t, []string{"old mug"}, w.Found(t, "mug"), "what is built is not read")
	all, err := engine.Generations(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"r1-1", "r1-2"}, all)

	// Readers ask all the time, also while the generation that they read is dropped.
	stop := make(chan struct{})
	var readers sync.WaitGroup
	var reads, failed atomic.Int64
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				result, err := w.Search(ctx, search.Query{Text: "mug", Limit: 10})
				if err != nil || len(result.Hits) == 0 {
					failed.Add(1)
				}
				reads.Add(1)
			}
		})
	}
	require.NoError(t, engine.Switch(ctx, "r1-2"))
	assert.Equal(t, []string{"new mug", "other mug"}, w.Found(t, "mug"))
	require.NoError(t, engine.Drop(ctx, "r1-1"))
	require.NoError(t, engine.Drop(ctx, "r1-2"), "the live one stays")
	for range 20 {
		w.Found(t, "mug")
	}
	close(stop)
	readers.Wait()
	assert.Positive(t, reads.Load())
	assert.Zero(t, failed.Load(), "of %d reads", reads.Load())
	live, err = engine.Live(ctx)
	require.NoError(t, err)
	assert.Equal(t, "r1-2", live)
	all, err = engine.Generations(ctx)
	require.NoError(t, err)
	assert.Equal(t, []string{"r1-2"}, all)
}

func bounds(t *testing.T, w *World) {
	for name, query := range map[string]search.Query{
		"text":           {Text: strings.Repeat("x", search.MaxText+1), Limit: 1},
		"words":          {Text: strings.Repeat("xy ", search.MaxWords+1), Limit: 1},
		"no hits":        {Limit: 0},
		"hits":           {Limit: search.MaxLimit + 1},
		"order":          {Sort: search.Sort{Field: "category"}, Limit: 1},
		"field":          {Filters: []search.Filter{{Field: "_present", Values: []string{"1"}}}, Limit: 1},
		"kind of field":  {Filters: []search.Filter{{Field: "price", Values: []string{"1"}}}, Limit: 1},
		"range of words": {Filters: []search.Filter{{Field: "category"}}, Limit: 1},
		"values":         {Filters: []search.Filter{{Field: "category", Values: slices.Repeat([]string{"x"}, search.MaxValues+1)}}, Limit: 1},
		"facet":          {Facets: []search.Facet{{Field: "name", Size: 1}}, Limit: 1},
		"facet's size":   {Facets: []search.Facet{{Field: "category", Size: 1_000_000}}, Limit: 1},
	} {
		_, err := w.Search(t.Context(), query)
		assert.ErrorIs(t, err, search.ErrInvalid, name)
	}
	// What has a meaning in an engine's own language is text here.
	for _, text := range []string{`"`, `mug" OR *:*`, `name:mug`, `mug~2^5`, `/.*/`, `mug AND (`, `*`, `{"match_all":{}}`, "\\", "a\x01b", "日本語 マグ", strings.Repeat("a", search.MaxText), strings.Repeat("ab ", search.MaxWords)} {
		_, err := w.Search(t.Context(), search.Query{Text: text, Limit: 1})
		assert.NoError(t, err, "%q", text)
	}
}
