import { ByteBuffer } from './byte-buffer.ts';
import type { Code } from './code.ts';
import { END, TYPE_I32 } from './opcodes.ts';

/** A function to import: parameters and result are all i32. */
export interface FunctionImport {
  readonly name: string;
  readonly parameters: number;
}

/** A function body and its locals behind the parameters, as runs of one type. */
export interface FunctionBody {
  readonly locals: readonly (readonly [count: number, type: number])[];
  readonly code: Code;
}

const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION_CUSTOM = 0;
const SECTION_TYPE = 1;
const SECTION_IMPORT = 2;
const SECTION_FUNCTION = 3;
const SECTION_EXPORT = 7;
const SECTION_CODE = 10;
const KIND_FUNCTION = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const TYPE_FUNCTION = 0x60;
const TYPE_FUNCREF = 0x70;

const UNLIKELY = 0;

/** Type 0 of every module: that of its own functions, `(i32) -> i32` unless they have more parameters. */
export const TYPE_REGION = 0;

/**
 * A module of functions `(i32) -> i32`, exported as `0`, `1` ..., that imports memory `e.m` and functions of i32, and,
 * `withTable`, the table `e.t`. An instance copies what is in the tables it imports, so only one should.
 */
export function encodeModule(
  imports: readonly FunctionImport[],
  functions: readonly FunctionBody[],
  withTable = false,
  parameters = 1,
): Uint8Array {
  const out = new ByteBuffer(1024);
  for (const byte of MAGIC) out.u8(byte);
  section(out, SECTION_TYPE, (s) => {
    s.u32(1 + imports.length);
    functionType(s, parameters);
    for (const { parameters } of imports) functionType(s, parameters);
  });
  section(out, SECTION_IMPORT, (s) => {
    s.u32((withTable ? 2 : 1) + imports.length);
    importHead(s, 'm', KIND_MEMORY);
    s.u8(0);
    s.u32(1);
    if (withTable) {
      importHead(s, 't', KIND_TABLE);
      s.u8(TYPE_FUNCREF);
      s.u8(0);
      s.u32(1);
    }
    for (const [at, { name }] of imports.entries()) {
      importHead(s, name, KIND_FUNCTION);
      s.u32(at + 1);
    }
  });
  section(out, SECTION_FUNCTION, (s) => {
    s.u32(functions.length);
    for (let i = 0; i < functions.length; i++) s.u32(TYPE_REGION);
  });
  section(out, SECTION_EXPORT, (s) => {
    s.u32(functions.length);
    for (let i = 0; i < functions.length; i++) {
      s.name(String(i));
      s.u8(KIND_FUNCTION);
      s.u32(imports.length + i);
    }
  });
  const bodies = functions.map(({ locals, code }) => {
    const body = new ByteBuffer(code.length + 64);
    body.u32(locals.length);
    for (const [count, type] of locals) {
      body.u32(count);
      body.u8(type);
    }
    const start = body.length;
    body.append(code);
    body.u8(END);
    return { body, hints: code.unlikely.map((at) => start + at) };
  });
  branchHints(out, imports.length, bodies);
  section(out, SECTION_CODE, (s) => {
    s.u32(bodies.length);
    for (const { body } of bodies) {
      s.u32(body.length);
      s.append(body);
    }
  });
  return out.view();
}

/** WebAssembly "Branch Hinting": a custom section in front of the code, which engines may ignore. */
function branchHints(
  out: ByteBuffer,
  firstFunction: number,
  bodies: readonly { hints: readonly number[] }[],
): void {
  const hinted = bodies
    .map(({ hints }, at) => ({ hints, index: firstFunction + at }))
    .filter(({ hints }) => hints.length > 0);
  if (hinted.length === 0) return;
  section(out, SECTION_CUSTOM, (s) => {
    s.name('metadata.code.branch_hint');
    s.u32(hinted.length);
    for (const { hints, index } of hinted) {
      s.u32(index);
      s.u32(hints.length);
      for (const at of hints) {
        s.u32(at);
        s.u32(1);
        s.u8(UNLIKELY);
      }
    }
  });
}

function section(out: ByteBuffer, id: number, write: (s: ByteBuffer) => void): void {
  const content = new ByteBuffer(512);
  write(content);
  out.u8(id);
  out.u32(content.length);
  out.append(content);
}

function functionType(s: ByteBuffer, parameters: number): void {
  s.u8(TYPE_FUNCTION);
  s.u32(parameters);
  for (let i = 0; i < parameters; i++) s.u8(TYPE_I32);
  s.u32(1);
  s.u8(TYPE_I32);
}

function importHead(s: ByteBuffer, name: string, kind: number): void {
  s.name('e');
  s.name(name);
  s.u8(kind);
}
