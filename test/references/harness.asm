; The program that runs a list of scenarios on any x86-64 processor, real or emulated, and writes what each of them left
; behind to port E9. It works the same way everywhere, so what differs between two outputs differs between the processors.
;
; Built flat by nasm at 0x20000; image.ts has the same numbers. Home is 32-bit protected mode, flat, without paging. A
; scenario is launched by an IRET of the kind that its mode needs and ends at the first event that the processor delivers
; to one of the stubs: code is followed by UD2, so #UD at the next instruction is the ordinary end.

org 0x20000

ARENA           equ 0xf000
ARENA_DWORDS    equ (0x20000 - ARENA) / 4
BEYOND          equ 0x28000     ; What 16-bit offsets from the arena reach, behind the usual changes.
BEYOND_BYTES    equ 0xa000
BASELINES       equ 0x100000    ; Legacy; long follows ARENA_BYTES behind it.
VECTORS         equ 0x130000    ; The interrupt vectors of real mode, to be copied to 0.
SCENARIOS       equ 0x140000

HOME_CODE       equ 0x08
HOME_DATA       equ 0x10
HOME_CODE64     equ 0x18
HOME_CODE16     equ 0x28
HOME_DATA16     equ 0x30

S_ID            equ 4
S_KIND          equ 8
S_BASELINE      equ 12
S_CR0           equ 16
S_CR3           equ 20
S_CR4           equ 24
S_EFER          equ 28
S_GDTR          equ 32
S_IDTR          equ 40
S_LDTR          equ 48
S_TR            equ 50
S_DS            equ 52
S_ES            equ 54
S_FS            equ 56
S_GS            equ 58
S_SS            equ 60
S_CS            equ 62
S_RIP           equ 64
S_RFLAGS        equ 72
S_RSP           equ 80
S_GPR           equ 88
S_DR7           equ 216
S_XCR0          equ 220
S_PKRU          equ 224
S_MSRS          equ 228
S_PATCHES       equ 232
S_CR8           equ 236
S_LISTS         equ 240

KIND_OUTER      equ 0
KIND_SAME       equ 1
KIND_LONG       equ 2
KIND_REAL       equ 3

STUB32_BYTES    equ 20
STUB64_BYTES    equ 24
STUB16_BYTES    equ 12

%define LOW(label) ((label) - $$)

bits 32
        jmp start
        align 8
; What the generator must know of this program: where the stubs are.
table:  dd stubs32, stubs64, LOW(stubs16), STUB32_BYTES, STUB64_BYTES, STUB16_BYTES, launched, launched64

start:  mov ax, HOME_DATA
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov esp, stack_end
        mov al, 0xff
        out 0x21, al
        out 0xa1, al
        mov esi, SCENARIOS
        mov [current], esi
        mov esi, $$             ; What writes beyond the arena reach first.
        mov edi, saved
        mov ecx, 16
        rep movsd

next:   mov esi, saved
        mov edi, $$
        mov ecx, 16
        rep movsd
   mov ebp, [current]
        cmp dword [ebp], 0
        je finish
; The arena is as its baseline says.
        mov esi, [ebp + S_BASELINE]
        cmp esi, [present]
        je .there
        mov [present], esi
        mov edi, ARENA
        mov ecx, ARENA_DWORDS
        rep movsd
.there:
        mov esi, VECTORS
        xor edi, edi
        mov ecx, 256
        rep movsd
; Memory that scenarios have no business in, and get to when something goes wrong, ends it and holds nothing of earlier ones.
        mov eax, 0xcccccccc     ; INT3, wherever it is entered.
        mov ecx, (ARENA - 0x400) / 4
        rep stosd
        mov edi, BEYOND
        mov ecx, BEYOND_BYTES / 4
        rep stosd
; Flags that POPF and a 16-bit IRET leave alone.
        push dword 2
        push dword HOME_CODE
        push dword .clean
        iretd
