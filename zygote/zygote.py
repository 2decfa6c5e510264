"""Loads a CGI script in Python with its modules, and forks a process for each request, which executes the script.

Standard input is a socket to the host. For each request the host sends the size of a message as 4 bytes, and with them
the standard streams of the process; then the message: fields that end with NUL. The answer is the PID as 4 bytes, or a
negative error number. The processes are children of the host, not of this process, so that the host waits for them and
counts their CPU time as that of other CGI programs.
"""

import ast
import atexit
import ctypes
import gc
import importlib
import os
import resource
import signal
import socket
import struct
import sys
import threading
import types

CLONE_PARENT = 0x8000
SYS_CLONE = {"x86_64": 56, "aarch64": 220}
PR_SET_PDEATHSIG = 1

libc = ctypes.PyDLL(None, use_errno=True)


def imports(tree):
    """Yields the names of the modules that the script imports outside of functions and classes."""
    for node in tree:
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, None
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for name in node.names:
                yield node.module, name.name
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for field in ("body", "orelse", "finalbody"):
                yield from imports(getattr(node, field, []))
            for handler in getattr(node, "handlers", []):
                yield from imports(handler.body)


def load(path):
    """Imports the modules of the script and returns its code. What cannot be imported fails in the processes."""
    with open(path, "rb") as file:
        tree = ast.parse(file.read(), path)
    for module, member in imports(tree.body):
        try:
            importlib.import_module(module)
            if member not in (None, "*") and not hasattr(sys.modules[module], member):
                importlib.import_module(module + "." + member)
        except Exception:
            pass
    return compile(tree, path, "exec")


def receive(control):
    """Returns the files and the fields of a request, or None if the host has ended the connection."""
    head, files, _, _ = socket.recv_fds(control, 4, 3)
    if len(head) < 4:
        return None
    left, parts = struct.unpack("<I", head)[0], []
    while left:
        parts.append(control.recv(left))
        if not parts[-1]:
            return None
        left -= len(parts[-1])
    return files, b"".join(parts).split(b"\0")[:-1]


def fork():
    """Forks a sibling of this process. Unlike os.fork, it does not call handlers of pthread_atfork."""
    ctypes.pythonapi.PyOS_BeforeFork()
    pid = libc.syscall(SYS_CLONE[os.uname().machine], CLONE_PARENT | signal.SIGCHLD, 0, 0, 0, 0)
    if pid == 0:
        ctypes.pythonapi.PyOS_AfterFork_Child()
    else:
        ctypes.pythonapi.PyOS_AfterFork_Parent()
    return pid


def become(files, fields):
    """Makes this process the CGI program of a request."""
    os.setpgid(0, 0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    which, directory, cpu, memory, processes, *environment = fields
    for number, file in zip(map(int, which.split()), files):
        os.dup2(file, number)
    for file in files:
        os.close(file)
    for kind, limit in (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_AS, memory), (resource.RLIMIT_NPROC, processes):
        if int(limit) > 0:
            resource.setrlimit(kind, (int(limit), int(limit)))
    os.chdir(directory)
    os.environ.clear()
    for setting in environment:
        name, _, value = setting.partition(b"=")
        os.environb[name] = value


def execute(code, main):
    """Executes the script and returns its exit status."""
    status = 0
    try:
        exec(code, main.__dict__)
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        if status == 1 and not isinstance(end.code, int):
            print(end.code, file=sys.stderr)
    except BaseException as error:
        traceback = error.__traceback__.tb_next  # without this function
        sys.excepthook(type(error), error.with_traceback(traceback), traceback)
        status = 1
    try:
        threading._shutdown()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except Exception as error:
        print(error, file=sys.stderr)
        status = 120  # the status of the interpreter in this case
    return status & 0xFF


def serve(path):
    control = socket.socket(fileno=os.dup(0))
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.close(null)
    sys.argv = [path]
    if not (sys.flags.isolated or sys.flags.safe_path):
        sys.path[0] = os.path.dirname(os.path.realpath(path))
    try:
        code = load(path)
        if os.uname().machine not in SYS_CLONE:
            raise OSError("not supported on " + os.uname().machine)
        if len(os.listdir("/proc/self/task")) > 1:
            raise OSError("the modules of the script start threads, so the process cannot be forked")
    except Exception as error:
        control.sendall(b"error %s: %s\n" % (type(error).__name__.encode(), str(error).encode()))
        return
    main = types.ModuleType("__main__")
    main.__file__, main.__builtins__ = path, __builtins__
    sys.modules["__main__"] = main
    gc.collect()
    gc.freeze()  # so that collections in the processes do not write to what they share
    control.sendall(b"ready\n")
    while request := receive(control):
        files, fields = request
        pid = fork()
        if pid == 0:
            status = 1
            try:
                control.close()
                become(files, fields)
                status = execute(code, main)
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                os._exit(status)
        control.sendall(struct.pack("<i", pid if pid > 0 else -ctypes.get_errno()))
        for file in files:
            os.close(file)


serve(sys.argv[1])
