import { DESC_USABLE } from '../isa/descriptors.ts';
import { CS, DS, ES, FS, GS, RAX, RBP, RBX, RCX, RDI, RDX, RSI, RSP, SS, TR } from '../isa/registers.ts';
import type { Machine } from '../machine/machine.ts';
import { originOf } from '../machine/origin.ts';
import { type Board, createPc, DEFAULT_BOARD, MEDIA, type Pc } from '../machine/pc.ts';
import { PCI_MEMORY_BASE, VIDEO_MEMORY_BYTES } from '../machine/pc-map.ts';
import { segmentWord } from '../state/cpu-state.ts';
import {
  SEGMENT_ATTRIBUTES,
  SEGMENT_BASE,
  SEGMENT_LIMIT,
  SEGMENT_SELECTOR,
  STATE_CPL,
  STATE_CR0,
  STATE_CR3,
  STATE_CR4,
  STATE_EFER,
  STATE_GDTR,
  STATE_IDTR,
} from '../state/layout.ts';
import { BootError } from './boot-error.ts';
import { applyPlan, type BootFile, type BootModule, type BootOptions, type BootPlan } from './boot-plan.ts';
import { programBoard, programMemoryTypes, writeBiosData, writeServices } from './firmware.ts';
import { planBoot } from './load.ts';
import type { EntrySegment, EntryState } from './machine-state.ts';
import { checkMedia, type DiskFile, type VirtioOptions } from './media.ts';
import { ACPI_TABLES, pcAcpiTables } from './pc-acpi.ts';
import { writeSmbios } from './pc-smbios.ts';
import { showScreen } from './screen.ts';

/** What to boot, and on what. */
export interface MachineOptions extends Omit<BootOptions, 'ramBytes' | 'modules'> {
  readonly modules?: readonly BootModule[];
  /** Bytes of RAM: a multiple of 4 KiB up to 3.5 GiB. Default 128 MiB. */
  readonly memory?: number;
  /** `MODEL[,+FEATURE][,-FEATURE]`. Default: the most capable model. */
  readonly cpu?: string;
  /** `isa`: an AT with IDE and VGA. `pc`: the same with PCI, ACPI, APICs and HPET. Default `pc`. */
  readonly board?: Board;
  /** How many processors, 1 to 16. Default 1; the board `isa` has one. */
  readonly processors?: number;
  /** The image of a CD-ROM. */
  readonly cdrom?: BootFile;
  /** The image of an IDE disk. */
  readonly disk?: DiskFile;
  /** The image of a diskette. */
  readonly floppy?: DiskFile;
  /** Virtio devices on PCI: a disk, a console (`machine.virtioConsole`), a source of entropy by its seed. */
  readonly virtio?: VirtioOptions;
  /** False: the interpreter alone. */
  readonly jit?: boolean;
  /** Guest nanoseconds that one instruction takes. Default 10. */
  readonly nanosecondsPerInstruction?: number;
}

/** PCI's memory begins with that of the display adapter, which is the first to have some. */
const VIDEO_MEMORY = { address: PCI_MEMORY_BASE, bytes: VIDEO_MEMORY_BYTES };

/** A machine with a boot image loaded, stopped in front of its first instruction. */
export type BootedMachine = Pc & { readonly plan: BootPlan };

const DEFAULT_MEMORY = 128 * 1024 * 1024;
const MAX_MEMORY = 0xe0000000;
const MIN_MEMORY = 1024 * 1024;

/**
 * Makes a PC, loads the image and its modules as a multiboot loader would, and puts the processor in the state that
 * the specification gives.
 * @throws BootError with one line that names file, field, value and what was expected.
 */
