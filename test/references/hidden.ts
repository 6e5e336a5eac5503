import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createFirmwareMachine } from '../../src/boot/firmware-machine.ts';
import type { Registers } from '../../src/machine/registers.ts';
import { hasIst } from './case.ts';
import { readTable } from './layout.ts';
import { CPU } from './longmode.ts';
import { qemuWords } from './qemu.ts';
import { imageOf, type Programs } from './reference.ts';
import { KIND, type Scenario } from './scenario.ts';

/**
 * The hidden parts of segment registers, TR and LDTR, which only QEMU's gdb server shows (its monitor's "info registers"):
 * after the one instruction of a scenario, or in front of the handler of the exception that it raised.
 */
interface Segment {
  readonly selector: number;
  readonly base: bigint;
  readonly limit: number;
  /** Bits 8 to 15 and 20 to 23 of the descriptor's second word. */
  readonly rights: number;
}
type Segments = ReadonlyMap<string, Segment>;

const NAMES = ['es', 'cs', 'ss', 'ds', 'fs', 'gs', 'ldtr', 'tr'];
const RIGHTS = 0x00f0ff00;
const CONNECT_MS = 100;
const CONNECT_TRIES = 200;

/** QEMU has ended. */
class Gone extends Error {}

/** The remote serial protocol of gdb, as little of it as is needed (GDB manual, "Remote Protocol"). */
class GdbServer {
  readonly #socket: Socket;
  readonly #child: ChildProcess;
  #text = '';
  #wake: (() => void) | undefined;

