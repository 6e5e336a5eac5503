import { AddressSpace, PAGE_BYTES } from '../bus/address-space.ts';
import { PortSpace } from '../bus/ports.ts';
import { AtaDisk } from '../devices/ata-disk.ts';
import { AtapiCdrom } from '../devices/atapi-cdrom.ts';
import { BufferBackend, type DiskMedium, diskBackend, ReadOnlyBackend } from '../devices/block.ts';
import { DebugExit } from '../devices/debug-exit.ts';
import { DebugConsole } from '../devices/debugcon.ts';
import { Dma8237, DmaPageRegisters } from '../devices/dma8237.ts';
import { FloatErrorLatch } from '../devices/float-error.ts';
import { FW_CFG_MAX_CPUS, FW_CFG_NB_CPUS, FW_CFG_RAM_SIZE, FwCfg } from '../devices/fw-cfg.ts';
import { I8042 } from '../devices/i8042.ts';
import { IdeChannel } from '../devices/ide.ts';
import { Pit8254 } from '../devices/pit8254.ts';
import { DelayPort, PostCodePort } from '../devices/post-code.ts';
import { PowerControlPort, ShutdownPort } from '../devices/power-ports.ts';
import { Rtc146818 } from '../devices/rtc146818.ts';
import { A20Gate, SystemControlPortA, SystemControlPortB } from '../devices/system-control.ts';
import { Uart16550 } from '../devices/uart16550.ts';
import { Vga } from '../devices/vga.ts';
import { attachChipset, type Chipset } from './chipset.ts';
import { DetachableLine } from './detachable-line.ts';
import { debugExit, exitResult } from './exit.ts';
import { attachFloppy } from './floppy.ts';
import { type InterruptWiring, wireApic, wirePic } from './interrupts.ts';
import { Machine, type MachineConfig } from './machine.ts';
import { ObjectState } from './object-state.ts';
import { originOf } from './origin.ts';
import * as map from './pc-map.ts';
import { attachVirtio, type VirtioConfig, type VirtioDevices } from './virtio.ts';
import { VirtualClock } from './virtual-clock.ts';

/** `isa`: an AT with IDE and VGA. `pc`: the same with PCI, ACPI, APICs and HPET. */
export type Board = 'isa' | 'pc';

export const DEFAULT_BOARD: Board = 'pc';

export interface PcConfig extends MachineConfig {
  readonly board?: Board | undefined;
  /** The image of a CD-ROM. */
  readonly cdrom?: Uint8Array | undefined;
  readonly disk?: DiskMedium | undefined;
  /** A diskette: by its size one of the usual formats, or the beginning of one. */
  readonly floppy?: DiskMedium | undefined;
  /** Paravirtual devices on the PCI bus of the board `pc`. */
  readonly virtio?: VirtioConfig | undefined;
  /** The expansion ROM of the display adapter: on PCI, or on the board `isa` at C0000h. */
  readonly vgaRom?: Uint8Array | undefined;
}

/** The devices of the board that hosts and tests talk to. */
export interface PcDevices {
  readonly wiring: InterruptWiring;
  readonly pit: Pit8254;
  readonly rtc: Rtc146818;
  readonly keyboard: I8042;
  readonly uarts: readonly Uart16550[];
  readonly postCode: PostCodePort;
  readonly fwCfg: FwCfg;
  readonly vga: Vga;
  readonly cdrom?: AtapiCdrom;
  readonly a20: A20Gate;
  /** Present on the `pc` board. */
  readonly chipset?: Chipset;
  readonly virtio?: VirtioDevices;
  /** RESET# of all of them. */
  reset(): void;
}

export type Pc = Machine & {
  readonly board: Board;
  readonly devices: PcDevices;
  /** Somebody presses the button: IOCHK#, which is an NMI where ports 61h and 70h let it be one. */
  nmi(): void;
};

/** Options that name media, whose bytes are too many for snapshots. */
export const MEDIA = ['cdrom', 'disk', 'floppy'];

/** What devices are connected to, and which saves itself or does not change. */
const WIRES = [AddressSpace, PortSpace, VirtualClock, BufferBackend];

/** Where PC firmware looks for what to start: the diskette (1), the CD-ROM (3), the hard disk (2), a digit each. */
const BOOT_ORDER = [
  [0x3d, 0x31],
  [0x38, 0x20],
] as const;

