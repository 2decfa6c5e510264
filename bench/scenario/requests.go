package scenario

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"

	"forktax/bench/subject"
)

// RequestsKey is a key of a scenario that is no flag: a list of requests with weights, which are sent as a mix.
const RequestsKey = "requests"

const requestsExample = "[{request: /, weight: 9}, {request: POST /sign, body: name=a, weight: 1}]"

// requests reads the value of the key.
func (s scenario) requests(n ast.Node) (requests []subject.Weighted, where Place, err error) {
	where, err = s.each(n, RequestsKey, requestsExample, func(n ast.Node) error {
		var r subject.Weighted
		err := s.keys(n, "a request", "{request: /, weight: 9}", requestKeys, func(key string, value ast.Node) string {
			return readRequest(&r, key, value)
		})
		if err == nil && r.Request == "" {
			err = s.wrong(position(n), "a request needs the key request, such as {request: POST /sign}")
		}
		requests = append(requests, r)
		return err
	})
	return requests, where, err
}

var requestKeys = []string{"request", "weight", "header", "body", "body-file", "expect-status"}

// maxWeight is beyond all use.
const maxWeight = 1_000_000

// readRequest takes the value of a key, or returns what is needed.
func readRequest(r *subject.Weighted, key string, value ast.Node) (needed string) {
	text, ok := scalar(value)
	number, err := strconv.Atoi(text)
	switch key {
	case "request":
		r.Request, needed = text, "a path, with a method before it if it is not GET, or the name of a request is needed"
	case "weight":
		r.Weight, needed, ok = number, "a whole number from 1 to 1,000,000 is needed", err == nil && number >= 1 &&
			number <= maxWeight
	case "header":
		needed = `a header or a list of them is needed, such as "Accept: text/html"`
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
		r.Body, needed = text, "text is needed"
	case "body-file":
		r.BodyFile, needed = text, "the name of a file is needed"
	case "expect-status":
		r.ExpectStatus, needed, ok = number, "a status from 200 to 599 is needed", err == nil && number >= 200 &&
			number <= 599
	}
	if ok {
		return ""
	}
	return needed
}
