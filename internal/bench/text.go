package bench

import (
	"fmt"
)

// Rows is a table, for text.Table.
func (r Training) Rows() []string {
	return []string{
		"train\tthreads\tbatch\tmedian step\timages/s\tmillion MACs\tGFLOPS\tmemory",
		fmt.Sprintf("%s\t%d\t%d\t%.2f ms\t%.1f\t%.3f\t%.1f\t%s", r.Workload, r.Threads, r.Batch, r.MedianStepMS,
			r.ImagesPerSecond, r.MeanMACs, r.GFLOPS, memory(r.PeakRSSMiB)),
	}
}

// Rows is a table, for text.Table.
func (r Scoring) Rows() []string {
	return []string{
		"score\tthreads\tarchitectures\teach\tall of the workload\tmemory\taccuracies",
		fmt.Sprintf("%s\t%d\t%d\t%.4f s\t%.1f s\t%s\t%.8s", r.Workload, r.Threads, r.Architectures, r.SecondsEach,
			r.ProjectedSeconds, memory(r.PeakRSSMiB), r.AccuraciesSHA256),
	}
}

// Rows is a table with a row for each kind of kernel, for text.Table.
func (r Profile) Rows() []string {
	rows := []string{
		"profile\ttime\tshare\tGFLOPS\tof peak\tGB/s\tof memory\tbound",
		fmt.Sprintf("%s\t%.3f ms\t100.0 %%\t%.1f\tpeak\t%.1f\tpeak", r.Workload, 1e3*r.Seconds, r.PeakGFLOPS,
			r.PeakGBs),
	}
	for _, k := range r.Kinds {
		rows = append(rows, fmt.Sprintf("%s\t%.3f ms\t%.1f %%\t%.1f\t%.1f %%\t%.1f\t%.1f %%\t%s", k.Kind, 1e3*k.Seconds,
			100*k.Share, k.GFLOPS, 100*k.OfPeak, k.GBs, 100*k.OfMemory, k.Bound))
	}
	return rows
}

func memory(mib float64) string {
	if mib == 0 {
		return "unknown"
	}
	return fmt.Sprintf("%.1f MiB", mib)
}