.clean:
; Registers that outlive a mode.
        mov eax, 1 << 9 | 1 << 18 | 1 << 22 ; OSFXSR, OSXSAVE and PKE.
        mov cr4, eax
        mov eax, 7
        xor edx, edx
        xor ecx, ecx
        xsetbv
        xrstor [initial]        ; x87, SSE and AVX in their initial configuration.
        mov eax, [ebp + S_XCR0]
        xsetbv
        mov eax, [ebp + S_PKRU]
        xor ecx, ecx
        xor edx, edx
        db 0x0f, 0x01, 0xef     ; WRPKRU, which nasm has for 64-bit code only.
        xor eax, eax
        mov cr2, eax
        mov dr7, eax
        mov dr0, eax
        mov dr1, eax
        mov dr2, eax
        mov dr3, eax
        mov eax, 0xffff0ff0
        mov dr6, eax
        lea esi, [ebp + S_LISTS]
        mov ebx, [ebp + S_MSRS]
.msr:   test ebx, ebx
        jz .msrs
        mov ecx, [esi]
        mov eax, [esi + 4]
        mov edx, [esi + 8]
        wrmsr
        add esi, 12
        dec ebx
        jmp .msr
.msrs:  mov ebx, [ebp + S_PATCHES]
.patch: test ebx, ebx
        jz .patched
        mov edi, [esi]
        mov ecx, [esi + 4]
        add esi, 8
        mov eax, ecx
        neg eax
        and eax, 3
        rep movsb
        add esi, eax
        dec ebx
        jmp .patch
.patched:
        mov edi, result         ; What is not recorded on the way is zero.
        mov ecx, RESULT_BYTES / 4
        xor eax, eax
        rep stosd
        mov eax, [ebp + S_ID]
        mov [r_id], eax
        lgdt [ebp + S_GDTR]
        lidt [ebp + S_IDTR]
        mov eax, [ebp + S_DR7]
        mov dr7, eax
        cmp dword [ebp + S_KIND], KIND_REAL
        je launch_real
        mov eax, [ebp + S_CR4]
        mov cr4, eax
        mov eax, [ebp + S_CR3]
        mov cr3, eax
        mov ecx, 0xc0000080
        mov eax, [ebp + S_EFER]
        xor edx, edx
        wrmsr
        cmp dword [ebp + S_KIND], KIND_LONG
        je launch_long

; The frame for the last instructions, in the order in which they take it.
        mov edi, frame
        lea esi, [ebp + S_GPR]
        mov eax, [esi + 7 * 8]
        stosd
        mov eax, [esi + 6 * 8]
        stosd
        mov eax, [esi + 5 * 8]
        stosd
        stosd
        mov eax, [esi + 3 * 8]
        stosd
        mov eax, [esi + 2 * 8]
        stosd
        mov eax, [esi + 1 * 8]
        stosd
        mov eax, [esi]
        stosd
        mov eax, HOME_DATA
        test dword [ebp + S_RFLAGS], 1 << 17
        jnz .v86
        movzx eax, word [ebp + S_GS]
        stosd
        movzx eax, word [ebp + S_FS]
        stosd
        movzx eax, word [ebp + S_ES]
        stosd
        movzx eax, word [ebp + S_DS]
        stosd
        jmp .iret
.v86:   stosd
        stosd
        stosd
        stosd
.iret:  mov eax, [ebp + S_RIP]
        stosd
        movzx eax, word [ebp + S_CS]
        stosd
        mov eax, [ebp + S_RFLAGS]
        stosd
        mov eax, [ebp + S_RSP]
        mov [stack_pointer], eax
        stosd
        movzx eax, word [ebp + S_SS]
        mov [stack_pointer + 4], ax
        stosd
        movzx eax, word [ebp + S_ES]
        stosd
        movzx eax, word [ebp + S_DS]
        stosd
        movzx eax, word [ebp + S_FS]
        stosd
        movzx eax, word [ebp + S_GS]
        stosd
        mov ebx, [ebp + S_KIND]
        mov dx, [ebp + S_LDTR]
        mov cx, [ebp + S_TR]
        mov eax, [ebp + S_CR0]
        mov cr0, eax            ; Of what follows, all that is needed lies in pages that every scenario maps.
        lldt dx
        ltr cx
        mov esp, frame
        cmp ebx, KIND_SAME
        je .same
        popad
        pop gs
        pop fs
        pop es
        pop ds
        jmp launched
