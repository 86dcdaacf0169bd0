package setting_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"github.com/nse-dev/nse/internal/setting"
)

type kind string

func TestErrorQuotesTexts(t *testing.T) {
	for _, test := range []struct {
		value any
		want  string
	}{
		{1, "k = 1: want 2 to 64"},
		{-0.5, "k = -0.5: want 2 to 64"},
		{[]int{16, 24}, "k = [16 24]: want 2 to 64"},
		{"", `k = "": want 2 to 64`},
		{kind("time"), `k = "time": want 2 to 64`},
		{nil, "k = <nil>: want 2 to 64"},
	} {
		if err := setting.Errorf("k", test.value, "want %d to %d", 2, 64); err.Error() != test.want {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
}

func TestErrorUnwraps(t *testing.T) {
	err := setting.Errorf("table", "t.json", "%w", fs.ErrNotExist)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v does not lead to its reason", err)
	}
}

func TestInExtendsTheKey(t *testing.T) {
	inner := setting.Errorf("crop_padding", -1, "want 0 or more")
	outer := setting.In("retrain", setting.In("augment", inner))
	if want := "retrain.augment.crop_padding = -1: want 0 or more"; outer.Error() != want {
		t.Errorf("%v, want %s", outer, want)
	}
	if e, ok := errors.AsType[*setting.Error](inner); !ok || e.Key != "crop_padding" {
		t.Errorf("the error within has become %v", inner)
	}
	other := errors.New("no layers")
	if setting.In("search", other) != other || setting.In("search", nil) != nil {
		t.Error("errors about no setting are changed")
	}
}

func ExampleIn() {
	err := setting.In("search", setting.Errorf("k", 1, "want 2 to 64"))
	fmt.Println(err)
	// Output: search.k = 1: want 2 to 64
}
