/** `--screen`: what the display shows when the run ends. */
import { renderVga } from '../devices/vga-render.ts';
import type { Pc } from '../index.ts';
import { openOutput } from './files.ts';
import type { Io } from './io.ts';
import { encodePng } from './png.ts';
import { badValue } from './usage-error.ts';

export interface Screen {
  /** Shows the picture as it is now. */
  show(machine: Pc): void;
}

/** Opens what the option names before anything runs, so that a bad path is told at once. */
export function openScreen(io: Io, text: string | undefined): Screen | undefined {
  if (text === undefined) return undefined;
  if (text === 'text') return { show: (machine) => io.stderr.write(screenText(machine)) };
  if (!text.startsWith('png:') || text.length === 4) throw badValue('--screen', text, 'text or png:FILE');
  const file = openOutput(io, '--screen', text.slice(4));
  return {
    show(machine) {
      file.write(encodePng(renderVga(machine.devices.vga)));
      file.close();
    },
  };
}

/** The characters without the blanks at the ends, or a line that says why there are none. */
function screenText({ devices: { vga } }: Pc): string {
  const rows = vga.textScreen().map((row) => row.replace(/[ \0]+$/, ''));
  if (rows.length === 0) return 'longmode: the display is in a graphics mode, use --screen png:FILE\n';
  while (rows.length > 0 && rows.at(-1) === '') rows.pop();
  return rows.length === 0 ? 'longmode: the screen is empty\n' : `${rows.join('\n')}\n`;
}
