/**
 * One run of one emulator: a process whose standard output carries the guest's serial port, watched from outside. Time is
 * taken when the line before the workload arrives and when the line after it does.
 */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { performance } from 'node:perf_hooks';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Run {
  /** Between the two lines. `cpu` is that of the busiest thread: what the wall would show on an idle machine. */
  readonly wall: number;
  readonly cpu: number;
  /** From the start of the process to the first line of the guest: seconds, and processor time of all threads. */
  readonly start: number;
  readonly startCpu: number;
  readonly units: number;
  readonly operations: number;
  /** The largest resident set seen, in bytes. */
  readonly resident: number;
}

const BEGIN = 'bench: begin';
const END = 'bench: end';
const RESIDENT_INTERVAL = 50;
/** Nanoseconds after which a thread counts as one that runs the guest. */
const WORKER = 500_000;
const WATCHER = -15;
const ATTEMPTS = 4;

/** Nanoseconds on a processor by thread; nothing when the process is gone. */
export function threadTimes(pid: number): Map<string, number> {
  const times = new Map<string, number>();
  try {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
      times.set(thread, Number(text.split(' ')[0]));
    }
  } catch {
    // A thread, or the process, ended between the two calls.
  }
  return times;
}

function residentBytes(pid: number): number {
  try {
    const found = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return found ? Number(found[1]) * 1024 : 0;
  } catch {
    return 0;
  }
}

/**
 * The most that any one thread worked between two looks; undefined when one that had worked at all is no more: then the
 * second look came too late.
 */
export function busiest(
  before: ReadonlyMap<string, number>,
  after: ReadonlyMap<string, number>,
): number | undefined {
  for (const [thread, time] of before) if (time > WORKER && !after.has(thread)) return undefined;
  let most = 0;
  for (const [thread, time] of after) most = Math.max(most, time - (before.get(thread) ?? 0));
  return most;
}

/** What the guest says of itself at the end; undefined unless every unit gave what it must. */
export function parseResult(output: string): { units: number; operations: number } | undefined {
  const found = /^bench: \S+ units (\d+) operations (\d+) result 0x[0-9a-f]+$/m.exec(output);
  if (!found || /^FAIL$|gave something else/m.test(output)) return undefined;
  return { units: Number(found[1]), operations: Number(found[2]) };
}

/** Whoever watches must be woken at once, however busy the machine is. Only root may ask for that. */
function watchClosely(pid: number): void {
  try {
    setPriority(0, WATCHER);
    setPriority(pid, 0);
  } catch {
    // Then the guest's lingering has to do.
  }
}

/** Runs the command, again if its last moment was missed. @throws as {@link runOnce} */
export async function run(command: Command, timeout: number): Promise<Run> {
  for (let attempt = 1; ; attempt++) {
    const done = await runOnce(command, timeout);
    if (done.cpu !== undefined) return { ...done, cpu: done.cpu };
    if (attempt === ATTEMPTS) throw new Error(`${command.program} is always gone before it can be looked at`);
  }
}

/** Runs the command to its end. @throws Error with the last line of its output when the guest did not pass. */
export function runOnce(
  command: Command,
  timeout: number,
): Promise<Omit<Run, 'cpu'> & { cpu: number | undefined }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const child = spawn(command.program, [...command.args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...command.env },
    });
    const pid = child.pid ?? -1;
    watchClosely(pid);
    let output = '';
    let errors = '';
    let begin: { at: number; threads: Map<string, number> } | undefined;
    let end: { at: number; threads: Map<string, number> } | undefined;
    let resident = 0;
    const look = setInterval(() => {
      resident = Math.max(resident, residentBytes(pid));
    }, RESIDENT_INTERVAL);
    const limit = setTimeout(() => child.kill('SIGKILL'), timeout * 1000);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (!begin && output.includes(BEGIN)) begin = { at: performance.now(), threads: threadTimes(pid) };
      if (!end && output.includes(END)) end = { at: performance.now(), threads: threadTimes(pid) };
      resident = Math.max(resident, residentBytes(pid));
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-2000);
    });
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(look);
      clearTimeout(limit);
      const result = parseResult(output);
      if (!result || !begin || !end) {
        const last = `${output.trim().split('\n').at(-1)} ${errors.trim().split('\n').at(-1)}`.trim();
        reject(new Error(`${command.program} ended with ${status ?? 'a timeout'}: ${last.slice(0, 200)}`));
        return;
      }
      const cpu = busiest(begin.threads, end.threads);
      let startCpu = 0;
      for (const time of begin.threads.values()) startCpu += time;
      resolve({
        wall: (end.at - begin.at) / 1e3,
        cpu: cpu === undefined ? undefined : cpu / 1e9,
        start: (begin.at - started) / 1e3,
        startCpu: startCpu / 1e9,
        resident,
        ...result,
      });
    });
  });
}
