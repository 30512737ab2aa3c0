import { readFile } from 'node:fs/promises';

import type { Clock } from '@memory-monitor/core';

/** Login tools add to the file when a user is made. */
const GOOD_MS = 60_000;

const FIRST_ORDINARY_UID = 1000;

interface Range {
  /** A name, or a uid in digits. */
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** Numbers that users may use for the users of their containers: subuid(5). Of this machine's file, no directory is asked. */
export class SubordinateIds {
  readonly #clock: Clock;
  readonly #path: string;
  #ranges: readonly Range[] | undefined;
  #goodUntilMs = 0;

  constructor(clock: Clock, path = '/etc/subuid') {
    this.#clock = clock;
    this.#path = path;
  }

  /** Reads the file again when it is time. Where it can't be read nobody has any. */
  async refresh(): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#ranges !== undefined && nowMs < this.#goodUntilMs) {
      return;
    }
    this.#goodUntilMs = nowMs + GOOD_MS;
    try {
      this.#ranges = parseSubordinateIds(await readFile(this.#path, 'utf8'));
    } catch {
      this.#ranges = [];
    }
  }

  /** Whose a uid is, as the file has it; undefined for nobody's. */
  ownerOf(uid: number): string | undefined {
    return this.#ranges?.find(({ first, count }) => first <= uid && uid < first + count)?.owner;
  }

  get isRead(): boolean {
    return this.#ranges !== undefined;
  }
}

/** Lines of `owner:first:count`; what is none is passed over, and so is a range that begins among the uids of the system. */
export function parseSubordinateIds(text: string): Range[] {
  return text.split('\n').flatMap((line) => {
    const [, owner = '', first = '', count = ''] = /^([^:\s#][^:]*):(\d+):(\d+)\s*$/.exec(line) ?? [];
    return owner === '' || Number(first) < FIRST_ORDINARY_UID
      ? []
      : { owner, first: Number(first), count: Number(count) };
  });
}
