import type { Pc } from '../machine/pc.ts';
import { type SmbiosProcessor, type SmbiosTables, smbiosTables } from './smbios.ts';

/** Where the entry point of a board that starts without firmware lies, in the area that is searched for it, the tables behind it. */
const SMBIOS_ANCHOR = 0xf4000;
const SMBIOS_TABLES = SMBIOS_ANCHOR + 0x20;

const ANCHOR_FILE = 'etc/smbios/smbios-anchor';
const TABLES_FILE = 'etc/smbios/smbios-tables';

function tablesOf(machine: Pc, hasFirmware: boolean, address: number): SmbiosTables {
  const { core, memory } = machine;
  const [signature, , , features] = core.model.cpuid(1, 0, core);
  const processor: SmbiosProcessor = {
    cores: core.identity.processors,
    vendor: core.model.vendorName,
    signature,
    features,
    megahertz: Math.round(core.identity.tscHertz / 1e6),
  };
  return smbiosTables({ memory, processor, hasFirmware }, address);
}

/** Puts the tables into memory, for guests that are started without firmware. */
export function writeSmbios(machine: Pc): void {
  const { anchor, tables } = tablesOf(machine, false, SMBIOS_TABLES);
  machine.space.load(SMBIOS_ANCHOR, anchor);
  machine.space.load(SMBIOS_TABLES, tables);
}

/** Puts the tables into fw_cfg, from where firmware takes them to where it likes (QEMU, docs/specs/fw_cfg). */
export function offerSmbios(machine: Pc): void {
  const { anchor, tables } = tablesOf(machine, true, 0);
  machine.devices.fwCfg.addFile(ANCHOR_FILE, anchor);
  machine.devices.fwCfg.addFile(TABLES_FILE, tables);
}
