import { MonitorError } from '@memory-monitor/core';

/** What the promise rejects with; fails if it does not, or with something else than an error for people. */
export async function rejectionOf(promise: Promise<unknown>): Promise<MonitorError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof MonitorError) {
      return error;
    }
    throw error;
  }
  throw new Error('the promise did not reject');
}
