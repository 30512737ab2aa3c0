import { readdirSync, readFileSync } from 'node:fs';

/** The PIDs of a process, one per PID namespace it is in, the outermost first; empty if it is gone. */
export function namespacedPids(pid: number): number[] {
  const line = /^NSpid:\s+(.*)$/m.exec(readProc(pid, 'status'))?.[1] ?? '';
  return line === '' ? [] : line.split(/\s+/).map(Number);
}

export function commandName(pid: number): string {
  return readProc(pid, 'comm').trimEnd();
}

export function childrenOf(pid: number): number[] {
  return readProc(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number);
}

export function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

export function isAlive(pid: number): boolean {
  return readdirSync('/proc').includes(String(pid));
}

/** One bit for each capability that the process and its children can ever have. */
export function capabilityBounds(pid: number | 'self'): bigint {
  const mask = /^CapBnd:\s+(\w+)$/m.exec(readProc(pid, 'status'))?.[1];
  if (mask === undefined) throw new Error(`No process ${pid}.`);
  return BigInt(`0x${mask}`);
}

function readProc(pid: number | 'self', file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
