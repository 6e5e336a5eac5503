import {
  HEADER_CONTEXT,
  HEADER_COUNT,
  HEADER_ENTRIES,
  HEADER_NEXT,
  HEADER_OTHER_CONTEXT,
  HEADER_RIP,
  HEADER_WORDS,
  RECORD_DISPLACEMENT,
  RECORD_WORDS,
  SHAPE_MASK,
  STOPPED_AT,
  STOPPED_BLOCK,
  STOPPED_LEFT,
} from '../../cpu/code-store.ts';
import { RECORD_JUMP_ENTRIES, RECORD_JUMP_OFFSET, RECORDS_OFFSET, STATE_RIP } from '../../state/layout.ts';
import type { Code } from '../wasm/code.ts';
import type { FunctionBody } from '../wasm/module.ts';
import {
  I32_ADD,
  I32_AND,
  I32_DIV_U,
  I32_EQZ,
  I32_GE_S,
  I32_GT_U,
  I32_LOAD,
  I32_LOAD8_U,
  I32_LOAD16_U,
  I32_NE,
  I32_OR,
  I32_SHL,
  I32_SHR_U,
  I32_STORE,
  I32_SUB,
  I32_WRAP_I64,
  I32_XOR,
  I64_ADD,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_LOAD,
  I64_NE,
  I64_SHL,
  I64_STORE,
} from '../wasm/opcodes.ts';
import { ACTIONS, type Action, type CodeBits } from './actions.ts';
import {
  ADDRESS,
  B,
  CONTEXT,
  COUNT,
  E,
  FLAGS,
  HEADER,
  LIMIT,
  LOCALS,
  M,
  MORE,
  N,
  NEXT,
  PATIENCE,
  R,
  RECORD,
  RecordEmitter,
  RIP,
  SHAPE,
} from './emitter.ts';
import { perform } from './perform.ts';
import {
  ACTION_SHIFT,
  SHAPE_ACCESS,
  SHAPE_ADDRESS,
  SHAPE_BASE,
  SHAPE_BYTES,
  SHAPE_E,
  SHAPE_INDEX,
  SHAPE_LAST_BYTE,
  SHAPE_LENGTH,
  SHAPE_RELATIVE,
  SHAPE_SCALE,
  SHAPE_SEGMENT,
  SHAPE_WRITE,
} from './shapes.ts';
import { push, release, top } from './stack.ts';

/*
 * `RecordRunner.run`. What only a handler can do: an action that is not known here, an access that the TLB does not answer, a
 * branch to where RIP would not be canonical. Nothing of such an instruction has happened then. It looks at memory where the
 * interpreter does, and leaves the flags as that leaves them.
 */

const SHAPE_SHIFT = Math.log2(SHAPE_BYTES);

/** The only function of the module. */
export function interpreterBody(): FunctionBody {
  return { locals: LOCALS, code: new InterpreterCode().emit() };
}

class InterpreterCode {
  readonly #e = new RecordEmitter();
  #done = 0;
  /** RIP becomes R, if that is canonical. */
  #go = 0;
  /** The branch is taken where N is not 0. */
  #branch = 0;

