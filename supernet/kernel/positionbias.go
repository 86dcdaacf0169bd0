package kernel

// PositionBias adds to scores between the pixels p = (py, px) and q = (qy, qx) of an H×W image, [n, p, Heads, q], a
// number of the table [Heads, 2H−1, 2W−1]:
//
//	dst[p, h, q] = x[p, h, q] + table[h, py − qy + H − 1, px − qx + W − 1]
type PositionBias struct{ H, W, Heads int }

// Forward sets dst, which may be x.
func (b PositionBias) Forward(p *Pool, dst, x, table []float32) {
	c := b.Heads * b.H * b.W
	rows := rowsOf(x, c)
	need(dst, len(x))
	need(table, b.Heads*b.tableRows()*b.tableColumns())
	over(p, rowChunks(rows, c), positioning{b, dst, x, table})
}

// Backward sets dtable to the sums of dy over all images and all pairs of pixels of a place, in float64. The gradient
// of x is dy.
func (b PositionBias) Backward(p *Pool, dtable, dy []float32) {
	rows := b.Heads * b.tableRows()
	need(dtable, rows*b.tableColumns())
	rowsOf(dy, b.H*b.W*b.Heads*b.H*b.W)
	over(p, parts{rows, 1}, positionGradient{b, dtable, dy, p.scratch64(len(dtable))})
}

func (b PositionBias) tableRows() int { return 2*b.H - 1 }

func (b PositionBias) tableColumns() int { return 2*b.W - 1 }

type positioning struct {
	PositionBias
	dst, x, table []float32
}

func (w *positioning) do(from, to int) {
	line := w.Heads * w.H // lines of W scores of a pixel
	for i := from * line; i < to*line; i++ {
		pixel, head, qy := i/line%(w.H*w.W), i%line/w.H, i%w.H
		py, px := pixel/w.W, pixel%w.W
		row := w.table[(head*w.tableRows()+py-qy+w.H-1)*w.tableColumns():][:px+w.W]
		dst, x := w.dst[i*w.W:(i+1)*w.W], w.x[i*w.W:(i+1)*w.W]
		for qx, v := range x {
			dst[qx] = v + row[px-qx+w.W-1]
		}
	}
}

type positionGradient struct {
	PositionBias
	dtable, dy []float32
	sums       []float64
}

// do adds up whole rows of the table. A row has all pairs of pixels of a head that are so many rows apart.
func (w *positionGradient) do(from, to int) {
	columns, pixels := w.tableColumns(), w.H*w.W
	for i := from; i < to; i++ {
		sums, head, apart := w.sums[i*columns:(i+1)*columns], i/w.tableRows(), i%w.tableRows()-(w.H-1)
		clear(sums)
		for at := 0; at < len(w.dy); at += pixels * w.Heads * pixels {
			for py := max(apart, 0); py < min(w.H+apart, w.H); py++ {
				for px := range w.W {
					scores := w.dy[at+((py*w.W+px)*w.Heads+head)*pixels+(py-apart)*w.W:][:w.W]
					for qx, v := range scores {
						sums[px-qx+w.W-1] += float64(v)
					}
				}
			}
		}
		for j, v := range sums {
			w.dtable[i*columns+j] = float32(v)
		}
	}
}
