.PHONY: build test generate fuzz check

build: ## the nse binary
	CGO_ENABLED=0 go build -trimpath -o nse ./cmd/nse

test: ## all tests
	go test ./...

generate: ## protobuf code and the configuration reference
	go generate ./...

fuzz: ## search for inputs that break the readers, 10 minutes each (TIME=1m for less)
	bash .ci/fuzz $(TIME)

check: ## what is checked before a change lands
	bash .ci/run