  emit(): Code {
    const code = this.#e.code;
    code.get(COUNT);
    code.set(LIMIT);
    for (const local of [HEADER, RECORD]) {
      code.get(local);
      code.i32(2);
      code.op(I32_SHL);
      code.i32(RECORDS_OFFSET);
      code.op(I32_ADD);
      code.set(local);
    }
    this.#e.load64(STATE_RIP);
    code.set(RIP);
    this.#e.exit = code.block();
    const started = code.block();
    code.get(COUNT);
    code.brIf(started);
    this.#chain(started);
    code.br(this.#e.exit);
    code.end();
    const next = code.loop();
    this.#fetch();
    this.#locate();
    this.#done = code.block();
    this.#go = code.block();
    this.#branch = code.block();
    const labels = ACTIONS.map(() => code.block()).reverse();
    code.get(FLAGS);
    code.i32(ACTION_SHIFT);
    code.op(I32_SHR_U);
    code.brTable([this.#e.exit, ...labels], this.#e.exit);
    for (const action of ACTIONS) {
      code.end();
      this.#perform(action);
    }
    code.end(); // branch
    code.get(N);
    code.op(I32_EQZ);
    code.brIf(this.#done);
    this.#target();
    code.end(); // go
    this.#e.ifNotCanonical(R, this.#e.exit);
    code.get(R);
    code.set(NEXT);
    code.end(); // done
    code.get(NEXT);
    code.set(RIP);
    code.get(RECORD);
    code.i32(RECORD_WORDS * 4);
    code.op(I32_ADD);
    code.set(RECORD);
    code.get(COUNT);
    code.i32(1);
    code.op(I32_SUB);
    code.tee(COUNT);
    code.brIf(next);
    this.#chain(next);
    code.end();
    code.end(); // exit
    code.i32(0);
    code.get(RIP);
    code.memory(I64_STORE, STATE_RIP);
    code.i32(0);
    code.get(HEADER);
    code.i32(RECORDS_OFFSET);
    code.op(I32_SUB);
    code.i32(2);
    code.op(I32_SHR_U);
    code.memory(I32_STORE, RECORDS_OFFSET + STOPPED_BLOCK * 4);
    code.i32(0);
    code.get(RECORD);
    code.get(HEADER);
    code.op(I32_SUB);
    code.i32(HEADER_WORDS * 4);
    code.op(I32_SUB);
    code.i32(RECORD_WORDS * 4);
    code.op(I32_DIV_U);
    code.memory(I32_STORE, RECORDS_OFFSET + STOPPED_AT * 4);
    code.i32(0);
    code.get(COUNT);
    code.memory(I32_STORE, RECORDS_OFFSET + STOPPED_LEFT * 4);
    code.get(LIMIT);
    code.get(COUNT);
    code.op(I32_SUB);
    return code;
  }

  /** At the end of a block: on to the next one, or it falls through. */
  #chain(next: number): void {
    const code = this.#e.code;
    const stop = code.block();
    // The block may have been cut short: then nothing may follow.
    code.get(MORE);
    code.op(I32_EQZ);
    code.brIf(stop);
    const header = (word: number) => {
      code.get(N);
      code.memory(I32_LOAD, RECORDS_OFFSET + word * 4);
    };
    /** Pushes whether the block at N may not be entered. */
    const isAnother = () => {
      code.get(N);
      code.memory(I64_LOAD, RECORDS_OFFSET + HEADER_RIP * 4);
      code.get(RIP);
      code.op(I64_NE);
      header(HEADER_CONTEXT);
      code.get(CONTEXT);
      code.op(I32_NE);
      header(HEADER_OTHER_CONTEXT);
      code.get(CONTEXT);
      code.op(I32_NE);
      code.op(I32_AND);
      code.op(I32_OR);
    };
    code.get(HEADER);
    code.memory(I32_LOAD, HEADER_NEXT * 4);
    code.set(N);
    isAnother();
    code.if();
    code.get(RIP);
    code.op(I32_WRAP_I64);
    code.tee(N);
    code.get(N);
    code.i32(12);
    code.op(I32_SHR_U);
    code.op(I32_XOR);
    code.i32(RECORD_JUMP_ENTRIES - 1);
    code.op(I32_AND);
    code.i32(2);
    code.op(I32_SHL);
    code.memory(I32_LOAD, RECORD_JUMP_OFFSET);
    code.i32(2);
    code.op(I32_SHL);
    code.set(N);
    isAnother();
    code.brIf(stop);
    code.get(HEADER);
    code.get(N);
    code.memory(I32_STORE, HEADER_NEXT * 4);
    code.end();
    header(HEADER_COUNT);
    code.tee(COUNT);
    code.get(MORE);
    code.op(I32_GT_U);
    code.if();
    code.i32(0);
    code.set(COUNT);
    code.br(stop);
    code.end();
    // Of a block with compiled code there are more than anybody's patience.
    header(HEADER_ENTRIES);
    code.tee(M);
    code.get(PATIENCE);
    code.op(I32_GE_S);
    code.if();
    code.i32(0);
    code.set(COUNT);
    code.br(stop);
    code.end();
    code.get(N);
    code.get(M);
    code.i32(1);
    code.op(I32_ADD);
    code.memory(I32_STORE, RECORDS_OFFSET + HEADER_ENTRIES * 4);
    code.get(MORE);
    code.get(COUNT);
    code.op(I32_SUB);
    code.set(MORE);
    code.get(LIMIT);
    code.get(COUNT);
    code.op(I32_ADD);
    code.set(LIMIT);
    code.get(N);
    code.i32(RECORDS_OFFSET);
    code.op(I32_ADD);
    code.tee(HEADER);
    code.i32(HEADER_WORDS * 4);
    code.op(I32_ADD);
    code.set(RECORD);
    code.br(next);
    code.end();
  }

  /** SHAPE, FLAGS, and NEXT. */
  #fetch(): void {
    const code = this.#e.code;
    code.get(RECORD);
    code.memory(I32_LOAD);
    code.tee(FLAGS);
    code.i32(SHAPE_MASK);
    code.op(I32_AND);
    code.i32(SHAPE_SHIFT);
    code.op(I32_SHL);
    code.set(SHAPE);
    code.get(FLAGS);
    code.i32(16);
    code.op(I32_SHR_U);
    code.set(FLAGS);
    code.get(RIP);
    this.#e.ofShape(I32_LOAD8_U, SHAPE_LENGTH);
    code.op(I64_EXTEND_I32_U);
    code.op(I64_ADD);
    code.set(NEXT);
  }

  /**
   * ADDRESS, where there is one, and E. Both are set on every way: a local that keeps what it was for the instruction before is
   * one more that V8 carries around the loop, and costs every instruction a tenth.
   */
  #locate(): void {
    const code = this.#e.code;
    code.get(FLAGS);
    code.i32(SHAPE_ADDRESS);
    code.op(I32_AND);
    code.if();
    this.#e.ofShape(I32_LOAD16_U, SHAPE_INDEX);
    code.memory(I64_LOAD);
    this.#e.ofShape(I32_LOAD8_U, SHAPE_SCALE);
    code.op(I64_EXTEND_I32_U);
    code.op(I64_SHL);
    code.get(RECORD);
    code.memory(I32_LOAD, RECORD_DISPLACEMENT * 4);
    code.op(I64_EXTEND_I32_S);
    code.op(I64_ADD);
    this.#e.ofShape(I32_LOAD16_U, SHAPE_BASE);
    code.memory(I64_LOAD);
    code.op(I64_ADD);
    code.set(ADDRESS);
    code.get(FLAGS);
    code.i32(SHAPE_RELATIVE);
    code.op(I32_AND);
    code.if();
    code.get(ADDRESS);
    code.get(NEXT);
    code.op(I64_ADD);
    code.set(ADDRESS);
    code.end();
    this.#e.narrow(ADDRESS);
    code.get(ADDRESS);
    this.#e.ofShape(I32_LOAD16_U, SHAPE_SEGMENT);
    code.memory(I64_LOAD);
    code.op(I64_ADD);
    code.set(ADDRESS);
    code.get(FLAGS);
    code.i32(SHAPE_ACCESS);
    code.op(I32_AND);
    code.if();
    this.#e.probe(
      () => {
        code.get(FLAGS);
        code.i32(SHAPE_WRITE);
        code.op(I32_AND);
        code.op(I32_ADD);
      },
      () => {
        this.#e.ofShape(I32_LOAD8_U, SHAPE_LAST_BYTE);
        code.op(I64_EXTEND_I32_U);
      },
    );
    code.else();
    code.i32(0);
    code.set(E);
    code.end();
    code.else();
    this.#e.ofShape(I32_LOAD16_U, SHAPE_E);
    code.set(E);
    code.i64(0);
    code.set(ADDRESS);
    code.end();
  }

