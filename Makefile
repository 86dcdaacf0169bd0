.PHONY: build test generate check

build: ## the nse binary
	CGO_ENABLED=0 go build -trimpath -o nse ./cmd/nse

test: ## all tests
	go test ./...

generate: ## protobuf code and the configuration reference
	go generate ./...

check: ## what is checked before a change lands
	bash .ci/run
