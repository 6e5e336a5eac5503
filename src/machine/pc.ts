import { PENDING_INTR } from '../cpu/execute/core.ts';
import { DebugExit } from '../devices/debug-exit.ts';
import { DebugConsole } from '../devices/debugcon.ts';
import { Dma8237, DmaPageRegisters } from '../devices/dma8237.ts';
import { I8042 } from '../devices/i8042.ts';
import { Pic8259Pair } from '../devices/pic8259.ts';
import { Pit8254 } from '../devices/pit8254.ts';
import { DelayPort, PostCodePort } from '../devices/post-code.ts';
import { PowerControlPort, ShutdownPort } from '../devices/power-ports.ts';
import { Rtc146818 } from '../devices/rtc146818.ts';
import { A20Gate, SystemControlPortA, SystemControlPortB } from '../devices/system-control.ts';
import { Uart16550 } from '../devices/uart16550.ts';
import { debugExit, exitResult } from './exit.ts';
import { Machine, type MachineConfig } from './machine.ts';
import {
  A20_AND_FAST_RESET_PORT,
  COM_BASES,
  COM_IRQS,
  COM_PORTS,
  DEBUG_CONSOLE_PORT,
  DEBUG_EXIT_PORT,
  DEBUG_EXIT_PORTS,
  DELAY_PORT,
  DMA_PAGE_PORT,
  DMA1_PORT,
  DMA2_PORT,
  ELCR_PORT,
  I8042_IRQ_AUX,
  I8042_IRQ_KEYBOARD,
  I8042_PORT,
  PIC1_PORT,
  PIC2_PORT,
  PIT_IRQ,
  PIT_PORT,
  POST_PORT,
  POWER_PORTS,
  RTC_IRQ,
  RTC_PORT,
  SHUTDOWN_PORT,
  SYSTEM_CONTROL_B_PORT,
} from './pc-map.ts';

/** The devices of the board that hosts and tests talk to. */
export interface PcDevices {
  readonly pic: Pic8259Pair;
  readonly pit: Pit8254;
  readonly rtc: Rtc146818;
  readonly keyboard: I8042;
  readonly uarts: readonly Uart16550[];
  readonly postCode: PostCodePort;
}

/** A PC/AT-compatible board: one attach per line, every address from `pc-map.ts`. */
export function createPc(config: MachineConfig): Machine & { devices: PcDevices } {
  const machine = new Machine(config);
  const { core, clock, mmu, ports, processor } = machine;

  const pic = new Pic8259Pair({
    raise() {
      core.pending |= PENDING_INTR;
      core.endBlock();
    },
    lower() {
      core.pending &= ~PENDING_INTR;
    },
  });
  core.interruptController = pic;
  const reset = () => machine.requestExit(exitResult('reset', 'the guest reset the machine'));
  const powerOff = () => machine.requestExit(exitResult('power-off', 'the guest switched the power off'));
  const a20 = new A20Gate((enabled) => {
    mmu.setA20(enabled);
    processor.contextChanged();
  });

  const pit = new Pit8254(clock, pic.line(PIT_IRQ));
  const rtc = new Rtc146818(clock, pic.line(RTC_IRQ), { memoryBelow4G: config.memory });
  const keyboard = new I8042(pic.line(I8042_IRQ_KEYBOARD), pic.line(I8042_IRQ_AUX), {
    onReset: reset,
    onA20: (level) => a20.setKeyboard(level),
  });
  const postCode = new PostCodePort();
  const uarts = COM_BASES.map(
    (_, i) =>
      new Uart16550(pic.line(COM_IRQS[i]!), clock, {
        onTransmit: i === 0 ? (byte) => machine.serial.accept(byte) : undefined,
      }),
  );
  machine.serial.sink = (bytes) => uarts[0]!.receive(bytes);

  ports.attach(DMA1_PORT, 16, new Dma8237(0));
  ports.attach(PIC1_PORT, 2, pic.master);
  ports.attach(PIT_PORT, 4, pit);
  ports.attach(I8042_PORT, 1, keyboard, 0);
  ports.attach(SYSTEM_CONTROL_B_PORT, 1, new SystemControlPortB(clock, pit));
  ports.attach(I8042_PORT + 4, 1, keyboard, 4);
  ports.attach(RTC_PORT, 2, rtc);
  ports.attach(POST_PORT, 1, postCode);
  ports.attach(DMA_PAGE_PORT + 1, 15, new DmaPageRegisters(), 1);
  ports.attach(A20_AND_FAST_RESET_PORT, 1, new SystemControlPortA((level) => a20.setFast(level), reset));
  ports.attach(PIC2_PORT, 2, pic.slave);
  ports.attach(DMA2_PORT, 32, new Dma8237(1));
  ports.attach(DEBUG_CONSOLE_PORT, 1, new DebugConsole((byte) => machine.debugcon.accept(byte)));
  ports.attach(DELAY_PORT, 1, new DelayPort());
  ports.attach(
    DEBUG_EXIT_PORT,
    DEBUG_EXIT_PORTS,
    new DebugExit((status) => machine.requestExit(debugExit(status))),
  );
  ports.attach(ELCR_PORT, 2, pic.edgeLevelControl);
  for (const [i, uart] of uarts.entries()) ports.attach(COM_BASES[i]!, COM_PORTS, uart);
  for (const port of POWER_PORTS) ports.attach(port, 2, new PowerControlPort(powerOff));
  ports.attach(SHUTDOWN_PORT, 1, new ShutdownPort(powerOff));

  return Object.assign(machine, { devices: { pic, pit, rtc, keyboard, uarts, postCode } });
}
