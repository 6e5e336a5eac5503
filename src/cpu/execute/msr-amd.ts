import type { Core } from './core.ts';

/*
 * MSRs of AMD's processors that kernels read without asking whether they exist (APM Vol. 2, "MSR Cross-Reference"; the BIOS
 * and Kernel Developer's Guides). They tell how this machine is; what is written there changes nothing.
 */

const PATCH_LOADER = 0xc0010020 | 0;
const SYSCFG = 0xc0010010 | 0;
const HWCR = 0xc0010015 | 0;
const TOP_MEM = 0xc001001a | 0;
const TOP_MEM2 = 0xc001001d | 0;
const NB_CFG = 0xc001001f | 0;
const VM_CR = 0xc0010114 | 0;
const LS_CFG = 0xc0011020 | 0;
const IC_CFG = 0xc0011021 | 0;
const DC_CFG = 0xc0011022 | 0;
const BU_CFG = 0xc0011023 | 0;
const DE_CFG = 0xc0011029 | 0;

/** MtrrFixDramEn, MtrrVarDramEn: the MTRRs count. Tom2En is clear: there is no memory above 4 GiB. */
const SYSCFG_VALUE = (1 << 18) | (1 << 20);
/** TscFreqSel: the TSC counts at the P0 frequency. */
const HWCR_VALUE = 1 << 24;
/** SVMDIS: no virtualization. */
const VM_CR_VALUE = 1 << 4;
/** LfenceSerialize. */
const DE_CFG_VALUE = 1 << 1;
const TOP_MEM_UNIT = 8 * 1024 * 1024;

const VALUES: ReadonlyMap<number, number> = new Map([
  [SYSCFG, SYSCFG_VALUE],
  [HWCR, HWCR_VALUE],
  [TOP_MEM2, 0],
  [NB_CFG, 0],
  [VM_CR, VM_CR_VALUE],
  [LS_CFG, 0],
  [IC_CFG, 0],
  [DC_CFG, 0],
  [BU_CFG, 0],
  [DE_CFG, DE_CFG_VALUE],
]);

/** Undefined where AMD's processors have no MSR of this number either. */
export function readAmdMsr(core: Core, index: number): [lo: number, hi: number] | undefined {
  if (index === TOP_MEM)
    return [(Math.ceil(core.space.memory.ramBytes / TOP_MEM_UNIT) * TOP_MEM_UNIT) | 0, 0];
  const value = VALUES.get(index);
  return value === undefined ? undefined : [value, 0];
}

export function writeAmdMsr(index: number): boolean {
  return VALUES.has(index) || index === TOP_MEM || index === PATCH_LOADER;
}
