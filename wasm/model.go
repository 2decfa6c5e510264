package wasm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"forktax/workload/contract"
	"forktax/workload/model"
)

// Model is the execution models "wasm" and "wasm-reuse" for the module that is the program's Executable.
var Model = model.Package{Start: start}

func start(ctx context.Context, p model.Program) (model.Server, error) {
	x, err := p.Command()
	if err != nil {
		return model.Server{}, fmt.Errorf("finding the module: %w", err)
	}
	h := &Host{Path: x.Path, Authorization: x.Authorization, Reuse: p.Model.State == contract.Kept, Cache: cacheDir(),
		Env: model.Settings(p.Inherited(x)...), Limits: p.Limits, Logger: p.Logger}
	if err := h.Open(ctx); err != nil {
		return model.Server{}, err
	}
	return model.Server{Handler: h, Stats: h.Stats, Close: h.Close}, nil
}

// cacheDir returns the user's directory for compiled modules; "" if there is none.
func cacheDir() string {
	dir, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(dir, "forktax", "modules")
}
