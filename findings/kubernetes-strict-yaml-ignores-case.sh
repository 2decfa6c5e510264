#!/usr/bin/env bash
# sigs.k8s.io/yaml 1.6.0 with the types of k8s.io/api 0.37.2: UnmarshalStrict refuses unknown and duplicate fields, but it
# decodes with encoding/json, which ignores the case of names. sigs.k8s.io/json, which the API server uses, does not. So a
# manifest with "completionmode: Indexed" passes a strict test, with the value in its field; for the API server the field is
# unknown, and the Job would not be an indexed one.
# Seen: no error and Indexed by UnmarshalStrict; an unknown field and no value by the decoder of the API server.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'END'
module strict

go 1.26.0

require (
	k8s.io/api v0.37.2
	sigs.k8s.io/json v0.0.0-20250730193827-2d320260d730
	sigs.k8s.io/yaml v1.6.0
)
END
cat >main.go <<'END'
package main

import (
	"fmt"

	batch "k8s.io/api/batch/v1"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

const job = "apiVersion: batch/v1\nkind: Job\nspec:\n  completionmode: Indexed\n  completions: 8\n"

func mode(j batch.Job) string {
	if j.Spec.CompletionMode == nil {
		return "none"
	}
	return string(*j.Spec.CompletionMode)
}

func main() {
	var strict, server batch.Job
	err := yaml.UnmarshalStrict([]byte(job), &strict)
	fmt.Printf("yaml.UnmarshalStrict: error %v, mode %s\n", err, mode(strict))
	text, err := yaml.YAMLToJSONStrict([]byte(job))
	if err != nil {
		panic(err)
	}
	problems, err := kjson.UnmarshalStrict(text, &server)
	fmt.Printf("json.UnmarshalStrict: error %v, problems %v, mode %s\n", err, problems, mode(server))
}
END
go mod tidy >/dev/null 2>&1
go run . | tee out
grep -qx 'yaml.UnmarshalStrict: error <nil>, mode Indexed' out
grep -qx 'json.UnmarshalStrict: error <nil>, problems \[unknown field "spec.completionmode"\], mode none' out
