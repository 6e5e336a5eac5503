import type { PortDevice } from '../bus/ports.ts';
import { AcpiPm, type AcpiPmOptions, ApmPorts, PM_IO_BYTES } from './acpi-pm.ts';
import { PCI_COMMAND_IO, PCI_STATUS, PciFunction, type PciWindow } from './pci-device.ts';

/** Configuration registers (82371AB, "Power Management PCI Configuration Registers"). */
const PMBASE = 0x40;
const CNTA = 0x44;
const DEVACTB = 0x58;
const PMREGMISC = 0x80;
const SMBBA = 0x90;
const SMBHSTCFG = 0xd2;

const PMBASE_MASK = 0xffc0;
const SMBBA_MASK = 0xfff0;
const DEVACTB_APMC_EN = 0x02000000;
const PMIOSE = 0x01;
const SMB_HST_EN = 0x01;
const SMBUS_BYTES = 16;

export interface Piix4PmOptions extends AcpiPmOptions {
  /** The SMI# pin. Without one the firmware finds APMC_EN set and takes its SMM code for installed. */
  readonly onSmi?: (() => void) | undefined;
  readonly subsystemVendor?: number;
  readonly subsystem?: number;
}

/** Intel 82371AB (PIIX4) power management: function 3 of slot 1. Places the PM block and the SMBus host in I/O space. */
export class Piix4Pm extends PciFunction {
  readonly pm: AcpiPm;
  /** Two ports: B2h on a PC. */
  readonly apm: ApmPorts;
  private readonly smbus = new SmbusHost();

  constructor(options: Piix4PmOptions) {
    super({
      vendor: 0x8086,
      device: 0x7113,
      classCode: 0x068000,
      revision: 3,
      subsystemVendor: options.subsystemVendor ?? 0x1af4,
      subsystem: options.subsystem ?? 0x1100,
      interruptPin: 1,
      commandMask: 0x0001,
    });
    this.pm = new AcpiPm(options);
    this.apm = new ApmPorts((command) => {
      this.pm.apmCommand(command);
      const enabled = this.pm.smiEnabled && this.getConfig(DEVACTB, 4) & DEVACTB_APMC_EN;
      if (enabled) options.onSmi?.();
    });
    this.setConfig(PCI_STATUS, 0x0280, 2);
    this.setConfig(PMBASE, 1, 4);
    this.setConfig(SMBBA, 1, 4);
    this.setConfig(DEVACTB, options.onSmi ? 0 : DEVACTB_APMC_EN, 4);
    this.allowWrites(PMBASE, PMBASE_MASK, 4);
    for (let at = CNTA; at < PMREGMISC; at++) this.allowWrites(at, 0xff, 1);
    this.allowWrites(PMREGMISC, PMIOSE, 1);
    this.allowWrites(SMBBA, SMBBA_MASK, 4);
    for (let at = SMBHSTCFG; at < SMBHSTCFG + 5; at++) this.allowWrites(at, 0xff, 1);
  }

  /** What a firmware does: the PM block at `base`, 64 ports, decoding. */
  place(base: number): void {
    this.setConfig(PMBASE, (base & PMBASE_MASK) | 1, 4);
    this.setConfig(PMREGMISC, PMIOSE, 1);
    this.onWindows?.();
  }

  /** First port of the PM block, whether it is decoded or not; 0 before anybody has placed it. */
  get pmBase(): number {
    return this.getConfig(PMBASE, 2) & PMBASE_MASK;
  }

  override reset(): void {
    this.pm.reset();
    this.apm.reset();
    this.smbus.reset();
    super.reset();
  }

  /** "PMIOSE controls the power management range alone"; the SMBus also follows the command register. */
  override windows(): PciWindow[] {
    const windows: PciWindow[] = [];
    const { pmBase } = this;
    if (this.config[PMREGMISC]! & PMIOSE && pmBase !== 0) {
      windows.push({ kind: 'io', base: pmBase, bytes: PM_IO_BYTES, device: this.pm });
    }
    const smbBase = this.getConfig(SMBBA, 2) & SMBBA_MASK;
    const smbEnabled = this.config[SMBHSTCFG]! & SMB_HST_EN && this.command & PCI_COMMAND_IO;
    if (smbEnabled && smbBase !== 0) {
      windows.push({ kind: 'io', base: smbBase, bytes: SMBUS_BYTES, device: this.smbus });
    }
    return windows;
  }
}

const SMBHSTSTS = 0;
const SMBHSTCNT = 2;
const SMBBLKDAT = 7;
const SMB_START = 0x40;
const SMB_DEV_ERR = 0x04;
const SMB_STATUS_CLEARABLE = 0x1e;

/** The SMBus host controller (82371AB, "SMBus I/O Registers") on a bus where nobody acknowledges an address. */
export class SmbusHost implements PortDevice {
  private readonly registers = new Uint8Array(SMBUS_BYTES);

  reset(): void {
    this.registers.fill(0);
  }

  readPort(offset: number): number {
    return offset === SMBBLKDAT ? 0 : (this.registers[offset] ?? 0);
  }

  writePort(offset: number, value: number): void {
    value &= 0xff;
    if (offset === SMBHSTSTS) this.registers[SMBHSTSTS]! &= ~(value & SMB_STATUS_CLEARABLE);
    else if (offset === SMBHSTCNT) {
      this.registers[SMBHSTCNT] = value & ~SMB_START;
      if (value & SMB_START) this.registers[SMBHSTSTS]! |= SMB_DEV_ERR;
    } else if (offset > SMBHSTCNT && offset < SMBUS_BYTES) this.registers[offset] = value;
  }
}
