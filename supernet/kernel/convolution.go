package kernel

// Convolution computes convolutions of one geometry together with the normalisations on both sides. It applies the one
// before it to what it loads. It measures what the one behind it needs while the output is in the cache. It takes both
// back from gradients in the same way. Only raw outputs of convolutions are ever stored.
//
// A pass cuts the images into parts and gives every shard a run of parts. What is summed over parts is summed in their
// order. A Convolution belongs to one goroutine at a time.
type Convolution struct {
	Conv
	scheme   scheme
	layout   layout
	plain    *Norm // of the input, where there is no other
	plainOut *Norm
	pass     pass
	forward  shardFunc
	backward shardFunc
}

// scheme is the way in which a kind of convolution is computed.
type scheme interface {
	pack(k *Convolution, backward bool)              // rearranges pass.w into pass.weights
	forward(k *Convolution, r strip)                 // sets the strip of y and its moments
	backward(k *Convolution, r strip)                // sets the strip of dx and its slopes, and adds to r.sum
	add(dw, sum []float32, from, to int, first bool) // adds a shard's sum to a part of dw, or sets it first
}

// layout is how a scheme cuts its work, and the memory that it takes, in floats.
type layout struct {
	rows int // of the output in a part
	// unit rows of the output stand for inputUnit rows of the input: those of an image, or one for one.
	unit, inputUnit int
	scratch         int // memory of a worker
	// packed and packedBack are the weights as pack rearranges them, for the forward and the backward pass.
	packed, packedBack int
	weights            parts // in which add adds
}

// inputRows are the rows of the input that belong to whole units of the output.
func (l *layout) inputRows(from, to int) (first, last int) {
	return from / l.unit * l.inputUnit, to / l.unit * l.inputUnit
}

// pass is a running pass: its operands, its results and its scratch memory.
type pass struct {
	pool            *Pool
	y, x, w         []float32
	expand          []float32 // weights of the pointwise convolution that makes the input of x; nil if x is the input
	dx, dw, dy      []float32
	n               int
	in, out         *Norm
	parts           parts
	shards          int
	weights         []float32 // as the scheme rearranges them
	moments, slopes []float32 // of every part
	sums            []float32 // gradients of the weights by shard
	local           []float32 // of all workers
}

// strip is the part of a pass that one worker computes at once.
type strip struct {
	index    int       // of the part
	from, to int       // rows of the output
	local    []float32 // scratch memory
	sum      []float32 // the shard's gradient of the weights; nil if it is not wanted
}

// Shards are many, so that workers end at about the same time. Each has memory of its own for the gradients of weights,
// which bounds their number.
const (
	fewestShards = 16
	mostShards   = 64
	sumsInAll    = 1 << 22
)

// NewConvolution plans a convolution. It panics if the geometry is impossible.
func NewConvolution(c Conv) *Convolution {
	c.check()
	k := &Convolution{Conv: c, plain: identity(c.C), plainOut: identity(c.Out)}
	switch {
	case c.depthwise():
		k.scheme, k.layout = newDepthwise(c)
	case c.pointwise():
		k.scheme, k.layout = newPointwise(c)
	default:
		k.scheme, k.layout = newDense(c)
	}
	k.forward, k.backward = k.forwardShard, k.backwardShard
	return k
}

// Forward computes y [n, OH, OW, Out] from x [n, H, W, C] and w [KH, KW, C/Groups, Out], which must not overlap:
//
//	y[h, v, o] = Σ z[h·s + i·d − p, v·s + j·d − p, g·C/Groups + c]·w[i, j, c, o]   with g the group of o
//
// Here z is in applied to x. A nil in leaves x as it is. Taps in the padding are skipped. stats become those of y,
// unless stats.Mean is nil. Then y becomes what out makes of it, unless out is nil.
func (k *Convolution) Forward(p *Pool, y, x, w []float32, n int, in, out *Norm, stats Statistics) {
	k.checkLengths(x, y, w, n)
	k.run(p, y, x, nil, w, n, in, out, stats)
}

// ForwardThrough is Forward of the product of x [n, H, W, c] and expand [c, C], which in normalises. The product is not
// stored. k must not be pointwise, and in must not be nil.
func (k *Convolution) ForwardThrough(p *Pool, y, x, expand, w []float32, n int, in, out *Norm, stats Statistics) {
	c := len(expand) / k.C
	need(expand, c*k.C)
	need(x, n*k.H*k.W*c)
	k.run(p, y, x, expand, w, n, in, out, stats)
}

