import { within, LATE } from '../deadline.js';
import type {
  Clock,
  ProcessInspection,
  ProcessSource,
  ScanColumns,
  SlowFacts,
  SlowFactsRequest,
} from '../ports.js';
import type { MachineMemory, MemoryPressure, ProcessIdentity } from '../process.js';

/** How much longer than it was given a source may take before nobody waits any more. */
const LEEWAY_MS = 100;

const COLUMNS = ['pid', 'startTime', 'uid', 'rssBytes', 'sharedBytes'] as const;
const AMOUNTS: readonly (keyof ProcessInspection)[] = [
  'uid',
  'gid',
  'rssBytes',
  'sharedBytes',
  'anonymousBytes',
  'fileBytes',
  'sharedMemoryBytes',
  'swapBytes',
];
const PRESSURES = ['someAvg10', 'someAvg60', 'fullAvg10', 'fullAvg60'] as const;
const NO_FACTS: SlowFacts = { commandLine: undefined, pssBytes: undefined };

/**
 * A plugin's process source. Whole readings that make no sense are errors, so that the scan fails and nobody is ended upon
 * them; a process that makes no sense is one that can't be read.
 */
export class CheckedSource implements ProcessSource {
  readonly #source: ProcessSource;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;

  constructor(source: ProcessSource, clock: Clock, onFailure: (error: unknown) => void) {
    this.#source = source;
    this.#clock = clock;
    this.#onFailure = onFailure;
  }

  readMemory(): MachineMemory {
    const memory: unknown = this.#source.readMemory();
    const { totalBytes, availableBytes, usedBytes, swapTotalBytes, swapFreeBytes } = membersOf(memory);
    if (!isAmount(totalBytes) || totalBytes === 0 || !isAmount(availableBytes) || !isAmount(usedBytes)) {
      throw new TypeError('readMemory() has to give totalBytes, more than 0, availableBytes and usedBytes');
    }
    const hasSwap = isAmount(swapTotalBytes) && isAmount(swapFreeBytes);
    return { totalBytes, availableBytes, usedBytes, ...(hasSwap ? { swapTotalBytes, swapFreeBytes } : {}) };
  }

  readPressure(): MemoryPressure | undefined {
    try {
      const pressure: unknown = this.#source.readPressure?.();
      if (pressure === undefined || isPressure(pressure)) {
        return pressure;
      }
      throw new TypeError(`readPressure() has to give ${PRESSURES.join(', ')}, or undefined`);
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  scan(): ScanColumns {
    const columns: unknown = this.#source.scan();
    const { count, unreadable, ...members } = membersOf(columns);
    if (!isCount(count) || !isCount(unreadable)) {
      throw new TypeError('scan() has to give count and unreadable, whole numbers of 0 or more');
    }
    const short = COLUMNS.filter((name) => !isColumn(members[name], count));
    if (short.length > 0) {
      throw new TypeError(`scan() has to give ${short.join(', ')}: typed arrays of at least count numbers`);
    }
    return columns as ScanColumns;
  }

  inspect(identity: ProcessIdentity): ProcessInspection | undefined {
    try {
      const inspection: unknown = this.#source.inspect(identity);
      if (inspection === undefined || isInspection(inspection, identity)) {
        return inspection;
      }
      throw new TypeError(
        'inspect() has to give a whole ProcessInspection of the process asked for, or undefined',
      );
    } catch (error) {
      this.#onFailure(error);
      return undefined;
    }
  }

  async inspectSlowly(
    identity: ProcessIdentity,
    wanted: SlowFactsRequest,
    deadlineMs: number,
  ): Promise<SlowFacts> {
    try {
      const facts: unknown = await within(
        (ms, abort) => this.#clock.sleep(ms, abort),
        deadlineMs + LEEWAY_MS,
        this.#source.inspectSlowly(identity, wanted, deadlineMs),
      );
      if (facts === LATE) {
        throw new Error(`inspectSlowly() has not come to an end within ${deadlineMs} ms`);
      }
      return slowFacts(facts);
    } catch (error) {
      this.#onFailure(error);
      return NO_FACTS;
    }
  }
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0;
}

function isPressure(value: unknown): value is MemoryPressure {
  const members = membersOf(value);
  return PRESSURES.every((name) => isAmount(members[name]));
}

function isColumn(value: unknown, count: number): boolean {
  return ArrayBuffer.isView(value) && 'length' in value && (value.length as number) >= count;
}

/** What names the process, tells whose it is and how large: guards and limits look at no less. */
function isInspection(value: unknown, { pid, startTime }: ProcessIdentity): value is ProcessInspection {
  const inspection = membersOf(value) as Readonly<Partial<Record<keyof ProcessInspection, unknown>>>;
  return (
    inspection.pid === pid &&
    inspection.startTime === startTime &&
    typeof inspection.comm === 'string' &&
    typeof inspection.name === 'string' &&
    Array.isArray(inspection.ancestors) &&
    AMOUNTS.every((amount) => isAmount(inspection[amount]))
  );
}

function slowFacts(value: unknown): SlowFacts {
  const { commandLine, pssBytes } = membersOf(value);
  const isLine = Array.isArray(commandLine) && commandLine.every((word) => typeof word === 'string');
  return {
    commandLine: isLine ? commandLine : undefined,
    pssBytes: isAmount(pssBytes) ? pssBytes : undefined,
  };
}
