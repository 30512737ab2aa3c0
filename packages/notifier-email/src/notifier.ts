import {
  identityKey,
  type DecisionEvent,
  type KillEvent,
  type PluginHost,
  type ProcessIdentity,
} from '@memory-monitor/core';

import type { EmailConfig } from './config.js';
import { ownerAddress } from './notice/addresses.js';
import { processFacts } from './notice/facts.js';
import { newNotice } from './notice/new-notice.js';
import type { Facts, NoticeKind, ProcessFacts, Recipient } from './notice/notice.js';
import type { MachineView } from './observation/machine-view.js';
import type { SpoolWriter } from './spool/spool-writer.js';

export interface NotifierParts {
  readonly config: EmailConfig;
  readonly view: MachineView;
  readonly spool: SpoolWriter;
  readonly overflowUid: number;
  readonly bootId: string;
  readonly showsCommandLines: () => boolean;
  readonly now: () => number;
}

/** Turns events into notices, and puts them into the spool. Nothing else: what becomes of them is the sender's business. */
export class Notifier {
  readonly #parts: NotifierParts;

  constructor(parts: NotifierParts) {
    this.#parts = parts;
  }

  /** Each listener's promise resolves when its notice is on disk. */
  listen(host: PluginHost<EmailConfig>): void {
    const { view, now } = this.#parts;
    host.on('memory', ({ memory }) => {
      view.setMemory(memory);
    });
    host.on('scan', ({ samples }) => {
      view.record(samples, now());
    });
    host.on('kill', async (event) => {
      await this.#tellKill(event);
    });
    host.on('decision', async (event) => {
      await this.#tellWarning(event);
    });
    host.on('pluginError', async ({ plugin, hook, message, place, failures }) => {
      // Its own failures would make it fail again.
      if (plugin !== host.name) {
        const facts = { kind: 'plugin', plugin, hook, message, place, failures } as const;
        await this.#tellAdmins(facts, `plugin ${plugin} ${hook}`);
      }
    });
    host.on('reloaded', async ({ accepted, errors }) => {
      if (!accepted) {
        await this.#tellAdmins({ kind: 'config', errors }, 'config');
      }
    });
    host.on('recovered', async ({ process, isStillRunning, why }) => {
      const identity = this.#keyOf(process);
      if (!this.#parts.spool.hasTold(`kill-${identity}`)) {
        const { pid, name, user } = process;
        const facts = { kind: 'recovered', process: { pid, name, user }, isStillRunning, why } as const;
        await this.#tellAdmins(facts, `recovered ${name} of ${user}`, `recovered-${identity}`);
      }
    });
    host.on('restartLoop', async ({ unit, name, rebirths }) => {
      await this.#tellAdmins({ kind: 'restart-loop', unit, name, rebirths }, `restart-loop ${unit}`);
    });
  }

  #keyOf(process: ProcessIdentity): string {
    return `${this.#parts.bootId}-${identityKey(process)}`;
  }

  async #tellKill(event: KillEvent): Promise<void> {
    const identity = this.#keyOf(event.violation.process);
    switch (event.outcome) {
      case 'terminated':
      case 'killed':
        await this.#tellOfProcess('kill', event, `kill-${identity}`);
        break;
      case 'dry-run':
        await this.#tellOfProcess('kill', event, `dry-run-${identity}`);
        break;
      case 'failed':
        await this.#tellOfProcess('failed', event, `failed-${identity}-${event.violation.sinceMs}`);
        break;
      case 'vanished':
      case 'spared':
        break;
    }
  }

  async #tellWarning(event: DecisionEvent): Promise<void> {
    if (event.action === 'warn') {
      const kind = event.trail.at(-1)?.source === 'blast-radius' ? 'cap' : 'warn';
      const { process, sinceMs } = event.violation;
      await this.#tellOfProcess(kind, event, `${kind}-${this.#keyOf(process)}-${sinceMs}`);
    }
  }

  /** `key`: told once, also when a reload tells the event again. */
  async #tellOfProcess(
    kind: ProcessFacts['kind'],
    event: DecisionEvent | KillEvent,
    key: string,
  ): Promise<void> {
    const { view, spool, showsCommandLines, now } = this.#parts;
    const { process, rule } = event.violation;
    const recipients = [...this.#admins(kind), ...this.#owner(kind, event)];
    if (recipients.length === 0) {
      return;
    }
    const facts = processFacts(kind, event, {
      view,
      showsCommandLines: showsCommandLines(),
      nowMs: now(),
    });
    const cause =
      kind === 'cap' ? `cap ${event.reason}` : `${kind} ${process.name} of ${process.user}, ${rule}`;
    await spool.put(newNotice(now(), { recipients, facts, cause, key, dryRun: event.dryRun }));
  }

  async #tellAdmins(facts: Exclude<Facts, ProcessFacts | { kind: 'overflow' }>, cause: string, key?: string) {
    const { spool, now } = this.#parts;
    const recipients = this.#admins(facts.kind);
    if (recipients.length > 0) {
      const about = { recipients, facts, cause, dryRun: false };
      await spool.put(newNotice(now(), key === undefined ? about : { ...about, key }));
    }
  }

  #admins(kind: NoticeKind): Recipient[] {
    const { admins, tell_admins: kinds } = this.#parts.config;
    return kinds.includes(kind) ? admins.map((address) => ({ address, audience: 'admin' })) : [];
  }

  /** In a dry run nothing happens to the owner, who would only be frightened. */
  #owner(kind: ProcessFacts['kind'], { dryRun, violation }: DecisionEvent | KillEvent): Recipient[] {
    const { config, overflowUid } = this.#parts;
    const { owners } = config;
    if (owners === undefined || dryRun || !isForOwners(kind) || !owners.tell.includes(kind)) {
      return [];
    }
    const address = ownerAddress(violation.process, owners, overflowUid);
    return address === undefined ? [] : [{ address, audience: 'owner' }];
  }
}

function isForOwners(kind: ProcessFacts['kind']): kind is 'kill' | 'warn' {
  return kind === 'kill' || kind === 'warn';
}
