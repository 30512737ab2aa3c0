// Writes the latest scan's figures to a file, as JSON, for whatever collects them. Who reads it finds the old figures or the new
// ones, never a part.
//
//   [[plugins]]
//   use = "plugins/export-file.ts"
//   [plugins.config]
//   path = "/run/memory-monitor/figures.json"
//   seconds = 10
//
// The installed service can write below /run/memory-monitor and /var/log. `killed` counts from the start, or the last reload.
import { definePlugin } from '@memory-monitor/core';
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import * as v from 'valibot';

/** One write at a time: at a reload, the plugin before may not have come to its end on a slow disk. */
let writing: Promise<string | undefined> = Promise.resolve(undefined);

export default definePlugin({
  name: 'export-file',
  apiVersion: 1,
  config: v.strictObject({
    path: v.pipe(v.string(), v.check(isAbsolute, 'it has to be an absolute path')),
    seconds: v.optional(v.pipe(v.number(), v.minValue(0)), 10),
  }),
  setup(host) {
    const { path, seconds } = host.config;
    let latest: object | undefined;
    let killed = 0;
    let isFailing = false;
    let underWay: Promise<void> | undefined;
    let nextMs = Number.POSITIVE_INFINITY;

    const write = async (): Promise<void> => {
      nextMs = host.clock.monotonicMs() + seconds * 1000;
      const text = `${JSON.stringify({ ...latest, killed })}\n`;
      writing = writing.then(async () => await replaceFile(path, text));
      const trouble = await writing;
      if (trouble !== undefined && !isFailing) {
        host.logger.warn({ path }, `the figures can not be written: ${trouble}`);
      }
      isFailing = trouble !== undefined;
      underWay = undefined;
    };

    // At a reload, the plugins before this one may still be writing until then.
    host.onStart(() => {
      nextMs = host.clock.monotonicMs();
    });
    host.on('kill', ({ outcome }) => {
      killed += outcome === 'terminated' || outcome === 'killed' ? 1 : 0;
    });
    host.on('scan', ({ memory, scanned, violations }) => {
      latest = { atMs: host.clock.now(), memory, scanned, violations };
      if (host.clock.monotonicMs() >= nextMs) {
        underWay ??= write();
      }
    });
    host.onDispose(async () => {
      await underWay;
      if (latest !== undefined) {
        await write();
      }
    });
  },
});

/** Never rejects: answers with what went wrong. */
async function replaceFile(path: string, text: string): Promise<string | undefined> {
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    // A new file, or none: never through a link that somebody has put there.
    await writeFile(temporary, text, { flag: 'wx' });
    // The service's umask would keep it from those who collect.
    await chmod(temporary, 0o644);
    await rename(temporary, path);
    return undefined;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    return String(error);
  }
}