.same:  popad
        pop gs
        pop fs
        pop es
        pop ds
        lss esp, [cs:stack_pointer]
launched:
        iretd

launch_long:
        mov eax, [ebp + S_CR0]
        mov edi, frame
        lea esi, [ebp + S_RIP]  ; RIP, CS, RFLAGS, RSP, SS
        movsd
        movsd
        movzx eax, word [ebp + S_CS]
        stosd
        xor eax, eax
        stosd
        movsd
        movsd
        movsd
        movsd
        movzx eax, word [ebp + S_SS]
        stosd
        xor eax, eax
        stosd
        lea esi, [ebp + S_GPR]
        mov edi, gpr_in
        mov ecx, 32
        rep movsd
        lea esi, [ebp + S_LDTR]
        mov edi, segments_in
        mov ecx, 3
        rep movsd
        mov eax, [ebp + S_CR8]
        mov [cr8_in], eax
        mov eax, [ebp + S_PKRU]
        mov [pkru_in], eax
        lea esi, [ebp + S_LISTS]
        mov edi, [ebp + S_MSRS]
        mov [msrs_in], edi
        imul ecx, edi, 3
        mov edi, msr_list
        rep movsd
        mov eax, [ebp + S_CR0]
        mov cr0, eax
        jmp HOME_CODE64:.long
bits 64
.long:  mov eax, [abs cr8_in]
        mov cr8, rax
        lldt [abs segments_in]
        ltr [abs segments_in + 2]
        mov ds, [abs segments_in + 4]
        mov es, [abs segments_in + 6]
        mov fs, [abs segments_in + 8]
        mov gs, [abs segments_in + 10]
; Loading FS and GS set their bases; the scenario's come last.
        mov ebx, [abs msrs_in]
        mov esi, msr_list
.msr:   test ebx, ebx
        jz .msrs
        mov ecx, [rsi]
        mov eax, [rsi + 4]
        mov edx, [rsi + 8]
        cmp ecx, 0xc0000100
        jb .skip
        wrmsr
.skip:  add esi, 12
        dec ebx
        jmp .msr
.msrs:
; Once more, for processors that look at it in IA-32e mode only; with CR4.PKE it was written before.
        mov rax, cr4
        bt eax, 22
        jnc .keys
        mov eax, [abs pkru_in]
        xor ecx, ecx
        xor edx, edx
        wrpkru
.keys:  mov esp, frame
        mov rax, [abs gpr_in]
        mov rcx, [abs gpr_in + 8]
        mov rdx, [abs gpr_in + 16]
        mov rbx, [abs gpr_in + 24]
        mov rbp, [abs gpr_in + 40]
        mov rsi, [abs gpr_in + 48]
        mov rdi, [abs gpr_in + 56]
        mov r8, [abs gpr_in + 64]
        mov r9, [abs gpr_in + 72]
        mov r10, [abs gpr_in + 80]
        mov r11, [abs gpr_in + 88]
        mov r12, [abs gpr_in + 96]
        mov r13, [abs gpr_in + 104]
        mov r14, [abs gpr_in + 112]
        mov r15, [abs gpr_in + 120]
launched64:
        iretq

bits 32
launch_real:
        mov eax, [ebp + S_CR4]
        mov cr4, eax
        mov esi, ebp
        mov edi, real_in
        mov ecx, S_LISTS / 4
        rep movsd
        jmp HOME_CODE16:LOW(.pm16)
bits 16
.pm16:  mov ax, HOME_DATA16
        mov ds, ax
        mov es, ax
        mov fs, ax
        mov gs, ax
        mov ss, ax
        mov eax, [cs:LOW(real_in + S_CR0)]
        mov cr0, eax
        jmp 0x2000:LOW(.real)
