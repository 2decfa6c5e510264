package persistent

import (
	"context"
	"fmt"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model serves in this process: what the model keeps is made once, and the rest for each request.
var Model = model.Package{Start: start}

func start(ctx context.Context, p model.Program) (model.Server, error) {
	if p.Model.State != contract.Kept {
		return model.Server{Handler: &PerRequest{Open: p.Open, Logger: p.Logger}}, nil
	}
	connect, err := p.Open(ctx)
	if err != nil {
		return model.Server{}, fmt.Errorf("opening %s: %w", p.Name, err)
	}
	if p.Model.Connection != contract.Kept {
		opened := func(context.Context) (model.Connect, error) { return connect, nil }
		return model.Server{Handler: &PerRequest{Open: opened, Logger: p.Logger}}, nil
	}
	handler, shut, err := connect(ctx)
	if err != nil {
		return model.Server{}, fmt.Errorf("connecting %s: %w", p.Name, err)
	}
	return model.Server{Handler: handler, Close: shut}, nil
}
