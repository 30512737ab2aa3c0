import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { MonitorError } from '@memory-monitor/core';

/** What gets installed: this bundle, or in a repository the one that `npm run bundle` has made. */
export function findPayload(): string {
  const own = fileURLToPath(new URL('..', import.meta.url));
  const candidates = [own, `${own}../bundle/`];
  const payload = candidates.find((candidate) => existsSync(`${candidate}app/memory-monitor.mjs`));
  if (payload === undefined) {
    throw new MonitorError(
      'MM_ERR_INSTALL',
      'There is no bundle to install; make one with "npm run bundle", or run installer.sh, which does.',
    );
  }
  return payload.replace(/\/$/, '');
}
