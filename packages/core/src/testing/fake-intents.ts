import type { Intent, IntentLog, UnfinishedIntent } from '../ports.js';
import { identityKey, isSameProcess, type ProcessIdentity } from '../process.js';

/** An intent log in memory. */
export class FakeIntents implements IntentLog {
  /** Begun and not ended, by identity. */
  readonly open = new Map<string, Intent>();
  /** What `recover` finds. */
  unfinished: readonly UnfinishedIntent[] = [];
  /** Makes each write wait for it: a stalled disk, or a full one when it rejects. */
  disk: () => Promise<void> = async () => {
    await Promise.resolve();
  };

  /** Notes the intent. */
  async begin(intent: Intent): Promise<void> {
    await this.disk();
    this.open.set(identityKey(intent), intent);
  }

  /** Strikes it off. */
  async end(identity: ProcessIdentity): Promise<void> {
    await this.disk();
    this.open.delete(identityKey(identity));
  }

  async recover(): Promise<readonly UnfinishedIntent[]> {
    await this.disk();
    return this.unfinished;
  }

  /** Strikes off what `recover` has found. */
  async forget(intent: UnfinishedIntent): Promise<void> {
    await this.disk();
    this.unfinished = this.unfinished.filter((unfinished) => !isSameProcess(unfinished, intent));
  }
}
