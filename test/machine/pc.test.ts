import { describe, expect, test } from 'vitest';
import { CS, DS, ES, RAX, RBX, RCX, RSP, SS } from '../../src/isa/registers.ts';
import { createPc, type Pc } from '../../src/machine/pc.ts';
import { segmentWord } from '../../src/state/cpu-state.ts';
import { SEGMENT_BASE, SEGMENT_SELECTOR } from '../../src/state/layout.ts';

const CODE = 0x1000;
const HANDLER = 0x2000;
const STACK = 0x8000;
const CLI = 0xfa;
const STI = 0xfb;
const HLT = 0xf4;
const WAIT = 0x9b;
const IRET = 0xcf;
const OUT = 0xe6;

/** A board whose processor is about to execute `code` in real mode at 0:1000h, with the 8259As as a BIOS leaves them. */
function realMode(board: 'isa' | 'pc', code: readonly number[]): Pc {
  const pc = createPc({ memory: 1 << 20, board });
  pc.devices.chipset?.initialise();
  pc.space.load(CODE, Uint8Array.from(code));
  const { words, gpr32 } = pc.state;
  pc.core.setRip(CODE, 0);
  for (const segment of [ES, CS, SS, DS]) {
    words[segmentWord(segment, SEGMENT_BASE)] = 0;
    words[segmentWord(segment, SEGMENT_SELECTOR)] = 0;
  }
  gpr32[RSP * 2] = STACK;
  pc.stateChanged();
  // ICW1 to ICW4 of both, then all requests open.
  for (const [port, value] of [
    [0x20, 0x11], [0x21, 0x08], [0x21, 0x04], [0x21, 0x01], [0x21, 0],
    [0xa0, 0x11], [0xa1, 0x70], [0xa1, 0x02], [0xa1, 0x01], [0xa1, 0],
  ] as const) pc.ports.write8(port, value); // biome-ignore format: two rows.
  return pc;
}

function handler(pc: Pc, vector: number, code: readonly number[]): void {
  pc.space.load(vector * 4, Uint8Array.of(HANDLER & 0xff, HANDLER >> 8, 0, 0));
  pc.space.load(HANDLER, Uint8Array.from(code));
}

describe.each(['isa', 'pc'] as const)(
  'FERR# on the board %s (SDM Vol. 1, "MS-DOS Compatibility Sub-mode")',
  (board) => {
    // fninit; fldcw [control]; fld1; fldz; fdivp: a division by zero that is not masked
    const CONTROL = 0x600;
    const dividing = [0xdb, 0xe3, 0xd9, 0x2e, 0x00, 0x06, 0xd9, 0xe8, 0xd9, 0xee, 0xde, 0xf9];
    const eoi = [0xb0, 0x20, OUT, 0xa0, OUT, 0x20];

    function dividingPc(code: readonly number[], inHandler: readonly number[]): Pc {
      const pc = realMode(board, code);
      pc.space.load(CONTROL, Uint8Array.of(0x7b, 0x03));
      handler(pc, 0x75, [0x43, ...inHandler, ...eoi, IRET]); // inc bx
      return pc;
    }

    test.each([
      ['clears the exception', [OUT, 0xf0, 0xdb, 0xe2]],
      ['asserts IGNNE# alone', [OUT, 0xf0]],
    ])('a waiting instruction freezes until IRQ 13 has come, whose handler %s', (_name, inHandler) => {
      const code = [CLI, ...dividing, STI, WAIT, 0xb0, 0x55, CLI, HLT]; // mov al, 55h
      const pc = dividingPc(code, inHandler);
      const exit = pc.run({ maxInstructions: 1000 });
      expect(exit.reason).toBe('halted');
      const { gpr8, gpr32 } = pc.state;
      expect([gpr32[RBX * 2], gpr8[RAX], gpr32[RSP * 2]]).toEqual([1, 0x55, STACK]);
      // It returned to WAIT itself.
      expect(pc.space.read16(STACK - 6)).toBe(CODE + code.indexOf(WAIT));
    });

    test('instructions that do not wait go on', () => {
      const pc = dividingPc([CLI, ...dividing, 0xdf, 0xe0, HLT], []); // fnstsw ax
      pc.run({ maxInstructions: 1000 });
      expect(pc.state.gpr16[RAX]! & 0x84).toBe(0x84);
    });

    test('with interrupts off it waits for good', () => {
      const pc = dividingPc([CLI, ...dividing, WAIT, HLT], []);
      const exit = pc.run({ maxInstructions: 1000 });
      expect([exit.reason, pc.core.ripLo()]).toEqual(['halted', CODE + 1 + dividing.length]);
    });
  },
);

describe.each(['isa', 'pc'] as const)('NMI on the board %s', (board) => {
  // inc bx; in al, 61h; mov cl, al; or al, 8; out 61h, al; iret
  const acknowledging = [0x43, 0xe4, 0x61, 0x88, 0xc1, 0x0c, 0x08, OUT, 0x61, IRET];

  test('the button interrupts whatever IF says, and port 61h says why', () => {
    const pc = realMode(board, [CLI, 0x90, HLT]);
    handler(pc, 2, acknowledging);
    pc.nmi();
    expect(pc.run({ maxInstructions: 100 }).reason).toBe('halted');
    expect([pc.state.gpr32[RBX * 2], pc.state.gpr8[RCX * 8]! & 0xc0]).toEqual([1, 0x40]);
  });

  test('bit 7 of port 70h keeps it back', () => {
    const pc = realMode(board, [0xb0, 0x80, OUT, 0x70, 0x90, 0xb0, 0x00, OUT, 0x70, 0x90, CLI, HLT]);
    handler(pc, 2, acknowledging);
    pc.run({ maxInstructions: 2 });
    pc.nmi();
    pc.run({ maxInstructions: 2 });
    expect(pc.state.gpr32[RBX * 2]).toBe(0);
    pc.run({ maxInstructions: 100 });
    expect(pc.state.gpr32[RBX * 2]).toBe(1);
  });
});

test('without firmware every PCI function that can decode I/O and memory does', () => {
  const { pci } = realMode('pc', []).devices.chipset!;
  const decodes = (slot: number, fn: number) => pci.readConfig(0, (slot << 3) | fn, 0x04, 2) & 3;
  // The host bridge always decodes memory and never I/O; IDE and power management have no memory, the display has VGA's ports.
  expect([decodes(0, 0), decodes(1, 1), decodes(1, 3), decodes(2, 0)]).toEqual([2, 1, 1, 3]);
});
