#include "go_asm.h"
#include "textflag.h"

#define SYS_exit_group 94
#define SYS_rt_sigprocmask 135
#define SYS_clone3 435
#define SIG_SETMASK 2

// func spawn(v *vfork) (pid uintptr)
TEXT ·spawn(SB), NOSPLIT, $0-16
	MOVD	v+0(FP), R19

	MOVD	$SYS_rt_sigprocmask, R8
	MOVD	$SIG_SETMASK, R0
	ADD	$vfork_block, R19, R1
	ADD	$vfork_mask, R19, R2
	MOVD	$8, R3
	SVC

	MOVD	$SYS_clone3, R8
	ADD	$vfork_clone, R19, R0
	MOVD	$cloneArgs__size, R1
	SVC
	CBZ	R0, child
	MOVD	R0, R20

	MOVD	$SYS_rt_sigprocmask, R8
	MOVD	$SIG_SETMASK, R0
	ADD	$vfork_mask, R19, R1
	MOVD	$0, R2
	MOVD	$8, R3
	SVC
	MOVD	R20, pid+8(FP)
	RET

child:
	ADD	$vfork_calls, R19, R20
	MOVD	vfork_count(R19), R21
next:
	CBZ	R21, exit
	MOVD	call_number(R20), R8
	MOVD	(call_args+0)(R20), R0
	MOVD	(call_args+8)(R20), R1
	MOVD	(call_args+16)(R20), R2
	MOVD	(call_args+24)(R20), R3
	MOVD	(call_args+32)(R20), R4
	MOVD	(call_args+40)(R20), R5
	SVC
	CMN	$4095, R0
	BCS	failed
	ADD	$call__size, R20
	SUB	$1, R21
	B	next
failed:
	NEG	R0, R0
	MOVD	R0, vfork_errno(R19)
exit:
	MOVD	$SYS_exit_group, R8
	MOVD	$127, R0
	SVC
	B	exit
