import type { Plan, WrittenStep } from './operation.ts';

/** Where an operation takes place, so that `recover` finds the same place again. Holds no secret and no token. */
export interface Setting {
  profile: string;
  provider: string;
  /** The API's address, or the database of the embedded authority; null: its file. */
  url: string | null;
  /** The folder that relative paths of sinks start from. */
  cwd: string;
  /** The database, unless it is that of the profile. */
  db?: string;
}

/** Which escrow has the secret; `none`: no escrow was available. */
export type EscrowKind = 'keychain' | 'file' | 'none';

export interface Header {
  version: 1;
  id: string;
  /** RFC 3339. */
  at: string;
  plan: Plan;
  setting: Setting;
}

/** What the journal has of an operation. */
export interface Contents {
  header: Header;
  /** Undefined if the process died before it was written down. */
  escrow: EscrowKind | undefined;
  steps: WrittenStep[];
}

/** An operation that has not ended, as its file describes it. */
export interface OpenOperation extends Contents {
  path: string;
}
