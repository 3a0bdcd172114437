package examples

import _ "embed"

// Inventory shows every key of an inventory, with its default and a comment.
//
//go:embed inventories/full.toml
var Inventory string
