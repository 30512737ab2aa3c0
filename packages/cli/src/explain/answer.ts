import { MonitorError, type Explanation, type Monitor, type SourceFile } from '@memory-monitor/core';

/** What a monitor thinks of a process, and the configuration that the places of its limits are to be found in. */
export interface ExplainAnswer {
  readonly explanation: Explanation;
  readonly sources: readonly SourceFile[];
  /** The plugins by name, in the order of the configuration. */
  readonly plugins: readonly string[];
}

/** Rejects with MM_ERR_NO_SUCH_PROCESS. */
export async function answerOf(
  monitor: Pick<Monitor, 'explain' | 'describePlugins'>,
  pid: number,
  sources: readonly SourceFile[],
): Promise<ExplainAnswer> {
  const explanation = await monitor.explain(pid);
  if (explanation === undefined) {
    throw new MonitorError(
      'MM_ERR_NO_SUCH_PROCESS',
      `There is no process ${pid}, or it has exited; check the PID with: ps -p ${pid}.`,
    );
  }
  return { explanation, sources, plugins: monitor.describePlugins().map(({ name }) => name) };
}
