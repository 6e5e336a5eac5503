import { MSR_NAMES } from './scenario.ts';

/** What the harness writes for a scenario: all visible state at the first instruction of the handler. */
export interface Outcome {
  /** `event`: the rest is valid. The others: the processor shut down, or nothing came for a while. */
  readonly end: 'event' | 'shutdown' | 'hang' | 'unimplemented';
  readonly detail?: string;
  readonly fields: ReadonlyMap<string, bigint>;
  /** Dwords of the arena that are not as in the baseline. */
  readonly memory: ReadonlyMap<number, number>;
}

const MAGIC = 0x53455231;

const GPR = 'rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15'.split(' ');
type Field = readonly [name: string, bytes: number];
const FIELDS: readonly Field[] = [
  ['magic', 4],
  ['id', 4],
  ['vector', 2],
  ['handlerBits', 2],
  ['changes', 4],
  ...GPR.map((name): Field => [name, 8]),
  ...['handlerFlags', 'cr2', 'cr3', 'dr6', 'dr7'].map((name): Field => [name, 8]),
  ...['cr0', 'cr4', 'efer', 'cr8', 'xcr0', 'pkru'].map((name): Field => [name, 4]),
  ...['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'].map((name): Field => [name, 2]),
  ['gdtLimit', 2],
  ['gdtBase', 8],
  ['idtLimit', 2],
  ['idtBase', 8],
  ['pad', 4],
  ...MSR_NAMES.map(([, name]): Field => [name, 8]),
];
const RECORD_BYTES = FIELDS.reduce((sum, [, bytes]) => sum + bytes, 0);
const INTERNAL = ['magic', 'id', 'changes', 'pad'];

/** Records as far as they are whole, by id. */
export function decodeRecords(bytes: Uint8Array): Map<number, Outcome> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const outcomes = new Map<number, Outcome>();
  let at = 0;
  while (at + RECORD_BYTES <= bytes.length && view.getUint32(at, true) === MAGIC) {
    const fields = new Map<string, bigint>();
    let offset = at;
    for (const [name, size] of FIELDS) {
      const value =
        size === 8
          ? view.getBigUint64(offset, true)
          : BigInt(size === 4 ? view.getUint32(offset, true) : view.getUint16(offset, true));
      fields.set(name, value);
      offset += size;
    }
    const changes = Number(fields.get('changes'));
    if (offset + changes * 8 > bytes.length) break;
    const memory = new Map<number, number>();
    for (let n = 0; n < changes; n++, offset += 8)
      memory.set(view.getUint32(offset, true), view.getUint32(offset + 4, true));
    const id = Number(fields.get('id'));
    for (const name of INTERNAL) fields.delete(name);
    outcomes.set(id, { end: 'event', fields, memory });
    at = offset;
  }
  return outcomes;
}
