// Logs while the log file is being changed: a line after each step that the change takes.
import { LogOutput } from '#src/log/log-output.js';

const [before = '', after = ''] = process.argv.slice(2);

const settings = { logFile: before, enableSyslog: false, logFormat: 'json' } as const;
const output = await LogOutput.open(settings, () => undefined);
output.tellHeldTrouble();
const change = output.apply({ ...settings, logFile: after });
for (let step = 0; step < 20; step += 1) {
  output.logger.info({ event: 'step', step }, 'a step');
  await Promise.resolve();
}
await change;
await output.close();
output.logger.info({ event: 'late' }, 'after the end');
process.exit(0);
