package cgi

import "syscall"

// textBusy is that a program cannot be executed while somebody writes it.
const textBusy = syscall.ETXTBSY

// transientErrnos are the errors that pass.
var transientErrnos = []syscall.Errno{syscall.EAGAIN, syscall.ENOMEM, syscall.EMFILE, syscall.ENFILE, textBusy}
