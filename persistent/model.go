package persistent

import (
	"context"
	"fmt"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model is the execution model "persistent", and the models between it and "cgi". It serves in this process. State and
// connections that the model keeps are created once, the others for each request by a [PerRequest].
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
