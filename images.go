package nse

import (
	"fmt"
	"strings"

	"github.com/nse-dev/nse/internal/runs"
	"github.com/nse-dev/nse/supernet/data"
)

// remark says what is to be known of a data set.
func (o Options) remark(set *data.Set) {
	for _, note := range set.Notes {
		o.notice(false, "data: "+note)
	}
	if left := set.Left.String(); left != "" {
		o.notice(false, "data: left out "+left)
	}
	known := set.Train.Contents()
	copies := func(side string, images data.Split) {
		if n := images.Count(known); n > 0 {
			o.warn(fmt.Sprintf("%d of %d %s images are copies of training images", n, images.Len(), side))
		}
	}
	copies("held-out", set.Validate)
	copies("test", set.Test)
	if few := rare(set); few != "" {
		o.notice(false, "data: "+few)
	}
}

// same refuses images that are not those that a run was started with. A nil set has none to compare.
func same(r *runs.Run, set *data.Set) error {
	if set == nil {
		return nil
	}
	was, err := r.Images()
	if err != nil {
		return err
	}
	if was.Rows == nil {
		return fmt.Errorf("%s was started by an older nse, which held out other images: use that version", r.Dir)
	}
	if differences := set.Index().Differences(was); differences != "" {
		return fmt.Errorf("%s: the data set %s has changed since the run was started: %s", r.Dir, set.Name, differences)
	}
	return nil
}

// unchanged refuses images that have changed since the run in home was started, where they are of the same data set.
// Images that are generated from another seed are others, as the user wants.
func unchanged(home string, set *data.Set, s Settings) error {
	if home == "" || generated(s.Data.Spec) {
		return nil
	}
	spec, err := absolute(s.Data.Spec)
	if err != nil {
		return err
	}
	r, err := runs.Read(home)
	if err != nil {
		return err
	}
	defer r.Close()
	if was, err := r.Images(); err != nil || was.Rows == nil || r.Info.Data != spec {
		return err
	}
	return same(r, set)
}

// generated reports whether a specification is that of images that are drawn from a seed.
func generated(spec string) bool { return strings.HasPrefix(spec, "generated") }

// rare names the classes of which there are hardly any training images. It is empty if there are none, and of images
// that are generated, of which there are as many as the user wants.
func rare(set *data.Set) string {
	const few, named = 10, 5
	if generated(set.Name) {
		return ""
	}
	count := make([]int, len(set.Classes))
	for _, label := range set.Train.Labels {
		count[label]++
	}
	var list []string
	for class, n := range count {
		if n < few {
			list = append(list, fmt.Sprintf("%s (%d)", set.Classes[class], n))
		}
	}
	n := len(list)
	if n == 0 {
		return ""
	}
	if n > named {
		list = append(list[:named], fmt.Sprintf("and %d others", n-named))
	}
	return fmt.Sprintf("%d of %d classes have fewer than %d training images: %s", n, len(count), few,
		strings.Join(list, ", "))
}

// reading tells the observer how far reading files is: after a second, and then less and less often.
func (o Options) reading() func(data.Progress) {
	return data.Paced(func(p data.Progress) { o.Observe(Reading(p)) })
}
