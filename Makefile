.PHONY: build test generate fuzz bench-compare check

build: ## the nse binary
	CGO_ENABLED=0 go build -trimpath -o nse ./cmd/nse

test: ## all tests
	go test ./...

generate: ## protobuf code and the configuration reference
	go generate ./...

fuzz: ## search for inputs that break the readers, 10 minutes each (TIME=1m for less)
	bash .ci/fuzz $(TIME)

bench-compare: ## benchmarks of two commits beside each other (OLD=HEAD~1 NEW=HEAD; COUNT=10 BENCH=.)
	bash .ci/bench-compare $(or $(OLD),HEAD~1) $(or $(NEW),HEAD)

check: ## what is checked before a change lands
	bash .ci/run
