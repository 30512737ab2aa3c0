import { readFileSync } from 'node:fs';

const ROOT_UID = 0;
/** Capabilities that reach what is another user's, by their bits; include/uapi/linux/capability.h. Sessions of ordinary users have others, such as CAP_WAKE_ALARM. */
const OVER_OTHERS = {
  CAP_CHOWN: 0,
  CAP_DAC_OVERRIDE: 1,
  CAP_KILL: 5,
  CAP_SETGID: 6,
  CAP_SETUID: 7,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_ADMIN: 21,
};

/** Whether this process may do to others what an ordinary user may not: as root, or by a capability, as a service with a user of its own has them. */
export function hasPrivileges(): boolean {
  return process.getuid?.() === ROOT_UID || holdsCapability(readStatus());
}

/** Whether a `/proc/PID/status` has one in force that reaches what is another user's. */
export function holdsCapability(status: string): boolean {
  const mask = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`);
  return Object.values(OVER_OTHERS).some((bit) => (mask & (1n << BigInt(bit))) !== 0n);
}

function readStatus(): string {
  try {
    return readFileSync('/proc/self/status', 'latin1');
  } catch {
    return '';
  }
}
