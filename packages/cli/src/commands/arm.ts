import { EX_OK } from '../exit-codes.js';
import { armService, disarmService } from '../service/arming.js';

/** `memory-monitor arm` and `memory-monitor disarm`. */
export async function arm(isArmed: boolean): Promise<number> {
  process.stdout.write(`${await (isArmed ? armService() : disarmService())}\n`);
  return EX_OK;
}
