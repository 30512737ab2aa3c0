import type { Clock } from '../../ports.js';
import { Rate } from './rate.js';
import type {
  AskedHook,
  Failure,
  FromChild,
  LaunchPluginProcess,
  PluginProcess,
  ToChild,
} from './protocol.js';

/** A process that takes no message for so long hangs. */
const HANG_MS = 5000;
/** Events are left out while so much waits to be taken. */
const MOST_BACKLOG_BYTES = 1024 * 1024;
/** Questions bring the samples of a scan, so that more has to fit. */
const MOST_BACKLOG_OF_QUESTIONS_BYTES = 16 * 1024 * 1024;
/** A process that sends more in a second runs wild. */
const MOST_MESSAGES_PER_SECOND = 2000;
/** Questions that nobody waits for any more are forgotten, the oldest first. */
const MOST_QUESTIONS = 1000;

type Unnumbered = ToChild extends infer M ? (M extends ToChild ? Omit<M, 'sequence'> : never) : never;

interface Question {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface ChildLinkListener {
  /** A message that is no answer to a question. */
  onMessage(message: FromChild): void;
  /** It has ended, in words how. */
  onEnd(how: string): void;
}

/** The monitor's end of one process of a plugin: questions and their answers, and an eye on whether it still listens. */
export class ChildLink {
  readonly #process: PluginProcess;
  readonly #clock: Clock;
  readonly #listener: ChildLinkListener;
  readonly #questions = new Map<number, Question>();
  readonly #ended = new AbortController();
  #lastSequence = 0;
  #takenSequence = 0;
  #isWatched = false;
  readonly #messages: Rate;
  /** Why we ended it, where we did. */
  #reason: string | undefined;
  /** Resolves when nothing of the process runs any more. */
  readonly over = new Promise<void>((resolve) => {
    this.#ended.signal.addEventListener('abort', () => {
      resolve();
    });
  });

  constructor(launch: LaunchPluginProcess, clock: Clock, listener: ChildLinkListener) {
    this.#clock = clock;
    this.#messages = new Rate(clock);
    this.#listener = listener;
    this.#process = launch({
      onMessage: (message) => {
        this.#take(message);
      },
      onExit: (how) => {
        this.#finish(how);
      },
    });
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isOver(): boolean {
    return this.#ended.signal.aborted;
  }

  /** Sends what nobody waits for. Returns false if it was left out, since the process does not keep up. */
  tell(message: Unnumbered): boolean {
    if (this.isOver || this.#process.backlogBytes > MOST_BACKLOG_BYTES) {
      return false;
    }
    this.#send(message);
    return true;
  }

  /** Asks one of the plugin's hooks. Rejects with what went wrong there, or if the process ends. */
  async ask(hook: AskedHook, index: number, args: readonly unknown[]): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      if (this.isOver) {
        reject(new Error('its process has ended'));
        return;
      }
      if (this.#process.backlogBytes > MOST_BACKLOG_OF_QUESTIONS_BYTES) {
        reject(new Error('its process does not keep up'));
        return;
      }
      const id = this.#lastSequence + 1;
      this.#questions.set(id, { resolve, reject });
      this.#forgetOldest();
      this.#send({ type: 'ask', id, hook, index, args });
    });
  }

  /** Ends the process, for a reason in words. */
  end(reason: string): void {
    if (!this.isOver) {
      this.#reason ??= reason;
      this.#process.end();
    }
  }

  #send(message: Unnumbered): void {
    this.#lastSequence += 1;
    this.#process.send({ ...message, sequence: this.#lastSequence });
    void this.#watch();
  }

  /** Only while something is to be taken: an idle plugin costs nothing. */
  async #watch(): Promise<void> {
    if (this.#isWatched) {
      return;
    }
    this.#isWatched = true;
    while (this.#takenSequence < this.#lastSequence && !this.isOver) {
      const takenBefore = this.#takenSequence;
      await this.#clock.sleep(HANG_MS, this.#ended.signal);
      if (this.#takenSequence === takenBefore) {
        this.end(`it has taken no message for ${HANG_MS / 1000} s`);
        break;
      }
    }
    this.#isWatched = false;
  }

  #take(message: FromChild): void {
    if (this.#settles(message)) {
      return;
    }
    this.#countMessage();
    if (!isReply(message)) {
      this.#listener.onMessage(message);
    }
  }

  /** Whether this is what was waited for: that is never too much. */
  #settles(message: FromChild): boolean {
    if (message.type === 'taken') {
      const isNews = message.sequence > this.#takenSequence && message.sequence <= this.#lastSequence;
      this.#takenSequence = isNews ? message.sequence : this.#takenSequence;
      return isNews;
    }
    if (message.type === 'answer') {
      const question = this.#settle(message.id);
      question?.resolve(message.answer);
      return question !== undefined;
    }
    if (message.type === 'failed' && message.id !== undefined) {
      const question = this.#settle(message.id);
      question?.reject(errorOf(message.failure));
      return question !== undefined;
    }
    return false;
  }

  #settle(id: number): Question | undefined {
    const question = this.#questions.get(id);
    this.#questions.delete(id);
    return question;
  }

  #forgetOldest(): void {
    const [oldest] = this.#questions.keys();
    if (this.#questions.size > MOST_QUESTIONS && oldest !== undefined) {
      this.#settle(oldest)?.reject(new Error('it has not answered, and is asked too much'));
    }
  }

  #countMessage(): void {
    if (this.#messages.count() > MOST_MESSAGES_PER_SECOND) {
      this.end(`it sent more than ${MOST_MESSAGES_PER_SECOND} messages in a second`);
    }
  }

  #finish(how: string): void {
    const reason = this.#reason === undefined ? how : `it was ended, since ${this.#reason}`;
    this.#ended.abort();
    for (const { reject } of this.#questions.values()) {
      reject(new Error(`its process ended: ${reason}`));
    }
    this.#questions.clear();
    this.#listener.onEnd(reason);
  }
}

/** Whether it is one to a question, of ours or of nobody's. */
function isReply(message: FromChild): boolean {
  return (
    message.type === 'taken' ||
    message.type === 'answer' ||
    (message.type === 'failed' && message.id !== undefined)
  );
}

/** An error of the plugin's, with the stack that it had there. */
export function errorOf({ message, stack }: Failure): Error {
  const error = new Error(message);
  if (stack !== undefined) {
    error.stack = stack;
  }
  return error;
}
