package graph

// TrainingBytes is the least memory in bytes that training the block on a batch takes. It is that of the parameters
// with gradients and momenta, of what the passes keep and compute, and of input and result with their gradients.
func (b *Block) TrainingBytes(batch int) float64 {
	in, out := b.in.Size(), b.out.Size()
	image := b.train.kept + in + out + max(b.train.temp, b.gradients.temp+in)
	bytes := 4 * float64(image) * float64(batch)
	for _, p := range b.Params {
		bytes += 4 * float64(len(p.Value)+2*len(p.Grad))
	}
	return bytes
}
