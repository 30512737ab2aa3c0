// PID 1 of a namespace: an armed monitor, many processes that sleep, and one victim after the other.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

import { startCrowd } from './crowd.mjs';
import { startMonitor, writeConfig } from './monitor.mjs';
import { handBack, takeInput } from './namespace.mjs';

const { sleepers, victim, processes, rounds, intervalSeconds } = takeInput();
const LIMIT_MIB = 256;
const CROSSING_MIB = 8;
const NS_PER_MS = 1e6;

await startCrowd(sleepers, processes);
const config = writeConfig('armed', { intervalSeconds, limitGb: LIMIT_MIB / 1024, isArmed: true });
const monitor = startMonitor(config);
await monitor.told('scan');
const measured = [];
for (let round = 0; round < rounds; round += 1) {
  // Each round crosses the limit at another moment between two scans.
  const waitMs = Math.round(((round + 0.5) / rounds) * intervalSeconds * 1000);
  measured.push(await roundOf(waitMs));
}
handBack(measured);

async function roundOf(waitMs) {
  const sizes = [LIMIT_MIB - CROSSING_MIB, LIMIT_MIB + CROSSING_MIB, waitMs].map(String);
  const running = promisify(execFile)(victim, sizes);
  const { stdout } = await running;
  const [crossedMs, signalledMs] = stdout.split(' ').map((ns) => Number(ns) / NS_PER_MS);
  const { pid } = running.child;
  const violation = await monitor.told('violation', (line) => line.pid === pid);
  const began = monitor.lines.indexOf(violation);
  const tick = monitor.lines.slice(0, began).findLast(({ event }) => event === 'memory');
  return {
    fromTickMs: signalledMs - Date.parse(tick.time),
    fromCrossingMs: signalledMs - crossedMs,
  };
}
