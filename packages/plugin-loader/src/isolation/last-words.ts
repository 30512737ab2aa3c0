/** What of a process's standard error is kept: V8 tells there why it gives up. */
const MOST_CHARACTERS = 4096;

/** Of setpriv(1): the exit status where it could not do what it was told. */
const SETPRIV_FAILED = 127;
const NO_PRIVILEGE = /^setpriv: .*Operation not permitted$/m;

/** The service has the privilege only where its plugins need it. */
export const MAY_NOT_SWITCH_USERS =
  'the monitor may not start a process as another user; in the service, run "memory-monitor install" again, which gives it CAP_SETUID and CAP_SETGID';

const CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /heap out of memory|Allocation failed|failed to allocate|ENOMEM|bad_alloc/i,
    'it ran out of the memory that it may have',
  ],
  [/pthread_create|EAGAIN|Resource temporarily unavailable/i, 'it ran out of the processes that it may have'],
];

/** The end of a process's standard error, and what that says about its end. */
export class LastWords {
  #text = '';

  push(chunk: Buffer): void {
    this.#text = (this.#text + chunk.toString('utf8')).slice(-MOST_CHARACTERS);
  }

  /** How the process ended, in words. */
  explain(code: number | null, signal: NodeJS.Signals | null): string {
    if (code === SETPRIV_FAILED && NO_PRIVILEGE.test(this.#text)) {
      return MAY_NOT_SWITCH_USERS;
    }
    // One that ends as if all were well has had its way, whatever it has told before.
    const cause = code === 0 ? undefined : CAUSES.find(([pattern]) => pattern.test(this.#text))?.[1];
    if (cause !== undefined) {
      return cause;
    }
    if (signal === 'SIGKILL') {
      return 'it was killed (SIGKILL), as the kernel does when memory runs out';
    }
    return signal === null ? `it exited with code ${code ?? 0}` : `it was ended by ${signal}`;
  }
}
