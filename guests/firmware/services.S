/*
 * What of a PC's BIOS a boot image may still call after a multiboot loader has entered it: kernels that drop back to
 * real mode ask for the memory map (Xen, Linux's setup code). Assembled to a flat image at F000:0000; the boot floor
 * fills in the tables at its start and points the interrupt vectors here. Services that are not offered answer as the
 * interfaces define "unsupported": AH = 86h and carry.
 */
        .code16
        .section .text
        .globl  _start
_start:

        .org    0x00
map_count:      .word   0
map_entries:    .skip   20 * 8          /* base, length, type: "Query System Address Map" */
        .org    0xb0
kib_from_1m:    .word   0               /* KiB from 1 MiB up to 16 MiB */
blocks_from_16m: .word  0               /* 64 KiB blocks from 16 MiB up to 4 GiB */

        .org    0xc0
vectors:                                /* vector, offset; the first is for all vectors that are not named */
        .word   0xffff, unexpected
        .word   0x08, timer
        .word   0x09, irq_first, 0x0a, irq_first, 0x0b, irq_first, 0x0c, irq_first
        .word   0x0d, irq_first, 0x0e, irq_first, 0x0f, irq_first
        .word   0x70, irq_second, 0x71, irq_second, 0x72, irq_second, 0x73, irq_second
        .word   0x74, irq_second, 0x75, irq_second, 0x76, irq_second, 0x77, irq_second
        .word   0x10, video
        .word   0x11, equipment
        .word   0x12, base_memory
        .word   0x13, disk
        .word   0x15, system
        .word   0x16, keyboard
        .word   0x1a, time_of_day
        .word   0x18, stop, 0x19, stop
        .word   0, 0

        .org    0x140
unexpected:
        iret

/* IRQ0: the tick count of the BIOS data area, then the user's tick, INT 1Ch. */
timer:
        push    %ds
        push    %ax
        xor     %ax, %ax
        mov     %ax, %ds
        incl    0x46c
        int     $0x1c
        mov     $0x20, %al
        out     %al, $0x20
        pop     %ax
        pop     %ds
        iret

irq_second:
        push    %ax
        mov     $0x20, %al
        out     %al, $0xa0
        out     %al, $0x20
        pop     %ax
        iret

irq_first:
        push    %ax
        mov     $0x20, %al
        out     %al, $0x20
        pop     %ax
        iret

/* No adapter: "get mode" says 80x25 text, "get cursor" the corner, VBE calls come back without AL = 4Fh. */
video:
        cmp     $0x0f, %ah
        je      1f
        cmp     $0x03, %ah
        je      2f
        iret
1:      mov     $0x5003, %ax
        xor     %bh, %bh
        iret
2:      mov     $0x0607, %cx
        xor     %dx, %dx
        iret

equipment:
        push    %ds
        xor     %ax, %ax
        mov     %ax, %ds
        mov     0x410, %ax
        pop     %ds
        iret

base_memory:
        push    %ds
        xor     %ax, %ax
        mov     %ax, %ds
        mov     0x413, %ax
        pop     %ds
        iret

/* No drive: "invalid command" for every function. */
disk:
        mov     $0x01, %ah
        jmp     carry

/* No key is ever waiting. A caller that waits for one waits for ever, as it would at a real keyboard. */
keyboard:
        test    $0xef, %ah
        jz      3f
        cmp     $0x01, %ah
        je      1f
        cmp     $0x11, %ah
        je      1f
        xor     %al, %al
        iret
1:      push    %bp
        mov     %sp, %bp
        orb     $0x40, 6(%bp)           /* ZF in the caller's flags */
        pop     %bp
        iret
3:      sti
        hlt
        jmp     3b

time_of_day:
        test    %ah, %ah
        jnz     carry
        push    %ds
        xor     %ax, %ax
        mov     %ax, %ds
        mov     0x46c, %dx
        mov     0x46e, %cx
        pop     %ds
        jmp     no_carry

stop:
        cli
        hlt
        jmp     stop

system:
        cmp     $0xe820, %ax
        je      e820
        cmp     $0xe801, %ax
        je      e801
        cmp     $0x88, %ah
        je      extended_memory
        cmp     $0x24, %ah
        je      a20
unsupported:
        mov     $0x86, %ah
carry:
        push    %bp
        mov     %sp, %bp
        orb     $0x01, 6(%bp)           /* CF in the caller's flags */
        pop     %bp
        iret
no_carry:
        push    %bp
        mov     %sp, %bp
        andb    $0xfe, 6(%bp)
        pop     %bp
        iret

/* INT 15h, AX = E820h: EBX is the number of the entry to give, 0 at the first call and after the last one. */
e820:
        cmp     $0x534d4150, %edx
        jne     unsupported
        cmp     $20, %ecx
        jb      unsupported
        movzwl  %cs:map_count, %eax
        cmp     %eax, %ebx
        jae     unsupported
        push    %si
        push    %di
        imul    $20, %bx, %si
        add     $map_entries, %si
        mov     $5, %cx
        cld
1:      mov     %cs:(%si), %eax
        mov     %eax, %es:(%di)
        add     $4, %si
        add     $4, %di
        loop    1b
        pop     %di
        pop     %si
        inc     %ebx
        movzwl  %cs:map_count, %eax
        cmp     %eax, %ebx
        jb      2f
        xor     %ebx, %ebx
2:      mov     $0x534d4150, %eax
        mov     $20, %ecx
        jmp     no_carry

e801:
        mov     %cs:kib_from_1m, %ax
        mov     %cs:blocks_from_16m, %bx
        mov     %ax, %cx
        mov     %bx, %dx
        jmp     no_carry

extended_memory:
        mov     %cs:blocks_from_16m, %ax
        cmp     $0x02ff, %ax
        ja      1f
        shl     $6, %ax
        add     %cs:kib_from_1m, %ax
        jmp     no_carry
1:      mov     $0xfc00, %ax
        jmp     no_carry

/* The gate is open already: enabling, asking and asking for support succeed, disabling is refused. */
a20:
        cmp     $0x00, %al
        je      unsupported
        cmp     $0x02, %al
        je      1f
        cmp     $0x03, %al
        je      2f
        cmp     $0x01, %al
        jne     unsupported
        xor     %ah, %ah
        jmp     no_carry
1:      mov     $0x0001, %ax            /* AH = 0, AL = 1: enabled */
        jmp     no_carry
2:      xor     %ah, %ah
        mov     $0x0003, %bx            /* by keyboard controller and by port 92h */
        jmp     no_carry
