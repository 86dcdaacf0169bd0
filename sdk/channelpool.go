package sdk

// ChannelPool takes the mean and the maximum of the channels of each pixel, in this order, as the spatial attention of
// CBAM does (Woo et al. 2018). The result has two channels.
type ChannelPool struct{}

// ChannelPool appends the mean and the maximum over the channels.
func (t Tensor) ChannelPool() Tensor { return t.g.Add(ChannelPool{}, t) }

// Kind is "channel_pool".
func (ChannelPool) Kind() string { return "channel_pool" }

// Infer keeps the size, and returns two channels.
func (ChannelPool) Infer(in []Shape) (Shape, error) {
	x, err := one(in)
	return Shape{x.Height, x.Width, 2}, err
}

// Params returns none.
func (ChannelPool) Params([]Shape) []Param { return nil }

// MACs returns 0, as those of pooling do.
func (ChannelPool) MACs([]Shape) int64 { return 0 }

// Examples have one channel and several.
func (ChannelPool) Examples() []Example {
	return []Example{
		{ChannelPool{}, []Shape{{3, 2, 5}}, Shape{3, 2, 2}, Count{}},
		{ChannelPool{}, []Shape{{2, 2, 1}}, Shape{2, 2, 2}, Count{}},
	}
}
