// Watches a machine that has no monitor of its own, by what an agent there tells over HTTP, and asks the agent to end what is to be
// ended. The agent answers GET /processes with { totalBytes, availableBytes, processes: [{ pid, startTime, uid, name, rssBytes }] }
// and takes POST /end with { pid, startTime }.
//
//   [[plugins]]
//   use = "plugins/watch-another-machine.ts"
//   [plugins.config]
//   url = "http://127.0.0.1:9999"
import { definePlugin, PROCESS_SOURCE, TERMINATOR } from '@memory-monitor/core';
import * as v from 'valibot';

const amount = v.pipe(v.number(), v.minValue(0));
const report = v.object({
  totalBytes: amount,
  availableBytes: amount,
  processes: v.array(
    v.object({ pid: v.number(), startTime: v.number(), uid: v.number(), name: v.string(), rssBytes: amount }),
  ),
});
type Remote = v.InferOutput<typeof report>['processes'][number];

/** An agent that takes longer is away. */
const ANSWER_MS = 5000;

export default definePlugin({
  name: 'watch-another-machine',
  apiVersion: 1,
  needs: ['network'],
  config: v.strictObject({
    url: v.pipe(v.string(), v.url()),
    seconds: v.optional(v.pipe(v.number(), v.minValue(1)), 5),
  }),
  setup(host) {
    const { url, seconds } = host.config;
    let latest: v.InferOutput<typeof report> = { totalBytes: 1, availableBytes: 1, processes: [] };

    let isAway = false;

    const ask = async (): Promise<void> => {
      try {
        const response = await fetch(`${url}/processes`, {
          signal: AbortSignal.any([host.signal, AbortSignal.timeout(ANSWER_MS)]),
        });
        if (!response.ok) {
          throw new Error(`it answers with ${response.status}`);
        }
        latest = v.parse(report, await response.json());
        isAway = false;
      } catch (error) {
        latest = { ...latest, processes: [] };
        if (!isAway && !host.signal.aborted) {
          host.logger.warn(`the agent does not answer: ${String(error)}`);
        }
        isAway = true;
      }
    };

    // Scans don't wait: they read the latest report, and nobody is ended upon one of an agent that has gone.
    host.onStart(async () => {
      await ask();
      void (async () => {
        while (!host.signal.aborted) {
          await host.clock.sleep(seconds * 1000, host.signal);
          await ask();
        }
      })();
    });
    host.provide(PROCESS_SOURCE, () => ({
      readMemory: () => ({
        totalBytes: latest.totalBytes,
        availableBytes: latest.availableBytes,
        usedBytes: latest.totalBytes - latest.availableBytes,
      }),
      scan: () => columnsOf(latest.processes),
      inspect: ({ pid, startTime }) => {
        const found = latest.processes.find((one) => one.pid === pid && one.startTime === startTime);
        return found === undefined ? undefined : inspectionOf(found);
      },
      inspectSlowly: async () => await Promise.resolve({ commandLine: undefined, pssBytes: undefined }),
    }));
    host.provide(TERMINATOR, () => ({
      async terminate({ violation: { process } }) {
        const body = JSON.stringify({ pid: process.pid, startTime: process.startTime });
        const { ok, statusText } = await fetch(`${url}/end`, {
          method: 'POST',
          body,
          signal: AbortSignal.timeout(ANSWER_MS),
        });
        return ok
          ? { outcome: 'terminated', signal: 'SIGTERM', reason: 'the agent has ended it' }
          : { outcome: 'failed', signal: undefined, reason: `the agent refused: ${statusText}` };
      },
    }));
  },
});

function columnsOf(processes: readonly Remote[]) {
  return {
    count: processes.length,
    pid: Int32Array.from(processes, ({ pid }) => pid),
    startTime: Float64Array.from(processes, ({ startTime }) => startTime),
    uid: Uint32Array.from(processes, ({ uid }) => uid),
    rssBytes: Float64Array.from(processes, ({ rssBytes }) => rssBytes),
    sharedBytes: new Float64Array(processes.length),
    unreadable: 0,
  };
}

function inspectionOf({ pid, startTime, uid, name, rssBytes }: Remote) {
  return {
    ...{ pid, startTime, uid, gid: uid, comm: name, name, isCommCut: false },
    ...{ executable: undefined, executableName: undefined, parentPid: 1, sessionId: pid, ancestors: [1] },
    ...{ terminal: undefined, cgroup: undefined, unit: undefined, oomScoreAdj: 0, startedAtMs: 0 },
    ...{ isKernelThread: false, isExiting: false, rssBytes, sharedBytes: 0, anonymousBytes: rssBytes },
    ...{ fileBytes: 0, sharedMemoryBytes: 0, swapBytes: 0 },
  };
}
