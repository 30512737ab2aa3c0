import { join } from 'node:path';

/**
 * The spool's directories. The monitor writes `staging`, `told` and `new`, the sender the others; neither writes where the other one
 * does, so that a sender that was taken over can lead the monitor nowhere.
 */
export class SpoolLayout {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Notices that are being written. */
  get staging(): string {
    return join(this.directory, 'staging');
  }

  /** Empty files, named by what has been told. */
  get told(): string {
    return join(this.directory, 'told');
  }

  /** Whole notices, for the sender. */
  get fresh(): string {
    return join(this.directory, 'new');
  }

  /** What the sender needs to know. */
  get settings(): string {
    return join(this.directory, 'sender.json');
  }

  /** Notices that the sender has been handed. */
  get queue(): string {
    return join(this.directory, 'queue');
  }

  /** The sender's account of each recipient. */
  get mailboxes(): string {
    return join(this.directory, 'mailboxes');
  }

  /** There while mail waits for its time: it is what the timer looks at. */
  get waiting(): string {
    return join(this.mailboxes, 'waiting');
  }

  /** What could not be delivered. */
  get dead(): string {
    return join(this.directory, 'dead');
  }
}
