package bench

// Help says what a workload is, and what each of the figures means.
const Help = `Time training steps and the scoring of architectures on a workload: a JSON file of layers with
their operations, the paths that each training step takes through them, and architectures to score. A program that
runs the same file on another engine can be compared with nse, figure by figure. A workload of one layer with two
operations:

  {"name": "tiny", "image": [8, 8, 3], "classes": 10, "batch": 4, "stem": {"channels": 4, "stride": 1}, "head": 8,
   "layers": [{"cin": 4, "cout": 4, "stride": 1, "ops": [
     {"family": "mbconv", "kernel": 3, "expand": 2, "dilation": 1, "groups": [1, 1]},
     {"family": "ssc", "kernel": 5, "expand": 1, "dilation": 1, "groups": [1, 1]}]}],
   "train_steps": [[[0]], [[0, 1]]],
   "score": {"batch": 4, "calibration_images": 8, "validation_images": 8, "architectures": [[[]], [[1]]]}}

train runs all steps once to warm up and --passes times more, on one batch of random images, and takes the least time
of each step: the median over the steps, and images a second and arithmetic (6 operations for each MAC of the forward
pass) over their sum. score takes BN statistics anew from the calibration images and classifies the validation images,
once for all that architectures have in common at their beginning; the fewer are scored, the less they share and the
longer each takes. With --alone each is scored in a call of its own. accuracies_sha256 is the SHA-256 of the
accuracies, as little-endian float64, in the order of the file: it is the same with and without --alone, all else
being equal. Training before scoring changes it. Memory is the most that the process has had up to then.

--profile passes over the training steps once more and shows the time of each kind of kernel, its arithmetic beside
that of a convolution whose numbers are at hand, and the bytes of its inputs and outputs beside the bandwidth of
memory, which it may exceed if they are in a cache. The bound is what it comes nearer to. Only the arithmetic of
convolutions counts.`
