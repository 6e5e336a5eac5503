; The firmware of the references: 64 KiB that go from the reset vector to the harness at 0x20000 in flat protected mode.
bits 16
org 0
start:  cli
        mov al, 2
        out 0x92, al            ; A20 open.
        lgdt [cs:gdtr]
        mov eax, cr0
        or al, 1
        mov cr0, eax
        jmp dword 0x08:0x20000
        align 8
gdt:    dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
gdtr:   dw 0x17
        dd 0xf0000 + gdt
        times 0xfff0 - ($ - $$) db 0
        jmp 0xf000:start
        times 0x10000 - ($ - $$) db 0
