package scenario

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"forktax/bench/subject"
)

// RequestsKey is the key of a list of requests with weights, which are sent as a mix. There is no flag of that name.
const RequestsKey = "requests"

const requestsExample = "[{request: /, weight: 9}, {request: POST /sign, body: name=a, weight: 1}]"

// requests reads the value of the key.
func (s scenario) requests(n ast.Node) (requests []subject.Weighted, where Place, err error) {
	where, err = s.each(n, RequestsKey, requestsExample, func(n ast.Node) error {
		var r subject.Weighted
		if text, ok := scalar(n); ok && text != "" {
			requests = append(requests, subject.Weighted{Request: text})
			return nil
		}
		err := s.keys(n, "a request", "{request: /, weight: 9}", requestKeys, func(key string, value ast.Node) string {
			return readRequest(&r, key, value)
		})
		if err == nil && r.Request == "" {
			err = s.wrong(position(n), "the key request is missing: use {request: POST /sign}, for example")
		}
		if err == nil && r.Body != "" && r.BodyFile != "" {
			err = s.wrong(position(n), "body cannot be combined with body-file: remove one of them")
		}
		requests = append(requests, r)
		return err
	})
	return requests, where, err
}

var requestKeys = []string{"request", "weight", "header", "body", "body-file", "expect-status"}

// maxWeight is the largest weight. It is far larger than needed.
const maxWeight = 1_000_000

// readRequest sets the field of a key. If the value is invalid, it returns the requirement, such as "must be text".
func readRequest(r *subject.Weighted, key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	number, err := strconv.Atoi(text)
	switch key {
	case "request":
		r.Request, needed = text, "must be a path, a method and a path, or the name of a request"
	case "weight":
		r.Weight, needed, ok = number, "must be a whole number from 1 to 1,000,000",
			err == nil && number >= 1 && number <= maxWeight
	case "header":
		needed = `must be a header or a list of headers, such as "Accept: text/html"`
		nodes := []ast.Node{value}
		if list, isList := value.(*ast.SequenceNode); isList {
			nodes = list.Values
		}
		for _, n := range nodes {
			header, isText := scalar(n)
			ok = isText
			r.Headers = append(r.Headers, header)
			if !ok {
				break
			}
		}
	case "body":
		r.Body, needed = text, "must be text"
	case "body-file":
		r.BodyFile, needed = text, "must be a file name"
	case "expect-status":
		r.ExpectStatus, needed, ok = number, "must be a status from 200 to 599",
			err == nil && number >= 200 && number <= 599
	}
	if ok {
		return ""
	}
	return needed
}
