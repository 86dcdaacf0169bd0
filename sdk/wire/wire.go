// Package wire is the protobuf form of operations and of the plugin protocol.
//
// Encode and Decode are reverses of each other. Encoding takes what package sdk has checked. Decoding trusts nothing:
// its result has passed the checks of package sdk, or is an error.
package wire

//go:generate go run -C generate .

import (
	_ "embed"

	"github.com/hashicorp/go-plugin"
)

// Proto is the protobuf file of the plugin protocol.
//
//go:embed wire.proto
var Proto string

// ProtocolVersion is the version of the plugin protocol. It changes when an old host and a new plugin, or the
// reverse, would misunderstand each other; a host refuses plugins of another version.
const ProtocolVersion = 1

// SDKVersion is what a plugin built with this package says of itself in Describe. It decides nothing: ProtocolVersion
// does.
const SDKVersion = "0.1.0"

// ServiceName is the name under which go-plugin dispenses the Operations service.
const ServiceName = "operations"

// Handshake is what host and plugin must have in common. The cookie is no secret: it tells a plugin that it was
// started by nse and not by a person.
func Handshake() plugin.HandshakeConfig {
	return plugin.HandshakeConfig{
		ProtocolVersion:  ProtocolVersion,
		MagicCookieKey:   "NSE_PLUGIN",
		MagicCookieValue: "6e7365-operations",
	}
}
