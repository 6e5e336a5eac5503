"""
Runs single instructions on unicorn, for test/references/unicorn.ts: one JSON object a line in, one a line out. Unicorn has
no interrupt descriptor table of its own making: an exception comes back as its number, as the interrupt hook is told it.
"""

import json
import sys

from unicorn import UC_ARCH_X86, UC_HOOK_INTR, UC_MODE_32, UC_MODE_64, Uc, UcError
from unicorn import x86_const as x

MODES = {32: UC_MODE_32, 64: UC_MODE_64}
WIDE = "RAX RCX RDX RBX RSP RBP RSI RDI R8 R9 R10 R11 R12 R13 R14 R15".split()
NARROW = "EAX ECX EDX EBX ESP EBP ESI EDI".split()


def run(case):
    bits = case["bits"]
    uc = Uc(UC_ARCH_X86, MODES[bits])
    uc.mem_map(0, 0x100000)
    # As the harness fills what scenarios have no business in.
    uc.mem_write(0x400, b"\xcc" * (0xF000 - 0x400))
    code = bytes.fromhex(case["code"])
    at, data = case["codeAt"], case["dataAt"]
    uc.mem_write(at, code + b"\x0f\x0b" * 8)
    uc.mem_write(data, bytes.fromhex(case["data"]))
    names = WIDE if bits == 64 else NARROW
    registers = [getattr(x, "UC_X86_REG_" + name) for name in names]
    for register, value in zip(registers, case["gpr"]):
        uc.reg_write(register, int(value, 16))
    uc.reg_write(x.UC_X86_REG_EFLAGS, case["rflags"])
    seen = []

    def interrupted(machine, number, _user):
        seen.append(number)
        machine.emu_stop()

    uc.hook_add(UC_HOOK_INTR, interrupted)
    error = 0
    try:
        uc.emu_start(at, at + len(code), count=1)
    except UcError as thrown:
        error = thrown.errno
    return {
        "vector": seen[0] if seen else -1,
        "error": error,
        "gpr": [hex(uc.reg_read(register)) for register in registers],
        "rflags": uc.reg_read(x.UC_X86_REG_EFLAGS),
        "rip": uc.reg_read(x.UC_X86_REG_RIP if bits == 64 else x.UC_X86_REG_EIP) - at,
        "data": uc.mem_read(data, 64).hex(),
    }


for line in sys.stdin:
    print(json.dumps(run(json.loads(line))), flush=True)
