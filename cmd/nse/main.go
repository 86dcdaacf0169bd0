// Command nse searches convolutional architectures by evolving the search space itself.
package main

import "os"

func main() { os.Exit(run(os.Args[1:])) }
