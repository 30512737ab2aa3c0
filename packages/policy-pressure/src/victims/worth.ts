import type { Detection, ProcessInspection } from '@memory-monitor/core';

export type Target = NonNullable<Detection['target']>;

/** A process that has been looked at. */
export interface Looked {
  readonly inspection: ProcessInspection;
  /** What its own end gives back. */
  readonly bytes: number;
  readonly isProtected: boolean;
}

/** What the end of each process gives back, with those that end with it: many small ones may be the largest there is. */
export class Worth {
  readonly #target: Target;
  readonly #totals = new Map<number | string, number>();
  /** Of those, the violator alone would be ended. */
  readonly #protected = new Set<number | string>();

  constructor(target: Target) {
    this.#target = target;
  }

  add({ inspection, bytes, isProtected }: Looked): void {
    const group = this.#groupOf(inspection);
    if (group !== undefined) {
      this.#totals.set(group, (this.#totals.get(group) ?? 0) + bytes);
      if (isProtected) {
        this.#protected.add(group);
      }
    }
  }

  bytesOf(looked: Looked): number {
    return this.hasTotal(looked) ? this.#totalOf(looked) : looked.bytes;
  }

  /** Whether others end with it, as far as is known. */
  hasTotal({ inspection }: Looked): boolean {
    const group = this.#groupOf(inspection);
    return group !== undefined && !this.#protected.has(group);
  }

  /** Whether the end of one is that of the other. */
  areTogether(one: Looked, other: Looked): boolean {
    return this.hasTotal(one) && this.#groupOf(one.inspection) === this.#groupOf(other.inspection);
  }

  /** How much more the largest total is than the next. */
  get lead(): number {
    const [first = 0, second = 0] = [...this.#totals]
      .filter(([group]) => !this.#protected.has(group))
      .map(([, bytes]) => bytes)
      .sort((a, b) => b - a);
    return first - second;
  }

  /** Its group has turned out to have somebody in it whom a guard protects. */
  protectGroupOf({ inspection }: Looked): void {
    const group = this.#groupOf(inspection);
    if (group !== undefined) {
      this.#protected.add(group);
    }
  }

  #totalOf({ inspection, bytes }: Looked): number {
    return this.#totals.get(this.#groupOf(inspection) ?? '') ?? bytes;
  }

  /** What it is in; undefined where it would be ended alone. */
  #groupOf({ processGroupId = 0, sessionId, cgroup = '/' }: ProcessInspection): number | string | undefined {
    switch (this.#target) {
      case 'process':
        return undefined;
      case 'group':
        return processGroupId === 0 ? undefined : processGroupId;
      case 'session':
        return sessionId === 0 ? undefined : sessionId;
      case 'cgroup':
        return cgroup === '/' ? undefined : cgroup;
    }
  }
}