.real:  mov ax, cs
        mov ds, ax
        mov ss, [LOW(real_in + S_SS)]
        mov esp, [LOW(real_in + S_RSP)]
        mov es, [LOW(real_in + S_ES)]
        mov fs, [LOW(real_in + S_FS)]
        mov gs, [LOW(real_in + S_GS)]
        mov eax, [LOW(real_in + S_GPR)]
        mov ecx, [LOW(real_in + S_GPR + 8)]
        mov edx, [LOW(real_in + S_GPR + 16)]
        mov ebx, [LOW(real_in + S_GPR + 24)]
        mov ebp, [LOW(real_in + S_GPR + 40)]
        mov esi, [LOW(real_in + S_GPR + 48)]
        mov edi, [LOW(real_in + S_GPR + 56)]
        mov ds, [LOW(real_in + S_DS)]
        iret

; One stub a vector. The 32-bit ones know only that CS is the harness's, so they write through the stack and then DS.
        align 16
bits 32
stubs32:
%assign n 0
%rep 256
        push ds
        push eax
        mov ax, HOME_DATA
        mov ds, ax
        mov ax, n
        jmp near common32
        times (n + 1) * STUB32_BYTES - ($ - stubs32) db 0x90
%assign n n + 1
%endrep

common32:
        mov [r_vector], ax
        mov word [r_vector + 2], 32
        pop dword [r_gpr]
        pop eax
        mov [r_ds], ax
        mov [r_gpr + 8], ecx
        mov [r_gpr + 16], edx
        mov [r_gpr + 24], ebx
        mov [r_gpr + 32], esp
        mov [r_gpr + 40], ebp
        mov [r_gpr + 48], esi
        mov [r_gpr + 56], edi
        mov [r_ss], ss
        mov [r_es], es
        mov [r_fs], fs
        mov [r_gs], gs
        mov [r_cs], cs
        pushfd
        pop dword [r_rflags]
        mov ax, HOME_DATA
        mov ss, ax
        mov esp, stack_end
        mov es, ax
        jmp HOME_CODE:record32

record32:
        mov eax, cr0
        mov [r_cr0], eax
        mov eax, cr2
        mov [r_cr2], eax
        mov eax, cr3
        mov [r_cr3], eax
        mov eax, cr4
        mov [r_cr4], eax
        str [r_tr]
        sldt [r_ldtr]
        sgdt [r_gdtr]
        sidt [r_idtr]
        mov eax, dr6
        mov [r_dr6], eax
        mov eax, dr7
        mov [r_dr7], eax
        jmp go_home

bits 64
        align 16
stubs64:
%assign n 0
%rep 256
        mov dword [abs r_vector], n | 64 << 16
        mov [abs r_gpr], rax
        jmp near common64
        times (n + 1) * STUB64_BYTES - ($ - stubs64) db 0x90
%assign n n + 1
%endrep

common64:
        mov [abs r_gpr + 8], rcx
        mov [abs r_gpr + 16], rdx
        mov [abs r_gpr + 24], rbx
        mov [abs r_gpr + 32], rsp
        mov [abs r_gpr + 40], rbp
        mov [abs r_gpr + 48], rsi
        mov [abs r_gpr + 56], rdi
        mov [abs r_gpr + 64], r8
        mov [abs r_gpr + 72], r9
        mov [abs r_gpr + 80], r10
        mov [abs r_gpr + 88], r11
        mov [abs r_gpr + 96], r12
        mov [abs r_gpr + 104], r13
        mov [abs r_gpr + 112], r14
        mov [abs r_gpr + 120], r15
        mov [abs r_ds], ds
        mov [abs r_es], es
        mov [abs r_fs], fs
        mov [abs r_gs], gs
        mov [abs r_ss], ss
        mov [abs r_cs], cs
        mov esp, stack_end
        pushfq
        pop qword [abs r_rflags]
        mov rax, cr0
        mov [abs r_cr0], eax
        mov rax, cr2
        mov [abs r_cr2], rax
        mov rax, cr3
        mov [abs r_cr3], rax
        mov rax, cr4
        mov [abs r_cr4], eax
        mov rax, cr8
        mov [abs r_cr8], eax
        str [abs r_tr]
        sldt [abs r_ldtr]
        sgdt [abs r_gdtr]
        sidt [abs r_idtr]
        mov rax, dr6
        mov [abs r_dr6], rax
        mov rax, dr7
        mov [abs r_dr7], rax
