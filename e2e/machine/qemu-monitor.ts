import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const PROMPT = '(qemu) ';

/** QEMU's own command line, over a socket: what it is told takes place outside of the machine. */
export class QemuMonitor {
  readonly #socket: Socket;
  #received = '';
  #isOver = false;
  /** Called when there is something new. */
  #wake: () => void = () => undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#received += text;
      this.#wake();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
  }

  static async open(path: string): Promise<QemuMonitor> {
    const socket = connect(path);
    const monitor = new QemuMonitor(socket);
    await once(socket, 'connect');
    await monitor.#untilPrompt();
    return monitor;
  }

  /** Resolves when it is done; an error if QEMU has something to say about it. */
  async tell(command: string): Promise<void> {
    this.#received = '';
    this.#socket.write(`${command}\n`);
    const error = /^Error: .*$/m.exec(await this.#untilPrompt())?.[0];
    if (error !== undefined) throw new Error(`QEMU, told to ${command}: ${error}`);
  }

  close(): void {
    this.#socket.destroy();
  }

  async #untilPrompt(): Promise<string> {
    while (!this.#received.endsWith(PROMPT)) {
      if (this.#isOver) throw new Error('QEMU has ended.');
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#received;
  }
}
