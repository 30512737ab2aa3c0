import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { contained } from '../support/contained.js';
import { waitFor } from '../support/wait-for.js';
import { AgentChannel, type GuestEnding, type GuestProcess } from './agent-channel.js';
import type { Image } from './image.js';
import { QemuMonitor } from './qemu-monitor.js';

/** An emulated processor on a busy computer is slow. */
const BOOT_TIMEOUT_MS = 600_000;
const COMMAND_TIMEOUT_MS = 180_000;
const CONSOLE_TAIL = 6_000;
const MEGABYTES = 512;

const KERNEL_OPTIONS = [
  'root=/dev/vda rw console=ttyS0,115200 loglevel=6 panic=-1',
  // What a processor that is emulated needs no protection from.
  'mitigations=off no_timer_check',
  'systemd.show_status=false',
];

/**
 * A computer of its own with 512 MB and no swap, emulated: its kernel, its /proc, its memory are nobody else's. Nothing
 * is shared with this computer but a line to the agent in it, and its console.
 */
export class SmallMachine {
  readonly #qemu: ChildProcess;
  readonly #directory: string;
  readonly #over: Promise<unknown>;
  #agent: AgentChannel | undefined;
  #monitor: QemuMonitor | undefined;
  #errors = '';
  bootMs = 0;

  private constructor(qemu: ChildProcess, directory: string) {
    this.#qemu = qemu;
    this.#directory = directory;
    this.#over = once(qemu, 'close');
    for (const stream of [qemu.stdout, qemu.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    }
  }

  /** Resolves when the boot is over. `secondDisk` is ext4, and /dev/vdb, read only; what QEMU writes goes to `directory`. `close` ends it. */
  static async boot(image: Image, secondDisk: string, directory: string): Promise<SmallMachine> {
    const disk = newLayer(join(directory, 'layer.qcow2'), image.disk);
    const [program, ...args] = contained([
      ...['nice', 'qemu-system-x86_64', '-nodefaults', '-no-reboot', '-nographic'],
      // Never KVM: where this computer is itself a virtual machine, it may be there and hang.
      ...['-accel', 'tcg,thread=multi', '-cpu', 'Nehalem,+rdrand', '-m', String(MEGABYTES), '-smp', '2'],
      ...['-kernel', image.kernel, '-initrd', image.initialRamdisk, '-append', KERNEL_OPTIONS.join(' ')],
      ...['-drive', `file=${disk},format=qcow2,if=virtio,cache=unsafe`],
      ...['-drive', `file=${secondDisk},format=raw,if=virtio,readonly=on`],
      ...['-serial', `file:${join(directory, 'console')}`],
      ...['-monitor', listening(`unix:${join(directory, 'monitor')}`)],
      ...['-device', 'virtio-serial-pci'],
      ...['-chardev', listening(`socket,id=agent,path=${join(directory, 'agent')}`)],
      ...['-device', 'virtserialport,chardev=agent,name=agent'],
    ]);
    const qemu = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const machine = new SmallMachine(qemu, directory);
    try {
      await machine.#untilUp();
    } catch (error) {
      await machine.close();
      throw error;
    }
    return machine;
  }

  get agent(): AgentChannel {
    if (this.#agent === undefined) throw new Error('It is not up.');
    return this.#agent;
  }

  start(command: string): GuestProcess {
    return this.agent.start(command);
  }

  /** As root, by sh. A command that fails is a result; one that is not done in time, or a machine that died, is an error. */
  async run(command: string, timeoutMs = COMMAND_TIMEOUT_MS): Promise<GuestEnding> {
    const process = this.agent.start(command);
    const overdue = new AbortController();
    const timer = setTimeout(() => {
      overdue.abort();
    }, timeoutMs);
    const late = once(overdue.signal, 'abort').then(() => {
      throw new Error(`Not done after ${timeoutMs} ms: ${command}\n${process.output()}\n${this.console()}`);
    });
    const ending = await Promise.race([process.ended, late]).finally(() => {
      clearTimeout(timer);
    });
    if (ending.exitCode === null && ending.signal === null) {
      throw new Error(`The machine has died during: ${command}\n${this.console()}`);
    }
    return ending;
  }

  /** What the command wrote; an error if it fails. */
  async succeed(command: string, timeoutMs?: number): Promise<string> {
    const { exitCode, signal, output } = await this.run(command, timeoutMs);
    if (exitCode === 0) return output;
    throw new Error(`"${command}" failed with ${String(exitCode ?? signal)}:\n${output}`);
  }

  /** A file of root's. */
  async write(path: string, content: string): Promise<void> {
    const encoded = Buffer.from(content).toString('base64');
    await this.succeed(
      `mkdir -p "$(dirname ${path})" && echo ${encoded} | base64 --decode >${path} && chmod 0644 ${path}`,
    );
  }

  /** All that the kernel has said so far, as it came out at the serial port. */
  kernelLog(): string {
    return readFileSync(join(this.#directory, 'console'), 'latin1');
  }

  console(): string {
    return `${this.#errors}${this.kernelLog().slice(-CONSOLE_TAIL)}`;
  }

  /** A picture of the whole machine as it is, memory and disk, to come back to by `restore`. */
  async save(name: string): Promise<void> {
    await this.#monitor?.tell(`savevm ${name}`);
  }

  async restore(name: string): Promise<void> {
    await this.#monitor?.tell(`loadvm ${name}`);
  }

  /** At once. */
  async close(): Promise<void> {
    this.#agent?.close();
    this.#monitor?.close();
    this.#qemu.kill('SIGKILL');
    await this.#over;
  }

  #hasEnded(): boolean {
    return this.#qemu.exitCode !== null || this.#qemu.signalCode !== null;
  }

  async #untilUp(): Promise<void> {
    const start = performance.now();
    this.#agent = await AgentChannel.open(join(this.#directory, 'agent'), () => this.#hasEnded());
    this.#monitor = await QemuMonitor.open(join(this.#directory, 'monitor'));
    const { agent } = this;
    try {
      await waitFor(() => agent.isReady || this.#hasEnded(), 'the agent to answer', BOOT_TIMEOUT_MS);
      if (!agent.isReady) throw new Error('QEMU has ended.');
    } catch (error) {
      throw new Error(`The machine did not come up. Its console:\n${this.console()}`, { cause: error });
    }
    await this.run('systemctl is-system-running --wait', BOOT_TIMEOUT_MS);
    this.bootMs = performance.now() - start;
  }
}

/** What the machine writes goes there; what it has not written is read from what is below. */
function newLayer(path: string, below: string): string {
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', below, '-F', 'raw', path]);
  return path;
}

function listening(device: string): string {
  return `${device},server=on,wait=off`;
}
