import { MonitorError, type ErrorCode } from '@memory-monitor/core';
import { expect } from 'chai';

/** The message of the MonitorError that `attempt` fails with, which has this code. */
export async function rejection(code: ErrorCode, attempt: () => unknown): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    expect(error).to.be.instanceOf(MonitorError);
    expect((error as MonitorError).code, (error as MonitorError).message).to.equal(code);
    return (error as MonitorError).message;
  }
  throw new Error(`nothing failed, where ${code} was expected`);
}