; A CR4 with PCIDE does not let paging end.
        mov rax, cr4
        btr eax, 17
        mov cr4, rax
        jmp dword far [abs .to32]
        align 8
.to32:  dd .compat
        dw HOME_CODE
bits 32
.compat:
        mov ax, HOME_DATA
        mov ss, ax
        jmp go_home

bits 16
        align 16
stubs16:
%assign n 0
%rep 256
        mov word [cs:LOW(r_vector)], n
        jmp near common16
        times (n + 1) * STUB16_BYTES - ($ - stubs16) db 0x90
%assign n n + 1
%endrep

common16:
        mov word [cs:LOW(r_vector + 2)], 16
        mov [cs:LOW(r_gpr)], eax
        mov [cs:LOW(r_gpr + 8)], ecx
        mov [cs:LOW(r_gpr + 16)], edx
        mov [cs:LOW(r_gpr + 24)], ebx
        mov [cs:LOW(r_gpr + 32)], esp
        mov [cs:LOW(r_gpr + 40)], ebp
        mov [cs:LOW(r_gpr + 48)], esi
        mov [cs:LOW(r_gpr + 56)], edi
        mov [cs:LOW(r_ds)], ds
        mov [cs:LOW(r_es)], es
        mov [cs:LOW(r_fs)], fs
        mov [cs:LOW(r_gs)], gs
        mov [cs:LOW(r_ss)], ss
        mov [cs:LOW(r_cs)], cs
        pushfd
        pop dword [cs:LOW(r_rflags)]
        mov eax, cr0
        mov [cs:LOW(r_cr0)], eax
        mov eax, cr2
        mov [cs:LOW(r_cr2)], eax
        mov eax, cr3
        mov [cs:LOW(r_cr3)], eax
        mov eax, cr4
        mov [cs:LOW(r_cr4)], eax
        sgdt [cs:LOW(r_gdtr)]
        sidt [cs:LOW(r_idtr)]
        mov eax, dr6
        mov [cs:LOW(r_dr6)], eax
        mov eax, dr7
        mov [cs:LOW(r_dr7)], eax
        lgdt [cs:LOW(home_gdtr)]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword HOME_CODE:.pm
bits 32
.pm:    mov ax, HOME_DATA
        mov ds, ax
        mov ss, ax
        mov esp, stack_end
        jmp go_home

; Ring 0, 32-bit code of the harness, DS and SS flat or about to be.
go_home:
        cld
        mov ecx, 0xc0000080
        rdmsr
        mov ax, HOME_DATA
        mov ds, ax
        mov es, ax
        mov ss, ax
        mov esp, stack_end
        push dword 2            ; A task gate has set NT, and IRET would go back.
        popfd
        rdmsr
        mov [r_efer], eax
        mov edi, r_msrs
        mov esi, msr_names
.msr:   lodsd
        test eax, eax
        jz .msrs
        mov ecx, eax
        rdmsr
        stosd
        mov eax, edx
        stosd
        jmp .msr
.msrs:  mov eax, cr4
        btr eax, 17
        mov cr4, eax
        mov eax, 0x11
        mov cr0, eax
        jmp .flat
.flat:  lgdt [home_gdtr]
        mov ecx, 0xc0000080
        xor eax, eax
        xor edx, edx
        wrmsr
        mov cr3, eax
        mov eax, 1 << 18 | 1 << 22
        mov cr4, eax
        xor ecx, ecx
        xgetbv
        mov [r_xcr0], eax
        db 0x0f, 0x01, 0xee     ; RDPKRU
        mov [r_pkru], eax
        xor eax, eax
        mov dr7, eax
        mov ax, HOME_DATA
        mov fs, ax
        mov gs, ax