/** Features that only a board with APICs has. */
const WITHOUT_APIC = '-apic,-x2apic,-tsc-deadline';

/** The processor model on a board. */
export function cpuOfBoard(board: Board, cpu: string | undefined): string | undefined {
  return board === 'pc' ? cpu : `${cpu ?? 'max'},${WITHOUT_APIC}`;
}

/** A PC/AT-compatible board: one attach per line, every address from `pc-map.ts`. */
export function createPc(config: PcConfig): Pc {
  const board = config.board ?? DEFAULT_BOARD;
  const machine = new Machine({ ...config, cpu: cpuOfBoard(board, config.cpu) });
  const { clock, mmu, ports, processor, space } = machine;
  const wiring = board === 'pc' ? wireApic(machine) : wirePic(machine);
  const { pic } = wiring;

  const reset = () => machine.requestReset();
  const powerOff = () => machine.requestExit(exitResult('power-off', 'the guest switched the power off'));
  const a20 = new A20Gate((enabled) => {
    mmu.setA20(enabled);
    processor.contextChanged();
  });

  const timerLines = [map.PIT_IRQ, map.RTC_IRQ].map((irq) => new DetachableLine(wiring.line(irq)));
  const pit = new Pit8254(clock, timerLines[0]!);
  const rtc = new Rtc146818(clock, timerLines[1]!, {
    memoryBelow4G: config.memory,
    processors: machine.processors.all.length,
    onNmiMask: (isMasked) => portB.setNmiMask(isMasked),
  });
  for (const [index, value] of BOOT_ORDER) rtc.setCmos(index, value);
  const portB = new SystemControlPortB(clock, pit, wiring.nmi);
  const keyboard = new I8042(wiring.line(map.I8042_IRQ_KEYBOARD), wiring.line(map.I8042_IRQ_AUX), {
    onReset: reset,
    onA20: (level) => a20.setKeyboard(level),
  });
  const postCode = new PostCodePort();
  const uarts = map.COM_BASES.map(
    (_, i) =>
      new Uart16550(wiring.line(map.COM_IRQS[i]!), clock, {
        onTransmit: i === 0 ? (byte) => machine.serial.accept(byte) : undefined,
      }),
  );
  machine.serial.sink = (bytes) => uarts[0]!.receive(bytes);
  const fwCfg = new FwCfg(space);
  fwCfg.setNumber(FW_CFG_RAM_SIZE, config.memory, 8);
  const { length: count } = machine.processors.all;
  for (const item of [FW_CFG_NB_CPUS, FW_CFG_MAX_CPUS]) fwCfg.setNumber(item, count, 2);
  const vga = new Vga(clock, map.VIDEO_MEMORY_BYTES);

  const dma = [new Dma8237(0), new Dma8237(1)] as const;
  const dmaPages = new DmaPageRegisters();
  const portA = new SystemControlPortA((level) => a20.setFast(level), reset);
  const floatError = new FloatErrorLatch(wiring.line(map.FLOAT_ERROR_IRQ));
  machine.core.floatError = floatError;

  ports.attach(map.DMA1_PORT, 16, dma[0]);
  ports.attach(map.PIC1_PORT, 2, pic.master);
  ports.attach(map.PIT_PORT, 4, pit);
  ports.attach(map.I8042_PORT, 1, keyboard, 0);
  ports.attach(map.SYSTEM_CONTROL_B_PORT, 1, portB);
  ports.attach(map.I8042_PORT + 4, 1, keyboard, 4);
  ports.attach(map.RTC_PORT, 2, rtc);
  ports.attach(map.POST_PORT, 1, postCode);
  ports.attach(map.DMA_PAGE_PORT + 1, 15, dmaPages, 1);
  ports.attach(map.A20_AND_FAST_RESET_PORT, 1, portA);
  ports.attach(map.PIC2_PORT, 2, pic.slave);
  ports.attach(map.DMA2_PORT, 32, dma[1]);
  ports.attach(map.DEBUG_CONSOLE_PORT, 1, new DebugConsole((byte) => machine.debugcon.accept(byte)));
  ports.attach(map.DELAY_PORT, 1, new DelayPort());
  ports.attach(map.FLOAT_ERROR_PORT, 1, floatError);
  ports.attach(
    map.DEBUG_EXIT_PORT,
    map.DEBUG_EXIT_PORTS,
    new DebugExit((status) => machine.requestExit(debugExit(status))),
  );
  ports.attach(map.ELCR_PORT, 2, pic.edgeLevelControl);
  for (const [i, uart] of uarts.entries()) ports.attach(map.COM_BASES[i]!, map.COM_PORTS, uart);
  ports.attach(map.FW_CFG_PORT, 2, fwCfg, 0);
  ports.attach(map.FW_CFG_DMA_PORT, 8, fwCfg, 4);
  const cdrom = config.cdrom && new AtapiCdrom(clock, new ReadOnlyBackend(new BufferBackend(config.cdrom)));
  const ide = attachIde(machine, wiring, config.disk, cdrom);
  const floppy =
    config.floppy && attachFloppy(machine, { wiring, dma: dma[0], dmaPages, rtc }, config.floppy);
  attachVga(machine, vga);
  ports.attach(map.SHUTDOWN_PORT, 1, new ShutdownPort(powerOff));

  let chipset: Chipset | undefined;
  let virtio: VirtioDevices | undefined;
  if (board === 'pc') {
    chipset = attachChipset(machine, wiring, {
      ide,
      vga,
      vgaRom: config.vgaRom,
      timerLines,
      onReset: reset,
      onPowerOff: powerOff,
    });
    virtio = attachVirtio(machine, chipset.pci, config.virtio ?? {});
  } else {
    for (const port of map.POWER_PORTS) ports.attach(port, 2, new PowerControlPort(powerOff));
    if (config.vgaRom) attachVgaRom(machine, config.vgaRom);
  }

  // The interrupt controllers last: the others let go of their lines first.
  const adapters = [...uarts, ...ide, vga, ...(floppy ? [floppy] : []), ...(chipset ? [chipset] : [])];
  const resettable = [
    ...dma,
    dmaPages,
    keyboard,
    portB,
    rtc,
    postCode,
    portA,
    floatError,
    fwCfg,
    ...adapters,
    wiring,
  ];

  const devices = {
    wiring,
    pit,
    rtc,
    keyboard,
    uarts,
    postCode,
    fwCfg,
    vga,
    ...(cdrom ? { cdrom } : {}),
    a20,
    ...(chipset ? { chipset } : {}),
    ...(virtio ? { virtio } : {}),
    reset() {
      for (const part of resettable) part.reset();
    },
  };
  machine.origin = originOf('board', board, config, MEDIA);
  machine.devicesState = stateOf(machine, devices);
  return Object.assign(machine, { board, devices, nmi: () => portB.checkChannel() });
}

