/** How a run ended. Statuses: `docs/ARCHITECTURE.md`, "Exit status". */
export type ExitReason =
  | 'debug-exit'
  | 'power-off'
  | 'halted'
  | 'reset'
  | 'triple-fault'
  | 'unimplemented'
  | 'internal-error'
  | 'limit'
  | 'stopped';

export interface ExitResult {
  readonly reason: ExitReason;
  /** The exit status of the process: odd from the guest's debug-exit port, even from the emulator, 124 for a limit. */
  readonly status: number;
  /** One line for people. */
  readonly detail: string;
}

const STATUS: Record<Exclude<ExitReason, 'debug-exit'>, number> = {
  'power-off': 0,
  halted: 0,
  stopped: 0,
  reset: 4,
  'triple-fault': 4,
  unimplemented: 6,
  'internal-error': 8,
  limit: 124,
};

export function exitResult(reason: Exclude<ExitReason, 'debug-exit'>, detail: string): ExitResult {
  return { reason, status: STATUS[reason], detail };
}

/** A guest that writes `value` to port 0xF4 ends the run with `(value << 1) | 1`; a process keeps eight bits of it. */
export function debugExit(status: number): ExitResult {
  return {
    reason: 'debug-exit',
    status: status & 0xff,
    detail: `guest wrote to the debug-exit port: status ${status & 0xff}`,
  };
}
