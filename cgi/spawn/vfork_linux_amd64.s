#include "go_asm.h"
#include "textflag.h"

#define SYS_rt_sigprocmask 14
#define SYS_exit_group 231
#define SYS_clone3 435
#define SIG_SETMASK 2

// func spawn(v *vfork) (pid uintptr)
TEXT ·spawn(SB), NOSPLIT, $0-16
	MOVQ	v+0(FP), BX

	MOVQ	$SYS_rt_sigprocmask, AX
	MOVQ	$SIG_SETMASK, DI
	LEAQ	vfork_block(BX), SI
	LEAQ	vfork_mask(BX), DX
	MOVQ	$8, R10
	SYSCALL

	MOVQ	$SYS_clone3, AX
	LEAQ	vfork_clone(BX), DI
	MOVQ	$cloneArgs__size, SI
	SYSCALL
	TESTQ	AX, AX
	JEQ	child
	MOVQ	AX, R12

	MOVQ	$SYS_rt_sigprocmask, AX
	MOVQ	$SIG_SETMASK, DI
	LEAQ	vfork_mask(BX), SI
	MOVQ	$0, DX
	MOVQ	$8, R10
	SYSCALL
	MOVQ	R12, pid+8(FP)
	RET

child:
	LEAQ	vfork_calls(BX), R12
	MOVQ	vfork_count(BX), R13
next:
	TESTQ	R13, R13
	JEQ	exit
	MOVQ	call_number(R12), AX
	MOVQ	(call_args+0)(R12), DI
	MOVQ	(call_args+8)(R12), SI
	MOVQ	(call_args+16)(R12), DX
	MOVQ	(call_args+24)(R12), R10
	MOVQ	(call_args+32)(R12), R8
	MOVQ	(call_args+40)(R12), R9
	SYSCALL
	CMPQ	AX, $-4095
	JCC	failed
	ADDQ	$call__size, R12
	DECQ	R13
	JMP	next
failed:
	NEGQ	AX
	MOVQ	AX, vfork_errno(BX)
exit:
	MOVQ	$SYS_exit_group, AX
	MOVQ	$127, DI
	SYSCALL
	JMP	exit
