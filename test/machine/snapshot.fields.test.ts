import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

/**
 * What a machine remembers must be in its snapshots. Devices are saved by looking at their fields. Classes of the floors
 * below save themselves: a field that such a class gets must be in its `save` and its `restore`, or here, with the reason
 * why not. This fails whenever somebody adds a field and says neither.
 */
const SRC = resolve(import.meta.dirname, '../../src');

/** Rooms whose classes save themselves. */
const ROOMS = ['bus', 'cpu', 'machine', 'mmu', 'state'];

const WIRE = 'connects it to another part, and never changes';
const CONSTANT = 'set once, by what the machine was made from';
const SCRATCH = 'means something inside of an instruction alone';
const DERIVED = 'made again from the state page';
const HOST = "the host's: no guest sees it";
const BY_FIELDS = 'saved with the devices, by its fields';
const PARENT = 'what it belongs to saves it';

/** By class: its fields that are in no snapshot. `*`: the whole class. */
const NOT_SAVED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AddressSpace: {
    memory: CONSTANT, u8: 'RAM is saved by RamKeeper', view: WIRE, onExternalWrite: WIRE, onMapChange: WIRE,
    '#kind': 'saved by its runs', '#roms': CONSTANT, '#romUsed': CONSTANT, '#knownRuns': DERIVED, '#devicePage': DERIVED, '#deviceWindow': DERIVED,
  },
  PortSpace: { '#claims': 'devices attach themselves again', unclaimed: 'saved by saveMachine' },
  Block: { '*': HOST },
  BlockCache: { '*': HOST },
  CodeStore: { '*': HOST },
  Binding: { '*': CONSTANT },
  Fetcher: { '*': HOST },
  Core: {
    ...all(WIRE, 'state words gpr8 gpr16 gpr32 flags vectors lanes mmu ports space model time interruptController msrDevice floatError taskPriority observer onSmm'),
    ...all(CONSTANT, 'mxcsrMask identity'),
    ...all(SCRATCH, 'mxcsr high at end fault'),
    ...all(DERIVED, 'contextStale flatRead flatWrite simd #codeBreakpoints #ioBreakpoints watchesAccesses'),
    ...all('saved by LogicalProcessor', 'pending debugTrap'),
  },
  CpuModel: { '*': CONSTANT },
  Processor: {
    '#retired': 'saved as `instructions()`',
    ...all(WIRE, 'core hooks'),
    ...all(HOST, 'blocks #fetcher #jump #tier #activeTier #contexts'),
    ...all(SCRATCH, '#remaining #block #blockRipLo #blockRipHi'),
  },
  CodeContexts: { ...all(WIRE, '#core'), ...all(HOST, '#present #generation #ids #lastId') },
  DetachableLine: { '*': BY_FIELDS },
  FaultLog: { ...all(WIRE, '#source #buffer copier') },
  LocalApicPages: { '*': 'follows from the local APICs' },
  LegacyMemory: { '*': 'follows from the host bridge, and from whether the processor is in SMM' },
  ShadowFiller: { '*': 'follows from the host bridge' },
  SaveArea: { '*': SCRATCH },
  LogicalProcessor: {
    ...all(WIRE, 'apic intr nmi smi #core #onSignal'),
    ...all(CONSTANT, 'id isBootstrap'),
    ...all('saved as what the processor has, whether it runs or not', 'parked parkedPending'),
  },
  Machine: {
    ...all(WIRE, 'space ports mmu core processor timeStampCounter events restart devicesState'),
    ...all(CONSTANT, 'memory state images origin'),
    ...all('saves itself', 'processors clock serial debugcon virtioConsole faultLog #ram'),
    '#isDriving': HOST, '#hasFaultListener': WIRE, '#cr3Entries': 'counted in the timeline', unreadKernel: 'for a line at the end of a run; not known',
  },
  ObjectState: { '*': HOST },
  ProcessorSet: { '#counter': WIRE, '#onSwitch': WIRE },
  RamKeeper: { '*': HOST },
  SerialConsole: { ...all(WIRE, 'onByte sink'), ...all('saved as `bytes`', '#bytes #text') },
  Snapshot: { '*': HOST },
  StoredBlob: { '*': HOST },
  TimeStampCounter: { '*': 'its offset is in the state page' },
  VirtualClock: {
    ...all(WIRE, '#counter'), tscPerNanosecond: CONSTANT, '#queue': 'saved with the devices whose events they are',
    limit: HOST,
  },
  Bank: { ...all(CONSTANT, 'offset #maxEntries'), '#words': 'its entries are read from there', mask: 'follows from the size', ...all('order and places of the entries', '#local #global #localCount #globalCount') },
  Context: { generation: HOST, '#words': WIRE, '#place': CONSTANT },
  Counters: { '#totalEvictions': WIRE },
  FetchPages: { '#regions': DERIVED },
  Space: { '*': PARENT },
  LargePages: { few: SCRATCH },
  Mmu: { '*': SCRATCH },
  MmuState: { ramPages: HOST, '#caches': 'saves itself', '#tables': 'its A20 line is saved', '#counters': 'saves itself' },
  PagingFormat: { '*': DERIVED },
  Permissions: { '*': DERIVED },
  ProcessorCaches: { watched: DERIVED, '#generations': HOST, '#published': DERIVED },
  RamPages: { '*': HOST },
  StructureCache: {},
  TableMemory: { ...all(WIRE, 'words #space #ramWord'), frameMask: 'saved by MmuState', epoch: HOST },
  TablePath: { '*': 'compared with the tables before it is used' },
  Translator: {
    ...all(WIRE, 'tlb onFlush onWatched state space fault ramPages #words #tables #walker #ramOffset counters saved'),
    ...all(DERIVED, 'bank mask systemBank systemMask linearBits accessClass #format #permissions #current #cr0 #cr4 #efer #pkru #fetchCode #slowTag'),
    generation: HOST, fetchFrame: SCRATCH, '#fetchStructures': SCRATCH, '#caches': 'saves itself',
    '#countTag': 'saved by saveMachine',
  },
  Walker: { '*': SCRATCH },
  Lister: { '*': HOST },
  RowText: { '*': HOST },
  PushFrame: { '*': SCRATCH },
  InnerFrame: { '*': SCRATCH },
  PopFrame: { '*': SCRATCH },
  Area: { '*': SCRATCH },
  CpuState: { '*': 'views of the state page' },
  Flags: { '*': 'a view of the state page' },
  GuestFault: { '*': SCRATCH },
  Unimplemented: { '*': HOST },
  VectorFile: { '*': 'a view of the state page' },
}; // biome-ignore format: a table.