  #perform(action: Action): void {
    const code = this.#e.code;
    switch (action.do) {
      case 'return':
        top(this.#e, action.bits);
        this.#e.loadE(action.bits);
        code.set(R);
        this.#e.ifNotCanonical(R, this.#e.exit);
        release(this.#e, action.bits);
        code.br(this.#go);
        break;
      case 'jump':
        this.#aim(action.indirect, action.bits);
        code.br(this.#go);
        break;
      case 'call':
        this.#aim(action.indirect, action.bits);
        this.#e.ifNotCanonical(R, this.#e.exit);
        code.get(NEXT);
        code.set(B);
        push(this.#e, action.bits);
        code.br(this.#go);
        break;
      case 'branch':
        this.#e.condition(action.condition);
        code.set(N);
        code.br(this.#branch);
        break;
      default:
        perform(this.#e, action);
        code.br(this.#done);
    }
  }

  // Branches.

  /** R becomes the target. */
  #aim(indirect: boolean, bits: CodeBits): void {
    if (!indirect) {
      this.#target();
      return;
    }
    this.#e.loadE(bits);
    this.#e.code.set(R);
  }

  #target(): void {
    const code = this.#e.code;
    code.get(NEXT);
    this.#e.immediate();
    code.op(I64_ADD);
    code.set(R);
    this.#e.narrow(R);
  }
}
