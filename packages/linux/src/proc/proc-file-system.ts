import { statfsSync } from 'node:fs';

/** PROC_SUPER_MAGIC of include/uapi/linux/magic.h. */
const PROC_MAGIC = 0x9fa0;

/** Whether the kernel shows its processes there, or something only looks like it. */
export function isProcFileSystem(path: string): boolean {
  try {
    return statfsSync(path).type === PROC_MAGIC;
  } catch {
    return false;
  }
}