  constructor(socket: Socket, child: ChildProcess) {
    this.#socket = socket;
    this.#child = child;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.#text += chunk;
      this.#wake?.();
    });
    socket.on('close', () => this.#wake?.());
    socket.on('error', () => this.#wake?.());
  }

  /** Sends a packet and answers the next one. */
  async ask(packet: string): Promise<string> {
    let sum = 0;
    for (const c of packet) sum = (sum + c.charCodeAt(0)) & 0xff;
    this.#socket.write(`$${packet}#${sum.toString(16).padStart(2, '0')}`);
    return this.#next();
  }

  /** Output of a command of QEMU's monitor. */
  async monitor(command: string): Promise<string> {
    let output = '';
    let reply = await this.ask(`qRcmd,${Buffer.from(command).toString('hex')}`);
    for (; reply.startsWith('O') && reply !== 'OK'; reply = await this.#next())
      output += Buffer.from(reply.slice(1), 'hex').toString('latin1');
    return output;
  }

  async #next(): Promise<string> {
    for (;;) {
      const match = /\$([^#]*)#../.exec(this.#text);
      if (match) {
        this.#text = this.#text.slice(match.index + match[0].length);
        this.#socket.write('+');
        return match[1]!;
      }
      if (this.#socket.destroyed) throw new Gone();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#socket.destroy();
    this.#child.kill('SIGKILL');
  }
}

async function startQemu(programs: Programs, list: readonly Scenario[]): Promise<GdbServer> {
  const path = join(programs.folder, 'gdb.sock');
  rmSync(path, { force: true });
  writeFileSync(join(programs.folder, 'rom.bin'), programs.rom);
  const words = qemuWords(
    programs,
    imageOf(
      programs,
      list,
      list.map((_, n) => n),
    ),
    join(programs.folder, 'gdb.out'),
  );
  words.push('-S', '-chardev', `socket,id=gdb,path=${path},server=on,wait=off`, '-gdb', 'chardev:gdb');
  const child = spawn('qemu-system-x86_64', words, { stdio: 'ignore' });
  const failed = once(child, 'error').then(([error]) => {
    throw error;
  });
  for (let n = 0; n < CONNECT_TRIES; n++) {
    const socket = connect(path);
    const connected = await Promise.race([
      once(socket, 'connect').then(
        () => true,
        () => false,
      ),
      failed,
    ]);
    if (connected) return new GdbServer(socket, child);
    await new Promise((resolve) => setTimeout(resolve, CONNECT_MS));
  }
  child.kill('SIGKILL');
  throw new Error('QEMU: its gdb server does not answer');
}

/** "ES =0010 0000000000000000 ffffffff 00cf9300 DPL=0 DS   [-WA]" and the like. */
function parseRegisters(text: string): Segments {
  const found = new Map<string, Segment>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(ES|CS|SS|DS|FS|GS|LDT|TR) *= *([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+) ([0-9a-f]+)/.exec(
      line,
    );
    if (!match) continue;
    const [, name, selector, base, limit, rights] = match as unknown as string[];
    found.set(name === 'LDT' ? 'ldtr' : name!.toLowerCase(), {
      selector: Number.parseInt(selector!, 16),
      base: BigInt(`0x${base}`),
      limit: Number.parseInt(limit!, 16),
      rights: Number.parseInt(rights!, 16) & RIGHTS,
    });
  }
  return found;
}

/** A scenario whose hidden state differs, and how. */
export interface HiddenDifference {
  readonly scenario: Scenario;
  readonly text: string;
}

/**
 * Steps every scenario on both machines. Those of real mode are left out: nothing hidden is loaded there. One that ends
 * QEMU is left out too, and the rest go to a new one.
 */
export async function compareHidden(
  programs: Programs,
  scenarios: readonly Scenario[],
): Promise<HiddenDifference[]> {
  let list = scenarios.filter((s) => s.kind !== KIND.real);
  const found: HiddenDifference[] = [];
  while (list.length > 0) {
    const done = await stepAll(programs, list, found);
    list = list.slice(done + 1);
  }
  return found;
}

/** How many scenarios were stepped before QEMU was gone. */
async function stepAll(
  programs: Programs,
  list: readonly Scenario[],
  found: HiddenDifference[],
): Promise<number> {
  const table = readTable(programs.harness);
  const doubleFault = BigInt(table.stubs64 + 8 * table.stub64Bytes);
  const bios = { name: 'rom', bytes: programs.rom };
  const machine = createFirmwareMachine({ bios, memory: 64 << 20, cpu: CPU });
  const ids = list.map((_, n) => n);
  for (const [address, bytes] of imageOf(programs, list, ids)) machine.space.load(address, bytes);
  machine.debugcon.accept = () => {};
  const server = await startQemu(programs, list);
  let done = 0;
  try {
    await server.ask(`Z1,${table.launched.toString(16)},1`);
    await server.ask(`Z1,${table.launched64.toString(16)},1`);
    for (const scenario of list) {
      for (const packet of ['c', 's', 's']) if (!(await server.ask(packet)).startsWith('T')) return done;
      const theirs = parseRegisters(await server.monitor('info registers'));
      machine.runUntil({ linear: scenario.kind === KIND.long ? table.launched64 : table.launched });
      machine.step(2);
      if (machine.exit) return done;
      const { rip, segments } = machine.registers();
      const ownStack = BigInt(rip) === doubleFault || hasIst(scenario);
      const text = compareSegments(scenario, segments, theirs, ownStack);
      if (text !== '') found.push({ scenario, text });
      done++;
    }
  } catch (error) {
    if (!(error instanceof Gone)) throw error;
  } finally {
    server.close();
  }
  return done;
}

/**
 * @param ownStack an interrupt went to a stack of its own. QEMU empties SS then at the same level too: see
 * docs/manual-errata.md.
 */
function compareSegments(
  s: Scenario,
  ours: Registers['segments'],
  theirs: Segments,
  ownStack: boolean,
): string {
  const notes: string[] = [];
  const hex = (value: number | bigint) => `0x${value.toString(16)}`;
  // QEMU sets D besides L in what SYSENTER and SYSEXIT load; the manual says D = 0.
  const fastCall = /sys(enter|exit)/.test(s.text) ? 0x400000 : 0;
  for (const name of NAMES) {
    const [a, b] = [ours[name]!, theirs.get(name)];
    if (!b) throw new Error(`QEMU: info registers says nothing of ${name}`);
    if (name === 'ss' && b.selector === 0 && ownStack) continue;
    const attributes = Number(a.attributes);
    // Nor does it put CPL into the selector that a gate to conforming code names.
    const differing = Number(a.selector) ^ b.selector;
    const isRpl = name === 'cs' && /: (call|jmp)/.test(s.text) && (differing & ~3) === 0;
    if (differing !== 0 && !isRpl) notes.push(`${name} selector ${a.selector}/${hex(b.selector)}`);
    // A register that holds nothing usable shows what QEMU happens to keep.
    if ((attributes & 1) === 0) continue;
    // QEMU does not mark code as accessed, nor its copy of the TSS descriptor as busy.
    const isCode = (attributes & 0x1800) === 0x1800;
    const mask = RIGHTS & ~((isCode ? 0x100 : 0) | (name === 'cs' ? fastCall : name === 'tr' ? 0x200 : 0));
    if (BigInt(a.base) !== b.base) notes.push(`${name} base ${a.base}/${hex(b.base)}`);
    if (Number(a.limit) >>> 0 !== b.limit) notes.push(`${name} limit ${a.limit}/${hex(b.limit)}`);
    if ((attributes ^ b.rights) & mask)
      notes.push(`${name} rights ${hex(attributes & RIGHTS)}/${hex(b.rights)}`);
  }
  return notes.join(', ');
}
