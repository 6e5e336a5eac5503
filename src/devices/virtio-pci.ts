import type { MmioDevice } from '../bus/address-space.ts';
import { type Clock, NEVER, type TimedEvent } from '../bus/clock.ts';
import type { DmaMemory } from './dma-memory.ts';
import { PciFunction } from './pci-device.ts';
import { Virtqueue } from './virtqueue.ts';

/** What is behind the transport: a block device, a console. */
export interface VirtioDevice {
  /** Device ID (VIRTIO 1.1, "Device Types"). */
  readonly type: number;
  readonly classCode: number;
  readonly queueCount: number;
  /** Feature bits 0 to 31 of its own. */
  readonly features: number;
  /** A byte of the device configuration. */
  readConfig(offset: number): number;
  /** Takes requests off a queue; true when it finished any. */
  process(index: number, queue: Virtqueue, memory: DmaMemory): boolean;
  reset(): void;
  /** Set by the transport: the host's side has something for a queue. */
  onWork: ((index: number) => void) | undefined;
}

const STATUS_DRIVER_OK = 0x04;
const STATUS_FEATURES_OK = 0x08;
const FEATURE_RING_INDIRECT_DESC = 0x1000_0000;
/** Bit 32. */
const FEATURE_VERSION_1_HIGH = 0x1;
const NO_VECTOR = 0xffff;
const ISR_QUEUE = 0x01;

/** Parts of the memory range of BAR 4, a page each ("Virtio Structure PCI Capabilities"). */
const BAR = 4;
const BAR_BYTES = 0x4000;
const COMMON = 0x0000;
const ISR = 0x1000;
const DEVICE = 0x2000;
const NOTIFY = 0x3000;
const NOTIFY_MULTIPLIER = 4;

const CAPABILITY_VENDOR = 0x09;
const CFG_COMMON = 1;
const CFG_NOTIFY = 2;
const CFG_ISR = 3;
const CFG_DEVICE = 4;
const CFG_PCI = 5;
/** Where the window of VIRTIO_PCI_CAP_PCI_CFG lies in configuration space, and its parts. */
const WINDOW = 0x84;
const WINDOW_BAR = WINDOW + 4;
const WINDOW_OFFSET = WINDOW + 8;
const WINDOW_LENGTH = WINDOW + 12;
const WINDOW_DATA = WINDOW + 16;

/** From a notification to the device's answer. */
const WORK_NS = 2_000;

/** A virtio 1.x device on PCI: modern registers only, INTA#, no MSI-X. */
export class VirtioPci extends PciFunction implements MmioDevice {
  private readonly device: VirtioDevice;
  private readonly clock: Clock;
  private readonly memory: DmaMemory;
  private readonly queues: readonly Virtqueue[];
  private readonly event: TimedEvent = { due: NEVER, fire: () => this.work() };
  private deviceFeatureSelect = 0;
  private driverFeatureSelect = 0;
  private readonly driverFeatures = new Int32Array(2);
  private status = 0;
  private isr = 0;
  private queueSelect = 0;
  /** Queues that were notified. */
  private notified = 0;

  constructor(device: VirtioDevice, clock: Clock, memory: DmaMemory) {
    super({
      vendor: 0x1af4,
      device: 0x1040 + device.type,
      classCode: device.classCode,
      revision: 1,
      subsystemVendor: 0x1af4,
      subsystem: 0x1100,
      interruptPin: 1,
      bars: [
        {
          index: BAR,
          kind: 'memory',
          bytes: BAR_BYTES,
          is64Bit: true,
          prefetchable: true,
          device: {
            readMmio: (offset, bytes) => this!.readMmio(offset, bytes),
            writeMmio: (offset, value, bytes) => this!.writeMmio(offset, value, bytes),
          },
        },
      ],
    });
    this.device = device;
    this.clock = clock;
    this.memory = memory;
    this.queues = Array.from({ length: device.queueCount }, () => new Virtqueue());
    device.onWork = (index) => this.notify(index);
    this.addStructure(0x40, CFG_COMMON, COMMON, 0x1000);
    this.addStructure(0x50, CFG_ISR, ISR, 0x1000);
    this.addStructure(0x60, CFG_DEVICE, DEVICE, 0x1000);
    this.addStructure(0x70, CFG_NOTIFY, NOTIFY, 0x1000, NOTIFY_MULTIPLIER);
    this.addStructure(WINDOW, CFG_PCI, 0, 0, 0);
    this.allowWrites(WINDOW_BAR, 0xff, 1);
    this.allowWrites(WINDOW_OFFSET, 0xffffffff, 4);
    this.allowWrites(WINDOW_LENGTH, 0xffffffff, 4);
  }

