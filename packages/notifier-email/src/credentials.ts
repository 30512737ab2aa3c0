/** The name under which the sender's unit is handed a file: its path, which may have no slash in it; systemd.exec(5). */
export function credentialName(path: string): string {
  return path.slice(1).replaceAll('/', '_');
}
