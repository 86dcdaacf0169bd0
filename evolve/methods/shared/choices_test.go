package shared

import (
	"reflect"
	"testing"

	"github.com/nse-dev/nse/evolve"
)

func TestChoicesBeginWithTheIdentity(t *testing.T) {
	got := Choices(evolve.Problem{Normal: []bool{true, false}}, []evolve.Path{{0, 2}, {1, 3}})
	want := [][]evolve.Path{{{}, {0}, {2}}, {{1}, {3}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("choices %v, want %v", got, want)
	}
}
