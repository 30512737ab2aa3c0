import { accessSync, constants, existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';

import {
  CONFIGURATION,
  definePlugin,
  PROCESS_HANDLES,
  USER_DATABASE,
  type PluginHost,
} from '@memory-monitor/core';

import { configSchema, type EmailConfig } from './config.js';
import { newNotice } from './notice/new-notice.js';
import type { Notice } from './notice/notice.js';
import { Notifier } from './notifier.js';
import { MachineView } from './observation/machine-view.js';
import { SpoolLayout } from './spool/layout.js';
import { senderSettings, writeSenderSettings } from './spool/sender-settings.js';
import { hasSenderUnit } from './spool/sender-unit.js';
import { SpawnedSender } from './spool/spawned-sender.js';
import { SpoolWriter } from './spool/spool-writer.js';

export { configSchema, type EmailConfig } from './config.js';
export { credentialName } from './credentials.js';

/** Email to admins, and to the owners of what was ended. It only writes to a spool: the network is the sender's. */
export default definePlugin({
  name: 'notifier-email',
  apiVersion: 1,
  config: configSchema,
  setup(host) {
    const layout = new SpoolLayout(host.config.spool);
    requireOwn(layout.directory);
    requireWritable(layout.directory, (message) => {
      host.logger.warn(message);
    });
    const sender = spawnedSender(host, layout);
    const spool = new SpoolWriter({
      warn: (message) => {
        host.logger.warn(message);
      },
      layout,
      overflowNotice: (count) => overflowNotice(host, count),
      onPut: () => {
        sender?.start();
      },
    });
    const notifier = new Notifier({
      config: host.config,
      view: new MachineView(host.get(PROCESS_HANDLES), host.get(USER_DATABASE)),
      spool,
      overflowUid: overflowUid(),
      bootId: bootId(),
      showsCommandLines: () => host.get(CONFIGURATION).settings.logCommandLines,
      now: () => host.clock.now(),
    });
    notifier.listen(host);
    host.onStart(async () => {
      await spool.open();
      await writeSenderSettings(layout, senderSettings(host.config));
      void sender?.watch(host.clock, host.signal);
    });
    host.onDispose(async () => {
      await spool.settle();
    });
  },
});

/** Undefined where the sender has a unit of its own, and where this is no command that could be one. */
function spawnedSender(host: PluginHost<EmailConfig>, layout: SpoolLayout): SpawnedSender | undefined {
  const program = process.argv[1] ?? '';
  if (hasSenderUnit(layout)) {
    return undefined;
  }
  if (!/^memory-monitor(?:\.m?js)?$/.test(basename(program))) {
    host.logger.warn(
      `nobody delivers mail here but whoever runs "memory-monitor mail deliver --spool ${layout.directory}"`,
    );
    return undefined;
  }
  return new SpawnedSender(layout, [process.execPath, program], (message) => {
    host.logger.warn(message);
  });
}

/** What nothing says more about than its number, for the admins: each of them is somebody who should know. */
function overflowNotice({ config, clock }: PluginHost<EmailConfig>, count: number): Notice {
  return newNotice(clock.now(), {
    recipients: config.admins.map((address) => ({ address, audience: 'admin' })),
    dryRun: false,
    cause: 'overflow',
    facts: { kind: 'overflow', count },
  });
}

/**
 * Throws where the spool can't be made or written: better at the start, and by `check`, than when something is ended. Who is not root
 * may only be checking what root will run.
 */
function requireWritable(directory: string, warn: (message: string) => void): void {
  try {
    accessSync(nearestExisting(directory), constants.W_OK | constants.X_OK);
  } catch (error) {
    const message = `mail can not be put into the spool ${directory}: ${(error as Error).message}; in the installed service, "sudo memory-monitor install" makes it, elsewhere "spool" names another one`;
    if (process.getuid?.() === 0) {
      throw new Error(message, { cause: error });
    }
    warn(message);
  }
}

/**
 * Throws where mail would be put as root, and others could have put a link there, to a file that it is not to be written to. Where the
 * service has a user of its own, the spool is that one's, and root is who runs `check`.
 */
function requireOwn(directory: string): void {
  const nearest = nearestExisting(directory);
  const { uid, mode } = statSync(nearest);
  const isTrusted = [0, serviceUid()].includes(uid);
  if (process.getuid?.() === 0 && (!isTrusted || (mode & 0o022) !== 0)) {
    throw new Error(
      `mail can not be put into the spool ${directory}: others than root can write to ${nearest}; "spool" is to name a directory where only root can`,
    );
  }
}

/** Undefined where there is no such user. From the file, and not from the user database: that may hang, and this user is local. */
function serviceUid(): number | undefined {
  try {
    const uid = /^memory-monitor:[^:]*:(\d+):/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[1];
    return uid === undefined ? undefined : Number(uid);
  } catch {
    return undefined;
  }
}

function nearestExisting(path: string): string {
  return existsSync(path) ? path : nearestExisting(dirname(path));
}

/** PIDs and start times come again at the next boot. */
function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return 'boot';
  }
}

/** The uid that stands for those that have none in this user namespace, user_namespaces(7). */
function overflowUid(): number {
  try {
    return Number(readFileSync('/proc/sys/fs/overflowuid', 'utf8'));
  } catch {
    return 65_534;
  }
}