; Compare the arena with its baseline, note and mend what differs.
        mov esi, [present]
        mov edi, ARENA
        mov ebx, changes
; Sixteen dwords at a time: a loop that every emulator runs faster than REPE CMPSD.
.scan:  xor eax, eax
%assign n 0
%rep 16
        mov edx, [esi + n]
        xor edx, [edi + n]
        or eax, edx
%assign n n + 4
%endrep
        jnz .differs
.same:  add esi, 64
        add edi, 64
        cmp edi, ARENA + ARENA_DWORDS * 4
        jb .scan
        jmp .scanned
.differs:
        xor ecx, ecx
.dword: mov eax, [esi + ecx]
        mov edx, [edi + ecx]
        cmp eax, edx
        je .equal
        mov [edi + ecx], eax
        lea eax, [edi + ecx]
        mov [ebx], eax
        mov [ebx + 4], edx
        add ebx, 8
.equal: add ecx, 4
        cmp ecx, 64
        jb .dword
        jmp .same
.scanned:
        mov eax, ebx
        sub eax, changes
        shr eax, 3
        mov [r_changes], eax
        mov dword [r_magic], 0x53455231
        mov esi, result
        mov ecx, ebx
        sub ecx, esi
        mov dx, 0xe9
        rep outsb
        mov ebp, [current]
        mov eax, [ebp]
        add [current], eax
        jmp next

finish: mov dx, 0xe9
        mov esi, the_end
        mov ecx, 4
        rep outsb
        mov al, 0x10
        out 0xf4, al
        mov esi, shutdown
        mov ecx, 8
        mov dx, 0x8900
        rep outsb
.halt:  cli
        hlt
        jmp .halt

the_end:        db 'END!'
shutdown:       db 'Shutdown'
        align 8
home_gdtr:      dw 0x37
                dd home_gdt
        align 8
home_gdt:       dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00af9b000000ffff, 0x00409b020000ffff
                dq 0x00009b020000ffff, 0x000093000000ffff
msr_names:      dd 0x174, 0x175, 0x176, 0x277, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084
                dd 0xc0000100, 0xc0000101, 0xc0000102, 0xc0000103, 0

; An XSAVE area without any state in it: its MXCSR and its empty header count.
        align 64
initial:        times 24 db 0
                dd 0x1f80, 0
                times 576 - 32 db 0

        align 16
current:        dd 0
saved:          times 16 dd 0
present:        dd 0
stack_pointer:  dd 0, 0
msrs_in:        dd 0
cr8_in:         dd 0, 0
pkru_in:        dd 0
segments_in:    times 12 dw 0
        align 8
frame:          times 32 dd 0
gpr_in:         times 32 dd 0
real_in:        times 64 dd 0
msr_list:       times 3 * 24 dd 0
                times 256 dd 0
stack_end:

        align 16
result:
r_magic:        dd 0
r_id:           dd 0
r_vector:       dd 0
r_changes:      dd 0
r_gpr:          times 16 dq 0
r_rflags:       dq 0
r_cr2:          dq 0
r_cr3:          dq 0
r_dr6:          dq 0
r_dr7:          dq 0
r_cr0:          dd 0
r_cr4:          dd 0
r_efer:         dd 0
r_cr8:          dd 0
r_xcr0:         dd 0
r_pkru:         dd 0
r_es:           dw 0
r_cs:           dw 0
r_ss:           dw 0
r_ds:           dw 0
r_fs:           dw 0
r_gs:           dw 0
r_ldtr:         dw 0
r_tr:           dw 0
r_gdtr:         times 5 dw 0
r_idtr:         times 5 dw 0
                dd 0
r_msrs:         times 12 dq 0
RESULT_BYTES    equ $ - result
changes:        ; As many pairs of address and word as it takes.