/** Whatever can be reached from the devices above and from those on ports is in snapshots. */
function stateOf(machine: Machine, devices: PcDevices): ObjectState {
  const roots: Record<string, object> = { ...devices };
  for (const [port, device] of machine.ports.devices()) roots[`port-${port.toString(16)}`] = device;
  return new ObjectState(roots, (value) => WIRES.some((type) => value instanceof type));
}

/** Two channels: the disk is master of the first, the CD-ROM of the second. */
function attachIde(
  { clock, ports }: Machine,
  wiring: InterruptWiring,
  medium: DiskMedium | undefined,
  cdrom: AtapiCdrom | undefined,
): [IdeChannel, IdeChannel] {
  const disk = medium && new AtaDisk(clock, diskBackend(medium));
  const channels: [IdeChannel, IdeChannel] = [
    new IdeChannel(wiring.line(map.IDE_IRQS[0]), disk),
    new IdeChannel(wiring.line(map.IDE_IRQS[1]), cdrom),
  ];
  for (const [i, channel] of channels.entries()) {
    ports.attach(map.IDE_BASES[i]!, 8, channel, 0);
    ports.attach(map.IDE_CONTROLS[i]!, 1, channel, 8);
  }
  return channels;
}

/** Whole pages, the rest of the last one as an erased chip reads. */
function attachVgaRom({ space }: Machine, image: Uint8Array): void {
  const rom = new Uint8Array(Math.ceil(image.length / PAGE_BYTES) * PAGE_BYTES).fill(0xff);
  rom.set(image);
  space.attachRom(map.VGA_ROM, rom);
}

function attachVga({ ports, space }: Machine, vga: Vga): void {
  for (const [base, count] of map.VGA_PORTS) ports.attach(base, count, vga, base - map.VGA_REGISTERS);
  ports.attach(map.VBE_PORT, map.VBE_PORTS, vga.vbe);
  space.attachMmio(map.VGA_MEMORY, map.VGA_MEMORY_BYTES, vga);
}