export function createMachine(options: MachineOptions): BootedMachine {
  const {
    memory = DEFAULT_MEMORY,
    cpu,
    nanosecondsPerInstruction,
    jit,
    board = DEFAULT_BOARD,
    processors = 1,
    cdrom,
    disk,
    floppy,
    virtio,
    ...boot
  } = options;
  if (!Number.isInteger(memory) || memory < MIN_MEMORY || memory > MAX_MEMORY || memory % 4096 !== 0) {
    throw new BootError('machine', 'memory', `${memory} bytes`, 'a multiple of 4 KiB from 1 MiB to 3.5 GiB');
  }
  const acpi =
    board === 'pc' ? pcAcpiTables({ processors, hasFloppy: options.floppy !== undefined }) : undefined;
  const plan = planBoot({ ...boot, ...(acpi ? { acpi, videoMemory: VIDEO_MEMORY } : {}), ramBytes: memory });
  checkMedia({ cdrom, disk, floppy, virtio }, board);
  const machine = createPc({
    memory,
    cpu,
    nanosecondsPerInstruction,
    jit,
    board,
    processors,
    cdrom: cdrom?.bytes,
    disk,
    floppy,
    virtio,
  });
  machine.devices.chipset?.initialise();
  machine.devices.cdrom?.acknowledge();
  programBoard(machine.ports);
  for (const { words } of machine.processors.all) {
    programMemoryTypes(words, machine.core.model.physicalBits);
  }
  machine.devices.vga.setTextMode();
  if (plan.screen) showScreen(machine.devices.vga.vbe, plan.screen);
  writeBiosData(machine.space);
  writeServices(machine.space, plan.memoryMap, memory);
  applyPlan(plan, machine.space);
  if (acpi) {
    machine.space.load(ACPI_TABLES, acpi.bytes);
    writeSmbios(machine);
  }
  enter(machine, plan.entry);
  machine.images = plan.images;
  machine.origin = originOf('kernel', board, options, MEDIA);
  return Object.assign(machine, { plan });
}

/** Loads the registers of an entry state. */
function enter(machine: Machine, entry: EntryState): void {
  const { words, gpr32 } = machine.state;
  const general = {
    [RAX]: entry.eax,
    [RBX]: entry.ebx,
    [RCX]: entry.ecx,
    [RDX]: entry.edx,
    [RSI]: entry.esi,
  };
  Object.assign(general, { [RDI]: entry.edi, [RBP]: entry.ebp, [RSP]: entry.esp });
  for (const [register, value] of Object.entries(general)) gpr32[Number(register) * 2] = value;
  machine.core.setRip(entry.eip | 0, 0);
  words[STATE_CR0 >> 2] = entry.cr0 | 0;
  if (entry.mode === 'long-64') {
    words[STATE_CR3 >> 2] = entry.cr3 | 0;
    words[STATE_CR4 >> 2] = entry.cr4 | 0;
    words[STATE_EFER >> 2] = entry.efer | 0;
  }
  words[STATE_CPL >> 2] = 0;
  const segments: readonly (readonly [number, EntrySegment])[] = [
    [ES, entry.es],
    [CS, entry.cs],
    [SS, entry.ss],
    [DS, entry.ds],
    [FS, entry.fs],
    [GS, entry.gs],
    ...(entry.tr ? [[TR, entry.tr] as const] : []),
  ];
  for (const [segment, value] of segments) {
    words[segmentWord(segment, SEGMENT_BASE)] = value.base | 0;
    words[segmentWord(segment, SEGMENT_LIMIT)] = value.limit | 0;
    words[segmentWord(segment, SEGMENT_ATTRIBUTES)] = (value.attributes << 8) | DESC_USABLE;
    words[segmentWord(segment, SEGMENT_SELECTOR)] = value.selector;
  }
  for (const [offset, table] of [
    [STATE_GDTR, entry.gdtr],
    [STATE_IDTR, entry.idtr],
  ] as const) {
    words[offset >> 2] = table.base | 0;
    words[(offset >> 2) + 2] = table.limit;
  }
  machine.state.flags.write(entry.eflags);
  machine.stateChanged();
}
