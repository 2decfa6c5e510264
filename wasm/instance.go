package wasm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
	"github.com/tetratelabs/wazero/sys"

	"forktax/workload/contract"
)

// An instance is an instance of the module.
type instance struct {
	api.Module
	stdio   *stdio
	created int64 // when it had been created, by contract.Now
	opened  int64 // connections that it has reported
}

// newInstance creates an initialized instance. The variables of a request are added to its environment.
func (h *Host) newInstance(ctx context.Context, s *stdio, variables ...string) (*instance, error) {
	if h.image != nil {
		ctx = experimental.WithMemoryAllocator(ctx, h.image)
	}
	i, err := h.instantiate(ctx, h.runtime, h.module, s, append(slices.Clip(h.Env), variables...))
	if err != nil || !h.copies || h.entry.initialize == "" {
		return i, err
	}
	if err := i.call(ctx, h.entry.initialize); err != nil {
		i.close()
		return nil, fmt.Errorf("initializing an instance: %w", err)
	}
	return i, nil
}

// instantiate creates an instance of a module, without calling a function.
func (h *Host) instantiate(ctx context.Context, r wazero.Runtime, m wazero.CompiledModule, s *stdio,
	settings []string) (i *instance, err error) {
	defer func() {
		if f := recover(); f != nil {
			failed, ok := f.(allocationError)
			if !ok {
				panic(f)
			}
			err = fmt.Errorf("reserving the memory of an instance: %w", failed.error)
		}
	}()
	config := moduleConfig(s)
	for _, setting := range settings {
		name, value, _ := strings.Cut(setting, "=")
		config = config.WithEnv(name, value)
	}
	module, err := r.InstantiateModule(ctx, m, config)
	if err != nil {
		return nil, fmt.Errorf("creating an instance: %w", err)
	}
	return &instance{Module: module, stdio: s, created: contract.Now()}, nil
}

// call calls an exported function. A program that exits with status 0 has succeeded.
func (i *instance) call(ctx context.Context, name string) error {
	_, err := i.ExportedFunction(name).Call(ctx)
	var exit *sys.ExitError
	switch {
	case !errors.As(err, &exit):
		if err != nil {
			text, _, _ := strings.Cut(err.Error(), "\n")
			return errors.New(text)
		}
		return nil
	case exit.ExitCode() == 0:
		return nil
	case exit.ExitCode() == sys.ExitCodeDeadlineExceeded || exit.ExitCode() == sys.ExitCodeContextCanceled:
		return errInterrupted
	}
	return exitError(exit.ExitCode())
}

// An exitError is the status of a program that has exited and was not successful.
type exitError uint32

func (e exitError) Error() string { return fmt.Sprintf("the module exited with status %d", uint32(e)) }

// errInterrupted is the error of a call whose context has ended.
var errInterrupted = errors.New("the instance was ended")

// size returns the size of the instance's memory in bytes.
func (i *instance) size() int64 { return int64(i.Memory().Size()) }

func (i *instance) close() { _ = i.Close(context.Background()) }
