import { type DiskMedium, diskBackend } from '../devices/block.ts';
import type { PciBus } from '../devices/pci-host.ts';
import { VirtioBlk } from '../devices/virtio-blk.ts';
import { VirtioConsole } from '../devices/virtio-console.ts';
import { type VirtioDevice, VirtioPci } from '../devices/virtio-pci.ts';
import { VirtioRng } from '../devices/virtio-rng.ts';
import type { Machine } from './machine.ts';
import { VIRTIO_CONSOLE_SLOT, VIRTIO_DISK_SLOT, VIRTIO_RNG_SLOT } from './pc-map.ts';

/** Which virtio devices the board has. */
export interface VirtioConfig {
  readonly disk?: DiskMedium | undefined;
  readonly console?: boolean | undefined;
  /** The seed of an entropy device: runs repeat. */
  readonly rng?: number | undefined;
}

export interface VirtioDevices {
  readonly disk?: VirtioBlk;
  readonly console?: VirtioConsole;
  readonly rng?: VirtioRng;
}

/** Each device has a slot of its own, whether or not the others are there. */
export function attachVirtio(machine: Machine, pci: PciBus, config: VirtioConfig): VirtioDevices {
  const { clock, space, virtioConsole } = machine;
  const attach = <D extends VirtioDevice>(slot: number, device: D): D => {
    pci.attach(slot, 0, new VirtioPci(device, clock, space));
    return device;
  };
  const devices: { -readonly [K in keyof VirtioDevices]: VirtioDevices[K] } = {};
  if (config.disk) devices.disk = attach(VIRTIO_DISK_SLOT, new VirtioBlk(diskBackend(config.disk)));
  if (config.console) {
    const port = new VirtioConsole((bytes) => {
      for (const byte of bytes) virtioConsole.accept(byte);
    });
    virtioConsole.sink = (bytes) => port.receive(bytes);
    devices.console = attach(VIRTIO_CONSOLE_SLOT, port);
  }
  if (config.rng !== undefined) devices.rng = attach(VIRTIO_RNG_SLOT, new VirtioRng(config.rng));
  return devices;
}