function all(reason: string, fields: string): Record<string, string> {
  return Object.fromEntries(fields.split(' ').map((field) => [field, reason]));
}

interface ClassFields {
  readonly name: string;
  readonly file: string;
  readonly fields: readonly string[];
  /** Text of the methods `save` (or `snapshot`) and `restore`. */
  readonly saves: string;
  readonly restores: string;
}

function classesOf(room: string): ClassFields[] {
  const found: ClassFields[] = [];
  const files = readdirSync(join(SRC, room), { recursive: true, encoding: 'utf8' });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const path = join(SRC, room, file);
    const source = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest, true);
    ts.forEachChild(source, (node) => {
      if (!ts.isClassDeclaration(node) || !node.name) return;
      const isError = node.heritageClauses?.some((clause) => /\bError\b/.test(clause.getText()));
      if (isError) return;
      const method = (...names: string[]) =>
        node.members
          .filter((m) => ts.isMethodDeclaration(m) && names.includes(m.name.getText()))
          .map((m) => m.getText())
          .join('\n');
      found.push({
        name: node.name.text,
        file: `${room}/${file}`,
        fields: node.members
          .filter((m) => ts.isPropertyDeclaration(m) && !m.modifiers?.some((x) => x.getText() === 'static'))
          .map((m) => m.name!.getText()),
        saves: method('save', 'snapshot'),
        restores: method('restore'),
      });
    });
  }
  return found;
}

const mentions = (text: string, field: string) => new RegExp(`(?<![\\w#])${field}(?!\\w)`).test(text);

/** Fields that are neither saved nor accounted for. */
function forgotten({ name, fields, saves, restores }: ClassFields): string[] {
  const excused = NOT_SAVED[name] ?? {};
  if (excused['*'] !== undefined) return [];
  return fields.filter(
    (field) => excused[field] === undefined && !(mentions(saves, field) && mentions(restores, field)),
  );
}

const CLASSES = ROOMS.flatMap(classesOf);

describe('every field is saved, or there is a reason why not', () => {
  test.each(CLASSES.map((c) => [`${c.file} ${c.name}`, c] as const))('%s', (_, found) => {
    expect(forgotten(found), 'in neither save and restore nor in NOT_SAVED').toEqual([]);
  });

  test('the reasons are about fields that there are', () => {
    const stale = Object.entries(NOT_SAVED).flatMap(([name, excused]) => {
      const known = CLASSES.filter((c) => c.name === name).flatMap((c) => c.fields);
      if (!CLASSES.some((c) => c.name === name)) return [name];
      return Object.keys(excused)
        .filter((f) => f !== '*' && !known.includes(f))
        .map((f) => `${name}.${f}`);
    });
    expect(stale).toEqual([]);
  });

  test('a field that is forgotten is seen', () => {
    const made = { name: 'New', file: '', fields: ['kept', '#kept2', 'lost', '#lost2'] };
    const text = '{ a: this.kept, b: this.#kept2, c: this.lost }';
    expect(
      forgotten({ ...made, saves: text, restores: 'this.kept = 1; this.#kept2 = 2; this.#lost2' }),
    ).toEqual(['lost', '#lost2']);
  });
});

describe('devices are saved by looking at their fields', () => {
  const devices = classesOf('devices');

  test('so none of them hides one', () => {
    expect(devices.length).toBeGreaterThan(40);
    const others = CLASSES.filter(({ name }) => NOT_SAVED[name]?.['*'] === BY_FIELDS);
    const hidden = [...devices, ...others].flatMap(({ name, fields }) =>
      fields.filter((field) => field.startsWith('#')).map((field) => `${name}.${field}`),
    );
    expect(hidden).toEqual([]);
  });

  test('and nobody who remembers anything keeps it outside of objects', () => {
    const rooms = ['bus', 'devices', 'machine', 'mmu', 'state'];
    const files = rooms.flatMap((room) => readdirSync(join(SRC, room)).map((name) => join(room, name)));
    const variables = files.filter((name) =>
      /^(export )?(let|var) /m.test(readFileSync(join(SRC, name), 'utf8')),
    );
    expect(variables).toEqual([]);
  });
});