// run is either Forward. expand is nil if x is the input.
func (k *Convolution) run(p *Pool, y, x, expand, w []float32, n int, in, out *Norm, stats Statistics) {
	oh, ow := k.OutSize()
	need(y, n*oh*ow*k.Out)
	k.begin(p, n, in, out)
	a := &k.pass
	a.y, a.x, a.expand, a.w = y, x, expand, w
	moments := 0
	if stats.Mean != nil {
		moments = a.parts.count() * 3 * padded(k.Out)
	}
	k.allot(k.layout.packed, moments, 0, 0)
	k.scheme.pack(k, false)
	p.run(a.shards, k.forward)
	if stats.Mean != nil {
		stats.foldMoments(p, a.moments, a.parts)
	}
}

// Gradients are what Backward computes: of the input [n, H, W, C], of the weights, and of gamma and beta of the
// normalisation before the convolution. A nil DX or DW is not computed. DGamma and DBeta come with DX. They may be nil
// without that normalisation.
type Gradients struct{ DX, DW, DGamma, DBeta []float32 }

// Backward computes the gradients of ⟨dy, act(out(y))⟩, where y is what Forward has computed from x and w. A nil out is
// no normalisation behind the convolution. Otherwise out must be ready: by Norm.Slopes, or by the Backward of the
// convolution that applied it.
//
// DX is the gradient of z, behind the normalisation in. That is ready afterwards for the convolution before. A nil in
// is none. No result may overlap an operand.
func (k *Convolution) Backward(p *Pool, g Gradients, x, w, y, dy []float32, n int, in, out *Norm) {
	k.checkLengths(x, dy, w, n)
	k.begin(p, n, in, out)
	a := &k.pass
	a.y, a.x, a.w, a.dx, a.dw, a.dy = y, x, w, g.DX, g.DW, dy
	size, slopes, sums := 0, 0, 0
	if g.DX != nil {
		size = k.layout.packedBack
		if in != nil {
			slopes = a.parts.count() * 2 * padded(k.C)
		}
	}
	if g.DW != nil {
		need(g.DW, len(w))
		sums = max(k.layout.packed, len(w))
		a.shards = min(a.shards, max(sumsInAll/sums, fewestShards))
	}
	k.allot(size, 0, slopes, sums)
	if g.DX != nil {
		need(g.DX, len(x))
		k.scheme.pack(k, true)
	}
	p.run(a.shards, k.backward)
	if g.DW != nil {
		over(p, k.layout.weights, weightGradient{k.scheme, g.DW, a.sums, a.shards})
	}
	if g.DX != nil && in != nil {
		in.foldSlopes(p, g.DGamma, g.DBeta, a.slopes, len(x)/k.C)
	}
}

// begin forgets the pass before, and cuts n images into parts.
func (k *Convolution) begin(p *Pool, n int, in, out *Norm) {
	oh, ow := k.OutSize()
	k.pass = pass{pool: p, n: n, in: in, out: out, parts: parts{n * oh * ow, k.layout.rows}}
	k.pass.shards = min(k.pass.parts.count(), mostShards)
}

// allot lends the pass its scratch memory: so many floats of weights, moments, slopes, and sums of each shard.
func (k *Convolution) allot(weights, moments, slopes, sums int) {
	a := &k.pass
	local := padded(k.layout.scratch)
	rest := a.pool.scratch32(padded(weights) + moments + slopes + a.shards*padded(sums) + a.pool.workers*local)
	take := func(n int) (v []float32) {
		v, rest = rest[:n:n], rest[n:]
		return v
	}
	a.weights = take(padded(weights))[:weights]
	a.moments, a.slopes, a.sums = take(moments), take(slopes), take(a.shards*padded(sums))
	a.local = rest
}

// strip is part i, which belongs to a shard, for a worker.
func (a *pass) strip(worker, shard, i int) (r strip) {
	r.index = i
	r.from, r.to = a.parts.bounds(i)
	size := len(a.local) / a.pool.workers
	r.local = a.local[worker*size : (worker+1)*size]
	if a.dw != nil {
		size := len(a.sums) / a.shards
		r.sum = a.sums[shard*size : (shard+1)*size]
	}
	return r
}

func (k *Convolution) forwardShard(_ *Pool, worker, shard int) {
	a := &k.pass
	first, last := part(a.parts.count(), a.shards, shard)
	for i := first; i < last; i++ {
		k.scheme.forward(k, a.strip(worker, shard, i))
	}
}

func (k *Convolution) backwardShard(_ *Pool, worker, shard int) {
	a := &k.pass
	first, last := part(a.parts.count(), a.shards, shard)
	clear(a.strip(worker, shard, first).sum)
	for i := first; i < last; i++ {
		k.scheme.backward(k, a.strip(worker, shard, i))
	}
}