  override reset(): void {
    this.resetDevice();
    super.reset();
  }

  readMmio(offset: number, bytes: 1 | 2 | 4): number {
    let value = 0;
    for (let i = bytes - 1; i >= 0; i--) value = value * 256 + this.readByte(offset + i);
    if (offset === ISR) this.acknowledge();
    return value;
  }

  writeMmio(offset: number, value: number, bytes: 1 | 2 | 4): void {
    if (offset >= NOTIFY) this.notify((offset - NOTIFY) / NOTIFY_MULTIPLIER);
    else if (offset < ISR) this.writeCommon(offset, value, bytes);
  }

  /** VIRTIO_PCI_CAP_PCI_CFG: an access to the data register is one to the range that the window names. */
  override readConfig(offset: number, bytes: 1 | 2 | 4): number {
    const at = this.windowAddress(offset, bytes);
    return at < 0 ? super.readConfig(offset, bytes) : this.readMmio(at, bytes);
  }

  override writeConfig(offset: number, value: number, bytes: 1 | 2 | 4): void {
    const at = this.windowAddress(offset, bytes);
    if (at < 0) super.writeConfig(offset, value, bytes);
    else this.writeMmio(at, value, bytes);
  }

  private windowAddress(offset: number, bytes: number): number {
    if (offset !== WINDOW_DATA || this.config[WINDOW_BAR] !== BAR) return -1;
    const at = this.getConfig(WINDOW_OFFSET, 4);
    return this.getConfig(WINDOW_LENGTH, 4) === bytes && at + bytes <= BAR_BYTES ? at : -1;
  }

  private addStructure(at: number, type: number, offset: number, length: number, extra?: number): void {
    const body = new Uint8Array(extra === undefined ? 14 : 18);
    const view = new DataView(body.buffer);
    body[0] = body.length + 2;
    body[1] = type;
    body[2] = type === CFG_PCI ? 0 : BAR;
    view.setUint32(6, offset, true);
    view.setUint32(10, length, true);
    if (extra !== undefined) view.setUint32(14, extra, true);
    this.addCapability(at, CAPABILITY_VENDOR, body);
  }

  private get queue(): Virtqueue | undefined {
    return this.queues[this.queueSelect];
  }

  private readByte(offset: number): number {
    if (offset < ISR) return Math.floor(this.readCommon(offset & ~3) / 2 ** (8 * (offset & 3))) % 256;
    if (offset < DEVICE) return offset === ISR ? this.isr : 0;
    return offset < NOTIFY ? this.device.readConfig(offset - DEVICE) & 0xff : 0;
  }

  /** A doubleword of the common configuration ("Common configuration structure layout"), unsigned. */
  private readCommon(offset: number): number {
    const { queue } = this;
    switch (offset) {
      case 0x00:
        return this.deviceFeatureSelect;
      case 0x04:
        if (this.deviceFeatureSelect === 0) return (this.device.features | FEATURE_RING_INDIRECT_DESC) >>> 0;
        return this.deviceFeatureSelect === 1 ? FEATURE_VERSION_1_HIGH : 0;
      case 0x08:
        return this.driverFeatureSelect;
      case 0x0c:
        return (this.driverFeatures[this.driverFeatureSelect] ?? 0) >>> 0;
      case 0x10:
        return NO_VECTOR + this.queues.length * 65536;
      case 0x14:
        return this.status + this.queueSelect * 65536;
      case 0x18:
        return (queue?.size ?? 0) + NO_VECTOR * 65536;
      case 0x1c:
        return (queue?.enabled ? 1 : 0) + (queue ? this.queueSelect : 0) * 65536;
      case 0x20:
      case 0x24:
        return half(queue?.descriptors ?? 0, offset);
      case 0x28:
      case 0x2c:
        return half(queue?.available ?? 0, offset);
      case 0x30:
      case 0x34:
        return half(queue?.used ?? 0, offset);
      default:
        return 0;
    }
  }

