import type { MachineConfig } from '../machine/machine.ts';
import { checkMedium, type MachineOrigin, mediumText, sealOf } from '../machine/origin.ts';
import { createPc, MEDIA, type Pc, type PcConfig } from '../machine/pc.ts';
import type { Snapshot } from '../machine/snapshot.ts';
import { SnapshotError } from '../machine/snapshot-file.ts';
import type { BootFile, BootPlan } from './boot-plan.ts';
import { createMachine, type MachineOptions } from './create-machine.ts';
import { createFirmwareMachine, type FirmwareOptions } from './firmware-machine.ts';

/** What a snapshot does not say: how the host runs the machine, and the images of its media. */
export interface ResumeOptions extends Pick<MachineConfig, 'jit'> {
  /** The images that the machine had. Needed when the snapshot comes from a file, which does not hold them. */
  readonly cdrom?: BootFile | undefined;
  readonly disk?: BootFile | undefined;
}

/** A machine from a snapshot. `plan` says what was booted, unless firmware did it. */
export type ResumedMachine = Pc & { readonly plan?: BootPlan };

/**
 * Makes a machine as it was when the snapshot was taken, from the snapshot alone and the media it had.
 * @throws SnapshotError naming an option: a medium is missing, is another one, or was not there.
 */
export function resumeMachine(snapshot: Snapshot, options: ResumeOptions = {}): ResumedMachine {
  const { origin } = snapshot;
  if (!origin) throw new SnapshotError('machine', 'bare', 'one that createMachine or createPc has made');
  const { jit } = options;
  const machine = make(origin, {
    ...origin.options,
    ...mediaOf(origin, options),
    ...(jit === undefined ? {} : { jit }),
  });
  machine.restore(snapshot);
  return machine;
}

function make({ kind }: MachineOrigin, options: object): ResumedMachine {
  if (kind === 'kernel') return createMachine(options as MachineOptions);
  if (kind === 'firmware') return createFirmwareMachine(options as FirmwareOptions);
  const config = Object.entries(options).map(([name, value]) => [
    name,
    MEDIA.includes(name) ? (value as BootFile).bytes : value,
  ]);
  return createPc(Object.fromEntries(config) as PcConfig);
}

/** The images given, or else those that a snapshot in memory still knows. */
function mediaOf(origin: MachineOrigin, options: ResumeOptions): Record<string, BootFile> {
  const media: Record<string, BootFile> = {};
  const given = options as Readonly<Record<string, BootFile | undefined>>;
  for (const name of MEDIA) {
    const saved = origin.media[name];
    const image = given[name] ?? (saved && 'bytes' in saved ? saved : undefined);
    if (!saved && image)
      throw new SnapshotError(name, image.name, 'none: the machine of the snapshot has none');
    if (!saved) continue;
    if (!image) throw new SnapshotError(name, 'missing', mediumText(sealOf(saved)));
    checkMedium(name, image, saved);
    media[name] = image;
  }
  return media;
}