// measureMoments measures blocks of channels from..to−1 of the strip of y, if statistics are wanted.
func (k *Convolution) measureMoments(r strip, from, to int) {
	if len(k.pass.moments) == 0 {
		return
	}
	m := k.pass.moments[r.index*3*padded(k.Out):]
	for i := from * lanes; i < min(to*lanes, k.Out); i += lanes {
		moments(m[3*i:], rowsOf16{k.pass.y[r.from*k.Out+i:], k.Out}, r.to-r.from, min(lanes, k.Out-i))
	}
}

// measureSlopes measures blocks of channels from..to−1 of the strip's x and dx, if slopes are wanted.
func (k *Convolution) measureSlopes(r strip, from, to int) {
	if len(k.pass.slopes) == 0 {
		return
	}
	sums := k.pass.slopes[r.index*2*padded(k.C):]
	first, last := k.layout.inputRows(r.from, r.to)
	for i := from; i < to; i++ {
		at := first*k.C + i*lanes
		k.pass.in.from(i*lanes).slopes(sums[2*i*lanes:], rowsOf16{k.pass.x[at:], k.C}, rowsOf16{k.pass.dx[at:], k.C},
			last-first, min(lanes, k.C-i*lanes))
	}
}

// blocks is the number of blocks of c channels.
func blocks(c int) int { return ceilDiv(c, lanes) }

// weightGradient adds up the gradients [shards, packed weights] that the shards have computed.
type weightGradient struct {
	scheme   scheme
	dw, sums []float32
	shards   int
}

func (w *weightGradient) do(from, to int) {
	size := len(w.sums) / w.shards
	for s := range w.shards {
		w.scheme.add(w.dw, w.sums[s*size:(s+1)*size], from, to, s == 0)
	}
}

// input returns rows from..to−1 of z. They lie in local if they must be computed, and in x otherwise.
func (k *Convolution) input(local []float32, from, to int) []float32 {
	if k.pass.expand != nil {
		z := local[:(to-from)*k.C]
		k.expand(z, k.C, from, to-from, 0, k.C)
		return z
	}
	x := k.pass.x[from*k.C : to*k.C]
	if k.pass.in == nil {
		return x
	}
	local = local[:len(x)]
	k.pass.in.load(local, x, to-from)
	return local
}

// outputGradient returns rows from..to−1 of the gradient of y. They lie in local if they must be denormalised, and in
// dy otherwise.
func (k *Convolution) outputGradient(local []float32, from, to int) []float32 {
	dy := k.pass.dy[from*k.Out : to*k.Out]
	if k.pass.out == nil {
		return dy
	}
	local = local[:len(dy)]
	k.pass.out.loadGradient(local, k.pass.y[from*k.Out:to*k.Out], dy, to-from)
	return local
}

// check panics if the geometry is impossible.
func (c Conv) check() {
	if min(c.H, c.W, c.C, c.Out, c.Groups) < 1 || c.C%c.Groups != 0 || c.Out%c.Groups != 0 {
		panic(badGeometry)
	}
	size := [2]int{c.H, c.W}
	for i := range size {
		k, s, p, d := c.Kernel[i], c.Stride[i], c.Pad[i], c.Dilation[i]
		if min(k, s, d) < 1 || p < 0 || size[i]+2*p < d*(k-1)+1 {
			panic(badGeometry)
		}
	}
}

// checkLengths panics unless the lengths of input, output and weights fit the geometry.
func (c Conv) checkLengths(x, y, w []float32, n int) {
	oh, ow := c.OutSize()
	need(x, n*c.H*c.W*c.C)
	need(y, n*oh*ow*c.Out)
	need(w, c.Kernel[0]*c.Kernel[1]*c.C/c.Groups*c.Out)
}

func (c Conv) depthwise() bool { return c.Groups == c.C && c.Out == c.C }

// pointwise is a convolution whose output pixels see one input pixel each, the one at the same place.
func (c Conv) pointwise() bool {
	one := [2]int{1, 1}
	return c.Kernel == one && c.Stride == one && c.Pad == [2]int{}
}

// wholeImages is the layout of parts of whole images, not too few pixels.
func (c Conv) wholeImages() layout {
	oh, ow := c.OutSize()
	pixels := oh * ow
	return layout{rows: pixels * ceilDiv(minRows, pixels), unit: pixels, inputUnit: c.H * c.W}
}

// minRows is the number of pixels below which several images are a part together.
const minRows = 256
