/** `2025-10-03 10:15:30` in local time, as Python's logging writes it. */
export function localTimestamp(date: Date): string {
  const [year, month, day, hours, minutes, seconds] = [
    date.getFullYear(),
    date.getMonth() + 1,
    date.getDate(),
    date.getHours(),
    date.getMinutes(),
    date.getSeconds(),
  ].map((part) => String(part).padStart(2, '0'));
  return `${year}-${month}-${day} ${hours}:${minutes}:${seconds}`;
}