  /** Drivers "must access each field using the natural access method"; others do nothing. */
  private writeCommon(offset: number, value: number, bytes: number): void {
    const { queue } = this;
    switch (offset) {
      case 0x00:
        this.deviceFeatureSelect = value;
        break;
      case 0x08:
        this.driverFeatureSelect = value;
        break;
      case 0x0c:
        if (this.driverFeatureSelect < 2) this.driverFeatures[this.driverFeatureSelect] = value | 0;
        break;
      case 0x14:
        this.writeStatus(value & 0xff);
        break;
      case 0x16:
        this.queueSelect = value & 0xffff;
        break;
      case 0x18: {
        const isPowerOfTwo = value !== 0 && (value & (value - 1)) === 0;
        if (queue && !queue.enabled && isPowerOfTwo && value <= queue.maxSize) queue.size = value;
        break;
      }
      case 0x1c:
        if (queue && value === 1) queue.enabled = true;
        break;
      default:
        if (queue && !queue.enabled && bytes === 4) this.writeAddress(queue, offset, value >>> 0);
    }
  }

  private writeAddress(queue: Virtqueue, offset: number, value: number): void {
    const placed = (old: number) =>
      offset & 4
        ? (old % 4294967296) + value * 4294967296
        : Math.floor(old / 4294967296) * 4294967296 + value;
    if (offset === 0x20 || offset === 0x24) queue.descriptors = placed(queue.descriptors);
    else if (offset === 0x28 || offset === 0x2c) queue.available = placed(queue.available);
    else if (offset === 0x30 || offset === 0x34) queue.used = placed(queue.used);
  }

  /** Writing 0 resets. FEATURES_OK stays only with features that the device has, VERSION_1 among them. */
  private writeStatus(value: number): void {
    if (value === 0) {
      this.resetDevice();
      return;
    }
    const unknown = this.driverFeatures[0]! & ~(this.device.features | FEATURE_RING_INDIRECT_DESC);
    if (unknown !== 0 || this.driverFeatures[1] !== FEATURE_VERSION_1_HIGH) value &= ~STATUS_FEATURES_OK;
    this.status = value;
    if (value & STATUS_DRIVER_OK && this.notified !== 0)
      this.clock.schedule(this.event, this.clock.now() + WORK_NS);
  }

  private resetDevice(): void {
    this.clock.cancel(this.event);
    this.device.reset();
    for (const queue of this.queues) queue.reset();
    this.deviceFeatureSelect = 0;
    this.driverFeatureSelect = 0;
    this.driverFeatures.fill(0);
    this.status = 0;
    this.queueSelect = 0;
    this.notified = 0;
    this.acknowledge();
  }

  private acknowledge(): void {
    this.isr = 0;
    this.intx.lower();
  }

  private notify(index: number): void {
    if (!this.queues[index]) return;
    this.notified |= 1 << index;
    if (this.event.due === NEVER) this.clock.schedule(this.event, this.clock.now() + WORK_NS);
  }

  private work(): void {
    if (!(this.status & STATUS_DRIVER_OK) || !this.isBusMaster) return;
    const { notified } = this;
    this.notified = 0;
    for (const [index, queue] of this.queues.entries()) {
      if (!(notified & (1 << index)) || !queue.enabled) continue;
      if (!this.device.process(index, queue, this.memory) || !queue.wantsInterrupt(this.memory)) continue;
      this.isr |= ISR_QUEUE;
      this.intx.raise();
    }
  }
}

function half(value: number, offset: number): number {
  return offset & 4 ? Math.floor(value / 4294967296) : value % 4294967296;
}
