package mongodb

import (
	"hash/maphash"
	"slices"
	"sync"

	"go.mongodb.org/mongo-driver/v2/mongo"
)

// The locks serialize the writers of one document in this process, because FerretDB 1 does not.
// Documents share the locks by hash.
var (
	locks    [64]sync.Mutex
	lockSeed = maphash.MakeSeed()
)

// lock takes the locks of the documents, always in the same order, and returns the function that
// releases them.
func lock(collection *mongo.Collection, documents []encoded) (unlock func()) {
	namespace := collection.Database().Name() + "." + collection.Name() + "."
	places := make([]int, 0, len(documents))
	for _, d := range documents {
		places = append(places, int(maphash.String(lockSeed, namespace+d.key)%uint64(len(locks))))
	}
	slices.Sort(places)
	places = slices.Compact(places)
	for _, place := range places {
		locks[place].Lock()
	}
	return func() {
		for _, place := range places {
			locks[place].Unlock()
		}
	}
}
