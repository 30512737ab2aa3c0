const DAY_OF_MONTH = 2;
const DAY_OF_WEEK = 4;
const FREE = ['*', '?'];

/** Whether an expression names days of the month and days of the week: crontab(5) has it that one of both is enough. */
export function namesDaysTwice(cron: string): boolean {
  const fields = cron.trim().split(/\s+/);
  return [DAY_OF_MONTH, DAY_OF_WEEK].every((place) => !FREE.includes(fields[place] ?? '*'));
}
