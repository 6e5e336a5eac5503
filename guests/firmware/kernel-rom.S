/*
 * An expansion ROM that a BIOS starts as a boot device: it takes the Linux kernel that the machine was given out of fw_cfg
 * and enters its real-mode setup code (Documentation/arch/x86/boot.rst, "Running the Kernel"). The header is that of the
 * "Plug and Play BIOS Specification", 1.0A, "Option ROM Support". The boot floor sets the check sum.
 */
        .set    FW_CFG_DMA_HIGH, 0x514
        .set    FW_CFG_DMA_LOW, 0x518
        .set    DMA_ERROR, 1
        .set    DMA_READ_SELECTED, 0x0a
        /* Where a boot sector would lie: a number that was read, and the structure of a transfer. */
        .set    NUMBER, 0x7c00
        .set    TRANSFER, 0x7c10
        .set    TRANSFER_BIG_ENDIAN, 0x107c0000
        /* The setup code has its heap and its stack up to here, and the command line behind (firmware-kernel.ts). */
        .set    HEAP_END, 0xe000

        .code16
        .section .text
        .globl  _start
_start:
        .word   0xaa55
        .byte   (rom_end - _start + 511) / 512
        jmp     initialise
check_sum:
        .byte   0
        .org    0x18
        .word   0                       /* no PCI data structure */
        .word   expansion_header
        .org    0x20
expansion_header:
        .ascii  "$PnP"
        .byte   1, 2                    /* revision; length in units of 16 bytes */
        .word   0                       /* no further header */
        .byte   0, 0                    /* reserved; check sum */
        .long   0
        .word   0, product
        .byte   0, 0, 0
        .byte   0
        .word   0, 0, boot              /* connection and disconnect vectors, bootstrap entry vector */
        .word   0, 0
product:
        .asciz  "longmode kernel"

initialise:
        mov     $0x20, %ax              /* an IPL device is attached */
        lret

boot:
        xor     %ax, %ax
        mov     %ax, %ds
        mov     %sp, %bp                /* as the BIOS left it, for a failure at any depth */
        mov     $items, %si
1:      movzbw  %cs:(%si), %ax          /* address */
        call    number
        mov     %eax, %edi
        movzbw  %cs:1(%si), %ax         /* size */
        call    number
        test    %eax, %eax
        jz      2f
        mov     %eax, %ecx
        mov     %edi, %edx
        movzbw  %cs:2(%si), %ax         /* data */
        call    read
        jmp     3f
2:      cmp     $items_end - 3, %si     /* without setup code there is nothing to enter */
        je      fail
3:      add     $3, %si
        cmp     $items_end, %si
        jb      1b

        cli
        shr     $4, %edi                /* the setup code comes last */
        mov     %di, %ds
        mov     %di, %es
        mov     %di, %fs
        mov     %di, %gs
        mov     %di, %ss
        mov     $HEAP_END, %esp
        add     $0x20, %di
        push    %di
        push    $0
        lret

/* The BIOS goes on with the next device. */
fail:
        mov     %bp, %sp
        lret

/* EAX = the number of item AX. */
number:
        mov     $4, %ecx
        mov     $NUMBER, %edx
        call    read
        mov     NUMBER, %eax
        ret

/* ECX bytes of item AX to EDX. All numbers of a transfer have their highest byte first. */
read:
        shl     $16, %eax
        mov     $DMA_READ_SELECTED, %al
        mov     $0, %ah
        bswap   %eax
        bswap   %ecx
        bswap   %edx
        mov     %eax, TRANSFER
        mov     %ecx, TRANSFER + 4
        movl    $0, TRANSFER + 8
        mov     %edx, TRANSFER + 12
        xor     %eax, %eax
        mov     $FW_CFG_DMA_HIGH, %dx
        out     %eax, %dx
        mov     $TRANSFER_BIG_ENDIAN, %eax
        mov     $FW_CFG_DMA_LOW, %dx
        out     %eax, %dx
1:      mov     TRANSFER, %eax
        bswap   %eax
        test    $DMA_ERROR, %al
        jnz     fail
        test    %eax, %eax
        jnz     1b
        ret

/* Address, size and data of kernel, initial RAM disk, command line and setup code. */
items:
        .byte   0x07, 0x08, 0x11
        .byte   0x0a, 0x0b, 0x12
        .byte   0x13, 0x14, 0x15
        .byte   0x16, 0x17, 0x18
items_end:
        .balign 512
rom_end:
