import type { EmailConfig } from '@memory-monitor/notifier-email';

/** What the unit that delivers mail needs. */
export interface MailNeeds {
  readonly spool: string;
  /** Whether mail goes out by the local sendmail program, which has privileges of its own. */
  readonly isBySendmail: boolean;
  /** Files that only root may read, and that the sender is handed. */
  readonly secrets: readonly string[];
}

export function mailNeeds({ spool, sendmail, smtp }: EmailConfig): MailNeeds {
  const files = [smtp?.password_file, smtp?.ca_file, smtp?.certificate_file, smtp?.key_file];
  return {
    spool,
    isBySendmail: sendmail !== undefined,
    secrets: files.filter((path) => path !== undefined),
  };
}
