import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createReport, evidenceOf, reportText } from '../../src/debug/report.ts';
import { VECTOR_GP, VECTOR_PF } from '../../src/isa/vectors.ts';
import { exitResult } from '../../src/machine/exit.ts';
import { at, fakeMachine } from './fake-machine.ts';
import { KERNEL, LOADER, Scene } from './scene.ts';
import { violations } from './schema.ts';

const schema = JSON.parse(readFileSync(new URL('../../docs/report.schema.json', import.meta.url), 'utf8'));

function ended(): Scene {
  const scene = new Scene().mapKernel(64).image(LOADER).image(KERNEL);
  scene.timeline.push({
    instruction: 900,
    rip: at('0x100200'),
    event: 'mode',
    from: 'protected32',
    to: 'compatibility32',
    mode: 'compatibility32',
    cause: 'MOV CR0,EAX',
  });
  const rip = '0xffffffff80390000';
  return scene.fault(VECTOR_PF, { rip, cr2: rip, error: 0x10 }).fault(VECTOR_GP, { rip, error: 0x72 });
}

describe('the report', () => {
  test('fits its schema, in every state', () => {
    const halted = exitResult('halted', 'halted for good');
    const shutDown = exitResult('triple-fault', 'triple fault');
    for (const report of [
      createReport(fakeMachine(new Scene())),
      createReport(fakeMachine(new Scene(), halted)),
      createReport(fakeMachine(ended(), shutDown)),
    ]) {
      expect(violations(schema, report)).toEqual([]);
    }
  });

  test('says what happened', () => {
    const report = createReport(
      fakeMachine(ended(), exitResult('triple-fault', 'triple fault\n    at host.ts:1')),
    );
    expect(report).toMatchObject({
      exit: { reason: 'triple-fault', status: 4, detail: 'triple fault' },
      instructions: 1234567,
      guestSeconds: 0.01234567,
      resets: 0,
      mode: '64-bit',
      timeline: [
        {
          instruction: 900,
          rip: '0x0000000000100200',
          event: 'mode',
          from: 'protected32',
          to: 'compatibility32',
        },
      ],
      mappings: [
        {
          linear: '0xffffffff80000000',
          physical: '0x00000000',
          bytes: 0x40000,
          pageSize: 4096,
          writable: true,
        },
      ],
      faultCounts: { '#GP': 1, '#PF': 1 },
      unclaimed: {
        ports: [
          { address: '0x0080', count: 3 },
          { address: '0x02f8', count: 1 },
        ],
        memory: [{ address: '0xfee00000', count: 2 }],
      },
      images: [
        { name: 'loader.elf', role: null, loadedAt: null, symbols: 1 },
        { name: 'kernel.elf', role: 'module', loadedAt: '0x00020000', symbols: 1 },
      ],
    });
    expect(report.faults[0]).toMatchObject({
      name: '#PF',
      errorCode: '0x0010',
      cr2: '0xffffffff80390000',
      symbol: 'kernel_start (kernel.elf)',
    });
    expect(report.faults[0]!.walk).toContain('stopped at the PDE');
    expect(report.faults[1]).toMatchObject({ name: '#GP', cr2: null, walk: null });
    expect(report.likelyCauses[0]).toContain('(kernel_start) is where kernel.elf is linked');
  });

  test('is the same text for the same run, and ends with a line feed', () => {
    const text = () => reportText(createReport(fakeMachine(ended(), exitResult('halted', 'x'))));
    expect(text()).toBe(text());
    expect(text().endsWith('}\n')).toBe(true);
    expect(JSON.parse(text())).toMatchObject({ version: 1, likelyCauses: [] });
  });

  test('a result that is no end, such as a limit, is told', () => {
    const result = exitResult('limit', 'stopped after 5 instructions');
    expect(createReport(fakeMachine(new Scene()), result).exit).toEqual({
      reason: 'limit',
      status: 124,
      detail: result.detail,
    });
    expect(createReport(fakeMachine(new Scene())).exit.reason).toBe('running');
  });
});

test('there is no evidence without an exception', () => {
  expect(evidenceOf(fakeMachine(new Scene()))).toBeUndefined();
});

describe('the schema check itself', () => {
  test('sees what is wrong', () => {
    const report = createReport(fakeMachine(new Scene()));
    expect(violations(schema, { ...report, mode: 'long', extra: 1, instructions: -1 })).toEqual([
      '$: extra is not allowed',
      '$.instructions: too small',
      '$.mode: long is not allowed',
    ]);
    expect(() => violations({ maxLength: 1 }, 'x')).toThrow('maxLength');
  });
});
