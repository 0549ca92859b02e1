package engines_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/platform/config"
	"github.com/ordersaga/ordersaga/platform/search"
	"github.com/ordersaga/ordersaga/platform/search/engines"
	"github.com/ordersaga/ordersaga/platform/search/searchtest"
	"github.com/ordersaga/ordersaga/platform/testkit"
)

// variants make about 10,000 products of a real shop's names.
var variants = []string{"", " SMALL", " LARGE", " BLUE", " GREEN", " YELLOW"}

// products are the documents of the names of ../shared/data/online-retail.csv beside the tree (see
// docs/tried.md) or, where it is not, of a few of them.
func products(t testing.TB) []search.Document {
	t.Helper()
	var documents []search.Document
	for i, name := range names(t) {
		for j, variant := range variants {
			d := searchtest.Thing(fmt.Sprintf("%05d-%d", i, j), name+variant)
			d.Numbers = map[string]int64{"price": int64((i*37 + j*11) % 5000), "created": int64(i)}
			d.Keywords = map[string][]string{"category": {strings.Fields(name + " -")[0]}, "availability": {[]string{"in", "out"}[i%2]}}
			documents = append(documents, d)
		}
	}
	return documents
}

func names(t testing.TB) []string {
	file, err := os.Open(filepath.Join("..", "..", "..", "..", "shared", "data", "online-retail.csv"))
	if errors.Is(err, fs.ErrNotExist) {
		return searchtest.Names
	}
	require.NoError(t, err)
	defer file.Close()
	rows := csv.NewReader(file)
	named := map[string]bool{}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if name := strings.TrimSpace(row[2]); name != "" && name != "Description" {
			named[name] = true
		}
	}
	names := make([]string, 0, len(named))
	for name := range named {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// index has the documents, on a server when there is a URL.
func index(t testing.TB, settings engines.Settings, documents []search.Document) *search.Index {
	t.Helper()
	engine, err := settings.Open(searchtest.Schema)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, engine.Close()) })
	w := searchtest.NewWorld(t, engine)
	for begin := 0; begin < len(documents); begin += 500 {
		w.Put(t, documents[begin:min(begin+500, len(documents))]...)
	}
	return w.Index
}

func onServer(t testing.TB) engines.Settings {
	t.Helper()
	url, prefix := testkit.OpenSearch(t)
	return engines.Settings{URL: config.Secret(url), Prefix: prefix}
}

// texts are as people type them.
var texts = []string{
	"tlight holder", "t-light holder", "t light holder", "christmas ligths", "christmas lights", "retrospot bag", "red retrospot", "retro",
	"lunch box", "lunchbox", "lunchbag", "hot water bottle", "hot-water bottel", "heart", "hearts", "whit hanging hart", "cake stand 3 tier",
	"3 tier cakestand", "jumbo bag red", "vintage", "alarm clock bakelike", "alram clock", "union jak", "doormat", "door mat", "set of 6",
	"childrens apron", "paper chain kit 50s", "key fob", "wooden blok letter", "frame", "mirorr", "candels", "glass", "a", "x", "22423", "submarine",
	"red retrospot bag small", "pink polkadot jumbo storage",
}

func TestBothEnginesFindTheSameInTheSameOrder(t *testing.T) {
	documents := products(t)
	server, process := index(t, onServer(t), documents), index(t, engines.Settings{Dir: t.TempDir()}, documents)
	t.Logf("%d products", len(documents))
	low := int64(1000)
	queries := []search.Query{{}, {Sort: search.Sort{Field: "price"}}, {Sort: search.Sort{Field: "created", Descending: true}}}
	for _, text := range texts {
		queries = append(
			queries, search.Query{Text: text}, search.Query{Text: text, Sort: search.Sort{Field: "price", Descending: true}},
			search.Query{Text: text, Filters: []search.Filter{{Field: "availability", Values: []string{"in"}}, {Field: "price", Min: &low}}},
		)
	}
	for _, q := range queries {
		q.Limit = 20
		q.Facets = []search.Facet{{Field: "category", Size: 10}, {Field: "availability", Size: 10}, {Field: "price", Bounds: []int64{500, 1000, 2500}}}
		for page := range 2 {
			one, err := server.Search(t.Context(), q)
			require.NoError(t, err)
			two, err := process.Search(t.Context(), q)
			require.NoError(t, err)
			require.Equal(t, ids(one), ids(two), "%q by %v, page %d", q.Text, q.Sort, page)
			require.Equal(t, plain(t, one), plain(t, two), "%q by %v, page %d", q.Text, q.Sort, page)
			if one.Next == nil {
				break
			}
			q.After = *one.Next
		}
	}
	for text, expected := range map[string]string{"tlight holder": "T-LIGHT HOLDER", "christmas ligths": "CHRISTMAS LIGHTS", "retrospot bag": "BAG"} {
		result, err := process.Search(t.Context(), search.Query{Text: text, Limit: 5})
		require.NoError(t, err)
		require.Len(t, result.Hits, 5, text)
		for _, hit := range result.Hits {
			assert.Contains(t, string(hit.Source), expected, text)
		}
	}
}

// plain has sources in one spelling: JSON may be written in several ways.
func plain(t testing.TB, result search.Result) search.Result {
	t.Helper()
	for i := range result.Hits {
		var source any
		require.NoError(t, json.Unmarshal(result.Hits[i].Source, &source))
		encoded, err := json.Marshal(source)
		require.NoError(t, err)
		result.Hits[i].Source = encoded
	}
	return result
}

func ids(result search.Result) (ids []string) {
	for _, hit := range result.Hits {
		ids = append(ids, fmt.Sprint(hit.Score, " ", hit.ID))
	}
	return ids
}

// One run compares the two: go test -bench Search ./platform/search/engines.
func BenchmarkSearch(b *testing.B) {
	documents := products(b)
	for _, engine := range []struct {
		name     string
		settings func(t testing.TB) engines.Settings
	}{
		{"in process", func(t testing.TB) engines.Settings { return engines.Settings{Dir: t.TempDir()} }},
		{"on OpenSearch", onServer},
	} {
		b.Run(engine.name, func(b *testing.B) {
			x := index(b, engine.settings(b), documents)
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for i := 0; pb.Next(); i++ {
					_, err := x.Search(b.Context(), search.Query{
						Text: texts[i%len(texts)], Limit: 20, Facets: []search.Facet{{Field: "category", Size: 10}, {Field: "availability", Size: 10}},
					})
					assert.NoError(b, err)
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "queries/s")
		})
	}
}
