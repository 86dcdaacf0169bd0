package inspection

import (
	"fmt"

	"github.com/nse-dev/nse/supernet/data"
)

const (
	unbalanced = 10 // ratio of the largest class to the smallest, from which it is said
	rarely     = 20 // one image of so many has colour, or fewer, so that it may be by mistake
)

// advise says what would be wise with what was found. Each line names what to do first.
func (r *Report) advise(o data.Options) {
	r.Advice = []string{}
	say := func(when bool, format string, args ...any) {
		if when {
			r.Advice = append(r.Advice, fmt.Sprintf(format, args...))
		}
	}
	say(r.Unreadable.Files > 0 && !o.SkipUnreadable,
		"mend or delete the files that cannot be read; --skip-unreadable goes on without them")
	say(r.Copies.AcrossClasses > 0, "keep each image in one class: a network cannot learn an image that is in several")
	say(r.Copies.AcrossSides > 0, "keep each image on one side: networks know by heart what they were trained on")
	say(r.Near.AcrossSides > 0, "look at images on several sides that look alike: accuracies may be too good")
	say(r.small(o.Size), "think of --size %d: half of the images have at least %d pixels a side, and networks see "+
		"%d×%d; training costs about 4 times as much", 2*r.Width, r.Sizes.Shorter, r.Width, r.Height)
	say(o.Size > 0 && r.Sizes.Smaller > 0, "think of a smaller --size: %d images are enlarged to %d×%d",
		r.Sizes.Smaller, r.Width, r.Height)
	say(r.Sizes.Elongated > 0, "crop images that are more than twice as long as wide: networks see the central square")
	say(r.Plain.Images > 0, "look at the images of one colour: nothing can be seen in them")
	say(r.Transparent > 0, "think of `background` in [data]: it is seen where images are transparent, and is white")
	say(r.Coloured > 0 && r.Coloured*rarely <= r.Images,
		"store all images as grey if colour means nothing: %d of %d have colour, and networks see three channels",
		r.Coloured, r.Images)
	say(r.Few > 0, "collect images of small classes: fewer than %d tell hardly anything", few)
	say(r.Ratio >= unbalanced, "look at each class in nse eval: accuracy says little of small classes")
}

// small reports whether networks would see far less than is in most image files, and no size was asked for.
func (r *Report) small(asked int) bool {
	return asked == 0 && len(r.Formats) > 0 && 2*r.Width <= r.Sizes.Shorter
}
