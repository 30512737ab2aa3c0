// Acts before a process has reached a limit: on one whose memory has grown from scan to scan to scan, and would be over the limit
// within some seconds if it went on like that. While something grows fast, the monitor looks more often.
//
//   [[plugins]]
//   use = "plugins/growth-rate.ts"
//   [plugins.config]
//   gb = 8
//   seconds = 60
//
// What only loads its data grows as fast for a while: the fewer seconds, the surer.
import { BYTES_PER_GB, definePlugin } from '@memory-monitor/core';
import type { Detection, ProcessIdentity, ScanSamples } from '@memory-monitor/core';
import * as v from 'valibot';

const BYTES_PER_MB = BYTES_PER_GB / 1024;
/** Three scans tell that something goes on growing; the fourth is to spare. */
const SCANS_BEFORE_THE_LIMIT = 4;
const SHORTEST_INTERVAL_SECONDS = 1;

const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));

export default definePlugin({
  name: 'growth-rate',
  apiVersion: 1,
  config: v.strictObject({ gb: positive, seconds: v.optional(positive, 60) }),
  setup(host) {
    const { gb, seconds } = host.config;
    const history = new History();

    host.detect(({ samples }) => {
      const found: Detection[] = [];
      for (const growth of history.growths(samples, host.clock.monotonicMs())) {
        if (secondsTo(gb, growth) <= seconds) {
          found.push(detectionOf(growth, gb, seconds));
        }
      }
      return found;
    });
    // Not what `detect` sees: `memory-monitor explain` asks that too, right after a scan.
    host.on('scan', ({ samples }) => {
      history.add(samples, host.clock.monotonicMs());
    });
    host.overrideInterval((currentSeconds) => {
      const wanted = history.secondsTo(gb) / SCANS_BEFORE_THE_LIMIT;
      return Math.min(currentSeconds, Math.max(wanted, SHORTEST_INTERVAL_SECONDS));
    });
  },
});

/** A process that was larger in each of three samples than in the one before. */
interface Growth {
  readonly process: ProcessIdentity;
  readonly bytes: number;
  /** At the scan before. */
  readonly bytesBefore: number;
  /** From the first of the three samples to the last. */
  readonly bytesPerSecond: number;
}

function secondsTo(gb: number, { bytes, bytesPerSecond }: Pick<Growth, 'bytes' | 'bytesPerSecond'>): number {
  return Math.max(0, gb * BYTES_PER_GB - bytes) / bytesPerSecond;
}

function detectionOf(growth: Growth, gb: number, seconds: number): Detection {
  const { process, bytes, bytesBefore, bytesPerSecond } = growth;
  const rate = `${Number((bytesPerSecond / BYTES_PER_MB).toPrecision(3))} MB a second`;
  const secondsLeft = Math.ceil(secondsTo(gb, growth));
  return {
    processes: [process],
    usedBytes: bytes + bytesPerSecond * seconds,
    limitBytes: gb * BYTES_PER_GB,
    reason: `grows by ${rate}: over ${gb} GB ${secondsLeft === 0 ? 'already' : `within ${secondsLeft} s`}`,
    // By then it has given back what it grew by last.
    spareBelowBytes: bytesBefore,
  };
}

/** One process in the latest two scans. */
interface Track {
  startTime: number;
  /** NaN where the latest scan is the first that has seen it: no size is more than that. */
  bytesBefore: number;
  bytes: number;
  scan: number;
}

/** The latest two scans, by PID. Of processes that are known nothing is allocated, and those that are gone are forgotten. */
class History {
  readonly #tracks = new Map<number, Track>();
  #scan = 0;
  #scanMs = Number.NaN;
  #scanBeforeMs = Number.NaN;

  add({ pid: pids, startTime, rssBytes }: ScanSamples, nowMs: number): void {
    this.#scan += 1;
    this.#scanBeforeMs = this.#scanMs;
    this.#scanMs = nowMs;
    for (const [row, pid] of pids.entries()) {
      this.#addOne(pid, startTime[row] ?? Number.NaN, rssBytes[row] ?? Number.NaN);
    }
    for (const [pid, { scan }] of this.#tracks) {
      if (scan !== this.#scan) {
        this.#tracks.delete(pid);
      }
    }
  }

  #addOne(pid: number, startTime: number, bytes: number): void {
    const track = this.#tracks.get(pid);
    if (track?.startTime === startTime) {
      track.bytesBefore = track.bytes;
      track.bytes = bytes;
      track.scan = this.#scan;
    } else {
      this.#tracks.set(pid, { startTime, bytesBefore: Number.NaN, bytes, scan: this.#scan });
    }
  }

  /** What has grown in the latest two scans, and in this one. */
  *growths({ pid: pids, startTime, rssBytes }: ScanSamples, nowMs: number): Generator<Growth> {
    const seconds = (nowMs - this.#scanBeforeMs) / 1000;
    if (!(seconds > 0)) {
      return;
    }
    for (const [row, pid] of pids.entries()) {
      const track = this.#tracks.get(pid);
      const bytes = rssBytes[row] ?? Number.NaN;
      if (
        track !== undefined &&
        track.startTime === startTime[row] &&
        track.bytes > track.bytesBefore &&
        bytes > track.bytes
      ) {
        const bytesPerSecond = (bytes - track.bytesBefore) / seconds;
        const process = { pid, startTime: track.startTime };
        yield { process, bytes, bytesBefore: track.bytes, bytesPerSecond };
      }
    }
  }

  /** How soon something would be over a limit that it is below, if it grew as between the latest two scans. */
  secondsTo(gb: number): number {
    const seconds = (this.#scanMs - this.#scanBeforeMs) / 1000;
    let soonest = Number.POSITIVE_INFINITY;
    for (const { bytesBefore, bytes } of this.#tracks.values()) {
      if (bytes > bytesBefore && bytes < gb * BYTES_PER_GB) {
        soonest = Math.min(
          soonest,
          secondsTo(gb, { bytes, bytesPerSecond: (bytes - bytesBefore) / seconds }),
        );
      }
    }
    return soonest;
  }
}
