package changeproduct_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/ordersaga/ordersaga/contracts/events"
	"github.com/ordersaga/ordersaga/services/catalog/internal/catalogtest"
	"github.com/ordersaga/ordersaga/services/catalog/internal/wire"
)

// with is the mug with further members.
func with(members string) string { return strings.Replace(same, "}", ","+members+"}", 1) }

func TestCategoriesAndImagesAreChangedAndStayWhenTheyAreNotSaid(t *testing.T) {
	s := open(t)
	catalogtest.Categories(t, s.db, "home", "home/mugs", "gifts")
	const photo = `{"url":"https://images.example.com/mug.jpg?w=1","alt":"A mug"}`
	changed := s.change(t, `"1"`, with(`"categories":["mugs","gifts","mugs"],"images":[`+photo+`,{"url":"https://a.example/2","alt":""}]`))
	assert.Equal(t, []string{"gifts", "mugs"}, changed.Categories)
	assert.Equal(t, []string{"gifts", "home/mugs"}, changed.CategoryPaths)
	assert.Equal(t, []wire.Image{{URL: "https://images.example.com/mug.jpg?w=1", Alt: "A mug"}, {URL: "https://a.example/2"}}, changed.Images)
	s.isAt(t, 2, 1)
	var told events.ProductChanged
	require.NoError(t, catalogtest.Outbox(t, s.db)[0].DataAs(&told))
	assert.Equal(t, changed.Categories, told.Categories)
	assert.Equal(t, changed.CategoryPaths, told.CategoryPaths)
	assert.Equal(t, []events.Image{{URL: "https://images.example.com/mug.jpg?w=1", Alt: "A mug"}, {URL: "https://a.example/2"}}, told.Images)

	next := s.change(t, `"2"`, larger)
	assert.Equal(t, changed.Categories, next.Categories, "not said")
	assert.Equal(t, changed.CategoryPaths, next.CategoryPaths)
	assert.Equal(t, changed.Images, next.Images)
	next = s.change(t, `"3"`, with(`"categories":[],"images":[]`))
	assert.Empty(t, next.CategoryPaths)
	assert.Empty(t, next.Images)
	s.isAt(t, 4, 3)
}

func TestWhatIsWrongWithCategoriesAndImagesIsNamed(t *testing.T) {
	s := open(t)
	for members, field := range map[string]string{
		`"categories":["No Slug"]`:                                                                                               "body.categories",
		`"categories":["` + strings.Repeat("x", 65) + `"]`:                                                                       "body.categories",
		`"images":[{"url":"http://a.example/1","alt":""}]`:                                                                       "body.images[0].url",
		`"images":[{"url":"https:///1","alt":""}]`:                                                                               "body.images[0].url",
		`"images":[{"url":"https://u:p@a.example/1","alt":""}]`:                                                                  "body.images[0].url",
		`"images":[{"url":"https://a.example/a b","alt":""}]`:                                                                    "body.images[0].url",
		`"images":[{"url":"https://a.example/\"onerror=","alt":""}]`:                                                             "body.images[0].url",
		`"images":[{"url":"javascript:alert(1)","alt":""}]`:                                                                      "body.images[0].url",
		`"images":[{"url":"https://a.example/` + strings.Repeat("x", 2000) + `","alt":""}]`:                                      "body.images[0].url",
		`"images":[{"url":"https://a.example/1","alt":"\u0007"}]`:                                                                "body.images[0].alt",
		`"images":[{"url":"https://a.example/1"}]`:                                                                               "body.images[0]",
		`"images":[` + strings.Repeat(`{"url":"https://a.example/1","alt":""},`, 20) + `{"url":"https://a.example/1","alt":""}]`: "body.images",
	} {
		answer := s.Put(t, s.operator, path, `"1"`, with(members))
		require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s: %s", members, answer.Body)
		errors := answer.Problem(t).Errors
		require.NotEmpty(t, errors, "%s", answer.Body)
		assert.Equal(t, field, errors[0].Field, "%s: %s", members, answer.Body)
	}
	answer := s.Put(t, s.operator, path, `"1"`, with(`"categories":["nowhere"]`))
	require.Equal(t, http.StatusUnprocessableEntity, answer.Status, "%s", answer.Body)
	problem := answer.Problem(t)
	assert.Equal(t, "https://ordersaga.dev/problems/category-not-found", problem.Type)
	assert.Contains(t, string(answer.Body), `"categories":["nowhere"]`)
	s.isAt(t, 1, 0)
}
