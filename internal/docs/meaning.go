package docs

import "slices"

// explainSources says what the keys of tables mean that no comment of the example stands
// beside: where a secret comes from, what a host has of [ssh], and package sources.
func explainSources(tree map[string]any) {
	ssh, _ := schemaNode(tree, []string{"ssh"})["properties"].(map[string]any)
	own, _ := schemaNode(tree, []string{"hosts", "*", "ssh"})["properties"].(map[string]any)
	for name, node := range own {
		if general, ok := ssh[name].(map[string]any); ok {
			describe(node, general["description"])
		}
	}
	eachTable(tree, func(keys map[string]any) {
		if isSource(keys) {
			describe(keys["env"], "the environment variable of this machine that holds the secret")
			describe(keys["file"], "a file of this machine that holds the secret and that only its owner can read")
			describe(keys["command"], "a program of this machine that prints the secret, and its arguments; it runs without a shell")
		}
		if apt, ok := keys["apt"]; ok {
			describe(apt, "a package source in the form of deb822: Types, URIs, Suites and Components, a line each in triple quotes")
		}
	})
}

// isSource says whether these are the keys of a table that says where a secret comes from.
func isSource(keys map[string]any) bool {
	return len(keys) == 3 && keys["env"] != nil && keys["file"] != nil && keys["command"] != nil
}

// describe gives a node its description, unless it has one.
func describe(node, text any) {
	if n, ok := node.(map[string]any); ok && n["description"] == nil && text != nil {
		n["description"] = text
	}
}

// eachTable calls do with the keys of every table of a schema.
func eachTable(node map[string]any, do func(keys map[string]any)) {
	keys, _ := node["properties"].(map[string]any)
	if keys != nil {
		do(keys)
	}
	below := []any{node["items"], node["additionalProperties"]}
	for _, one := range keys {
		below = append(below, one)
	}
	for _, one := range slices.DeleteFunc(below, func(v any) bool { _, ok := v.(map[string]any); return !ok }) {
		eachTable(one.(map[string]any), do)
	}
}
