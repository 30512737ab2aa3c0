import { whyNot, type Need } from './isolation.js';
import { PidNamespace } from './namespace.js';

/** Starting a dozen processes of 300 MB can take its time where two processors do other things as well. */
const TIMEOUT_MS = 90_000;

export interface NamespaceTestOptions {
  readonly needs?: readonly Need[];
  readonly isolation?: 'proc' | 'foreign-proc';
  readonly timeoutMs?: number;
}

/**
 * A test in a PID namespace of its own: the only place where a monitor may be armed. What is started there ends with
 * the test.
 */
export function inNamespace(
  title: string,
  test: (namespace: PidNamespace) => Promise<void>,
  { needs = [], isolation = 'proc', timeoutMs = TIMEOUT_MS }: NamespaceTestOptions = {},
): void {
  const reason = whyNot(needs);
  if (reason !== undefined) {
    it.skip(`${title} (skipped: ${reason})`);
    return;
  }
  it(title, async function () {
    this.timeout(timeoutMs);
    const namespace = await PidNamespace.open(isolation);
    try {
      await test(namespace);
    } catch (error) {
      throw explained(error, namespace);
    } finally {
      await namespace.close();
    }
  });
}

/**
 * One namespace for several tests that only look at what `setUp` made of it. Each is skipped if this machine can't
 * run them.
 */
export function sharedNamespace<T>(
  setUp: (namespace: PidNamespace) => Promise<T>,
  needs: readonly Need[] = [],
): (title: string, test: (scene: T) => void | Promise<void>) => void {
  const reason = whyNot(needs);
  if (reason !== undefined) {
    return (title) => it.skip(`${title} (skipped: ${reason})`);
  }
  let namespace: PidNamespace | undefined;
  let scene: T | undefined;
  before(async function () {
    this.timeout(TIMEOUT_MS);
    namespace = await PidNamespace.open();
    try {
      scene = await setUp(namespace);
    } catch (error) {
      throw explained(error, namespace);
    }
  });
  after(async () => {
    await namespace?.close();
  });
  return (title, test) =>
    it(title, async function () {
      this.timeout(TIMEOUT_MS);
      try {
        await test(scene as T);
      } catch (error) {
        throw explained(error, namespace);
      }
    });
}

/** An error with what the monitors have written. */
function explained(error: unknown, namespace: PidNamespace | undefined): unknown {
  if (error instanceof Error && namespace !== undefined) {
    error.message += `\n${namespace.diagnose()}`;
  }
  return error;
}
