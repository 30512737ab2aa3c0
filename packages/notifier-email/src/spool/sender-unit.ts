import { existsSync, statSync } from 'node:fs';

import type { SpoolLayout } from './layout.js';

/** Whether the installed service has a sender of its own, which the queue's owner tells. */
export function hasSenderUnit({ queue }: SpoolLayout): boolean {
  return existsSync(queue) && statSync(queue).uid !== process.getuid?.();
}
